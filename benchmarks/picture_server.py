"""A local web server that does little: JPEGs of about 9 kB, each answered after a short wait.

It shares the cores with what it serves, so that an answer is put together from parts made beforehand.
"""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image

LATENCY = 0.02
"""Seconds."""
KINDS = 32
"""Different pictures that are at hand; each address gets one with its number after the end marker, which
makes another content of the same pixels."""
SIDE = 320
HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 9))


def pictures() -> list[bytes]:
    """Smooth noise, which makes JPEGs of the weight of small photographs."""
    random = np.random.default_rng(7)
    made = []
    for _ in range(KINDS):
        coarse = Image.fromarray(random.integers(0, 255, (8, 8, 3), dtype=np.uint8))
        out = io.BytesIO()
        coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(out, "JPEG", quality=80)
        made.append(out.getvalue())
    return made


class _Visitor(asyncio.Protocol):
    """One connection: ``GET /<number>.jpg``, and a robots.txt that is not there."""

    made: tuple[bytes, ...] = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            if path == b"/robots.txt":
                self._transport.write(b"HTTP/1.1 404 -\r\nContent-Length: 0\r\n\r\n")
            else:
                number = path[1:].partition(b".")[0]
                asyncio.get_running_loop().call_later(LATENCY, self._answer, number)

    def _answer(self, number: bytes) -> None:
        body = self.made[int(number) % KINDS] + number
        size = b"%d" % len(body)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: " + size + b"\r\n\r\n"
        self._transport.write(head + body)


async def serve() -> None:
    """Print the port, then answer until the standard input is closed."""
    _Visitor.made = tuple(pictures())
    server = await asyncio.get_running_loop().create_server(_Visitor, "0.0.0.0", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextmanager
def serving() -> Iterator[int]:
    """The port of a server in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.picture_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield int(server.stdout.readline())
        server.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve())
