"""KnowGen (Gen-Searcher): K-score = 0.1 faithfulness + 0.4 visual correctness + 0.4 text accuracy
+ 0.1 aesthetics, each 0, 0.5 or 1.

Where a prompt asks for no text, text accuracy counts 0.5 in the score of the sample and not at all in the
mean of its group. A group's K-score is made of the means of its four measures; the final score is the mean of
the two groups. The published evaluator drops failed samples; here they are counted beside the score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catalogs.records import ScoreItem
from catalogs.stage import Blobs
from verifiers.scorers.bootstrap import Combine, Interval, interval
from verifiers.scorers.files import read_rows
from verifiers.scorers.items import GENERATED
from verifiers.scorers.judged import Instruction, system_text
from verifiers.scorers.tally import (
    FAILED,
    MISSING,
    SCORED,
    ItemScore,
    Line,
    applicable,
    counted,
    lines_by,
    matrix,
)
from workers.judging.fields import Field

SLUG = "knowgen"
WEIGHTS = {"faithfulness": 0.1, "visual_correctness": 0.4, "text_accuracy": 0.4, "aesthetics": 0.1}
NO_TEXT = 0.5
"""Text accuracy where the prompt asks for no text."""
GROUPS = {
    "science_and_knowledge": (
        *("astronomy", "biology", "chemistry", "physics", "engineering", "medicine", "industry"),
        *("architecture", "history", "geography", "religion", "politics", "culture", "art", "sports"),
    ),
    "pop_culture_and_news": (
        *("anime", "game", "film", "celebrities", "posters", "news"),
        *("multi-subject-anime", "multi-subject-celebrities", "multi-subject-game"),
    ),
}
"""KnowGen_Eval/gpt_eval_knowgen.py, CATEGORY_MAP."""
UNMAPPED = "unmapped"
"""Group of a category that is in neither: it has a line of its own, and no group's score counts it."""

STEPS = (0.0, 0.5, 1.0)
"""The only grades there are."""

INSTRUCTION = Instruction(
    task=SLUG,
    system=system_text("knowgen"),
    text="Prompt: {text}",
    shows=((GENERATED, "the generated picture"), ("truth_1", "the true picture")),
    fields=(
        Field(name="rationale", kind="text"),
        *(Field(name=name, kind="number", low=0, high=1, allowed=STEPS) for name in WEIGHTS),
        Field(name="text_accuracy_na", kind="flag"),
    ),
)


def items_of(path: Path, blobs: Blobs) -> list[ScoreItem]:
    """Items of a published result file: ``id``, ``prompt``, ``meta.category``, ``success``, ``output_path``,
    ``gt_image``; paths are relative to the file."""
    items = []
    for number, row in enumerate(read_rows(path)):
        files = {GENERATED: _file(path, row.get("output_path")), "truth_1": _file(path, row.get("gt_image"))}
        category = str((row.get("meta") or {}).get("category") or "").strip().lower()
        missing = ""
        if not row.get("success"):
            missing = "not-generated"
        elif not files[GENERATED]:
            missing = "no-picture"
        elif not files["truth_1"]:
            missing = "no-ground-truth"
        items.append(
            ScoreItem(
                key=str(row.get("id", number)),
                category=category or "(none)",
                group=group_of(category),
                text=str(row.get("prompt") or ""),
                pictures={role: blobs.put(found.read_bytes()) for role, found in files.items() if found},
                missing=missing,
            )
        )
    return items


def group_of(category: str) -> str:
    """The group of a category, or `UNMAPPED`."""
    return next((group for group, names in GROUPS.items() if category in names), UNMAPPED)


def measured(values: Mapping[str, float]) -> dict[str, float]:
    """The measures of one sample; without text accuracy where it does not apply."""
    kept = {name: values[name] for name in WEIGHTS}
    if values.get("text_accuracy_na"):
        del kept["text_accuracy"]
    return {**kept, "overall": sample_score(kept)}


def sample_score(values: Mapping[str, float]) -> float:
    """K-score of one sample, rounded to two places as published."""
    return round(sum(weight * values.get(name, NO_TEXT) for name, weight in WEIGHTS.items()), 2)


def read_scores(path: Path) -> list[ItemScore]:
    """An evaluated result file; its three summary rows are passed over."""
    items = []
    for number, row in enumerate(read_rows(path)):
        if "summary_type" in row:
            continue
        category = str((row.get("meta") or {}).get("category") or "").strip().lower()
        found = row.get("scores") if row.get("eval_success") is True else None
        whole = isinstance(found, dict) and all(_is_grade(found.get(name)) for name in WEIGHTS)
        reason = "incomplete-scores" if found else str(row.get("error") or "not-evaluated")
        outcome = SCORED if whole else FAILED if row.get("success") else MISSING
        items.append(
            ItemScore(
                key=str(row.get("id", number)),
                category=category or "(none)",
                group=group_of(category),
                outcome=outcome,
                reason="" if whole else reason,
                values=measured(found) if found and whole else {},
            )
        )
    return items


def _is_grade(value: object) -> bool:
    """A number on the published scale, 0..1; NaN and true are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= 1.0


def lines(items: Sequence[ItemScore]) -> list[Line]:
    """Categories by the mean of their samples, groups and the final score by the published rule."""
    parts = {group: [item for item in items if item.group == group] for group in (*GROUPS, UNMAPPED)}
    unmapped = parts.pop(UNMAPPED)
    groups = [counted("group", group, part, _scores([part], group)) for group, part in parts.items()]
    both = all(any(item.outcome == SCORED for item in part) for part in parts.values())
    final = _scores(list(parts.values()), "overall_avg") if both else {}
    return [
        *lines_by("category", lambda item: item.category, items, (*WEIGHTS, "overall")),
        *groups,
        *([counted("group", UNMAPPED, unmapped, {})] if unmapped else []),
        counted("macro", "overall_avg", [item for part in parts.values() for item in part], final),
    ]


def published_rows(rows: Sequence[Mapping[str, Any]], items: Sequence[ItemScore]) -> list[dict[str, Any]]:
    """The published output: the input rows with their scores, then three summary rows.

    As published, means are rounded to four places before they are combined, and a group without a sample
    counts as zeros in the final mean.
    """
    by_key = {item.key: item for item in items}
    done = []
    for number, row in enumerate(rows):
        item = by_key[str(row.get("id", number))]
        ok = item.outcome == SCORED
        grades = {name: item.values.get(name, NO_TEXT) for name in (*WEIGHTS, "overall")}
        scores: dict[str, Any] = {"rationale": item.notes.get("rationale", "")[:1000], **grades}
        if "text_accuracy" not in item.values:
            scores["text_accuracy_na"] = True
        scores |= {"judge": item.judge, "instruction": item.instruction}
        done.append(
            {
                **row,
                "eval_success": ok,
                "scores": scores if ok else None,
                "error": None if ok else item.reason,
            }
        )
    groups = {group: [i for i in items if i.group == group and i.outcome == SCORED] for group in GROUPS}
    means = {group: _published_means(part) for group, part in groups.items()}
    for group, part in groups.items():
        done.append({"summary_type": group, "avg_scores": means[group], "count": len(part)})
    both = {name: round(sum(m[name] for m in means.values()) / 2, 4) for name in (*WEIGHTS, "overall")}
    count = sum(len(part) for part in groups.values())
    return [*done, {"summary_type": "overall_avg", "avg_scores": both, "count": count}]


def _published_means(items: Sequence[ItemScore]) -> dict[str, float]:
    if not items:
        return dict.fromkeys((*WEIGHTS, "overall"), 0.0)
    means = {}
    for name in WEIGHTS:
        values = [item.values[name] for item in items if name in item.values]
        means[name] = round(sum(values) / len(values), 4) if values else NO_TEXT
    return {**means, "overall": round(sum(weight * means[name] for name, weight in WEIGHTS.items()), 4)}


def _scores(parts: Sequence[Sequence[ItemScore]], name: str) -> dict[str, Interval]:
    strata = [matrix(part, tuple(WEIGHTS)) for part in parts]
    if not all(len(stratum) for stratum in strata):
        return {}
    found = {
        measure: interval(
            [applicable(stratum, index) for stratum in strata],
            _mean_of_groups(index),
            f"knowgen/{name}/{measure}",
        )
        for index, measure in enumerate(WEIGHTS)
    }
    return {**found, "overall": interval(strata, _k_score, f"knowgen/{name}/overall")}


def _with_no_text(means: Any) -> Any:
    return np.where(np.isnan(means), NO_TEXT, means)


def _mean_of_groups(measure: int) -> Combine:
    return lambda means: _with_no_text(means)[..., measure].mean(axis=-1)


def _k_score(means: Any) -> Any:
    return (_with_no_text(means) * np.array(list(WEIGHTS.values()))).sum(axis=-1).mean(axis=-1)


def _file(path: Path, name: Any) -> Path | None:
    found = path.parent / str(name) if name else None
    return found if found is not None and found.is_file() else None
