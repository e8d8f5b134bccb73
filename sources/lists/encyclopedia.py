"""Lists as an encyclopedia.

list:entities.csv    rows of the published CSV; pictures of a row in ``pictures/<index>.jpg`` or in
                     ``pictures/<index>/`` beside the file
list:folder          each picture an entity named by its file; a sub-folder named after a category gives it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.digests import digest, entity_id, sha256_of
from catalogs.records import Entity, EntityRef, Language, Name, Origin, Passage
from sources.errors import UnknownSourceError
from sources.interface import GroundTruth, Harvested, Unusable
from sources.lists import folder
from sources.lists.folder import Pictured
from sources.lists.table import ListRow, category_of, read_table

CODE_VERSION = "2"
"""Raised whenever the same files give other entities, texts or pictures."""


@dataclass(frozen=True)
class ListEncyclopedia:
    """An `Encyclopedia` over the CSV file or the folder at `path`."""

    path: str

    @property
    def name(self) -> str:
        return "list"

    @property
    def revision(self) -> str:
        table = "" if self._is_folder else sha256_of(Path(self.path))
        return digest(f"{CODE_VERSION}/{table}/{folder.revision(self.pictures)}")[:12]

    @property
    def languages(self) -> tuple[Language, ...]:
        return ("en",) if self._is_folder else ("en", "zh")

    @property
    def pictures(self) -> str:
        """Folder of the pictures."""
        return self.path if self._is_folder else str(Path(self.path).parent / "pictures")

    @property
    def _is_folder(self) -> bool:
        return Path(self.path).is_dir()

    def survey(self) -> Iterator[EntityRef]:
        for row in _rows(self):
            # A list is the source of its own names: two lists may give one index to different things.
            canonical = f"list:{row.name_en}:{row.name_zh}:{row.index}"
            yield EntityRef(
                entity_id=entity_id(canonical),
                domain=row.domain,
                title=row.title,
                locator=row.index,
                country=row.country,
                languages=[row.language] if self._text(row) else [],
            )

    def harvest(self, ref: EntityRef) -> Harvested:
        row = _by_index(self).get(ref.locator)
        if row is None:
            raise Unusable("not-in-list", f"the list has no row {ref.locator!r}")
        named = {"en": row.name_en, "zh": row.name_zh}
        names = [Name(language=one, title=name, noun=name) for one, name in named.items() if name]
        shown = _pictures(self).get(row.index, ())
        return Harvested(
            entity=Entity(
                entity_id=ref.entity_id,
                title=row.title,
                domain=row.domain,
                category_rule="list:category" if not self._is_folder else "list:folder",
                names=names,
                country=row.country,
                articles=[self._passage(row)] if self._text(row) else [],
            ),
            pictures=tuple(
                GroundTruth(
                    one.path.read_bytes(), picture_origin(self.pictures, one), one.caption or row.title
                )
                for one in shown
            ),
        )

    def documents(self, language: Language) -> Iterator[Passage]:
        for row in _rows(self):
            if self._text(row) and row.language == language:
                yield self._passage(row)

    def _text(self, row: ListRow) -> str:
        """The remark, then what the captions add to it."""
        captions = dict.fromkeys(one.caption for one in _pictures(self).get(row.index, ()) if one.caption)
        return " ".join(dict.fromkeys((*([row.remark] if row.remark else []), *captions)))

    def _passage(self, row: ListRow) -> Passage:
        licence, author = folder.licence(self.pictures)
        origin = Origin(url=f"list:{row.index}", revision=self.revision, licence=licence, author=author)
        title = (row.name_zh if row.language == "zh" else "") or row.title
        return Passage(title=title, language=row.language, text=self._text(row), origin=origin)


def picture_origin(root: str, picture: Pictured) -> Origin:
    """Where a picture of a folder comes from; the address does not tell where the folder lies."""
    licence, author = folder.licence(root)
    return Origin(
        url=f"list:{picture.key}{picture.path.suffix}",
        revision=folder.revision(root),
        licence=licence,
        author=author,
    )


@lru_cache(maxsize=4)
def _rows(source: ListEncyclopedia) -> tuple[ListRow, ...]:
    if Path(source.path).is_file():
        return read_table(source.path)
    # Of one thing there may be a JPEG and a PNG.
    rows = {
        one.key: ListRow(
            index=one.key,
            name_zh="",
            name_en=one.path.stem.replace("_", " ").replace("-", " "),
            country="",
            domain=category_of(one.key.split("/")[0]),
            remark=one.caption,
        )
        for one in folder.pictures(source.pictures)
    }
    if not rows:
        raise UnknownSourceError(
            f"{source.path} holds no picture ({', '.join(sorted(folder.SUFFIXES))}): "
            "give a folder with some, or a CSV file"
        )
    return tuple(rows.values())


@lru_cache(maxsize=4)
def _by_index(source: ListEncyclopedia) -> dict[str, ListRow]:
    return {row.index: row for row in _rows(source)}


@lru_cache(maxsize=4)
def _pictures(source: ListEncyclopedia) -> dict[str, tuple[Pictured, ...]]:
    """Pictures of each row: by the first part of their key for a table, by the whole of it for a folder."""
    shown: dict[str, tuple[Pictured, ...]] = {}
    for one in folder.pictures(source.pictures):
        index = one.key if Path(source.path).is_dir() else one.key.split("/")[0]
        shown[index] = (*shown.get(index, ()), one)
    return shown
