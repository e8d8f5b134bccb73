"""Pictures beside a dump: a folder or a tar of files under the names that pages call them by."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.digests import digest
from catalogs.records import Origin
from sources.dumps.article import file_name
from sources.dumps.site import Site
from sources.errors import DumpMissingError
from sources.lists.folder import licence


@dataclass(frozen=True)
class Pictures:
    """The pictures at `path`. Their licence stands in `LICENCE.txt` there, as for a list."""

    path: str

    @property
    def revision(self) -> str:
        """From names and sizes, which tell pictures apart well enough to notice that some were added."""
        known = sorted((name, size) for name, (_, _, size) in _index(self.path).items())
        return digest(repr((known, self._terms)))[:12]

    def __contains__(self, file: str) -> bool:
        return file in _index(self.path)

    def read(self, file: str) -> bytes:
        """The bytes of a file by the name that pages give it; KeyError where there is none."""
        place, offset, size = _index(self.path)[file]
        with Path(place).open("rb") as opened:
            opened.seek(offset)
            return opened.read(size)

    def origin(self, file: str, site: Site) -> Origin:
        """Where a picture comes from: its page in the wiki that shows it, which also leads to Commons."""
        terms, author = self._terms
        return Origin(url=site.page_url(f"File:{file}"), licence=terms, author=author, fetched=site.date)

    @property
    def _terms(self) -> tuple[str, str]:
        root = Path(self.path)
        return licence(str(root if root.is_dir() else root.parent))


@lru_cache(maxsize=4)
def _index(path: str) -> dict[str, tuple[str, int, int]]:
    """Name of a file as pages give it -> (path, offset, size). Read once a process."""
    root = Path(path)
    if root.is_dir():
        files = (one for one in sorted(root.rglob("*")) if one.is_file())
        return {file_name(one.name): (str(one), 0, one.stat().st_size) for one in files}
    try:
        with tarfile.open(root, "r:") as archive:
            members = [one for one in archive if one.isfile()]
    except (OSError, tarfile.TarError) as problem:
        raise DumpMissingError(
            f"{path} holds no pictures ({problem}): give a folder, or a tar that is not compressed"
        ) from None
    return {file_name(Path(one.name).name): (path, one.offset_data, one.size) for one in members}
