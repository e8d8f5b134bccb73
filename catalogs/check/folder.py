"""The marker of the folder, what killed runs left, and what must not return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from catalogs.check.problem import Problem
from catalogs.errors import CatalogError
from catalogs.files import TEMPORARY
from catalogs.tombstones import FILE, read_tombstones

MARKER = "tracemill.json"
"""Written by `pipelines.folder`: the version of the layout, and the source that the folder is held to."""


def check_folder(out: Path) -> Iterator[Problem]:
    """The marker, and names that were never given."""
    try:
        layout = msgspec.json.decode((out / MARKER).read_bytes(), type=dict[str, object]).get("layout")
        told = "" if isinstance(layout, int) else "does not tell the layout of the folder"
    except (OSError, msgspec.MsgspecError) as error:
        told = f"cannot be read ({error})"
    if told:
        yield Problem(file=MARKER, what=told, remedy='write {"layout": 1} into it and run again')
    for path in sorted(out.rglob(f"{TEMPORARY}*")):
        name = path.relative_to(out).as_posix()
        yield Problem(
            file=name, what="left over from an interrupted run", remedy=f"delete {name}", delete=[name]
        )


def check_tombstones(out: Path) -> Iterator[Problem]:
    """The list of what was forgotten. Deleting it is no way out: forgotten things would return."""
    try:
        stones = read_tombstones(out)
    except CatalogError as error:
        yield Problem(file=FILE, what=str(error), remedy="mend it by hand, or restore it from a copy")
        return
    for name in sorted(stones.sha256s):
        if (out / "blobs" / name[:2] / name).exists():
            yield Problem(
                file=f"blobs/{name[:2]}/{name}",
                what="was forgotten on request, and is there",
                remedy=f"`tracemill forget` {name} again",
            )
