"""Caption pairs: a win needs both orders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.verifiers.world import MemoryBlobs, truth
from verifiers.scorers import pairwise
from verifiers.scorers.files import ScorerInputError
from verifiers.scorers.tally import FAILED, MISSING, SCORED, ItemScore

FIRST, SECOND, TIE = pairwise.FIRST, pairwise.SECOND, pairwise.TIE


def order(key: str, *said: str, outcome: str = SCORED) -> ItemScore:
    notes = dict(zip(pairwise.VERDICTS, said, strict=True)) if said else {}
    return ItemScore(key=key, category="captions", outcome=outcome, notes={**notes, "rationale": "r"})


def test_a_win_needs_both_orders() -> None:
    (pair,) = pairwise.joined(
        [order("0.png#ab", FIRST, FIRST, TIE, FIRST), order("0.png#ba", SECOND, FIRST, FIRST, SECOND)]
    )
    assert pair.values["comprehensiveness_win"] == 1.0
    assert pair.values["fluency_tie"] == 1.0  # the judge liked whatever stood first
    assert pair.values["insight_tie"] == 1.0
    assert pair.values[pairwise.AGREEMENT] == 0.5
    assert pair.values["overall_win"] == 1.0


def test_a_loss_is_a_win_of_the_other() -> None:
    ab, ba = order("0.png#ab", SECOND, TIE, FIRST, SECOND), order("0.png#ba", FIRST, TIE, SECOND, FIRST)
    (pair,) = pairwise.joined([ab, ba])
    results = zip(pairwise.VERDICTS, ("loss", "tie", "win", "loss"), strict=True)
    assert all(pair.values[f"{verdict}_{result}"] == 1.0 for verdict, result in results)


def test_a_pair_with_one_order_alone_has_no_score() -> None:
    pairs = pairwise.joined(
        [
            order("0.png#ab", FIRST, FIRST, FIRST, FIRST),
            order("0.png#ba", outcome=FAILED),
            order("1.png#ab", outcome=MISSING),
            order("1.png#ba", outcome=MISSING),
        ]
    )
    assert [pair.outcome for pair in pairs] == [FAILED, MISSING]
    (line,) = pairwise.lines(pairs)
    assert (line.asked, line.scored, line.missing, line.failed) == (2, 0, 1, 1)


def test_items_show_both_orders_and_missing_captions(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for name in ("0.png", "1.png"):
        (images / name).write_bytes(truth("Tiger"))
    (tmp_path / "a.json").write_text(json.dumps({"0": "a tiger", "1.png": "a cat"}))
    (tmp_path / "b.json").write_text(json.dumps([{"image": "images/0.png", "caption": "two tigers"}]))
    items = pairwise.items_of(images, tmp_path / "a.json", tmp_path / "b.json", MemoryBlobs())
    assert [(i.key, i.missing) for i in items] == [
        ("0.png#ab", ""),
        ("0.png#ba", ""),
        ("1.png#ab", "no-caption"),
        ("1.png#ba", "no-caption"),
    ]
    assert items[0].facts == {"first": "a tiger", "second": "two tigers"}
    assert items[1].facts == {"first": "two tigers", "second": "a tiger"}


def test_a_caption_file_without_captions_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"image": "0.png"}]')
    with pytest.raises(ScorerInputError, match="caption"):
        pairwise.captions_of(tmp_path / "a.json")


def test_a_caption_that_is_null_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"0.png": null, "1.png": "a cat"}')
    (tmp_path / "b.json").write_text(
        '[{"image": "0.png", "caption": null}, {"image": "1", "caption": "cat"}]'
    )
    assert pairwise.captions_of(tmp_path / "a.json") == {"1.png": "a cat"}
    assert pairwise.captions_of(tmp_path / "b.json") == {"1": "cat"}
