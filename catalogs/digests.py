"""Digests and rounding: the two things that make equal inputs give equal bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(order="deterministic")


def encode(value: Any) -> bytes:
    """Canonical JSON of a record or of plain data: struct fields as defined, mapping keys sorted."""
    return _encoder.encode(value)


def digest(data: bytes | str) -> str:
    """32 hex digits (128 bit BLAKE2b) of some bytes: identifies cells, inputs, fingerprints."""
    raw = data.encode() if isinstance(data, str) else data
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def digest_of(value: Any) -> str:
    """Digest of the canonical JSON of a value."""
    return digest(encode(value))


def sha256(data: bytes) -> str:
    """Full SHA-256 in hex: names blobs, so that anyone can check them with common tools."""
    return hashlib.sha256(data).hexdigest()


def sha256_of(path: Path) -> str:
    """The same of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def entity_id(canonical_name: str) -> str:
    """16 hex digits for a canonical name such as ``wikipedia:en:Tiger``."""
    return digest(canonical_name)[:16]


def unit_interval(*parts: str) -> float:
    """A number in 0..1 that depends on the parts alone: stable choices without a random generator."""
    return int(digest("\x1f".join(parts))[:13], 16) / float(16**13)


def rounded(value: float, places: int = 3) -> float:
    """Round a score to the stored precision; minus zero becomes zero.

    Three places: batch size and thread count move a float32 cosine by less than 1e-6.
    """
    return round(float(value), places) + 0.0


def rounded_values(values: Mapping[str, float], places: int = 3) -> dict[str, float]:
    """`rounded` over a mapping."""
    return {name: rounded(value, places) for name, value in values.items()}
