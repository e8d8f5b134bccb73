"""One client an endpoint: what is journalled is answered from there, the rest is sent within limits.

journal? -> replay? -> budget? -> [ breaker, slot, paces, HTTP, is the reply whole? ] x tries -> journal
"""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

from tenacity import AsyncRetrying, retry_if_exception_type

from workers.asking import note_call
from workers.endpoint.again import again_until
from workers.endpoint.budget import Budget
from workers.endpoint.connections import Connections
from workers.endpoint.endings import counted_in, kept_of, refusal_of
from workers.endpoint.errors import (
    EndpointBusyError,
    EndpointError,
    EndpointRefusedError,
    NotRecordedError,
    StoppedError,
)
from workers.endpoint.frames import LOST
from workers.endpoint.health import Health
from workers.endpoint.journal import Journal, Recorded
from workers.endpoint.limits import Pace, reserve
from workers.endpoint.loop import beside
from workers.endpoint.replies import check_status, key_of
from workers.endpoint.retries import GiveUp, wait
from workers.endpoint.settings import Call, Endpoint, Usage
from workers.meter import count_call, count_money

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
        self._health = Health(endpoint)
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
        note_call(digest)
        recorded = self._journal.find(digest)
        if recorded is not None and not self._replay and recorded.refused and recorded.at <= again_until():
            self._journal.withdraw(digest, again_until())
            recorded = None
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
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type(EndpointBusyError),
                wait=wait,
                sleep=self._pause,
                stop=GiveUp(self._endpoint),
                reraise=True,
            ):
                with attempt:
                    return await self._try(call)
        except EndpointBusyError as error:
            self._health.given_up(error)
            raise
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
                if self._token_pace and not error.broken:
                    self._token_pace.correct(-call.tokens)  # whoever comes too early has used none
                self._health.failed(error, probe=probe)
                raise
            except EndpointRefusedError as error:
                self._health.refused(call, error)
                raise
            finally:
                self._health.breaker.left(probe=probe)
            self._health.answered()
            return reply, usage

    def _check_may_begin(self) -> None:
        if self._stopped.is_set():
            raise StoppedError("the run is being stopped")
        self._budget.check(self._journal.total)

    async def _sent(self, call: Call) -> tuple[bytes, Usage]:
        self.in_flight += 1
        try:
            reply = await self._send(call)
            try:
                return reply, await beside(call.check, reply) if len(reply) > LARGE else call.check(reply)
            except EndpointBusyError as error:
                self._charge(call, error.used or counted_in(reply))
                raise
        finally:
            self.in_flight -= 1  # nothing is awaited from here to the journal

    def _charge(self, call: Call, used: Usage) -> None:
        """Enter what a lost reply has cost; one that says nothing of it, a page of HTML, cost nothing."""
        micros = used.micros(self._endpoint)
        if not (used.tokens_in or used.tokens_out or micros):
            return
        count_money(micros)
        lost = Recorded(b"", used.tokens_in, used.tokens_out, micros, status=LOST, at=int(time.time()))
        self._journal.append(call.digest, lost)

    async def _enter(self) -> bool:
        """Wait until the endpoint may be called; True for the call that tries it after a pause."""
        while (seconds := self._health.breaker.wait(time.monotonic())) > 0 and not self._stopped.is_set():
            await self._pause(seconds)
        return self._health.breaker.enter()

    async def _pause(self, seconds: float) -> None:
        """Sleep; not for long where the run is being stopped."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stopped.is_set():
            await asyncio.sleep(min(left, 0.5))

    async def _keep_pace(self, call: Call) -> None:
        costs = [(pace, 1.0) for pace in self._paces]
        if self._token_pace:
            costs.append((self._token_pace, call.tokens))
        if costs:
            await self._pause(reserve(time.monotonic(), *costs))

    async def _send(self, call: Call) -> bytes:
        answer = await self._connections.exchange(call)
        answer = replace(answer, body=self._without_key(answer.body))
        check_status(answer, self._endpoint, own=call.kind != "fetch")
        return answer.body

    def _without_key(self, body: bytes) -> bytes:
        """Servers repeat a key that they refuse; it must not reach a log, a journal or a trace."""
        key = key_of(self._endpoint).encode()
        return body.replace(key, b"(key)") if key else body
