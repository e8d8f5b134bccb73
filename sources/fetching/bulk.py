"""Bulk fetching: a list of addresses in, WebDataset shards of resized pictures out, on several cores.

    <out>/<part>-<number>.tar       <content hash>.jpg and <content hash>.json of each distinct picture
    <out>/seen/                     what every address brought (`sources.fetching.seen`)

Addresses are dealt out to processes by hash of their host, so that a host sees one visitor with its limits.
"""

from __future__ import annotations

import asyncio
import io
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from urllib.parse import urlsplit

from catalogs.digests import encode, sha256, unit_interval
from catalogs.files import replacing
from catalogs.tar import TarWriter
from sources.fetching.client import Fetcher
from sources.fetching.collect import collect
from sources.fetching.seen import FETCHED, Seen, SeenLog
from sources.fetching.settings import FetchSettings

A_SHARD = 1000
"""Addresses a shard; at 8 to 100 kB a picture that is 8 to 100 MB held in memory and written at once."""

QUALITY = 95
"""Of JPEG, as img2dataset writes it by default."""


def fetch_to_shards(
    urls: Sequence[str], out: Path, settings: FetchSettings, *, side: int = 256, processes: int = 2
) -> Counter[str]:
    """Fetch, hash, sniff, resize to a shorter side of `side` pixels where larger, write; outcomes by count.

    What an earlier call has settled is neither fetched nor written again.
    """
    parts: list[list[str]] = [[] for _ in range(processes)]
    for url in dict.fromkeys(urls):
        parts[int(unit_interval(urlsplit(url).netloc) * processes)].append(url)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        counts = pool.map(_fetch_part, parts, repeat(out), repeat(settings), repeat(side), range(processes))
        total: Counter[str] = Counter()
        for count in counts:
            total.update(count)
        return total


UNDECODABLE = "undecodable"
"""Count of contents that were fetched and are in no shard, because their pixels do not decode."""


class _Held:
    """Contents of one shard, until they are written."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        name = sha256(data)
        self.kept[name] = data
        return name

    def get(self, sha256: str) -> bytes:
        return self.kept[sha256]


def _fetch_part(urls: list[str], out: Path, settings: FetchSettings, side: int, part: int) -> Counter[str]:
    return asyncio.run(_fetch_all(urls, out, settings, side, part))


class _Later:
    """A log that is written when the shard is: a kill in between loses neither picture nor address."""

    def __init__(self, log: SeenLog) -> None:
        self._log = log
        self._waiting: list[Seen] = []

    def find(self, url: str) -> Seen | None:
        return self._log.find(url)

    def add(self, seen: Seen) -> None:
        self._waiting.append(seen)

    def write(self) -> None:
        self._log.add(*self._waiting)


async def _fetch_all(
    urls: list[str], out: Path, settings: FetchSettings, side: int, part: int
) -> Counter[str]:
    counts: Counter[str] = Counter()
    log = SeenLog(out / "seen")
    new = [url for url in urls if (seen := log.find(url)) is None or not seen.is_settled]
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as pool:
        async with Fetcher(settings) as fetcher:
            for start in range(0, len(new), A_SHARD):
                held, later = _Held(), _Later(log)
                small: dict[str, tuple[Seen, asyncio.Future[bytes | None]]] = {}
                async for seen in collect(new[start : start + A_SHARD], fetcher, later, held):
                    counts[seen.outcome] += 1
                    if seen.outcome == FETCHED and seen.sha256 not in small:
                        data = held.get(seen.sha256)
                        small[seen.sha256] = (seen, loop.run_in_executor(pool, resized, data, side))
                pictures = [(seen, await shrunk) for _, (seen, shrunk) in sorted(small.items())]
                with (
                    replacing(out / f"{part:02d}-{_next(out, part):06d}.tar") as path,
                    path.open("wb") as file,
                ):
                    tar = TarWriter(file)
                    for seen, jpeg in pictures:
                        if jpeg is None:
                            counts[UNDECODABLE] += 1
                            continue
                        tar.add(f"{seen.sha256}.jpg", jpeg)
                        tar.add(f"{seen.sha256}.json", encode(seen))
                    tar.finish()
                later.write()
    return counts


def _next(out: Path, part: int) -> int:
    """Number of the next shard: runs that go on add theirs."""
    return len(list(out.glob(f"{part:02d}-*.tar")))


def resized(data: bytes, side: int) -> bytes | None:
    """JPEG with a shorter side of at most `side` pixels; None where the pixels do not decode."""
    try:
        return _resized(data, side)
    except Exception:  # Pillow's decoders raise nearly anything on hostile bytes
        return None


def _resized(data: bytes, side: int) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        image.draft(
            "RGB", (side, side)
        )  # a JPEG decodes at an eighth, a quarter or half where that is enough
        scale = side / min(image.size)
        rgb = image.convert("RGB")
        if scale < 1:
            size = (max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale)))
            rgb = rgb.resize(size, Image.Resampling.BOX if scale > 0.5 else Image.Resampling.BILINEAR)
        buffer = io.BytesIO()
        rgb.save(buffer, "JPEG", quality=QUALITY)
        return buffer.getvalue()
