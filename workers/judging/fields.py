"""What a judge is asked for, of pictures and in benchmarks: the fields of its answer, as JSON schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the answer."""

    name: str
    kind: str = "integer"
    """``integer`` and ``number`` are bounded by `low` and `high`; ``flag`` is true or false; ``choice`` is
    one of `choices`; ``text`` is any string."""
    low: float = 0.0
    high: float = 0.0
    allowed: tuple[float, ...] = ()
    """The only numbers that may be answered; empty where all between `low` and `high` may."""
    choices: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """As JSON schema."""
        if self.kind == "flag":
            return {"type": "boolean"}
        if self.kind == "text":
            return {"type": "string"}
        if self.kind == "choice":
            return {"type": "string", "enum": list(self.choices)}
        if self.allowed:
            return {"type": "number", "enum": list(self.allowed)}
        return {"type": self.kind, "minimum": self.low, "maximum": self.high}


def schema_of(fields: Sequence[Field]) -> dict[str, Any]:
    """JSON schema of an answer with these fields and no others."""
    return {
        "type": "object",
        "properties": {field.name: field.schema() for field in fields},
        "required": [field.name for field in fields],
        "additionalProperties": False,
    }
