"""The proof: right drawings match the ground truth, wrong references and wrong recaptions do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from catalogs.records import Proof, Scene, Verdict
from tests.verifiers.world import DRAWINGS, SCENE, TEXT, MemoryBlobs, cells, look_alikes, row, view
from verifiers.draw import DrawTests
from verifiers.match import MatchTruth
from verifiers.negatives import GalleryIndex
from verifiers.verdict import ProofPolicy, judge
from workers.drawing.handle import DrawerWorker
from workers.image_text.handle import ImageTextWorker

TIGER = TEXT.format(title="tiger")


def proven(values: dict[str, Any], gallery: GalleryIndex, blobs: MemoryBlobs) -> dict[str, Any]:
    """The columns after drawing and matching."""
    draw, match = DrawTests(DrawerWorker()), MatchTruth(ImageTextWorker(), gallery)
    values = values | draw.run([row(values, draw)], blobs)[0].writes  # type: ignore[union-attr]
    return values | match.run([row(values, match)], blobs)[0].writes  # type: ignore[union-attr]


def verdict(
    gallery: GalleryIndex, title: str, text: str, references: Sequence[bytes], scene: Scene = SCENE
) -> tuple[Verdict, Proof]:
    blobs = MemoryBlobs()
    values = proven(cells(title, text, references, blobs, scene), gallery, blobs)
    return judge(values["recaption"], values["proof"], ProofPolicy(), []), values["proof"]


@pytest.mark.parametrize("title", DRAWINGS)
def test_clean_references_and_a_faithful_recaption_pass(title: str, gallery: GalleryIndex) -> None:
    found, proof = verdict(gallery, title, TEXT.format(title=title.lower()), (view(title, 0), view(title, 3)))
    assert found.passed, found
    assert len(proof.matches) == 2
    assert len(proof.negatives) >= 8


@pytest.mark.parametrize("title", DRAWINGS)
def test_references_of_the_nearest_look_alike_fail(title: str, gallery: GalleryIndex) -> None:
    loaded = gallery.load()
    own = next(i for i, other in enumerate(loaded.titles) if other == title)
    nearest = loaded.titles[loaded.entity_ids.index(look_alikes(gallery, loaded.entity_ids[own], 1)[0])]
    found, proof = verdict(
        gallery, title, TEXT.format(title=title.lower()), (view(nearest, 0), view(nearest, 3))
    )
    assert not found.passed
    assert "margin" in found.reasons
    assert {match.nearest for match in proof.matches} == {nearest}
    assert nearest in found.critique


@pytest.mark.parametrize("wrong", [0, 1])
def test_one_wrong_reference_of_two_fails(wrong: int, gallery: GalleryIndex) -> None:
    references = [view("Tiger", 0), view("Tiger", 3)]
    references[wrong] = view("Horse", 2)
    assert not verdict(gallery, "Tiger", TIGER, references)[0].passed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Two tigers on a sandy beach at noon.", "count"),
        ("A tiger in a snowy field at noon.", "place"),
        ("A tiger on a sandy beach at night.", "light"),
        ("A tiger.", "place"),
        ("A tiger on a sandy beach at noon. Its main colours are green and blue.", "colours"),
    ],
)
def test_a_wrong_recaption_fails_and_the_reason_names_the_part(
    text: str, reason: str, gallery: GalleryIndex
) -> None:
    found, _ = verdict(gallery, "Tiger", text, (view("Tiger", 0), view("Tiger", 3)))
    assert not found.passed
    assert reason in found.reasons
    assert reason in found.critique


@pytest.mark.parametrize("count", [2, 3, 4])
def test_several_subjects_are_measured_as_one_is(count: int, gallery: GalleryIndex) -> None:
    number = {2: "Two", 3: "Three", 4: "Four"}[count]
    scene = Scene(count=count, place="meadow", light="dusk")
    text = f"{number} tigers in a green meadow at dusk."
    found, _ = verdict(gallery, "Tiger", text, (view("Tiger", 0), view("Tiger", 3)), scene)
    assert found.passed, found


def test_batches_change_nothing(gallery: GalleryIndex) -> None:
    blobs, match = MemoryBlobs(), MatchTruth(ImageTextWorker(), gallery)
    draw = DrawTests(DrawerWorker())
    rows = []
    for title in ("Tiger", "Sheep"):
        values = cells(title, TEXT.format(title=title.lower()), (view(title, 0), view(title, 3)), blobs)
        values |= draw.run([row(values, draw)], blobs)[0].writes  # type: ignore[union-attr]
        rows.append(row(values, match))
    together = [outcome.writes["proof"] for outcome in match.run(rows, blobs)]  # type: ignore[union-attr]
    alone = [match.run([one], blobs)[0].writes["proof"] for one in reversed(rows)]  # type: ignore[union-attr]
    assert together == alone[::-1]


def test_no_drawing_gives_a_proof_without_matches(gallery: GalleryIndex) -> None:
    blobs, match = MemoryBlobs(), MatchTruth(ImageTextWorker(), gallery)
    values = cells("Tiger", TIGER, (view("Tiger", 0),), blobs) | {"drawings": []}
    (outcome,) = match.run([row(values, match)], blobs)
    assert outcome.writes["proof"].matches == []  # type: ignore[union-attr]


def test_a_second_round_is_for_failed_proofs(gallery: GalleryIndex) -> None:
    stage = MatchTruth(ImageTextWorker(), gallery, round=2)
    values = cells("Tiger", TIGER, (view("Tiger", 0),), MemoryBlobs())
    passed = Verdict(passed=True, reasons=[], critique="")
    assert not stage.needed(row(values | {"verdict": passed}, stage))
    assert stage.needed(row(values | {"verdict": Verdict(passed=False, reasons=[], critique="")}, stage))
