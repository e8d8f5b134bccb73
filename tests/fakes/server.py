"""The server: routes, latencies, slots, faults, and a log of what was asked and how long it took."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import routes
from tests.fakes.faults import Faults
from tests.fakes.http import REFUSAL, Reply, Request, read_request, send, send_broken

ROUTES: dict[tuple[str, str], tuple[str, Callable[[Request, Any], Reply]]] = {
    ("POST", "/v1/chat/completions"): ("chat", routes.chat),
    ("POST", "/v1/images/generations"): ("image", routes.generations),
    ("POST", "/v1/images/edits"): ("image", routes.edits),
    ("POST", "/serper/search"): ("search", routes.text_search),
    ("POST", "/serper/images"): ("search", routes.image_search),
    ("POST", "/jina/"): ("read", routes.reader),
    ("GET", "/w/api.php"): ("search", routes.mediawiki),
    ("POST", "/moved/chat/completions"): ("moved", routes.moved),
}


@dataclass
class Fake:
    """One server. `latency` maps kinds of calls to seconds, `slots` to how many it works on at once."""

    latency: Mapping[str, float] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    slots: Mapping[str, int] = field(default_factory=dict)
    key: str = ""
    """Where set, calls without it are refused, and the refusal repeats what they brought instead."""
    script: Callable[[dict[str, Any]], str | None] = lambda body: None
    """What the chat model says to a request body; None leaves it to the rules."""
    painter: Callable[[str, list[bytes], str], bytes | None] = lambda *_: None
    """What the drawing model makes of prompt, references and seed; None leaves it to the rules."""
    lagging: int = 0
    """So many answers of a wiki say ``maxlag`` first."""
    calls: Counter[str] = field(default_factory=Counter)
    heard: list[dict[str, Any]] = field(default_factory=list)
    spans: list[tuple[str, float, float]] = field(default_factory=list)
    """(kind, begin, end) of each call that was worked on."""
    most_at_once: int = 0
    address: str = ""
    _at_work: int = 0
    _free: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    async def listen(self) -> asyncio.Server:
        """Open a free port of the loopback."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024, limit=2**22)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while (request := await read_request(reader)) is not None:
                if not await self._answer(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        if request.path == "/spans":
            await send(writer, Reply.of(self.spans))
            return True
        kind, route = ROUTES.get((request.method, request.path), ("fetch", routes.picture))
        self.calls[kind] += 1
        self._at_work += 1
        self.most_at_once = max(self.most_at_once, self._at_work)
        try:
            if kind not in self.slots:
                return await self._work(kind, route, request, writer)
            async with self._free.setdefault(kind, asyncio.Semaphore(self.slots[kind])):
                return await self._work(kind, route, request, writer)
        finally:
            self._at_work -= 1

    async def _work(
        self,
        kind: str,
        route: Callable[[Request, Any], Reply],
        request: Request,
        writer: asyncio.StreamWriter,
    ) -> bool:
        began = time.monotonic()
        if kind != "fetch" and self.key and self.key not in "".join(request.headers.values()):
            said = f"Incorrect API key provided: {request.headers.get('authorization', '')}"
            await send(writer, Reply.of({"error": {"message": said}}, 401))
            return True
        await asyncio.sleep(self.latency.get(kind, 0.0))
        reply = route(request, self)
        self.spans.append((kind, began, time.monotonic()))
        fault = self.faults.next(request.identity)
        if fault:
            return await send_broken(writer, reply, fault, self.faults.retry_after)
        await send(writer, REFUSAL if self.faults.refuses(request.identity) else reply)
        return True


@contextmanager
def serving(fake: Fake) -> Iterator[Fake]:
    """Serve in a thread on a free port of the loopback; `address` says where."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    server: list[asyncio.Server] = []

    async def begin() -> None:
        server.append(await fake.listen())

    def work() -> None:
        loop.run_until_complete(begin())
        loop.call_soon(ready.set)
        loop.run_forever()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        server[0].close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
