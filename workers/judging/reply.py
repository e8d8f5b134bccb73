"""Reading a judge's answer. What is missing, out of range or of another type is refused, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from catalogs.records import Grades
from workers.errors import ModelReplyError
from workers.judging.fields import Field

_FENCE = re.compile(r"\A```[a-zA-Z]*\s*(.*?)\s*```\Z", re.DOTALL)


def read_reply(text: str, fields: Sequence[Field]) -> Grades:
    """The grades in an answer; raises `ModelReplyError`, which says what is wrong with it.

    A code fence round the JSON is taken off, as the published scorers do; text before or after it is not.
    Keys that were not asked for are passed over. Flags become 1.0 and 0.0, texts and choices become notes.
    """
    body = text.strip()
    fenced = _FENCE.match(body)
    try:
        found = msgspec.json.decode(fenced.group(1) if fenced else body)
    except msgspec.DecodeError as error:
        raise ModelReplyError(f"the answer is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ModelReplyError("the answer is not a JSON object")
    values: dict[str, float] = {}
    notes: dict[str, str] = {}
    for field in fields:
        if field.name not in found:
            raise ModelReplyError(f"the answer has no {field.name!r}")
        if field.kind in ("text", "choice"):
            notes[field.name] = _words(field, found[field.name])
        else:
            values[field.name] = _number(field, found[field.name])
    return Grades(values=values, notes=notes)


def _words(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise ModelReplyError(f"{field.name} is not a string")
    if field.kind == "choice" and value not in field.choices:
        raise ModelReplyError(f"{field.name} is {value!r}, not one of {', '.join(field.choices)}")
    return value


def _number(field: Field, value: Any) -> float:
    if field.kind == "flag":
        if not isinstance(value, bool):
            raise ModelReplyError(f"{field.name} is neither true nor false")
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelReplyError(f"{field.name} is not a number")
    if field.kind == "integer" and value != int(value):
        raise ModelReplyError(f"{field.name} is {value}, not a whole number")
    if field.allowed and value not in field.allowed:
        raise ModelReplyError(f"{field.name} is {value}, not one of {field.allowed}")
    if not field.low <= value <= field.high:
        raise ModelReplyError(f"{field.name} is {value}, not within {field.low:g} to {field.high:g}")
    return float(value)
