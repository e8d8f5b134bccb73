"""Files are judged by their bytes."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catalogs.records import PictureScores
from filters.hygiene import Hygiene, is_clean
from filters.pictures import MAX_PIXELS
from tests.filters.rows import MemoryBlobs, candidate, drawing, encoded, row_of


def hygiene_of(data: bytes) -> PictureScores:
    blobs = MemoryBlobs()
    (outcome,) = Hygiene().run([row_of([candidate(blobs, data)])], blobs)
    scores: PictureScores = outcome.writes["hygiene"][0]  # type: ignore[union-attr]
    return scores


def bomb(width: int, height: int) -> bytes:
    """A PNG of some dozen bytes that states a large size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "BMP"])
def test_a_whole_still_picture_is_clean(format_: str) -> None:
    scores = hygiene_of(encoded(drawing(), format_))
    assert is_clean(scores)
    assert (scores.values["width"], scores.values["height"]) == (320, 300)
    assert scores.notes["type"] == f"image/{format_.lower()}"


@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
def test_half_a_picture_is_truncated(format_: str) -> None:
    data = encoded(drawing(), format_)
    scores = hygiene_of(data[: len(data) // 2])
    assert scores.values["truncated"] == 1
    assert not is_clean(scores)
    assert scores.notes["error"]


def test_a_page_in_place_of_a_picture_is_html() -> None:
    scores = hygiene_of(b"<!DOCTYPE html><html><body>no hotlinking</body></html>")
    assert scores.values["html"] == 1
    assert scores.values["truncated"] == 0
    assert not is_clean(scores)


def test_an_animation_is_readable_but_not_clean() -> None:
    frames = [drawing("orange").quantize(16), drawing("blue").quantize(16)]
    scores = hygiene_of(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert scores.values["readable"] == 1
    assert scores.values["animated"] == 1
    assert not is_clean(scores)


def test_a_still_gif_is_clean() -> None:
    assert is_clean(hygiene_of(encoded(drawing().quantize(16), "GIF")))


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_decompression_bomb_is_never_decoded(side: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    assert side * side > MAX_PIXELS
    scores = hygiene_of(bomb(side, side))
    assert scores.values["bomb"] == 1
    assert not is_clean(scores)
    assert scores.values["width"] == side


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4000), st.integers(0, 255))
def test_no_damage_raises(position: int, byte: int) -> None:
    data = bytearray(encoded(drawing(size=(64, 48)), "JPEG"))
    data[position % len(data)] = byte
    hygiene_of(bytes(data))


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    assert hygiene_of(data).values["bytes"] == len(data)
