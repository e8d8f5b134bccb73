"""The right entity's pictures agree; copies and strangers do not sway the vote."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec import structs

from catalogs.records import Name
from filters.consensus import agreements, is_named
from filters.features import PictureFeatures
from tests.filters.rows import TIGER, MemoryBlobs, candidate


def features(*vector: float, hashed: int) -> PictureFeatures:
    unit: Any = np.array(vector, np.float32)
    # A bit pattern that differs from any other number's in about half of the 64 bits.
    spread = (hashed * 0x9E3779B97F4A7C15) % 2**64
    return PictureFeatures(
        embedding=unit, features=unit / np.linalg.norm(unit), hashes=(spread, spread ^ (2**64 - 1))
    )


VIEWS = [features(1, 0.1 * n, 0, hashed=n) for n in range(4)]
STRANGER = features(0, 0.2, 1, hashed=9)


def test_a_stranger_among_views_agrees_least() -> None:
    grades = [grade for grade, _ in agreements([*VIEWS, STRANGER], [True] * 5)]
    assert min(grades[:4]) > 0.9
    assert grades[4] < 0.3


def test_a_stranger_that_is_found_twice_does_not_vouch_for_itself() -> None:
    (once, *_), *_ = agreements([STRANGER, *VIEWS], [True] * 5)
    (twice, *_), *_ = agreements([STRANGER, STRANGER, *VIEWS], [True] * 6)
    assert twice == once


def test_copies_vote_once() -> None:
    assert agreements([STRANGER, *VIEWS, *VIEWS], [True] * 9)[0][1] == len(VIEWS)


def test_pages_that_name_something_else_do_not_vote() -> None:
    assert agreements([VIEWS[0], VIEWS[1], STRANGER], [True, True, False])[0][1] == 1


def test_a_lone_picture_has_no_voters() -> None:
    assert agreements([STRANGER], [True]) == [(0.0, 0)]


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Tiger - pictures", True),
        ("All about the TIGER", True),
        ("Un tigre au zoo", True),
        ("Panthera tigris | Library", True),
        ("Panthera onca | Library", False),
        ("Lion: a gallery", False),
        ("", False),
    ],
)
def test_a_page_names_an_entity_by_any_of_its_names(title: str, named: bool) -> None:
    assert is_named(TIGER, candidate(MemoryBlobs(), b"", title=title)) is named


def test_a_name_that_looks_like_an_article_is_still_a_name() -> None:
    die = structs.replace(TIGER, title="Dice", names=[Name(language="fr", title="Dé", noun="un dé")])
    assert is_named(die, candidate(MemoryBlobs(), b"", title="Dé : galerie"))
    assert not is_named(die, candidate(MemoryBlobs(), b"", title="Tigre : galerie"))


def test_a_page_on_a_homograph_names_something_else() -> None:
    planet = structs.replace(
        TIGER, title="Mercury (planet)", names=[Name(language="en", title="Mercury (planet)", noun="Mercury")]
    )
    assert is_named(planet, candidate(MemoryBlobs(), b"", title="Mercury (planet) - pictures"))
    assert is_named(planet, candidate(MemoryBlobs(), b"", title="Mercury at dawn"))
    assert not is_named(planet, candidate(MemoryBlobs(), b"", title="Mercury (mythology) - pictures"))
