"""Connections to an endpoint, in small pools.

httpcore looks through its whole pool for every request that begins or ends. With 300 to 1,000 calls to a
loopback server a call took 2.5 ms of processor time in one pool of 16 connections, 16 in 64, 23 in 256;
in pools of 8 it takes 1.6 to 2.0 ms with any number of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from workers.endpoint.replies import headers_of
from workers.endpoint.settings import Endpoint

POOL = 8
"""Connections a pool."""

USER_AGENT = "tracemill (training data for image generation)"
"""So that the owner of a server knows who calls; Wikimedia asks for it."""


class Connections:
    """As many connections as there are slots; the caller sees to it that no more are asked for."""

    def __init__(self, endpoint: Endpoint, slots: int) -> None:
        self._endpoint = endpoint
        self._free = [number // POOL for number in reversed(range(slots))]
        """The pool of each connection that is not in use; the last used is used next, while it is open."""
        self._pools: dict[int, httpx.AsyncClient] = {}
        self._tls = httpx.create_ssl_context()

    @contextmanager
    def one(self) -> Iterator[httpx.AsyncClient]:
        """A client with a free connection; raises `EndpointSetupError` where the key is not set."""
        number = self._free.pop()
        try:
            if number not in self._pools:
                self._pools[number] = self._pool()
            yield self._pools[number]
        finally:
            self._free.append(number)

    def _pool(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._endpoint.base_url,
            headers={"User-Agent": USER_AGENT, **headers_of(self._endpoint)},
            timeout=self._endpoint.timeout,
            limits=httpx.Limits(max_connections=POOL, max_keepalive_connections=POOL),
            verify=self._tls,
            follow_redirects=True,
        )
