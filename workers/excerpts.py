"""The start of a text that is too long, cut where a reader would."""

from __future__ import annotations


def start_of(text: str, most: int) -> str:
    """At most `most` characters, up to the end of a line or sentence where one is in the second half."""
    if len(text) <= most:
        return text
    start = text[:most]
    end = max(start.rfind(mark) for mark in ("\n", ". ", "。"))
    return start[: end + 1].strip() if end > most // 2 else start
