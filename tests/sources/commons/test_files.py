"""Licences of Commons, and its search."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.commons.files import is_free, spdx
from sources.commons.search import CommonsImages
from tests.fakes import serving
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
