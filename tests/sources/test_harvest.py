"""An entity is harvested whole, or rejected for a reason that can be counted."""

from __future__ import annotations

import pytest

from catalogs.records import EntityRef
from catalogs.stage import Kept, Outcome, Rejected, Row
from sources.harvest import Harvest
from tests.sources.fakes import MemoryBlobs, TinyEncyclopedia, png, ref

PIE = ("Pie", "A pie is baked.")


def harvest(encyclopedia: TinyEncyclopedia, what: EntityRef, blobs: MemoryBlobs | None = None) -> Outcome:
    return Harvest(encyclopedia).each(Row(what.entity_id, {"ref": what}), blobs or MemoryBlobs())


def test_a_complete_entity_is_kept_with_its_pictures_stored() -> None:
    blobs = MemoryBlobs()
    outcome = harvest(TinyEncyclopedia((PIE,), (png(200, 150), png(150, 200))), ref("Pie"), blobs)
    assert isinstance(outcome, Kept)
    assert outcome.writes["entity"].title == "Pie"
    pictures = outcome.writes["ground_truth"]
    assert [(picture.width, picture.height) for picture in pictures] == [(200, 150), (150, 200)]
    assert set(blobs.kept) == {picture.sha256 for picture in pictures}


@pytest.mark.parametrize(
    ("encyclopedia", "what", "reason"),
    [
        (TinyEncyclopedia((PIE,), (png(200, 200),)), ref("Pie", "uncategorised"), "no-category"),
        (TinyEncyclopedia((("Pie", ""),), (png(200, 200),)), ref("Pie"), "no-text"),
        (TinyEncyclopedia((PIE,)), ref("Pie"), "no-picture"),
        (TinyEncyclopedia((PIE,), (b"<html>gone</html>",)), ref("Pie"), "no-picture"),
        (TinyEncyclopedia((PIE,), (b"no picture at all",)), ref("Pie"), "no-picture"),
        (TinyEncyclopedia((PIE,), (png(99, 400),)), ref("Pie"), "picture-too-small"),
        (TinyEncyclopedia((PIE,), refuses=True), ref("Pie"), "disambiguation"),
    ],
)
def test_a_rejection_says_why(encyclopedia: TinyEncyclopedia, what: EntityRef, reason: str) -> None:
    outcome = harvest(encyclopedia, what)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == reason
    assert outcome.detail


def test_one_good_picture_is_enough() -> None:
    outcome = harvest(TinyEncyclopedia((PIE,), (b"broken", png(20, 20), png(120, 100))), ref("Pie"))
    assert isinstance(outcome, Kept)
    assert [picture.width for picture in outcome.writes["ground_truth"]] == [120]


def test_another_revision_of_the_source_is_another_fingerprint() -> None:
    first, second = TinyEncyclopedia((PIE,)), TinyEncyclopedia((PIE,), revision="2")
    assert Harvest(first).fingerprint != Harvest(second).fingerprint
