"""Pictures by content: what some bytes really are, whatever their address or header says.

Sniffing reads magic numbers (the signatures of the WHATWG MIME Sniffing standard, section 6.1, and for SVG
and HTML the first tag), so that an HTML page served as ``photo.jpg`` is called an HTML page.
"""

from __future__ import annotations

import io
import re
import warnings

from catalogs.digests import sha256
from catalogs.records import Origin, Picture

UNKNOWN = "application/octet-stream"

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)
_HEAD = 1445
"""Bytes searched for the first tag: the resource header of the WHATWG MIME Sniffing standard, section 5.2."""

_LEADING = re.compile(rb"^(?:\xef\xbb\xbf)?(?:\s|<\?xml.*?\?>|<!--.*?-->|<!doctype svg.*?>)*", re.I | re.S)
_HTML = re.compile(rb"<(?:!doctype html|html|head|body|script|title|h1|div|p|a|br|table|iframe)\b", re.I)


def sniff(data: bytes) -> str:
    """The media type: JPEG, PNG, GIF, WebP, BMP, SVG or HTML, else ``application/octet-stream``."""
    for signature, media_type in _SIGNATURES:
        if data.startswith(signature):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    head = data[:_HEAD]
    first_tag = head[_leading_length(head) :]
    if re.match(rb"<svg\b", first_tag, re.I):
        return "image/svg+xml"
    if _HTML.match(first_tag):
        return "text/html"
    return UNKNOWN


def _leading_length(head: bytes) -> int:
    leading = _LEADING.match(head)
    return leading.end() if leading else 0


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height as the header states them, without decoding pixels; None where no header can be read.

    Truncated pictures have a size, and decompression bombs too: reading a header allocates nothing.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                return image.size
    except Image.DecompressionBombError:
        return _size_of_bomb(data)
    except Exception:  # Pillow's decoders raise nearly anything on hostile bytes; all of it means "no header"
        return None


def _size_of_bomb(data: bytes) -> tuple[int, int] | None:
    """Size of a picture that Pillow refuses to open, from headers that hold it at a fixed place."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data.startswith((b"GIF87a", b"GIF89a")):
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return None


def picture_of(data: bytes, origin: Origin, caption: str = "") -> Picture:
    """The record of some bytes. Never fails: what cannot be read is ``application/octet-stream``, 0 x 0."""
    media_type = sniff(data)
    size = size_of(data) if media_type.startswith("image/") and media_type != "image/svg+xml" else None
    if size is None and media_type not in ("text/html", "image/svg+xml"):
        media_type = UNKNOWN
    width, height = size or (0, 0)
    return Picture(
        sha256=sha256(data),
        media_type=media_type,
        width=width,
        height=height,
        bytes=len(data),
        origin=origin,
        caption=caption,
    )
