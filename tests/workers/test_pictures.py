"""A picture is what its bytes say, and no bytes make the reading fail."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catalogs.digests import sha256
from catalogs.records import Origin
from workers.pictures import UNKNOWN, picture_of, sniff

ORIGIN = Origin(url="https://example.org/photo.jpg")


def encoded(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 10, 10)).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
        ("BMP", "image/bmp"),
    ],
)
def test_type_and_size_come_from_the_content(form: str, media_type: str) -> None:
    data = encoded(form)
    picture = picture_of(data, ORIGIN, "a red field")
    assert (picture.media_type, picture.width, picture.height) == (media_type, 40, 30)
    assert (picture.sha256, picture.bytes, picture.caption) == (sha256(data), len(data), "a red field")
    assert picture.origin == ORIGIN


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html></html>",
        b"  \n<HTML>",
        b"\xef\xbb\xbf<html>",
        b"<!-- moved --><html><body>gone",
    ],
)
def test_a_web_page_served_as_a_photo_is_called_a_web_page(page: bytes) -> None:
    picture = picture_of(page, ORIGIN)
    assert (picture.media_type, picture.width, picture.height) == ("text/html", 0, 0)


@pytest.mark.parametrize(
    "drawing", [b'<svg xmlns="x"/>', b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg></svg>']
)
def test_a_vector_drawing_is_told_from_a_page(drawing: bytes) -> None:
    assert sniff(drawing) == "image/svg+xml"


def test_a_truncated_picture_keeps_its_type_and_size() -> None:
    out = io.BytesIO()
    Image.effect_noise((400, 300), 90).save(out, "JPEG")
    picture = picture_of(out.getvalue()[: len(out.getvalue()) // 2], ORIGIN)
    assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", 400, 300)


def test_a_decompression_bomb_is_measured_but_not_opened() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 50_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    picture = picture_of(bomb, ORIGIN)
    assert (picture.media_type, picture.width, picture.height) == ("image/png", 60_000, 50_000)


@given(
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"<"]),
    st.binary(max_size=200),
)
def test_no_bytes_make_it_fail(start: bytes, rest: bytes) -> None:
    picture = picture_of(start + rest, ORIGIN)
    assert picture.bytes == len(start + rest)
    if (picture.width, picture.height) == (0, 0):
        assert picture.media_type in {UNKNOWN, "text/html", "image/svg+xml"} or picture.media_type.startswith(
            "image/"
        )
