"""All formats, by name."""

from __future__ import annotations

from catalogs.exports.bagel import Bagel
from catalogs.exports.errors import ExportError
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


def format_of(name: str) -> Format:
    """The format of that name; raises `ExportError`."""
    if name not in FORMATS:
        raise ExportError(f"no format {name!r}: there are {', '.join(sorted(FORMATS))}")
    return FORMATS[name]
