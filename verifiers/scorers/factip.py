"""FactIP (Unify-Agent): layouts, weights and score files of the published scorer and calculator.

The judge gives clarity, content quality, aesthetics and relevance of the IP, 0..10 each, and an overall score
that the calculator ignores. overall = .05 clarity + .10 content + .10 aesthetics + .75 relevance, times 10.
The published total is the mean over items; macro averages, groups and intervals are added here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from catalogs.records import ScoreItem
from catalogs.stage import Blobs
from verifiers.scorers.agents import RECAPTION, REFERENCE, agent_output
from verifiers.scorers.files import (
    ScorerInputError,
    category_of,
    find_picture,
    first_existing,
    read_json,
    subfolders,
)
from verifiers.scorers.items import GENERATED
from verifiers.scorers.judged import Instruction, system_text
from verifiers.scorers.tally import FAILED, SCORED, ItemScore, Line, line, lines_by, macro, parts_of
from workers.judging.fields import Field

SLUG = "factip"
WEIGHTS = {"clarity": 0.05, "content_quality": 0.10, "aesthetics": 0.10, "text_relevance_ip": 0.75}
"""eval/calculate.py, compute_overall_score."""
SCALE = 10
"""Scores are reported on 0..100 (eval/calculate.py, SCORE_SCALE)."""
MEASURES = (*WEIGHTS, "overall")
SKIPPED = ("intermediate", "_task_queue", "traj", "eval")
"""Folders that the calculator passes over (SKIP_DIRS)."""
SCORE = "_score.json"
TRUTH_TYPES = (".png", ".jpg", ".jpeg", ".webp")
"""In the order in which the published scorer tries them below ``FACTIP_GT_DIR``."""

INSTRUCTION = Instruction(
    task=SLUG,
    system=system_text("factip"),
    text="Prompt: {text}",
    shows=(
        ("truth_1", "GT1, a true picture of the subject"),
        ("truth_2", "GT2, a true picture of the subject"),
        (GENERATED, "AS, the generated picture"),
    ),
    fields=(
        *(Field(name=name, low=0, high=10) for name in (*WEIGHTS, "overall_score")),
        Field(name="rationale", kind="text"),
    ),
)


def items_of(
    split: Path, images: Path | None, blobs: Blobs, trajectories: Path | None = None
) -> list[ScoreItem]:
    """The items of a split, each with its two true pictures and, where `images` is given, its picture there.

    The pictures may lie in the published flat or nested layout, or as ``<id>.*`` anywhere below a category's
    folder. With `trajectories` instead, items carry what an agent wrote and found (`agents.agent_output`), to
    be drawn from. Raises `ScorerInputError` for a folder that is no split.
    """
    items = []
    for index, row in _rows(first_existing(split, "test.json", "test_mini.json")):
        category, group = category_of(row.get("source_category", ""))
        pictures, missing = _truth(split / "images", row.get("source_category", ""), index, blobs), ""
        facts = {"ip_name": row.get("ip_name", "")}
        if len(pictures) < 2:
            missing = "no-ground-truth"
        elif images is not None:
            found = _generated(images, row.get("source_category", ""), index)
            if found is None:
                missing = "no-picture"
            else:
                pictures[GENERATED] = blobs.put(found.read_bytes())
        elif trajectories is not None:
            left = agent_output(trajectories, row.get("source_category", ""), index)
            missing = left.missing
            facts[RECAPTION] = left.recaption
            for number, path in enumerate(left.references, start=1):
                pictures[f"{REFERENCE}{number}"] = blobs.put(path.read_bytes())
        items.append(
            ScoreItem(
                key=index,
                category=category,
                group=group,
                text=row["image_prompt"],
                language=row.get("language", "en"),
                pictures=pictures,
                facts=facts,
                missing=missing,
            )
        )
    return items


def _rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Index and row of every item, by index; raises `ScorerInputError` for a file of another form."""
    rows = read_json(path)
    if not isinstance(rows, dict):
        raise ScorerInputError(f"{path} is no mapping of indexes to rows: give the test.json of a split")
    for index, row in rows.items():
        if not isinstance(row, dict) or not row.get("image_prompt"):
            raise ScorerInputError(f"{path}: {index} has no image_prompt")
    return sorted(rows.items())


def _truth(root: Path, category: str, index: str, blobs: Blobs) -> dict[str, str]:
    """truth_1 and truth_2 where both seeds lie below some folder of that category."""
    for folder in subfolders(root, category):
        found = [find_picture(folder / index, f"seed{n}", TRUTH_TYPES) for n in (1, 2)]
        if any(found):
            return {f"truth_{n}": blobs.put(p.read_bytes()) for n, p in enumerate(found, start=1) if p}
    return {}


def _generated(root: Path, category: str, index: str) -> Path | None:
    for folder in subfolders(root, category):
        for home, stem in ((folder, index), (folder / index, f"{index}_generated"), (folder / index, index)):
            found = find_picture(home, stem, TRUTH_TYPES)
            if found is not None:
                return found
    return None


def measured(values: dict[str, float]) -> dict[str, float]:
    """Grades 0..10 -> measures 0..100, with the weighted overall."""
    overall = sum(weight * values[name] for name, weight in WEIGHTS.items())
    return {**{name: values[name] * SCALE for name in WEIGHTS}, "overall": overall * SCALE}


def lines(items: Sequence[ItemScore]) -> list[Line]:
    """Categories, groups, then the macro average over categories and the published micro average."""
    return [
        *lines_by("category", lambda item: item.category, items, MEASURES),
        *lines_by("group", lambda item: item.group, items, MEASURES),
        macro("macro", parts_of(lambda item: item.category, items), MEASURES),
        line("micro", "TOTAL", items, MEASURES),
    ]


def read_scores(model: Path) -> list[ItemScore]:
    """Score files of one model, in either layout, as the published calculator reads them.

    Numbers stand at the top level, else inside ``eval_result_raw`` or its ``raw_content``; true and false
    count as 1 and 0, numbers as text do not count. The calculator drops an item that lacks one of the four,
    and a NaN makes its means NaN; here such an item is listed as failed.
    """
    scores = []
    for folder in sorted(path for path in model.iterdir() if path.is_dir() and path.name not in SKIPPED):
        category, group = category_of(folder.name)
        for path in sorted([*folder.glob(f"*{SCORE}"), *folder.glob(f"*/*{SCORE}")]):
            key = path.name.removesuffix(SCORE)
            if path.parent != folder and (path.parent.name != key or key in SKIPPED):
                continue
            values, problem = _values(path)
            scores.append(
                ItemScore(
                    key=key,
                    category=category,
                    group=group,
                    outcome=FAILED if problem else SCORED,
                    reason=problem,
                    values={} if problem else measured(values),
                )
            )
    return scores


def _values(path: Path) -> tuple[dict[str, float], str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}, "unreadable-score-file"
    if not isinstance(found, dict):
        return {}, "unreadable-score-file"
    raw = found.get("eval_result_raw")
    inner = raw if isinstance(raw, dict) else {}
    if isinstance(inner.get("raw_content"), str):
        with suppress(ValueError):
            inner = json.loads(inner["raw_content"])
    values: dict[str, float] = {}
    for name in WEIGHTS:
        for source in (found, inner if isinstance(inner, dict) else {}):
            given = source.get(name)
            if isinstance(given, int | float) and math.isfinite(given):
                values.setdefault(name, float(given))
    return values, "" if len(values) == len(WEIGHTS) else "incomplete-scores"
