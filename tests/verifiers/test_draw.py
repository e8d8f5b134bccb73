"""Test drawings: from recaption and references, and from nothing else."""

from __future__ import annotations

import pytest

from catalogs.records import Verdict
from catalogs.stage import Kept, Row
from tests.verifiers.world import TEXT, MemoryBlobs, cells, recaption, row, view
from verifiers.draw import DrawTests
from workers.drawing.handle import DrawerWorker
from workers.errors import ModelReplyError

STAGE = DrawTests(DrawerWorker())
FAILED = Verdict(passed=False, reasons=["margin"], critique="...")


def drawings(stage: DrawTests, values: dict[str, object], blobs: MemoryBlobs) -> list[tuple[int, str]]:
    (outcome,) = stage.run([row(values, stage)], blobs)
    assert isinstance(outcome, Kept)
    return [(one.seed, one.picture.sha256) for one in outcome.writes["drawings"]]


def tiger(blobs: MemoryBlobs) -> dict[str, object]:
    return cells("Tiger", TEXT.format(title="tiger"), (view("Tiger", 0), view("Tiger", 2)), blobs)


def test_ground_truth_entity_and_prompt_are_not_declared() -> None:
    assert not {"ground_truth", "entity", "prompt", "proof"} & {*STAGE.reads, *STAGE.optional}


def test_a_recaption_gets_two_drawings_that_are_stored_and_carry_the_licence() -> None:
    blobs = MemoryBlobs()
    (outcome,) = STAGE.run([row(tiger(blobs), STAGE)], blobs)
    assert isinstance(outcome, Kept)
    first, second = outcome.writes["drawings"]
    assert first.seed != second.seed
    assert first.picture.sha256 in blobs.data
    assert (first.picture.media_type, first.picture.width) == ("image/png", 384)
    assert first.picture.origin.licence == "CC-BY-SA-4.0"


def test_only_the_references_are_looked_at() -> None:
    blobs = MemoryBlobs()
    values = tiger(blobs)
    drawings(STAGE, values, blobs)
    assert blobs.asked == {one.candidate.picture.sha256 for one in values["references"]}  # type: ignore[attr-defined]


def test_a_second_round_draws_other_pictures_and_only_where_the_first_failed() -> None:
    blobs = MemoryBlobs()
    values = tiger(blobs)
    second = DrawTests(DrawerWorker(), round=2)
    assert not second.needed(row(values, second))
    assert not second.needed(row(values | {"verdict": Verdict(passed=True, reasons=[], critique="")}, second))
    assert second.needed(row(values | {"verdict": FAILED}, second))
    one, two = drawings(STAGE, values, blobs), drawings(second, values, blobs)
    assert not {seed for seed, _ in one} & {seed for seed, _ in two}


def test_a_malformed_recaption_gets_no_drawing() -> None:
    blobs = MemoryBlobs()
    values = tiger(blobs) | {"recaption": recaption("A tiger.", problems=["no-preservation"])}
    assert drawings(STAGE, values, blobs) == []


def test_batches_change_nothing() -> None:
    blobs = MemoryBlobs()
    horse = cells("Horse", TEXT.format(title="horse"), (view("Horse", 0), view("Horse", 3)), blobs)
    rows: list[Row] = [row(tiger(blobs), STAGE), row(horse, STAGE)]
    together = [outcome.writes["drawings"] for outcome in STAGE.run(rows, blobs) if isinstance(outcome, Kept)]
    alone = [STAGE.run([one], blobs)[0].writes["drawings"] for one in rows]  # type: ignore[union-attr]
    assert together == alone


def test_a_broken_reference_fails_by_the_declared_error() -> None:
    blobs = MemoryBlobs()
    values = cells("Tiger", TEXT.format(title="tiger"), (b"<html>gone</html>", b""), blobs)
    with pytest.raises(ModelReplyError, match="cannot be decoded"):
        STAGE.run([row(values, STAGE)], blobs)
