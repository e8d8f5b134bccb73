"""The FactIP files that the published scorer and calculator read, from a scoring run."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

from catalogs.files import write_if_changed
from catalogs.records import ScoreItem
from catalogs.splits.factip import folder_name, pretty
from catalogs.stage import Blobs
from verifiers.scorers import factip
from verifiers.scorers.tally import SCORED, ItemScore


def write_factip(model: Path, items: Sequence[ScoreItem], scores: Sequence[ItemScore], blobs: Blobs) -> None:
    """The flat layout: ``<category>/<id>_score.json``, and ``<id>.png`` with ``<id>_traj.json`` for what was
    drawn. An item without grades gets a score file that says why, which the calculator passes over.

    Files of items that are no longer in the split go: the calculator would count them.
    """
    _remove_others(model, {f"{folder_name(item.category)}/{item.key}" for item in items})
    for item, score in zip(items, scores, strict=True):
        home = model / folder_name(item.category)
        if score.drawn:
            write_if_changed(home / f"{item.key}.png", blobs.get(score.drawn))
            trajectory = {"ip_index": item.key, "image_prompt": item.text, "language": item.language}
            write_if_changed(home / f"{item.key}_traj.json", pretty(trajectory))
        document: dict[str, Any] = {
            "ip_index": item.key,
            "category": item.category,
            "prompt": item.text,
            **{role: item.pictures.get(key) for role, key in (("gt1", "truth_1"), ("gt2", "truth_2"))},
            "generated": item.pictures.get("generated") or score.drawn or None,
            **{name: _whole(score.values.get(name)) for name in (*factip.WEIGHTS, "overall_score")},
            "rationale": score.notes.get("rationale", ""),
            "eval_result_raw": {**{k: _whole(v) for k, v in score.values.items()}, **score.notes},
            "judge": score.judge,
            "instruction": score.instruction,
        }
        if score.outcome != SCORED:
            document["error"] = score.reason
        write_if_changed(
            home / f"{item.key}{factip.SCORE}", json.dumps(document, ensure_ascii=False, indent=2).encode()
        )


def _remove_others(model: Path, current: Set[str]) -> None:
    """What earlier runs wrote for items other than the `current` ones (``<category>/<id>``)."""
    for score in sorted(model.glob(f"*/*{factip.SCORE}")):
        stem = score.name.removesuffix(factip.SCORE)
        if f"{score.parent.name}/{stem}" not in current:
            for name in (f"{stem}.png", f"{stem}_traj.json", score.name):
                (score.parent / name).unlink(missing_ok=True)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
