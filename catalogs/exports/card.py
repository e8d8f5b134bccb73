"""The dataset card of an export for the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Mapping

from catalogs.exports.parts import Parts, totals

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGER = "1M<n<10M"
"""Size categories of the hub."""

_HUB_LICENCES = {
    *(f"cc-{kind}-{version}" for kind in ("by", "by-sa") for version in ("2.0", "2.5", "3.0", "4.0")),
    *("cc0-1.0", "pddl", "odbl", "gfdl", "apache-2.0", "mit", "unlicense"),
} - {"cc-by-sa-2.0", "cc-by-sa-2.5"}
"""Identifiers of free licences that the hub knows; it refuses a card with any other word but ``other``."""

_ABOUT = {
    "train": (
        "Tracemill trajectories",
        "trajectories of agents that search text and pictures, rewrite a prompt from the evidence, and only\n"
        "then draw. Every recaption was proven: a drawing made from it and its references alone came nearer\n"
        "to the ground truth than to any look-alike.",
    ),
    "test": (
        "Tracemill benchmark",
        "prompts about entities that are in no training trajectory, with two true pictures each. Do not\n"
        "train on them.",
    ),
}
"""Title and first paragraph by split."""


def card_of(parts: Parts, descriptions: Mapping[str, str], split: str = "train") -> str:
    """Front matter that the hub reads, then the card for people."""
    samples = sum(part.samples for part in parts)
    licences = totals(parts, "licences")
    only = next(iter(licences), "").lower() if len(licences) == 1 else ""
    size = next((name for most, name in _SIZES if samples < most), _LARGER)
    title, text = _ABOUT[split]
    front = [
        "---",
        f"pretty_name: {title}",
        f"license: {only if only in _HUB_LICENCES else 'other'}",
        "task_categories:",
        "- text-to-image",
        "- image-to-image",
        "tags:",
        "- agent",
        "- retrieval",
        "size_categories:",
        f"- {size}",
        "configs:",
        "- config_name: default",
        "  data_files:",
        f"  - split: {split}",
        "    path: data/*.parquet",
        "---",
    ]
    body = [
        f"# {title}",
        "",
        f"{samples} {text}",
        "",
        "## Columns",
        "",
        "| column | what it holds |",
        "|---|---|",
        *(f"| `{name}` | {text} |" for name, text in descriptions.items()),
        "",
        "## Licences",
        "",
        "Licences differ from row to row: see `licences`, `credits` and `sources`, and keep them with the",
        "data.",
        "",
        "| licence | rows that hold it |",
        "|---|---|",
        *(f"| {licence or 'unknown'} | {count} |" for licence, count in licences.items()),
        "",
        "## What was left out",
        "",
        *_left_out(parts),
    ]
    return "\n".join([*front, *body]) + "\n"


def _left_out(parts: Parts) -> list[str]:
    reasons: dict[str, int] = {}
    for part in parts:
        for reason, keys in part.left_out.items():
            reasons[reason] = reasons.get(reason, 0) + len(keys)
    return [f"- {reason}: {count}" for reason, count in sorted(reasons.items())] or ["Nothing."]
