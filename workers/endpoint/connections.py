"""Connections to an endpoint.

aiohttp takes about a tenth of the processor time of httpx for a call, whatever the number of connections
(docs/endpoints.md has the figures).
"""

from __future__ import annotations

import asyncio
import atexit
from contextlib import suppress
from urllib.request import getproxies

import aiohttp
from yarl import URL

from workers.endpoint.errors import EndpointBusyError, EndpointRefusedError
from workers.endpoint.loop import start
from workers.endpoint.replies import Answer, headers_of, read_body
from workers.endpoint.settings import Call, Endpoint

USER_AGENT = "tracemill (training data for image generation)"
"""So that the owner of a server knows who calls; Wikimedia asks for it."""

KEPT_OPEN = 4.0
"""Seconds that a connection is kept for the next call: uvicorn, behind which vLLM and SGLang run, closes one
that is idle for 5, and a call that meets the closing fails."""


class Connections:
    """Made and used on the loop; the caller sees to it that no more calls are made than there are slots."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._session: aiohttp.ClientSession | None = None

    async def exchange(self, call: Call) -> Answer:
        """Send a call and read the whole answer.

        Raises `EndpointBusyError` where none came, `EndpointRefusedError` for an address that is none, and
        `EndpointSetupError` where the key is not set.
        """
        if self._session is None:
            self._session = self._open()
        try:
            async with asyncio.timeout(self._endpoint.timeout):
                async with self._session.request(
                    call.method,
                    self._address(call),
                    params=call.form if call.method == "GET" else None,
                    data=_body(call),
                    headers={"Content-Type": "application/json"} if call.json is not None else None,
                    # A key goes to its own endpoint and to no address that an answer names.
                    allow_redirects=not self._endpoint.key_env,
                ) as response:
                    return Answer(response.status, response.headers, await read_body(response))
        except TimeoutError:
            raise EndpointBusyError(f"no whole answer in {self._endpoint.timeout:g} s") from None
        except (aiohttp.InvalidURL, UnicodeError) as error:  # the latter: a host that cannot be a name
            raise EndpointRefusedError(f"no address to call: {error}", 400) from error
        except aiohttp.ClientError as error:
            raise EndpointBusyError(f"{type(error).__name__}: {error}") from error

    def _address(self, call: Call) -> URL:
        base = self._endpoint.base_url
        whole = call.path if "://" in call.path or not base else f"{base.rstrip('/')}/{call.path}"
        try:
            return URL(whole)
        except ValueError as error:
            raise EndpointRefusedError(f"no address to call: {whole[:200]}: {error}", 400) from error

    def _open(self) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_OPEN),
            headers={"User-Agent": USER_AGENT, **headers_of(self._endpoint)},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            # aiohttp looks for a proxy in two threads a request: not where none is set.
            trust_env=bool(getproxies()),
        )
        atexit.register(_close, session)
        return session


def _close(session: aiohttp.ClientSession) -> None:
    """Connections that stay open at the end of the process are complained of."""
    with suppress(TimeoutError):
        start(session.close()).result(timeout=2)


def _body(call: Call) -> bytes | aiohttp.FormData | None:
    """JSON, or a multipart form with its files named by their order."""
    if call.json is not None:
        return call.body
    if call.method == "GET":
        return None
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in (call.form or {}).items():
        form.add_field(name, value)
    for number, (name, kind, data) in enumerate(call.files, start=1):
        form.add_field(name, data, filename=f"image_{number}", content_type=kind)
    return form
