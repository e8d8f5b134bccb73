"""Fetching what a picture search found: every address once a batch, whoever asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial

import msgspec

from annotators.requests import Use
from catalogs.records import Candidate, Origin, Picture
from catalogs.stage import Blobs
from catalogs.trajectory import neutralise
from workers.asking import note_call, overheard
from workers.endpoint.loop import beside
from workers.pictures import picture_of
from workers.tools import FetchError, ImageHit, ImageSearch, RemoteImageSearch

Fetched = tuple[Picture, str]
"""The picture behind an address and no problem; or a picture of no bytes, and the problem."""

Known = tuple[Fetched, frozenset[bytes]]
"""What is behind an address, and the calls that told."""


class Fetcher:
    """Fetches and stores. Prompts in several languages about one entity find the same addresses."""

    def __init__(self, search: ImageSearch, blobs: Blobs) -> None:
        self._search = search
        self._remote = search if isinstance(search, RemoteImageSearch) else None
        self._blobs = blobs
        self._known: dict[str, Future[Known]] = {}

    def fetching(self, hit: ImageHit, query: int) -> Use[Candidate]:
        """The hit as a candidate of query number `query`, with its picture stored as a blob."""
        awaited = partial(self._awaited, hit, query) if self._remote else None
        return Use(partial(self._here, hit, query), awaited)

    def _here(self, hit: ImageHit, query: int) -> Candidate:
        with self._once(hit.image_url) as (known, mine):
            if mine:
                try:
                    data, problem = self._search.fetch(hit.image_url), ""
                except FetchError as error:
                    data, problem = b"", error.kind
                known.set_result((self._stored(data, problem), frozenset()))
        return candidate_of(hit, query, known.result()[0])

    async def _awaited(self, hit: ImageHit, query: int) -> Candidate:
        assert self._remote is not None
        with self._once(hit.image_url) as (known, mine):
            if mine:
                with overheard() as calls:
                    try:
                        data, problem = await self._remote.afetch(hit.image_url), ""
                    except FetchError as error:
                        data, problem = b"", error.kind
                known.set_result((await beside(self._stored, data, problem), frozenset(calls)))
        fetched, told = await asyncio.wrap_future(known)
        note_call(*told)
        return candidate_of(hit, query, fetched)

    @contextmanager
    def _once(self, url: str) -> Iterator[tuple[Future[Known], bool]]:
        """What is behind an address, and whether it is the caller's to fetch; others wait for it."""
        own: Future[Known] = Future()
        known = self._known.setdefault(url, own)
        try:
            yield known, known is own
        except BaseException as error:
            known.set_exception(error)
            raise

    def _stored(self, data: bytes, problem: str) -> Fetched:
        self._blobs.put(data)
        return picture_of(data, Origin(url="")), problem


def candidate_of(hit: ImageHit, query: int, fetched: Fetched) -> Candidate:
    """What cannot be fetched is recorded as an empty picture that says so."""
    picture, problem = fetched
    caption = neutralise(hit.caption)
    # The address is what `exclude` goes by in later rounds.
    origin = msgspec.structs.replace(hit.origin, url=hit.image_url)
    caption = f"(not fetched: {problem}) {caption}" if problem else caption
    return Candidate(
        query=query,
        rank=hit.rank,
        title=neutralise(hit.title),
        page_url=hit.page_url,
        picture=msgspec.structs.replace(picture, origin=origin, caption=caption),
    )
