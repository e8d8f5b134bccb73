"""Bulk fetching: shards of resized pictures, and nothing fetched or written twice."""

from __future__ import annotations

import asyncio
import io
import shutil
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from catalogs.digests import sha256
from sources.fetching import bulk
from sources.fetching.bulk import dealt, fetch_part
from sources.fetching.resize import resized
from sources.fetching.seen import FETCHED, SeenLog
from tests.fakes.faults import OVER_HTTP, Faults
from tests.fakes.http import Reply, Request, send, send_broken
from tests.sources.fetching.server import jpeg, online, quick


def test_pictures_are_written_once_and_every_address_is_logged(tmp_path: Path) -> None:
    async def work() -> None:
        async with online() as (server, _):
            for number in range(6):
                server.says(f"/{number}.jpg", Reply(jpeg(number % 3, 400), "image/jpeg"))
            server.says("/page.jpg", Reply(b"plain words", "image/jpeg"))
            server.says("/half.jpg", Reply(jpeg(9, 400)[:900], "image/jpeg"))
            urls = [server.url(path, "127.0.0.1") for path in sorted(server.routes)]
            settings = quick(allowed_hosts=("127.0.0.1",))
            counts = await fetch_part(urls, tmp_path, settings, side=256, part=0)
            assert counts == {"fetched": 7, "refused": 1, "undecodable": 1}
            (shard,) = tmp_path.glob("*.tar")
            with tarfile.open(shard) as tar:
                names = tar.getnames()
                assert names == sorted(names)
                assert len(names) == 6
                member = tar.extractfile(names[0])
                assert member is not None
                with Image.open(io.BytesIO(member.read())) as image:
                    assert image.size == (256, 256)
            assert len(SeenLog(tmp_path / "seen")) == len(urls)
            before = server.heard.total()
            assert not await fetch_part(urls, tmp_path, settings, side=256, part=0)
            assert server.heard.total() == before
            assert len(list(tmp_path.glob("*.tar"))) == 1

    asyncio.run(work())


def test_a_content_is_written_once_whichever_addresses_and_runs_bring_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shards of two addresses, the first of them late: the second is fetched meanwhile, and written after."""
    monkeypatch.setattr(bulk, "A_SHARD", 2)

    async def late(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        await send(writer, Reply(jpeg(0, 300), "image/jpeg"))

    async def work() -> None:
        async with online() as (server, _):
            server.routes["/0.jpg"] = late
            for number in range(1, 7):
                server.says(f"/{number}.jpg", Reply(jpeg(number % 2, 300), "image/jpeg"))
            urls = [server.url(f"/{number}.jpg", "127.0.0.1") for number in range(7)]
            settings = quick(allowed_hosts=("127.0.0.1",))
            await fetch_part(urls[:6], tmp_path, settings, side=256, part=0)
            await fetch_part(urls, tmp_path, settings, side=256, part=0)
            (shard,) = tmp_path.glob("*.tar")
            assert shard.name == "00-000000.tar"
            log = SeenLog(tmp_path / "seen")
            with tarfile.open(shard) as tar:
                written = {name.removesuffix(".jpg") for name in tar.getnames() if name.endswith(".jpg")}
            assert written == {sha256(jpeg(0, 300)), sha256(jpeg(1, 300))}
            assert log.addresses(sha256(jpeg(0, 300))) == sorted(urls[::2])

    asyncio.run(work())


def test_hosts_stay_together_and_processes_get_equal_shares() -> None:
    urls = [
        f"http://{host}/{number}" for host, many in (("a", 5), ("b", 3), ("c", 3)) for number in range(many)
    ]
    parts = dealt([*urls, urls[0], "http://[broken"], 2)
    assert sorted(map(len, parts)) == [6, 6]
    hosts = [{url.split("/")[2] for url in part} for part in parts]
    assert not hosts[0] & hosts[1]
    assert dealt(["http://a/1", "http://A:80/2", "http://a./3"], 2)[1] == ["http://a./3"]


def test_small_pictures_keep_their_size_and_ruins_are_none() -> None:
    small = resized(jpeg(1, 64), 256)
    assert small is not None
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (64, 64)
    assert resized(b"\xff\xd8\xff ruin", 256) is None


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize(("size", "expected"), [((900, 600), (384, 256)), ((300, 3000), (256, 2560))])
def test_any_kind_of_pixels_becomes_a_jpeg_of_the_size_asked_for(
    mode: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    out = io.BytesIO()
    Image.new(mode, size).save(out, "JPEG" if mode == "CMYK" else "PNG")
    small = resized(out.getvalue(), 256)
    assert small is not None
    with Image.open(io.BytesIO(small)) as image:
        assert (image.format, image.size) == ("JPEG", expected)


def test_one_fault_in_five_loses_nothing_and_writes_nothing_twice(tmp_path: Path) -> None:
    """Every fault that an HTTP server can have: each picture is in one shard after three runs at most."""
    faults = Faults(rate=0.2, seed=4, retry_after="0.001")

    async def route(request: Request, writer: asyncio.StreamWriter) -> None:
        reply = Reply(jpeg(int(request.path[1:]), 300), "image/jpeg")
        fault = faults.next(request.identity)
        if not fault:
            await send(writer, reply)
        elif not await send_broken(writer, reply, fault, faults.retry_after):
            writer.close()

    async def work() -> None:
        async with online() as (server, _):
            server.routes = {f"/{number}": route for number in range(120)}
            urls = [server.url(f"/{number}", "127.0.0.1") for number in range(120)]
            settings = quick(allowed_hosts=("127.0.0.1",), seconds=0.5, per_host=32)
            for _ in range(3):
                await fetch_part(urls, tmp_path, settings, side=256, part=0)
            assert {seen.outcome for seen in SeenLog(tmp_path / "seen")} == {FETCHED}
            names: list[str] = []
            for shard in tmp_path.glob("*.tar"):
                with tarfile.open(shard) as tar:
                    names += [name for name in tar.getnames() if name.endswith(".jpg")]
            assert sorted(names) == sorted({f"{sha256(jpeg(number, 300))}.jpg" for number in range(120)})

    asyncio.run(work())
    assert set(faults.made) == set(OVER_HTTP)


def test_no_shard_is_written_over_where_an_earlier_one_was_moved_away(tmp_path: Path) -> None:
    for name in ("00-000001", "00-000002", "100-000007"):
        (tmp_path / f"{name}.tar").touch()
    assert [bulk._next(tmp_path, part) for part in (0, 1, 100)] == [3, 0, 8]


def test_a_kill_before_the_addresses_were_logged_doubles_no_picture(tmp_path: Path) -> None:
    async def work() -> None:
        async with online() as (server, _):
            for number in range(4):
                server.says(f"/{number}.jpg", Reply(jpeg(40 * number, 300), "image/jpeg"))
            urls = [server.url(path, "127.0.0.1") for path in sorted(server.routes)]
            settings = quick(allowed_hosts=("127.0.0.1",))
            await fetch_part(urls[:3], tmp_path, settings, side=256, part=0)
            shutil.rmtree(tmp_path / "seen")
            await fetch_part(urls, tmp_path, settings, side=256, part=0)
            names = []
            for path in tmp_path.glob("*.tar"):
                with tarfile.open(path) as tar:
                    names += [name for name in tar.getnames() if name.endswith(".jpg")]
            assert sorted(names) == sorted(f"{sha256(jpeg(40 * number, 300))}.jpg" for number in range(4))
            assert len(SeenLog(tmp_path / "seen")) == 4

    asyncio.run(work())
