"""Bulk fetching: shards of resized pictures, and nothing fetched or written twice."""

from __future__ import annotations

import asyncio
import io
import tarfile
from pathlib import Path

from PIL import Image

from sources.fetching.bulk import _fetch_all, resized
from sources.fetching.seen import SeenLog
from tests.fakes.http import HTML, Reply
from tests.sources.fetching.server import jpeg, online, quick


def test_pictures_are_written_once_and_every_address_is_logged(tmp_path: Path) -> None:
    async def work() -> None:
        async with online() as (server, _):
            for number in range(6):
                server.says(f"/{number}.jpg", Reply(jpeg(number % 3, 400), "image/jpeg"))
            server.says("/page.jpg", Reply(HTML, "image/jpeg"))
            server.says("/half.jpg", Reply(jpeg(9, 400)[:900], "image/jpeg"))
            urls = [server.url(path, "127.0.0.1") for path in sorted(server.routes)]
            settings = quick(allowed_hosts=("127.0.0.1",))
            counts = await _fetch_all(urls, tmp_path, settings, 256, 0)
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
            assert not await _fetch_all(urls, tmp_path, settings, 256, 0)
            assert server.heard.total() == before
            assert len(list(tmp_path.glob("*.tar"))) == 1

    asyncio.run(work())


def test_small_pictures_keep_their_size_and_ruins_are_none() -> None:
    small = resized(jpeg(1, 64), 256)
    assert small is not None
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (64, 64)
    assert resized(b"\xff\xd8\xff ruin", 256) is None
