"""The fetcher against servers that lie, stall, flood, redirect and refuse."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable

import pytest

from sources.fetching.answer import Answer
from sources.fetching.client import Fetcher
from sources.fetching.failures import AddressError
from sources.fetching.settings import HostLimits
from tests.fakes.http import Reply, Request, send
from tests.sources.fetching.server import HOST, gzip_bomb, jpeg, online, quick, resolve


async def kind_of(asked: Awaitable[Answer]) -> str:
    with pytest.raises(AddressError) as caught:
        await asked
    return caught.value.kind


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(b"", "text/plain", status, {"Location": to})


def test_an_answer_is_brought_whole_and_says_who_asks() -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            url = server.says("/a.jpg", Reply(jpeg(), "image/jpeg", headers={"ETag": '"1"'}))
            answer = await fetcher.get(url)
            assert (answer.body, answer.etag, answer.url) == (jpeg(), '"1"', url)
            assert server.requests[-1].headers["user-agent"].startswith("tracemill/")
            assert "me@test.org" in server.requests[-1].headers["user-agent"]

    asyncio.run(work())


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "http://0.0.0.0:{port}/secret",
        "http://inside.test:{port}/secret",
        "http://both.test:{port}/secret",
    ],
)
def test_a_redirect_into_a_private_network_is_not_followed(target: str) -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            url = server.says("/a.jpg", redirect(target.format(port=server.port)))
            assert await kind_of(fetcher.get(url)) == "private-address"
            assert await kind_of(fetcher.call(url)) == "private-address"
            assert server.heard["/secret"] == 0

    asyncio.run(work())


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://a.test/b", "http://u:p@a.test/b", "http://:80/b"]
)
def test_other_schemes_and_passwords_are_no_addresses(target: str) -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            assert await kind_of(fetcher.get(target)) == "bad-address"
            assert await kind_of(fetcher.get(server.says("/a", redirect(target)))) == "bad-address"

    asyncio.run(work())


def test_numbers_that_the_system_reads_as_addresses_are_refused() -> None:
    async def work() -> None:
        async with Fetcher(quick(tries=1)) as fetcher:
            for host in ("2130706433", "127.1", "0x7f.0.0.1", "localhost"):
                assert await kind_of(fetcher.call(f"http://{host}:9/")) in (
                    "private-address",
                    "bad-address",
                    "dns",
                )

    asyncio.run(work())


def test_redirects_are_followed_to_a_limit() -> None:
    async def work() -> None:
        async with online(most_redirects=2) as (server, fetcher):
            server.says("/3", Reply(jpeg(), "image/jpeg"))
            server.says("/2", redirect("/3"))
            server.says("/1", redirect("/2", 301))
            server.says("/0", redirect("/1", 308))
            server.says("/circle", redirect("/circle"))
            assert (await fetcher.get(server.url("/1"))).url == server.url("/3")
            assert await kind_of(fetcher.get(server.url("/0"))) == "too-many-redirects"
            assert await kind_of(fetcher.get(server.url("/circle"))) == "too-many-redirects"

    asyncio.run(work())


def test_an_endless_body_ends_at_the_limit() -> None:
    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(Reply(b"", "image/jpeg").head(None))
        while not writer.transport.is_closing():
            writer.write(b"1000\r\n" + bytes(4096) + b"\r\n")
            await writer.drain()

    async def work() -> None:
        async with online(most_bytes=100_000) as (server, fetcher):
            server.routes["/endless"] = endless
            assert await kind_of(fetcher.get(server.url("/endless"))) == "too-large"
            assert server.heard["/endless"] == 1, "what is too large is not asked for again"

    asyncio.run(work())


def test_an_announced_length_is_not_believed() -> None:
    async def short(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(Reply(b"", "image/jpeg").head(5000) + jpeg())
        await writer.drain()
        writer.close()

    async def work() -> None:
        async with online(most_bytes=10_000, tries=2) as (server, fetcher):
            server.routes["/short"] = short
            huge = Reply(b"", "image/jpeg", headers={})
            assert await kind_of(fetcher.get(server.url("/short"))) == "cut"
            assert server.heard["/short"] == 2

            async def boast(request: Request, writer: asyncio.StreamWriter) -> None:
                writer.write(huge.head(10**12))
                await writer.drain()

            server.routes["/boast"] = boast
            assert await kind_of(fetcher.get(server.url("/boast"))) == "too-large"

    asyncio.run(work())


def test_a_trickle_ends_in_time() -> None:
    async def trickle(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(Reply(b"", "image/jpeg").head(None))
        while not writer.transport.is_closing():
            writer.write(b"1\r\n \r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def work() -> None:
        async with online(seconds=0.2, tries=2) as (server, fetcher):
            server.routes["/trickle"] = trickle
            assert await kind_of(fetcher.get(server.url("/trickle"))) == "time-out"
            assert server.heard["/trickle"] == 2

    asyncio.run(work())


def test_packed_bodies_are_unpacked_within_limits() -> None:
    async def work() -> None:
        async with online(most_bytes=1_000_000) as (server, fetcher):
            packed = {"Content-Encoding": "gzip"}
            fine = server.says("/fine", Reply(gzip.compress(jpeg()), "image/jpeg", headers=packed))
            bomb = server.says("/bomb", Reply(gzip_bomb(100_000_000), "image/jpeg", headers=packed))
            half = server.says("/half", Reply(gzip.compress(jpeg())[:-30], "image/jpeg", headers=packed))
            other = server.says("/other", Reply(b"...", "image/jpeg", headers={"Content-Encoding": "br"}))
            assert (await fetcher.get(fine)).body == jpeg()
            assert await kind_of(fetcher.get(bomb)) == "compression-bomb"
            assert await kind_of(fetcher.get(half)) == "cut"
            assert await kind_of(fetcher.get(other)) == "protocol"

    asyncio.run(work())


def test_robots_txt_is_honoured_by_crawling_and_asked_for_once() -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            server.says("/robots.txt", Reply(b"User-agent: *\nDisallow: /private/", "text/plain"))
            private = server.says("/private/a.jpg", Reply(jpeg(), "image/jpeg"))
            public = server.says("/a.jpg", Reply(jpeg(), "image/jpeg"))
            kinds = await asyncio.gather(*(kind_of(fetcher.get(private)) for _ in range(5)))
            assert set(kinds) == {"robots"}
            assert (await fetcher.get(public)).status == 200
            assert (await fetcher.call(private)).status == 200, "interfaces have etiquettes of their own"
            assert server.heard["/robots.txt"] == 1

    asyncio.run(work())


def test_a_robots_txt_that_cannot_be_had_forbids_for_now() -> None:
    async def work() -> None:
        async with online(tries=2) as (server, fetcher):
            server.says("/robots.txt", Reply(b"", "text/plain", 503))
            url = server.says("/a.jpg", Reply(jpeg(), "image/jpeg"))
            assert await kind_of(fetcher.get(url)) == "robots-unavailable"
            assert (server.heard["/robots.txt"], server.heard["/a.jpg"]) == (2, 0)

    asyncio.run(work())


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        ("noai", True),
        ("noimageindex, nofollow", True),
        ("otherbot: noai", False),
        ("tracemill: noai", True),
        ("all", False),
    ],
)
def test_opt_outs_are_honoured(header: str, refused: bool) -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            url = server.says("/a.jpg", Reply(jpeg(), "image/jpeg", headers={"X-Robots-Tag": header}))
            if refused:
                assert await kind_of(fetcher.get(url)) == "opted-out"
            else:
                assert (await fetcher.get(url)).body == jpeg()

    asyncio.run(work())


def test_a_busy_host_is_left_alone_as_long_as_it_asks() -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            busy = Reply(b"", "text/plain", 429, {"Retry-After": "0.05"})
            url = server.says("/a.jpg", busy, busy, Reply(jpeg(), "image/jpeg"))
            assert (await fetcher.get(url)).body == jpeg()
            assert server.heard["/a.jpg"] == 3
            patient = server.says("/b.jpg", Reply(b"", "text/plain", 429, {"Retry-After": "86400"}))
            assert await kind_of(fetcher.call(patient)) == "busy"
            assert server.heard["/b.jpg"] == 1, "tomorrow is for the next run"

    asyncio.run(work())


def test_a_host_gets_no_more_at_once_than_agreed() -> None:
    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.01)
        writer.write(Reply(b"", "image/jpeg").head(len(jpeg())) + jpeg())
        await writer.drain()

    async def work() -> None:
        async with online(per_host=2) as (server, fetcher):
            server.routes = {f"/{number}": slow for number in range(12)}
            await asyncio.gather(*(fetcher.get(server.url(path)) for path in list(server.routes)))
            assert server.most_at_once == 2

    asyncio.run(work())


@pytest.mark.parametrize(
    ("status", "kind", "requests"),
    [
        (404, "not-found", 1),
        (410, "not-found", 1),
        (403, "forbidden", 1),
        (418, "bad-status", 1),
        (500, "server-error", 3),
    ],
)
def test_a_status_tells_whether_to_ask_again(status: int, kind: str, requests: int) -> None:
    async def work() -> None:
        async with online(tries=3) as (server, fetcher):
            url = server.says("/a.jpg", Reply(b"", "text/plain", status))
            assert await kind_of(fetcher.get(url)) == kind
            assert server.heard["/a.jpg"] == requests

    asyncio.run(work())


def test_names_and_ports_that_lead_nowhere() -> None:
    async def work() -> None:
        async with online(tries=1) as (_server, fetcher):
            assert await kind_of(fetcher.get("http://nowhere.test/a.jpg")) == "dns"
            assert await kind_of(fetcher.get(f"http://{HOST}:1/a.jpg")) == "connect"

    asyncio.run(work())


def test_what_is_not_http_is_said_so() -> None:
    async def babble(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        await writer.drain()
        writer.close()

    async def work() -> None:
        async with online(tries=1) as (server, fetcher):
            server.routes["/a"] = babble
            assert await kind_of(fetcher.get(server.url("/a"))) in ("protocol", "cut")

    asyncio.run(work())


def test_conditions_are_sent_and_an_unchanged_answer_is_told() -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            url = server.says("/a.jpg", Reply(b"", "image/jpeg", 304))
            answer = await fetcher.get(url, etag='"1"', last_modified="Sat, 01 Aug 2026 00:00:00 GMT")
            assert answer.is_unchanged
            assert server.requests[-1].headers["if-none-match"] == '"1"'

    asyncio.run(work())


def test_a_host_with_limits_of_its_own_and_robots_on_a_host_of_ones_own() -> None:
    """`[fetching]` of a profile: what one host has agreed to, and what is asked of servers of one's own."""

    async def work() -> None:
        async with online(per_host=8, hosts=(HostLimits(name="to-be-named", at_once=1),)) as (server, _):
            named = HostLimits(name=f"{HOST}:{server.port}", at_once=1)
            server.routes = {f"/{number}": slow for number in range(6)}
            server.says("/robots.txt", Reply(b"User-agent: *\nDisallow: /", "text/plain"))
            urls = [server.url(f"/{number}") for number in range(6)]
            async with Fetcher(quick(hosts=(named,)), resolve) as polite:
                assert await kind_of(polite.get(urls[0])) == "robots"
            own = quick(hosts=(named,), robots="ignore-on-allowed-hosts")
            async with Fetcher(own, resolve) as fetcher:
                await asyncio.gather(*(fetcher.get(url) for url in urls))
            assert server.most_at_once == 1

    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.01)
        writer.write(Reply(b"", "image/jpeg").head(len(jpeg())) + jpeg())
        await writer.drain()

    asyncio.run(work())


def test_whoever_counts_requests_hears_of_every_try() -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            url = server.says("/api", Reply(b"", status=500), Reply(b"", status=500), Reply(b"{}"))
            counted: list[str] = []
            await fetcher.call(url, before=lambda: counted.append("one"))
            assert len(counted) == server.heard["/api"] == 3

    asyncio.run(work())


def raw(head: str) -> bytes:
    """A head as a server writes it that knows no encoding."""
    return head.replace("\n", "\r\n").encode("latin-1")


@pytest.mark.parametrize("crawling", [True, False])
def test_a_redirect_in_another_encoding_is_followed_as_it_came(crawling: bool) -> None:
    async def route(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(raw("HTTP/1.1 302 Found\nLocation: /caf\xe9.jpg\nContent-Length: 0\n\n"))
        await writer.drain()

    async def work() -> None:
        async with online() as (server, fetcher):
            server.routes["/a.jpg"] = route
            asked = fetcher.get if crawling else fetcher.call
            server.says("/caf%E9.jpg", Reply(jpeg(), "image/jpeg"))
            assert (await asked(server.url("/a.jpg"))).url == server.url("/caf%E9.jpg")
            assert await kind_of(asked(server.url("/caf\udce9.jpg"))) == "bad-address"

    asyncio.run(work())


def test_headers_in_another_encoding_are_left_out() -> None:
    async def route(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(raw('HTTP/1.1 200 OK\nETag: "\xe9"\nLast-Modified: \xff\nContent-Length: 2\n\nok'))
        await writer.drain()

    async def work() -> None:
        async with online() as (server, fetcher):
            server.routes["/a.jpg"] = route
            answer = await fetcher.get(server.url("/a.jpg"))
            assert (answer.etag, answer.last_modified) == ("", "")

    asyncio.run(work())


def test_an_unchanged_content_has_no_body_whatever_its_encoding() -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            unchanged = Reply(b"", "image/jpeg", 304, {"Content-Encoding": "gzip"})
            answer = await fetcher.get(server.says("/a.jpg", unchanged), etag='"1"')
            assert answer.is_unchanged

    asyncio.run(work())


def test_rules_hold_for_the_address_that_is_asked_for() -> None:
    """Dots in a path are resolved before it is sent."""

    async def work() -> None:
        async with online() as (server, fetcher):
            server.says("/robots.txt", Reply(b"User-agent: *\nDisallow: /private", "text/plain"))
            server.says("/private/a.jpg", Reply(jpeg(), "image/jpeg"))
            for path in ("/open/../private/a.jpg", "/open/%2e%2e/private/a.jpg", "/./private/a.jpg"):
                assert await kind_of(fetcher.get(server.url(path))) == "robots"

    asyncio.run(work())


def test_an_opt_out_on_an_excuse_is_none() -> None:
    """Pages that tell of an error or of too many requests are mostly not to be indexed themselves."""

    async def work() -> None:
        async with online(tries=2) as (server, fetcher):
            noindex = {"X-Robots-Tag": "noindex"}
            busy = Reply(b"busy", "text/html", 503, noindex)
            url = server.says("/a.jpg", busy, Reply(jpeg(), "image/jpeg"))
            assert (await fetcher.get(url)).body == jpeg()
            gone = server.says("/gone.jpg", Reply(b"gone", "text/html", 404, noindex))
            assert await kind_of(fetcher.get(gone)) == "not-found"

    asyncio.run(work())


def test_a_host_that_asks_for_an_hour_is_left_alone() -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            later = Reply(b"", "text/plain", 429, {"Retry-After": "3600"})
            assert await kind_of(fetcher.get(server.says("/a.jpg", later))) == "busy"
            other = server.says("/b.jpg", Reply(jpeg(), "image/jpeg"))
            assert await kind_of(fetcher.get(other)) == "busy"
            assert server.heard["/b.jpg"] == 0

    asyncio.run(work())


def test_a_host_is_one_however_it_is_written() -> None:
    async def work() -> None:
        async with online(per_host=1) as (server, fetcher):

            async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
                await asyncio.sleep(0.02)
                await send(writer, Reply(jpeg(), "image/jpeg"))

            server.routes["/a.jpg"] = slow
            urls = [server.url("/a.jpg", host) for host in (HOST, HOST.upper(), HOST.title())]
            await asyncio.gather(*map(fetcher.get, urls))
            assert server.most_at_once == 1
            assert server.heard["/robots.txt"] == 1

    asyncio.run(work())


def test_rules_that_could_not_be_had_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that is down for a minute is not shut out for the rest of a run of days."""

    async def work() -> None:
        async with online(tries=1) as (server, fetcher):
            server.says("/robots.txt", Reply(b"", "text/plain", 503), Reply(b"", "text/plain"))
            url = server.says("/a.jpg", Reply(jpeg(), "image/jpeg"))
            assert await kind_of(fetcher.get(url)) == "robots-unavailable"
            assert await kind_of(fetcher.get(url)) == "robots-unavailable"
            assert server.heard["/robots.txt"] == 1
            monkeypatch.setattr("sources.fetching.rules.FAILURE_HOLDS", 0.0)
            assert (await fetcher.get(url)).body == jpeg()

    asyncio.run(work())


def test_rules_are_asked_for_again_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            rules = [Reply(b"", "text/plain"), Reply(b"User-agent: *\nDisallow: /", "text/plain")]
            server.says("/robots.txt", *rules)
            url = server.says("/a.jpg", Reply(jpeg(), "image/jpeg"))
            await fetcher.get(url)
            await fetcher.get(url)
            assert server.heard["/robots.txt"] == 1
            monkeypatch.setattr("sources.fetching.rules.RULES_HOLD", 0.0)
            assert await kind_of(fetcher.get(url)) == "robots"

    asyncio.run(work())


def test_a_host_is_silenced_by_what_an_answer_says_in_its_own_words() -> None:
    async def work() -> None:
        async with online() as (server, fetcher):
            url = server.says("/a.jpg", Reply(jpeg(), "image/jpeg"))
            assert (await fetcher.call(url)).status == 200
            fetcher.silence(url, 3600)
            assert await kind_of(fetcher.call(server.says("/b.jpg", Reply(jpeg(), "image/jpeg")))) == "busy"
            assert server.heard["/b.jpg"] == 0

    asyncio.run(work())
