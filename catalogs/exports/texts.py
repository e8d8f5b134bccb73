"""What a text may not hold, because the target would read it as something else than text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from catalogs.exports.documents import Document, ResponseDocument
from catalogs.exports.errors import LeftOutError

SPECIAL_TOKEN = re.compile(r"<\|[A-Za-z0-9_]+\|>")
"""Anything spelt like a special token: tokenizers of the Qwen family read those inside text, too."""

PLACEHOLDER = re.compile(r"<(?:image|video|audio)>|\{\{(?:image|video|audio)\}\}")
"""What LLaMA-Factory, verl and BAGEL replace by a picture, a video or a sound; the second spelling is the one
that LLaMA-Factory uses in passing."""

RECAPTION = "<recaption>"


def trained_turns(document: Document) -> list[ResponseDocument]:
    """The turns to learn from, as the published loader sees them: without those that were refused.

    Raises `LeftOutError` where a loader would learn something else than a whole dialogue: at least a search
    and a recaption, or the one turn that needed no search.
    """
    turns = document.full_response
    if not document.recaption.strip():
        raise LeftOutError("no-recaption")
    if len(turns) < (2 if document.searched else 1):
        raise LeftOutError("fewer-than-two-turns", f"{len(turns)}")
    if RECAPTION not in turns[-1].response_text:
        raise LeftOutError("recaption-turn-not-last")
    if any(not turn.input.strip() or not turn.response_text.strip() for turn in turns):
        raise LeftOutError("empty-turn")
    return turns


def must_be_plain(texts: Iterable[str], *, placeholders: bool = False) -> None:
    """Raises `LeftOutError` for special tokens and, where asked, for placeholders of pictures."""
    for text in texts:
        if found := SPECIAL_TOKEN.search(text):
            raise LeftOutError("special-token-in-text", found[0])
        if placeholders and (found := PLACEHOLDER.search(text)):
            raise LeftOutError("placeholder-in-text", found[0])


def texts_of(turns: Sequence[ResponseDocument]) -> list[str]:
    """All texts of a dialogue in their order."""
    return [text for turn in turns for text in (turn.input, turn.response_text)]


def refused(document: Document) -> int:
    """How many turns were refused and repaired."""
    return sum(not turn.ok for turn in document.turns)
