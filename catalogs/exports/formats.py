"""All formats, by name."""

from __future__ import annotations

from catalogs.exports.bagel import Bagel
from catalogs.exports.errors import ExportError
from catalogs.exports.factip import FactIpRows
from catalogs.exports.hf import HuggingFace
from catalogs.exports.interface import Format
from catalogs.exports.openai_chat import OpenAiChat
from catalogs.exports.pairs import Pairs
from catalogs.exports.rl import Reinforcement
from catalogs.exports.sharegpt import ShareGpt
from catalogs.exports.unify_agent import UnifyAgent

FORMATS: dict[str, Format] = {
    form.name: form
    for form in (UnifyAgent(), ShareGpt(), OpenAiChat(), HuggingFace(), Reinforcement(), Pairs(), Bagel())
}
"""Formats of training trajectories."""

BENCHMARKS: dict[str, Format] = {form.name: form for form in (FactIpRows(), Reinforcement())}
"""Formats of benchmark items, which have a prompt and ground truth and nothing to imitate."""

SPLITS = {"train": FORMATS, "factip": BENCHMARKS}


def format_of(name: str, split: str = "train") -> Format:
    """The format of that name; raises `ExportError`."""
    if split not in SPLITS:
        raise ExportError(f"no split {split!r}: there are {', '.join(SPLITS)}")
    formats = SPLITS[split]
    if name not in formats:
        raise ExportError(f"no format {name!r} for the split {split}: there are {', '.join(sorted(formats))}")
    return formats[name]
