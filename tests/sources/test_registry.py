"""Opening a source by name; every wrong name says what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.errors import ArchiveMissingError, NotAnArchiveError, UnknownSourceError
from sources.registry import open_world


@pytest.mark.parametrize("spec", ["wikipedia", "", "sample:5", "zim", "zim:"])
def test_a_wrong_source_is_named_with_the_right_ones(spec: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownSourceError, match=r"sample|zim:PATH"):
        open_world(spec, seed=1, index_root=tmp_path)


def test_an_archive_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ArchiveMissingError, match="give the path"):
        open_world(f"zim:{tmp_path / 'none.zim'}", seed=1, index_root=tmp_path)


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "notes.zim"
    path.write_text("these are my notes")
    with pytest.raises(NotAnArchiveError, match="no ZIM archive"):
        open_world(f"zim:{path}", seed=1, index_root=tmp_path)


def test_the_sample_world_opens_and_answers(tmp_path: Path) -> None:
    world = open_world("sample", seed=3, index_root=tmp_path)
    assert world.text_search.search("large striped cat of Asia", "en", 5)
    assert len(world.image_search.search("tiger", "en", 8, frozenset())) == 8
    assert world.encyclopedia.languages == ("en", "fr", "es")
