"""Pairwise judging of captions: which of two describes a picture better, by three criteria, in both orders.

The criteria and the final verdict are those of the prompt that UAE's paper prints (arXiv 2509.09666,
supplement). It asks once a pair, for grades from 1 to 10, an analysis and a winner. Judges favour a place in
the order, so here each pair is judged both ways: a caption wins where it wins in both orders, and every other
result is a tie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from catalogs.records import ScoreItem
from catalogs.stage import Blobs
from verifiers.scorers.files import PICTURE_TYPES, ScorerInputError, read_json
from verifiers.scorers.judged import Instruction, system_text
from verifiers.scorers.tally import FAILED, MISSING, SCORED, ItemScore, Line, line
from workers.judging.fields import Field

SLUG = "pairwise"
CRITERIA = ("comprehensiveness", "fluency", "insight")
OVERALL = "overall"
"""The final verdict. Its share of wins is what the paper calls the winning rate."""
VERDICTS = (*CRITERIA, OVERALL)
FIRST, SECOND, TIE = "first", "second", "tie"
ORDERS = ("ab", "ba")
MEASURES = tuple(f"{criterion}_{what}" for criterion in VERDICTS for what in ("win", "tie", "loss"))
AGREEMENT = "same_in_both_orders"
"""Share of judgements that the order did not turn: the judge's own steadiness."""

INSTRUCTION = Instruction(
    task=SLUG,
    system=system_text("pairwise"),
    text="First caption:\n{first}\n\nSecond caption:\n{second}",
    shows=(("truth_1", "the picture"),),
    fields=(
        *(Field(name=name, kind="choice", choices=(FIRST, SECOND, TIE)) for name in VERDICTS),
        Field(name="rationale", kind="text"),
    ),
)


def items_of(images: Path, captions_a: Path, captions_b: Path, blobs: Blobs) -> list[ScoreItem]:
    """Two items a picture, one an order. Captions are found by the picture's name or stem.

    A caption file is a JSON object from name to caption, or a list of objects with ``image`` (or ``file``,
    ``name``, ``id``) and ``caption``.
    """
    first, second = captions_of(captions_a), captions_of(captions_b)
    files = sorted(path for path in images.rglob("*") if path.suffix.lower() in PICTURE_TYPES)
    if not files:
        raise ScorerInputError(f"{images} holds no pictures: give the folder of the source pictures")
    items = []
    for path in files:
        a, b = (found.get(path.name, found.get(path.stem, "")) for found in (first, second))
        for order, (one, other) in zip(ORDERS, ((a, b), (b, a)), strict=True):
            items.append(
                ScoreItem(
                    key=f"{path.relative_to(images).as_posix()}#{order}",
                    category="captions",
                    text="",
                    pictures={"truth_1": blobs.put(path.read_bytes())},
                    facts={"first": one, "second": other},
                    missing="" if a and b else "no-caption",
                )
            )
    return items


def captions_of(path: Path) -> dict[str, str]:
    """Name -> caption, of those that have one."""
    found = read_json(path)
    if isinstance(found, dict):
        return {str(name): str(caption) for name, caption in found.items() if caption is not None}
    captions = {}
    for row in found if isinstance(found, list) else []:
        name = next(
            (row[k] for k in ("image", "file", "name", "id") if isinstance(row, dict) and k in row), None
        )
        if name is None or "caption" not in row:
            raise ScorerInputError(f"{path}: a row lacks image or caption: {row}")
        if row["caption"] is not None:
            captions[Path(str(name)).name] = str(row["caption"])
    if not captions:
        raise ScorerInputError(f"{path} holds no captions: give an object or a list of objects")
    return captions


def joined(items: Sequence[ItemScore]) -> list[ItemScore]:
    """One result a pair of orders. A pair is scored where both orders are."""
    by_key = {item.key: item for item in items}
    pairs = []
    for key in sorted({item.key.rpartition("#")[0] for item in items}):
        ab, ba = (by_key[f"{key}#{order}"] for order in ORDERS)
        bad = next((item for item in (ab, ba) if item.outcome != SCORED), None)
        if bad is not None:
            outcome = FAILED if FAILED in (ab.outcome, ba.outcome) else MISSING
            pair = ItemScore(
                key=key, category=ab.category, outcome=outcome, reason=bad.reason, detail=bad.detail
            )
        else:
            values = _compared(ab.notes, ba.notes)
            notes = {
                f"{name}_{order}": text
                for order, i in zip(ORDERS, (ab, ba), strict=True)
                for name, text in i.notes.items()
            }
            pair = msgspec.structs.replace(ab, key=key, values=values, notes=notes)
        pairs.append(pair)
    return pairs


def _compared(ab: Mapping[str, str], ba: Mapping[str, str]) -> dict[str, float]:
    """Shares for caption A: one of win, tie and loss is 1 for each verdict."""
    values: dict[str, float] = {}
    turned = {FIRST: SECOND, SECOND: FIRST, TIE: TIE}
    same = [ab[name] == turned[ba[name]] for name in VERDICTS]
    for name, agrees in zip(VERDICTS, same, strict=True):
        verdict = ab[name] if agrees else TIE
        values[f"{name}_win"] = float(verdict == FIRST)
        values[f"{name}_tie"] = float(verdict == TIE)
        values[f"{name}_loss"] = float(verdict == SECOND)
    values[AGREEMENT] = sum(same) / len(same)
    return values


def lines(items: Sequence[ItemScore]) -> list[Line]:
    """Shares of pairs that caption A wins, ties and loses."""
    return [line("micro", "A against B", items, (*MEASURES, AGREEMENT))]


def verdicts(items: Sequence[ItemScore]) -> list[dict[str, Any]]:
    """A row a pair: what each order said, and what was made of it."""
    return [{"image": i.key, "outcome": i.outcome, "reason": i.reason, **i.notes, **i.values} for i in items]
