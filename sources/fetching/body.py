"""Reading a body within limits: how much was announced, how much came, how much it unpacks to."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from sources.fetching.failures import AddressError

_AUTO = zlib.MAX_WBITS | 32
"""Takes the header of gzip and of zlib."""


async def read_body(pieces: AsyncIterator[bytes], encoding: str, announced: int | None, most: int) -> bytes:
    """All of a body, unpacked; raises `AddressError` as soon as a limit is passed.

    `encoding` is the Content-Encoding; others than gzip and deflate were not asked for. `most` holds for what
    is sent and for what it unpacks to: memory stays below twice that.
    """
    if announced is not None and announced > most:
        raise AddressError("too-large", f"{announced:,} bytes announced, at most {most:,}")
    packed = encoding.strip().lower()
    if packed in ("", "identity"):
        return await _read(pieces, most)
    if packed not in ("gzip", "x-gzip", "deflate"):
        raise AddressError("protocol", f"content encoding {encoding[:40]!r}, which was not asked for")
    return _unpacked(await _read(pieces, most), packed, most)


async def _read(pieces: AsyncIterator[bytes], most: int) -> bytes:
    parts, size = [], 0
    async for piece in pieces:
        size += len(piece)
        if size > most:
            raise AddressError("too-large", f"more than {most:,} bytes")
        parts.append(piece)
    return b"".join(parts)


def _unpacked(body: bytes, encoding: str, most: int) -> bytes:
    try:
        data, whole = _inflate(body, _AUTO, most)
    except zlib.error as error:
        if encoding != "deflate":
            raise AddressError("protocol", f"not {encoding}: {error}") from None
        try:
            data, whole = _inflate(body, -zlib.MAX_WBITS, most)  # many servers mean it without a header
        except zlib.error:
            raise AddressError("protocol", f"not {encoding}: {error}") from None
    if len(data) > most:
        raise AddressError("compression-bomb", f"{len(body):,} bytes unpack to more than {most:,}")
    if not whole:
        raise AddressError("cut", f"the {encoding} stream has no end")
    return data


def _inflate(body: bytes, header: int, most: int) -> tuple[bytes, bool]:
    """At most one byte more than `most`, and whether the stream came to its end."""
    unpacker = zlib.decompressobj(header)
    data = unpacker.decompress(body, most + 1)
    return data, unpacker.eof
