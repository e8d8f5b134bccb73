"""`make bench CASE=fetch`: pictures a second, fetched, hashed, sniffed, resized and written to shards.

A server in a process of its own, which shares the cores, answers with JPEGs of about 8 kB after 20 ms.

- `bulk`: `sources.fetching.bulk` with safety, robots.txt and the log of addresses, two processes.
- `httpx gather`, the baseline: one `httpx.AsyncClient`, 64 connections, the bytes thrown away.
- `img2dataset`, where it is installed: the same addresses, resized and written as it does by default.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from benchmarks.measure import measured, report
from sources.fetching.bulk import fetch_to_shards
from sources.fetching.settings import FetchSettings

LATENCY = 0.02
KINDS = 32
"""Different pictures that the server has at hand; each address gets one with its number in a comment."""
HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 9))
SIDE = 320


def pictures() -> list[bytes]:
    """Smooth noise, which makes JPEGs of the weight of small photographs."""
    random = np.random.default_rng(7)
    made = []
    for _ in range(KINDS):
        coarse = Image.fromarray(random.integers(0, 255, (20, 20, 3), dtype=np.uint8))
        out = io.BytesIO()
        coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(out, "JPEG", quality=80)
        made.append(out.getvalue())
    return made


async def serve() -> None:
    """Answer until the standard input is closed."""
    made = pictures()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1]
                if path == b"/robots.txt":
                    writer.write(b"HTTP/1.1 404 -\r\nContent-Length: 0\r\n\r\n")
                    continue
                await asyncio.sleep(LATENCY)
                number = path.rsplit(b"/", 1)[1].split(b".")[0]
                body = (
                    made[int(number) % KINDS] + number
                )  # after the end marker: another content, same pixels
                size = str(len(body)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: "
                    + size
                    + b"\r\n\r\n"
                    + body
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connection, "0.0.0.0", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def bulk(urls: list[str], connections: int) -> dict[str, Any]:
    settings = FetchSettings(
        allowed_hosts=HOSTS, connections=connections // 2, per_host=connections, contact="benchmark"
    )
    with tempfile.TemporaryDirectory() as folder:
        with measured() as measure:
            counts = fetch_to_shards(urls, Path(folder), settings, processes=2)
        shards = len(list(Path(folder).glob("*.tar")))
    return figures(len(urls), measure.seconds) | {
        "peak_mib": round(measure.peak_mib),
        "outcomes": dict(counts),
        "shards": shards,
    }


def gather(urls: list[str], connections: int) -> dict[str, Any]:
    async def work() -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        slots = asyncio.Semaphore(connections)  # the pool looks through all that wait in it at every turn
        async with httpx.AsyncClient(limits=limits, timeout=120) as client:

            async def one(url: str) -> None:
                async with slots:
                    await client.get(url)

            await asyncio.gather(*(one(url) for url in urls))

    with measured() as measure:
        asyncio.run(work())
    return figures(len(urls), measure.seconds)


def img2dataset(urls: list[str], connections: int) -> dict[str, Any]:
    from img2dataset import download

    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "urls.txt"
        listed.write_text("\n".join(urls))
        with measured() as measure:
            download(
                url_list=str(listed),
                output_folder=f"{folder}/out",
                output_format="webdataset",
                processes_count=2,
                thread_count=connections // 2,
                image_size=256,
            )
    return figures(len(urls), measure.seconds)


def figures(pictures: int, seconds: float) -> dict[str, Any]:
    return {
        "pictures": pictures,
        "seconds": round(seconds, 2),
        "pictures_per_second": round(pictures / seconds, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
        return 0
    command = [sys.executable, "-m", "benchmarks.fetch", "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        port = server.stdout.readline().strip()
        urls = [f"http://{HOSTS[n % len(HOSTS)]}:{port}/{n}.jpg" for n in range(given.pictures)]
        found = {"bulk": bulk(urls, given.connections)}
        print(found, file=sys.stderr, flush=True)  # before the slower ones
        found["httpx gather"] = gather(urls, given.connections)
        if importlib.util.find_spec("img2dataset"):
            found["img2dataset"] = img2dataset(urls, given.connections)
        server.stdin.close()
    report("fetch", {"latency_ms": LATENCY * 1000, "connections": given.connections, **found})
    return 0 if found["bulk"]["outcomes"].get("fetched") == given.pictures else 1


if __name__ == "__main__":
    sys.exit(main())
