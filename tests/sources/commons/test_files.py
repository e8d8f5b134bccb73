"""Licences of Commons, and its search."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.stage import Rejected, Row
from sources.commons.files import files, first_usable
from sources.commons.licences import is_free, spdx
from sources.commons.search import CommonsImages
from sources.harvest import Harvest
from sources.interface import Unusable
from sources.mediawiki.encyclopedia import MediaWikiEncyclopedia
from tests.fakes import serving
from tests.sources.fakes import MemoryBlobs
from tests.sources.wikimedia import Wikimedia
from workers.tools import FetchError


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        ("CC BY-SA 4.0", True),
        ("CC BY 2.5", True),
        ("CC BY-SA 3.0 de", True),
        ("CC-BY-SA-4.0", True),
        ("CC0", True),
        ("Public domain", True),
        ("GFDL", True),
        ("CC BY-NC 2.0", False),
        ("CC BY-NC-SA 4.0", False),
        ("CC BY-ND 4.0", False),
        ("Fair use", False),
        ("", False),
    ],
)
def test_a_licence_lets_pictures_be_used_or_not(licence: str, free: bool) -> None:
    assert is_free(licence) is free
    assert is_free(spdx(licence)) is free


def test_short_names_become_spdx() -> None:
    assert spdx("CC BY-SA 3.0 de") == "CC-BY-SA-3.0-DE"
    assert spdx("CC BY 3.0 IGO") == "CC-BY-3.0-IGO"
    assert spdx("CC BY-SA 3.0 br") == "CC BY-SA 3.0 br", "which SPDX does not list"
    assert is_free("CC BY-SA 3.0 br")
    assert spdx("CC0") == "CC0-1.0"
    assert spdx("Public domain") == "Public domain"


def test_search_brings_free_files_in_the_order_of_commons(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        sites = fake.sites(str(tmp_path))
        search = CommonsImages(sites.web, sites.commons)
        hits = search.search("donburi", "en", 5, frozenset())
        assert [hit.title for hit in hits] == ["Sakana.jpg", "Katsudon.jpg"]
        assert hits[1].origin.licence == "CC-BY-SA-4.0"
        assert search.fetch(hits[0].image_url).startswith(b"\x89PNG")
        assert len(search.search("donburi", "en", 5, frozenset({hits[0].image_url}))) == 1
        with pytest.raises(FetchError, match="not-found"):
            search.fetch(f"{fake.address}/nothing.jpg")


def test_files_come_with_author_credit_licence_and_sizes(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        sites = fake.sites(str(tmp_path))
        file = files(sites.web, ["Katsudon.jpg", "Nothing.jpg"], sites.commons)["Katsudon.jpg"]
        assert (file.width, file.height, file.thumb_width, file.thumb_height) == (4000, 3000, 1280, 960)
        assert (file.author, file.credit, file.licence) == ("Aki & Co", "Own work", "CC-BY-SA-4.0")
        assert file.url != file.original_url


def test_the_first_picture_that_may_be_used_is_taken(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        sites = fake.sites(str(tmp_path))
        found = files(sites.web, ["Oyakodon 01.jpg", "Katsudon.jpg", "Cover.jpg"], sites.commons)
        unfree, free, cover = found["Oyakodon 01.jpg"], found["Katsudon.jpg"], found["Cover.jpg"]
        (picture,) = first_usable(sites.web, [unfree, free])
        assert picture.origin.licence == "CC-BY-SA-4.0"
        assert first_usable(sites.web, []) == ()
        with pytest.raises(Unusable, match="non-free"):
            first_usable(sites.web, [cover, unfree])


def test_a_picture_without_a_usable_licence_is_a_rejection_to_count_by(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        source = MediaWikiEncyclopedia(fake.sites(str(tmp_path)), "en", "Donburi")
        refs = {ref.title: ref for ref in source.survey()}
        outcome = Harvest(source).each(Row("k", {"ref": refs["Oyakodon"]}), MemoryBlobs())
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "unusable-licence"
        assert "CC BY-NC 2.0" in outcome.detail
