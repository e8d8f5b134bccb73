"""One client an endpoint: what is journalled is answered from there, the rest is sent within limits.

journal? -> replay? -> budget? -> [ breaker, slot, paces, HTTP, is the reply whole? ] x tries -> journal
"""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from workers.endpoint.budget import Budget
from workers.endpoint.connections import Connections
from workers.endpoint.endings import kept_of, refusal_of
from workers.endpoint.errors import (
    EndpointBusyError,
    EndpointDownError,
    EndpointError,
    NotRecordedError,
    StoppedError,
)
from workers.endpoint.journal import Journal, Recorded
from workers.endpoint.limits import Breaker, Pace
from workers.endpoint.loop import beside
from workers.endpoint.replies import check_status, key_of
from workers.endpoint.settings import Call, Endpoint, Usage
from workers.meter import count_call, count_money

_BACK_OFF = wait_random_exponential(multiplier=0.5, max=30)
"""Full jitter: 0..0.5 s, 0..1 s, 0..2 s and so on, so that what failed together returns apart."""

LONGEST_WAIT = 300.0
"""Seconds that a Retry-After is obeyed at most; a server that asks for more is as good as down."""

LARGE = 256 * 2**10
"""Bytes of a reply that is not read on the loop: the pictures in it are decoded to see whether they are
some, at about 4 ms a MiB."""


class Client:
    """All calls of this process to one endpoint. Lives on the loop of `workers.endpoint.loop`."""

    def __init__(
        self,
        endpoint: Endpoint,
        journal: Journal,
        budget: Budget,
        *,
        replay: bool,
        share: int,
        stopped: threading.Event,
    ) -> None:
        self._endpoint = endpoint
        self._journal = journal
        self._budget = budget
        self._replay = replay
        self._stopped = stopped
        self._running: dict[bytes, asyncio.Task[Recorded]] = {}
        self.in_flight = 0
        """Calls that were sent and are not journalled yet, as the loop sees it."""
        self._breaker = Breaker()
        slots = max(1, endpoint.slots // share)
        self._slots = asyncio.Semaphore(slots)
        self.room = asyncio.Semaphore(2 * slots)
        """For calls that are put together and wait for a slot, or for another try: a batch of hundreds with
        pictures would hold up the loop, and fill the memory, if all were written out at once."""
        rates = (endpoint.requests_per_second, endpoint.requests_per_minute / 60)
        self._paces = [Pace(rate / share) for rate in rates if rate]
        self._token_pace = (
            Pace(endpoint.tokens_per_minute / 60 / share) if endpoint.tokens_per_minute else None
        )
        self._connections = Connections(endpoint)

    async def call(self, call: Call) -> Recorded:
        """The finished call, new or recorded; raises `EndpointError`, also for a refusal that was recorded.
        Equal calls at one time are one."""
        recorded = await self._recorded(call)
        count_money(recorded.micros)
        if recorded.refused:
            count_call(1, recorded.tokens_in, recorded.tokens_out)
            raise refusal_of(recorded.status, recorded.reply)
        return recorded

    async def _recorded(self, call: Call) -> Recorded:
        digest = call.digest
        recorded = self._journal.find(digest)
        if recorded is not None:
            return recorded
        if self._replay:
            raise NotRecordedError(
                f"the journal holds no such {call.kind} call to {call.model or call.path}: it was made with "
                "another profile, version or source, or it failed then, too"
            )
        task = self._running.get(digest)
        if task is None:
            task = asyncio.ensure_future(self._finish(call, digest))
            self._running[digest] = task
            task.add_done_callback(lambda _: self._running.pop(digest, None))
        return await asyncio.shield(task)  # whoever waits may be interrupted; a paid call is still kept

    async def _finish(self, call: Call, digest: bytes) -> Recorded:
        try:
            reply, usage = await self._tried(call)
        except EndpointError as error:
            kept = kept_of(call, error, self._endpoint)
            if kept is None:
                raise
            recorded = kept
        else:
            micros = usage.micros(self._endpoint)
            recorded = Recorded(reply, usage.tokens_in, usage.tokens_out, micros, at=int(time.time()))
        if self._token_pace:
            self._token_pace.correct(recorded.tokens_in + recorded.tokens_out - call.tokens)
        self._journal.append(digest, recorded)
        return recorded

    async def _tried(self, call: Call) -> tuple[bytes, Usage]:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(EndpointBusyError),
            wait=_wait,
            sleep=self._pause,
            stop=stop_after_attempt(self._endpoint.tries),
            reraise=True,
        ):
            with attempt:
                return await self._try(call)
        raise AssertionError("tenacity ends with a reply or an exception")

    async def _try(self, call: Call) -> tuple[bytes, Usage]:
        async with self._slots:
            probe = await self._enter()
            try:
                self._check_may_begin()
                await self._keep_pace(call)
                self._check_may_begin()
                reply, usage = await self._sent(call)
            except EndpointBusyError as error:
                self._failed(error, probe=probe)
                raise
            finally:
                self._breaker.left(probe=probe)
            self._breaker.succeeded()
            return reply, usage

    def _check_may_begin(self) -> None:
        if self._stopped.is_set():
            raise StoppedError("the run is being stopped")
        self._budget.check(self._journal.total)

    async def _sent(self, call: Call) -> tuple[bytes, Usage]:
        self.in_flight += 1
        try:
            reply = await self._send(call)
            return reply, await beside(call.check, reply) if len(reply) > LARGE else call.check(reply)
        finally:
            self.in_flight -= 1  # nothing is awaited from here to the journal

    def _failed(self, error: EndpointBusyError, *, probe: bool) -> None:
        """Tell the breaker; a server that asks for patience works."""
        if not error.broken or not self._endpoint.breaker:
            self._breaker.succeeded()
            return
        self._breaker.failed(time.monotonic(), probe=probe)
        if self._breaker.is_down:
            raise EndpointDownError(
                f"{self._endpoint.base_url} stays down ({error}): start it again, then run again; "
                "everything finished is kept"
            ) from error

    async def _enter(self) -> bool:
        """Wait until the endpoint may be called; True for the call that tries it after a pause."""
        while (seconds := self._breaker.wait(time.monotonic())) > 0 and not self._stopped.is_set():
            await self._pause(seconds)
        return self._breaker.enter()

    async def _pause(self, seconds: float) -> None:
        """Sleep; not for long where the run is being stopped."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stopped.is_set():
            await asyncio.sleep(min(left, 0.5))

    async def _keep_pace(self, call: Call) -> None:
        now = time.monotonic()
        waits = [pace.reserve(now) for pace in self._paces]
        if self._token_pace:
            waits.append(self._token_pace.reserve(now, call.tokens))
        if waits:
            await self._pause(max(waits))

    async def _send(self, call: Call) -> bytes:
        answer = await self._connections.exchange(call)
        answer = replace(answer, body=self._without_key(answer.body))
        check_status(answer, self._endpoint, own=call.kind != "fetch")
        return answer.body

    def _without_key(self, body: bytes) -> bytes:
        """Servers repeat a key that they refuse; it must not reach a log, a journal or a trace."""
        key = key_of(self._endpoint).encode()
        return body.replace(key, b"(key)") if key else body


def _wait(state: RetryCallState) -> float:
    """What the server asked for, else back-off."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, EndpointBusyError) else None
    return _BACK_OFF(state) if asked is None else min(asked, LONGEST_WAIT)
