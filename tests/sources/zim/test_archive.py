"""What is no whole archive is met with an error that says what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from catalogs.digests import entity_id
from sources.errors import ArchiveError, ArchiveMissingError, ArchiveTruncatedError, NotAnArchiveError
from sources.zim.archive import open_archive
from sources.zim.encyclopedia import ZimEncyclopedia
from sources.zim.parts import checksum_of
from tests.sources.zim.making import write_archive


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_cut_archive_is_found_however_much_is_missing(
    new_archive: Path, tmp_path: Path, share: float
) -> None:
    data = new_archive.read_bytes()
    cut = tmp_path / "cut.zim"
    cut.write_bytes(data[: max(8, round(len(data) * share))])
    with pytest.raises(ArchiveTruncatedError, match="finish the download"):
        open_archive(str(cut))


def test_one_missing_byte_is_enough(new_archive: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zim"
    cut.write_bytes(new_archive.read_bytes()[:-1])
    with pytest.raises(ArchiveTruncatedError):
        open_archive(str(cut))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"<html>not found</html>"])
def test_another_file_is_no_archive(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.zim"
    path.write_bytes(content)
    with pytest.raises(NotAnArchiveError, match=r"give the path of a \.zim file"):
        open_archive(str(path))


def test_a_folder_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ArchiveMissingError):
        open_archive(str(tmp_path))


def test_a_damaged_header_is_an_error_of_ours(new_archive: Path, tmp_path: Path) -> None:
    data = bytearray(new_archive.read_bytes())
    data[32:64] = b"\xff" * 32
    path = tmp_path / "damaged.zim"
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="download it again"):
        open_archive(str(path))


def test_a_moved_archive_is_the_same_source(new_archive: Path, tmp_path: Path) -> None:
    moved = tmp_path / "renamed.zim"
    shutil.copyfile(new_archive, moved)
    assert checksum_of(moved) == checksum_of(new_archive)
    assert ZimEncyclopedia(str(moved)).revision == ZimEncyclopedia(str(new_archive)).revision


def test_references_are_resolved_in_both_path_schemes(new_archive: Path, old_archive: Path) -> None:
    new, old = open_archive(str(new_archive)), open_archive(str(old_archive))
    assert new.resolve("Crêpe", "./_assets_/cr%C3%AApe.png") == "_assets_/crêpe.png"
    assert new.resolve("Pancake", "Crepe") == "Crêpe"
    assert new.resolve("Pancake", "https://example.org/Crepe") is None
    assert new.resolve("Pancake", "Nowhere") is None
    assert new.resolve("Pancake", "#top") is None
    cover = "I/m/Ray_Charles_(cropped).jpg"
    assert old.resolve("A/Ray_Charles.html", "../I/m/Ray_Charles_(cropped).jpg") == cover
    assert old.resolve("A/Ray_Charles.html", "Raelettes.html") == "A/The_Raelettes.html"


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({"Source": "https://simple.wikipedia.org/"}, "simple"),
        ({"Source": "simple.wikipedia.org"}, "simple"),
        ({"Source": "example.org"}, "en"),
        ({"Language": "nob"}, "no"),
        ({}, "en"),
    ],
)
def test_articles_are_those_of_the_wiki_that_the_archive_was_made_of(
    about: dict[str, str], code: str, tmp_path: Path
) -> None:
    """Simple English says that it is English, and its articles are not those of the English Wikipedia."""
    pages = {"Tiger": "<p>The tiger is a cat.</p>"}
    path = str(write_archive(tmp_path / "made.zim", pages, {}, indexed=False, about=about))
    (ref,) = ZimEncyclopedia(path).survey()
    assert ref.entity_id == entity_id(f"wikipedia:{code}:Tiger")
    (passage,) = ZimEncyclopedia(path).article(ref)
    assert passage.origin.url == f"https://{code}.wikipedia.org/wiki/Tiger"
