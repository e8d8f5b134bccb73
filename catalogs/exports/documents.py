"""The published trajectory document, as far as exports read it."""

from __future__ import annotations

from typing import Any

import msgspec

from catalogs.records import Record


class TurnDocument(Record, frozen=True, kw_only=True):
    """A turn of the published document; one with an `error` was refused and then repaired."""

    turn: int
    stage: int
    input: str
    response_text: str
    tool_output: str | None = None
    error: str = ""

    @property
    def ok(self) -> bool:
        return not self.error


class ResponseDocument(Record, frozen=True, kw_only=True):
    """A turn to learn from: `turns` without those that were refused."""

    turn: int
    input: str
    response_text: str
    tool_output: str | None = None


class AttemptDocument(Record, frozen=True, kw_only=True):
    """A recaption with its verdict. `input` and `response_text` are empty in shards of earlier versions."""

    attempt: int
    recaption: str
    think: str
    verdict: dict[str, Any]
    drawings: list[str]
    """SHA-256 of the drawings, in the order of their seeds."""
    input: str = ""
    response_text: str = ""


class GapDocument(Record, frozen=True, kw_only=True):
    """What the document says of the need for a search."""

    needs_search: bool = True


class Details(Record, frozen=True, kw_only=True):
    """What exports read of the document's own block."""

    gap: GapDocument = GapDocument()
    attempts: list[AttemptDocument] = []
    proof: dict[str, Any] | None = None


class Document(Record, frozen=True, kw_only=True):
    """The published trajectory document (`catalogs.trajectory.published`), as far as exports read it."""

    ip_index: str
    ip_name: str
    image_prompt: str
    language: str
    country: str = ""
    turns: list[TurnDocument]
    recaption: str
    full_response: list[ResponseDocument]
    tracemill: Details = Details()

    @property
    def searched(self) -> bool:
        """False for a trajectory of one turn, whose subject the generator knew without any search."""
        return self.tracemill.gap.needs_search


_decoder = msgspec.json.Decoder(Document)


def read_document(raw: bytes) -> Document:
    """Decode a document; raises `msgspec.MsgspecError`."""
    return _decoder.decode(raw)
