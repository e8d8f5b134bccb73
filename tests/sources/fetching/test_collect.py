"""Collecting: every address ends with an outcome, contents are stored once, later runs ask where it helps."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from catalogs.digests import unit_interval
from sources.fetching.client import Fetcher
from sources.fetching.collect import collect
from sources.fetching.failures import FAILURES
from sources.fetching.seen import FAILED, FETCHED, REFUSED, Seen, SeenLog
from tests.fakes.http import HTML, Reply, Request, send, send_broken
from tests.sources.fakes import MemoryBlobs
from tests.sources.fetching.server import jpeg, online, png_bomb


async def all_of(
    urls: list[str], fetcher: Fetcher, log: SeenLog, blobs: MemoryBlobs, **how: bool
) -> dict[str, Seen]:
    return {seen.url: seen async for seen in collect(urls, fetcher, log, blobs, **how)}


def test_a_content_is_stored_once_with_all_its_addresses(tmp_path: Path) -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            urls = [server.says(f"/{name}.jpg", Reply(jpeg(), "image/jpeg")) for name in "abc"]
            log, blobs = SeenLog(tmp_path), MemoryBlobs()
            found = await all_of([*urls, urls[0]], fetcher, log, blobs)
            (content,) = blobs.kept
            assert log.addresses(content) == sorted(urls)
            assert {(one.media_type, one.width) for one in found.values()} == {("image/jpeg", 64)}
            assert SeenLog(tmp_path).addresses(content) == sorted(urls), "and the next process knows"

    asyncio.run(work())


SVG = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (SVG, "svg"),
        (b"plain words", "not-a-picture"),
        (b"", "not-a-picture"),
        (png_bomb(), "too-many-pixels"),
    ],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(tmp_path: Path, body: bytes, kind: str) -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            url = server.says("/photo.jpg", Reply(body, "image/jpeg"))
            blobs = MemoryBlobs()
            seen = (await all_of([url], fetcher, SeenLog(tmp_path), blobs))[url]
            assert (seen.outcome, seen.kind) == (REFUSED, kind)
            assert not blobs.kept
            await all_of([url], fetcher, SeenLog(tmp_path), blobs)
            assert server.heard["/photo.jpg"] == 1, "a refusal is a result"

    asyncio.run(work())


def test_a_page_in_place_of_a_picture_is_asked_for_by_three_runs(tmp_path: Path) -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            page = server.says("/page.jpg", Reply(HTML, "image/jpeg"))
            excuse = server.says("/excuse.jpg", Reply(HTML, "image/jpeg"), Reply(jpeg(), "image/jpeg"))
            for run, outcome in enumerate((FAILED, FETCHED, FETCHED, FETCHED), start=1):
                found = await all_of([page, excuse], fetcher, SeenLog(tmp_path), MemoryBlobs())
                assert (found[page].kind, found[page].outcome) == ("html", FAILED)
                assert found[excuse].outcome == outcome
                assert server.heard["/page.jpg"] == min(run, 3)

    asyncio.run(work())


def test_a_refresh_is_conditional_and_keeps_what_has_not_changed(tmp_path: Path) -> None:
    async def route(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.headers.get("if-none-match") == '"1"':
            await send(writer, Reply(b"", "image/jpeg", 304))
        else:
            await send(writer, Reply(jpeg(), "image/jpeg", headers={"ETag": '"1"'}))

    async def work() -> None:
        async with online() as (server, fetcher):
            server.routes["/a.jpg"] = route
            url, log, blobs = server.url("/a.jpg"), SeenLog(tmp_path), MemoryBlobs()
            first = (await all_of([url], fetcher, log, blobs))[url]
            assert (await all_of([url], fetcher, log, blobs))[url] == first
            assert server.heard["/a.jpg"] == 1
            again = (await all_of([url], fetcher, log, blobs, refresh=True))[url]
            assert (server.heard["/a.jpg"], again.sha256) == (2, first.sha256)
            blobs.kept.clear()
            await all_of([url], fetcher, log, blobs)
            assert list(blobs.kept) == [first.sha256], "a content that was lost is fetched without conditions"

    asyncio.run(work())


def test_failures_are_tried_again_by_as_many_runs_as_their_class_deserves(tmp_path: Path) -> None:
    async def work() -> None:
        async with online(tries=1) as (server, fetcher):
            url = server.says("/a.jpg", Reply(b"", "text/plain", 500))
            runs = FAILURES["server-error"].runs
            for run in range(1, runs + 3):
                seen = (await all_of([url], fetcher, SeenLog(tmp_path), MemoryBlobs()))[url]
                assert (seen.outcome, seen.runs) == (FAILED, min(run, runs))
            assert server.heard["/a.jpg"] == runs

    asyncio.run(work())


def test_an_address_that_many_ask_for_is_one_try_of_a_run(tmp_path: Path) -> None:
    async def work() -> None:
        async with online(tries=1) as (server, fetcher):
            url = server.says("/a.jpg", Reply(b"", "text/plain", 500))
            log = SeenLog(tmp_path)
            for _ in range(FAILURES["server-error"].runs):
                seen = (await all_of([url], fetcher, log, MemoryBlobs()))[url]
                assert (seen.outcome, seen.runs, seen.is_settled) == (FAILED, 1, False)

    asyncio.run(work())


def test_nothing_is_lost_where_one_request_in_five_fails(tmp_path: Path) -> None:
    """Busy, broken, cut, halved and swapped answers, some pictures gone: every address has one outcome."""
    faults = ("429", "500", "cut", "half", "html")
    tried: Counter[str] = Counter()

    async def route(request: Request, writer: asyncio.StreamWriter) -> None:
        tried[request.path] += 1
        parts = (request.path, str(tried[request.path]))
        reply = Reply(jpeg(int(request.path[1:])), "image/jpeg")
        if request.path.endswith("7"):
            reply = Reply(b"gone", "text/plain", 410)
        if unit_interval(*parts) >= 0.2:
            await send(writer, reply)
            return
        if not await send_broken(writer, reply, faults[int(unit_interval(*parts, "kind") * 5)], "0.001"):
            writer.close()

    async def work() -> None:
        async with online(tries=4, connections=32, per_host=32) as (server, fetcher):
            server.routes = {f"/{number}": route for number in range(300)}
            urls = [server.url(path) for path in list(server.routes)]
            found = await all_of(urls, fetcher, SeenLog(tmp_path), MemoryBlobs())
            assert set(found) == set(urls)
            outcomes = Counter(seen.outcome for seen in found.values())
            assert outcomes[FETCHED] + outcomes[REFUSED] + outcomes[FAILED] == 300
            assert all(seen.kind in FAILURES for seen in found.values() if seen.outcome != FETCHED)
            blobs = MemoryBlobs(found_contents(found))
            await all_of(urls, fetcher, SeenLog(tmp_path), blobs)
            again = await all_of(urls, fetcher, SeenLog(tmp_path), blobs)
            gone = [seen for seen in again.values() if seen.kind == "not-found"]
            assert len(gone) >= 25
            assert {seen.kind for seen in again.values()} == {"", "not-found"}, "all else has come through"

    def found_contents(found: dict[str, Seen]) -> dict[str, bytes]:
        return {seen.sha256: jpeg(int(seen.url.rsplit("/", 1)[1])) for seen in found.values() if seen.sha256}

    asyncio.run(work())


def test_a_torn_line_costs_one_address_only(tmp_path: Path) -> None:
    log = SeenLog(tmp_path)
    for name in "ab":
        log.add(
            Seen(url=f"http://a.test/{name}", outcome=REFUSED, kind="html", at="2026-01-01T00:00:00+00:00")
        )
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-20])
    assert [seen.url for seen in SeenLog(tmp_path)] == ["http://a.test/a"]
