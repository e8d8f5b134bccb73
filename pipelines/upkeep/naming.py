"""Whether an answer, as a server gave it, names an address that was forgotten, or holds such a picture.

Servers write one address in several ways: with or without a scheme, percent-encoded or not, with the escapes
of JSON or HTML. A longer address that begins like it is another one.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

from catalogs.digests import sha256
from catalogs.tombstones import Tombstones
from workers.endpoint import Call

_BEFORE = rb"(?<![\w.%-])"
_AFTER = rb"(?![\w%~+\x80-\xff-]|[/.:][\w%\x80-\xff]|\\/[\w%]|\\u)"

_RESERVED = "/:?#[]@!$&'()*+,;=%"
_DRAWN = re.compile(rb'"b64_json"\s*:\s*"([A-Za-z0-9+/=\\]+)"')
"""A picture in an answer of the Images API; the slash of base64 may be escaped."""


class Naming:
    """Of everything that was forgotten in a folder."""

    def __init__(self, stones: Tombstones) -> None:
        self._contents = stones.sha256s
        self._pattern = _pattern(stones.urls)
        self.digests = frozenset(digest for url in stones.urls for digest in _asking_for(url))
        """Of the calls that ask for just such an address."""

    def found_in(self, reply: bytes) -> bool:
        if self._pattern is not None and self._pattern.search(reply):
            return True
        return bool(self._contents) and any(sha256(one) in self._contents for one in _contents_of(reply))


def _asking_for(url: str) -> Iterator[bytes]:
    """A picture fetched, a page read by a service, a page of an interface."""
    yield Call(kind="fetch", path=url, method="GET").digest
    yield Call(kind="read", path="", json={"url": url}).digest
    yield Call(kind="api", path=url, method="GET", form={}).digest


def _pattern(urls: Iterable[str]) -> re.Pattern[bytes] | None:
    spelt = sorted({one for url in urls for one in _spellings(url)}, key=lambda one: (-len(one), one))
    return re.compile(_BEFORE + b"(?:" + b"|".join(map(re.escape, spelt)) + b")" + _AFTER) if spelt else None


def _spellings(url: str) -> Iterator[bytes]:
    bare = url.partition("://")[2] or url
    for one in {bare, unquote(bare), quote(unquote(bare), safe=_RESERVED)}:
        for text in (one, html.escape(one), json.dumps(one)[1:-1]):
            yield text.encode()
            yield text.replace("/", "\\/").encode()


def _contents_of(reply: bytes) -> Iterator[bytes]:
    """The answer itself, and pictures inside it."""
    yield reply
    for found in _DRAWN.findall(reply):
        try:
            yield base64.b64decode(found.replace(b"\\/", b"/"), validate=True)
        except binascii.Error:
            continue
