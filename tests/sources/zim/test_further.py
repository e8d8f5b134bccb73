"""Second pictures of an entity: only such as name it."""

from __future__ import annotations

from pathlib import Path

from sources.zim.archive import open_archive
from sources.zim.further import further_pictures


def test_pictures_that_name_the_entity_and_no_flag(new_archive: Path) -> None:
    path = str(new_archive)
    ((title, pictures),) = further_pictures(path, {"Crêpe", "No such article"})
    assert title == "Crêpe"
    assert [picture.data for picture in pictures] == [
        open_archive(path).read(f"_assets_/{name}.png") for name in ("crêpe", "pan")
    ]
    assert pictures[1].caption == "A pan for crêpes"
    assert {picture.origin.licence for picture in pictures} == {""}


def test_a_real_archive_has_a_second_picture_of_some_singers(old_archive: Path) -> None:
    found = dict(further_pictures(str(old_archive), {"Betty Carter", "Quincy Jones"}))
    assert {title: len(pictures) for title, pictures in found.items()} == {
        "Betty Carter": 2,
        "Quincy Jones": 3,
    }
