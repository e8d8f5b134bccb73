"""A server that behaves, or does not: each route writes to the connection what it likes."""

from __future__ import annotations

import asyncio
import gzip
import io
import struct
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from PIL import Image

from sources.fetching.client import Fetcher
from sources.fetching.settings import FetchSettings
from tests.fakes.http import Reply, Request, read_request, send

Route = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]

HOST = "pictures.test"
"""Resolves to the loopback, and is allowed by name; the loopback itself is not."""


def jpeg(shade: int = 0, side: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), (shade % 256, 90, 160)).save(out, "JPEG")
    return out.getvalue()


def png_bomb(side: int = 60_000) -> bytes:
    """A PNG of a few hundred bytes that states 3.6 thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(9999)))
        + chunk(b"IEND", b"")
    )


def gzip_bomb(size: int) -> bytes:
    return gzip.compress(bytes(size), mtime=0)


@dataclass
class Server:
    """Routes by path; what no route has is answered with 404. `heard` counts requests by path."""

    routes: dict[str, Route] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)
    requests: list[Request] = field(default_factory=list)
    port: int = 0
    most_at_once: int = 0
    _at_work: int = 0

    def says(self, path: str, *replies: Reply) -> str:
        """Answer with these replies in turn, and with the last one from then on."""

        async def route(request: Request, writer: asyncio.StreamWriter) -> None:
            await send(writer, replies[min(self.heard[path], len(replies)) - 1])

        self.routes[path] = route
        return self.url(path)

    def url(self, path: str, host: str = HOST) -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                self.heard[request.path] += 1
                self.requests.append(request)
                self._at_work += 1
                self.most_at_once = max(self.most_at_once, self._at_work)
                try:
                    route = self.routes.get(request.path)
                    if route is None:
                        await send(writer, Reply(b"no such page", "text/plain", 404))
                    else:
                        await route(request, writer)
                finally:
                    self._at_work -= 1
                if writer.transport.is_closing():
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


NAMES = {HOST: ["127.0.0.1"], "inside.test": ["10.0.0.8"], "both.test": ["93.184.216.34", "127.0.0.1"]}


async def resolve(host: str) -> list[str]:
    """A name server of our own."""
    if host not in NAMES:
        raise OSError(f"{host}: name or service not known")
    return NAMES[host]


def quick(**changes: object) -> FetchSettings:
    """Settings that wait for nothing long."""
    given = {
        "allowed_hosts": (HOST,),
        "back_off": 0.001,
        "seconds": 5.0,
        "per_host": 8,
        "contact": "me@test.org",
    }
    return FetchSettings(**(given | changes))


@asynccontextmanager
async def online(**changes: object) -> AsyncIterator[tuple[Server, Fetcher]]:
    """A server, and a fetcher whose names lead to it."""
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        async with Fetcher(quick(**changes), resolve) as fetcher:
            yield server, fetcher
    finally:
        listening.close()
