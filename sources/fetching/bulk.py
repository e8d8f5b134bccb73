"""Bulk fetching: a list of addresses in, WebDataset shards of resized pictures out, on several cores.

    <out>/<part>-<number>.tar       <content hash>.jpg and <content hash>.json of each distinct picture
    <out>/seen/                     what every address brought (`sources.fetching.seen`)

Hosts are dealt out to processes, so that a host sees one visitor with its limits. Within a process one thread
fetches and others resize, outside of the interpreter's lock; a shard is fetched while the one before it waits
for its last answers, resizes and is written.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import tarfile
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

from catalogs.digests import encode, sha256
from catalogs.files import replacing
from catalogs.tar import TarWriter
from sources.fetching.client import Fetcher
from sources.fetching.collect import collect
from sources.fetching.hosts import authority
from sources.fetching.resize import resized
from sources.fetching.seen import FETCHED, Seen, SeenLog
from sources.fetching.settings import FetchSettings

A_SHARD = 1000
"""Addresses a shard; at 8 to 100 kB a picture that is 8 to 100 MB held in memory and written at once."""

RESIZERS = 2
"""Threads a process: enough to use two cores where all addresses are of one host, and so of one process."""

WAITING = 128
"""Pictures of a shard that wait to be resized before no more of it are fetched: it bounds memory."""

UNDECODABLE = "undecodable"
"""Count of contents that were fetched and are in no shard, because their pixels do not decode."""


def fetch_to_shards(
    urls: Sequence[str], out: Path, settings: FetchSettings, *, side: int = 256, processes: int = 2
) -> Counter[str]:
    """Fetch, hash, sniff, resize to a shorter side of `side` pixels where larger, write; outcomes by count.

    What an earlier call has settled is neither fetched nor written again. A content is written once by each
    process, and not again by later calls. `settings.connections` are of each process.
    """
    spawn = multiprocessing.get_context("spawn")
    parts = dealt(urls, processes)
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        counts = pool.map(_fetch_part, parts, repeat(out), repeat(settings), repeat(side), range(processes))
        return sum(counts, Counter[str]())


def dealt(urls: Sequence[str], processes: int) -> list[list[str]]:
    """Distinct addresses by process: the host with most of them first, each to the process with fewest."""
    hosts: dict[str, list[str]] = {}
    for url in dict.fromkeys(urls):
        hosts.setdefault(authority(url), []).append(url)
    parts: list[list[str]] = [[] for _ in range(processes)]
    for _, members in sorted(hosts.items(), key=lambda one: (-len(one[1]), one[0])):
        min(parts, key=len).extend(members)
    return parts


def _fetch_part(urls: list[str], out: Path, settings: FetchSettings, side: int, part: int) -> Counter[str]:
    import cv2

    cv2.setNumThreads(1)  # `RESIZERS` threads work side by side; OpenCV's own would only get in their way
    return asyncio.run(fetch_part(urls, out, settings, side=side, part=part))


async def fetch_part(
    urls: Sequence[str], out: Path, settings: FetchSettings, *, side: int, part: int
) -> Counter[str]:
    """What one process does. Shards are finished in the order of addresses: answers that come late change
    neither which shard a content is in nor how it is numbered."""
    log = SeenLog(out / "seen")
    written = {seen.sha256 for seen in log if seen.outcome == FETCHED} | _last_written(out)
    new = [url for url in urls if (seen := log.find(url)) is None or not seen.is_settled]
    counts: Counter[str] = Counter()
    open_shards: deque[asyncio.Task[_Shard]] = deque()

    async def finish() -> None:
        shard = await open_shards.popleft()
        counts.update(await asyncio.to_thread(shard.write, out, part, written))
        log.add(*shard.seen)  # after the pictures: a kill in between loses neither picture nor address

    with ThreadPoolExecutor(RESIZERS) as pool:
        async with Fetcher(settings) as fetcher:
            for start in range(0, len(new), A_SHARD):
                if len(open_shards) == 2:
                    await finish()
                shard = _Shard(log, pool, side)
                open_shards.append(asyncio.create_task(shard.fetch(new[start : start + A_SHARD], fetcher)))
            while open_shards:
                await finish()
    return counts


class _Shard:
    """Contents and outcomes of some addresses, until they are written. To `collect` it is log and blobs."""

    def __init__(self, log: SeenLog, pool: ThreadPoolExecutor, side: int) -> None:
        self._log, self._pool, self._side = log, pool, side
        self.seen: list[Seen] = []
        self._small: dict[str, Future[bytes | None]] = {}
        self._waiting: deque[Future[bytes | None]] = deque()

    def find(self, url: str) -> Seen | None:
        return self._log.find(url)

    def runs_before(self, url: str) -> int:
        return self._log.runs_before(url)

    def add(self, seen: Seen) -> None:
        self.seen.append(seen)

    def put(self, data: bytes) -> str:
        name = sha256(data)
        if name not in self._small:
            self._small[name] = self._pool.submit(resized, data, self._side)
            self._waiting.append(self._small[name])
        return name

    def get(self, sha256: str) -> bytes:
        raise KeyError(sha256)  # of what an earlier run has fetched, no content is at hand

    async def fetch(self, urls: Sequence[str], fetcher: Fetcher) -> _Shard:
        async for _ in collect(urls, fetcher, self, self):
            while self._waiting and self._waiting[0].done():
                self._waiting.popleft()
            if len(self._waiting) > WAITING:
                await asyncio.wrap_future(self._waiting[0])
        return self

    def write(self, out: Path, part: int, written: set[str]) -> Counter[str]:
        """The tar, where there is anything to put into it; `written` learns what it holds."""
        counts = Counter(seen.outcome for seen in self.seen)
        first = {seen.sha256: seen for seen in sorted(self.seen, key=lambda seen: seen.url, reverse=True)}
        new = sorted(first.keys() & self._small.keys() - written)
        pictures = [(first[name], jpeg) for name in new if (jpeg := self._small[name].result()) is not None]
        if len(pictures) < len(new):
            counts[UNDECODABLE] += len(new) - len(pictures)
        if pictures:
            with replacing(out / f"{part:02d}-{_next(out, part):06d}.tar") as path, path.open("wb") as file:
                tar = TarWriter(file)
                for seen, jpeg in pictures:
                    tar.add(f"{seen.sha256}.jpg", jpeg)
                    tar.add(f"{seen.sha256}.json", encode(seen))
                tar.finish()
        written.update(new)
        return counts


def _next(out: Path, part: int) -> int:
    """Number of the next shard: runs that go on add theirs, also where earlier ones were moved away."""
    return max((int(number) + 1 for name, number, _ in _shards(out) if name == f"{part:02d}"), default=0)


def _last_written(out: Path) -> set[str]:
    """Contents of the newest shard of each part: a kill may have come before its addresses were logged."""
    newest = {name: path for name, _, path in _shards(out)}
    contents: set[str] = set()
    for path in newest.values():
        with tarfile.open(path) as tar:
            contents.update(name.removesuffix(".jpg") for name in tar.getnames() if name.endswith(".jpg"))
    return contents


def _shards(out: Path) -> list[tuple[str, str, Path]]:
    """Part, number and path of every shard, those of a part in their order."""
    named = ((path.stem.partition("-"), path) for path in out.glob("[0-9]*-*.tar"))
    return sorted((part, number, path) for (part, _, number), path in named if number.isdecimal())
