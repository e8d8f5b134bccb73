"""The arithmetic of the published FactIP calculator, written down from its description, faults included.

It takes a model's folder to the rows that it prints: category -> (five means on 0..100, count), and TOTAL.
Numbers stand at the top level, else in ``eval_result_raw``, or in the JSON text of its ``raw_content``.
Python counts true and false as numbers, and so does it. Files that lack one of the four numbers are left out.
TOTAL is the mean over all items, whatever their category.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

METRICS = ("clarity", "content_quality", "aesthetics", "text_relevance_ip")
SKIPPED = {"intermediate", "_task_queue", "traj", "eval"}


def report(model: Path) -> dict[str, tuple[list[float], int]]:
    by_category: dict[str, list[list[float]]] = {}
    for category in sorted(p for p in model.iterdir() if p.is_dir() and p.name not in SKIPPED):
        for entry in sorted(category.iterdir()):
            if entry.is_dir() and entry.name not in SKIPPED:
                path = entry / f"{entry.name}_score.json"
            elif entry.is_file() and entry.name.endswith("_score.json"):
                path = entry
            else:
                continue
            numbers = _numbers(path) if path.exists() else None
            if numbers:
                by_category.setdefault(category.name, []).append(numbers)
    rows = {name: (_means(items), len(items)) for name, items in by_category.items()}
    everything = [item for items in by_category.values() for item in items]
    return {**rows, "TOTAL": (_means(everything), len(everything))}


def _means(items: list[list[float]]) -> list[float]:
    whole = [[c, q, a, r, 0.05 * c + 0.10 * q + 0.10 * a + 0.75 * r] for c, q, a, r in items]
    return [sum(column) / len(whole) * 10 for column in zip(*whole, strict=True)]


def _numbers(path: Path) -> list[float] | None:
    try:
        found = json.loads(path.read_text())
    except ValueError:
        return None
    sources: list[Any] = [found]
    raw = found.get("eval_result_raw")
    if isinstance(raw, dict):
        inner: Any = raw
        if isinstance(raw.get("raw_content"), str):
            try:
                inner = json.loads(raw["raw_content"])
            except ValueError:
                inner = raw
        sources.append(inner)
    numbers = []
    for metric in METRICS:
        values = [s[metric] for s in sources if isinstance(s.get(metric), (int, float))]
        if not values:
            return None
        numbers.append(float(values[0]))
    return numbers
