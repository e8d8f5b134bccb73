"""Pages as entities: the same article of several editions is one, redirects to it are its other names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from catalogs.categories import UNCATEGORISED
from catalogs.digests import encode, entity_id
from catalogs.files import replacing, write_bytes
from sources.dumps.article import ARTICLE
from sources.dumps.extract import Facts
from sources.dumps.parts import GROUP, Page, pages_of, parts_of
from sources.dumps.site import Site
from sources.dumps.sorting import joined, older_pages, sorter_of

if TYPE_CHECKING:
    import duckdb

DAMAGED = "damaged"
"""Kind of a page that the index names in a stream that cannot be read."""

SUPERSEDED = "superseded.json"


class Member(msgspec.Struct, frozen=True):
    """An article of an entity in one edition: where it was put, and titles that lead to it."""

    edition: str
    title: str
    part: str
    row: int
    aliases: tuple[str, ...] = ()


class EntityRow(msgspec.Struct, frozen=True):
    """One entity of a dump. English comes first among its members, then the others by code."""

    entity_id: str
    title: str
    domain: str
    kind: str
    """Of its first page: ``article``, ``disambiguation``, ``list``, or ``damaged``."""
    members: tuple[Member, ...] = ()
    identifiers: dict[str, str] = {}
    """As in `catalogs.records.EntityRef`: its title in each wiki, and the Wikidata item where the dump has
    it."""
    languages: tuple[str, ...] = ()
    detail: str = ""


def write_entities(folder: Path, facts: Facts) -> Path:
    """The table of entities of a dump whose parts are all there; made unless it is."""
    path = folder / "entities.parquet"
    if not path.exists():
        with sorter_of(folder) as sorter:
            write_bytes(folder / SUPERSEDED, encode(older_pages(sorter)))
            with replacing(path) as temporary:
                _write(temporary, _rows(sorter, facts))
    return path


@lru_cache(maxsize=4)
def superseded(folder: str) -> dict[str, frozenset[int]]:
    """Part -> rows of pages of which the dump holds a later state: no text of theirs counts."""
    path = Path(folder) / SUPERSEDED
    return msgspec.json.decode(path.read_bytes(), type=dict[str, frozenset[int]])


def current_pages(folder: str) -> Iterator[Iterator[Page]]:
    """The pages of each part, in the order of the dump, without those that are superseded. A part is of one
    edition."""
    for part in parts_of(Path(folder)):
        passed = superseded(folder).get(part.name, frozenset())
        yield (page for row, page in enumerate(pages_of(part)) if row not in passed)


def _write(path: Path, rows: Iterable[EntityRow]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ("entity_id", "title", "domain", "kind")
    schema = pa.schema([*((name, pa.string()) for name in names), ("document", pa.binary())])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        batch: list[dict[str, Any]] = []
        for row in rows:
            known = {name: getattr(row, name) for name in names}
            batch.append({**known, "document": encode(row)})
            if len(batch) == GROUP:
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))
                batch = []
        if batch:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))


def _rows(sorter: duckdb.DuckDBPyConnection, facts: Facts) -> Iterator[EntityRow]:
    for _, lines in groupby(joined(sorter), key=itemgetter(0)):
        yield from _entities(list(lines), facts.sites)
    yield from _damaged(facts)


class _Found(NamedTuple):
    member: Member
    kind: str
    domain: str
    item: str


def _entities(lines: list[tuple[Any, ...]], sites: Mapping[str, Site]) -> Iterator[EntityRow]:
    """Of lines of one canonical name: one entity; pages beyond the first of an edition stand for
    themselves."""
    members: dict[str, _Found] = {}
    spare: list[_Found] = []
    canonical = str(lines[0][0])
    for (edition, title), own in groupby(lines, key=itemgetter(1, 2)):
        first, *redirects = own
        aliases = tuple(dict.fromkeys(str(line[3]) for line in redirects if line[3] != title))
        _, _, _, _, kind, domain, part, row, item = first
        found = _Found(Member(edition, title, part, row, aliases), kind, domain, item)
        if members.setdefault(edition, found) is not found:
            spare.append(found)
    yield _entity(canonical, list(members.values()), sites)
    for one in spare:
        yield _entity(f"{canonical}/{one.member.edition}:{one.member.title}", [one], sites)


def _entity(canonical: str, found: list[_Found], sites: Mapping[str, Site]) -> EntityRow:
    first = found[0]
    domains = [one.domain for one in found if one.kind == ARTICLE and one.domain != UNCATEGORISED]
    identifiers = {sites[one.member.edition].identifier: one.member.title for one in found}
    if canonical.startswith("wikipedia:en:"):
        identifiers.setdefault("enwiki", canonical.removeprefix("wikipedia:en:").partition("/")[0])
    if item := next((one.item for one in found if one.item), ""):
        identifiers["wikidata"] = item
    return EntityRow(
        entity_id=entity_id(canonical),
        title=first.member.title,
        domain=domains[0] if domains and first.kind == ARTICLE else UNCATEGORISED,
        kind=first.kind,
        members=tuple(one.member for one in found),
        identifiers=dict(sorted(identifiers.items())),
        languages=tuple(sorted({sites[one.member.edition].language for one in found})),
    )


def _damaged(facts: Facts) -> Iterator[EntityRow]:
    """Pages that an index names where nothing can be read; those of other namespaces are left out."""
    for lost in facts.damage:
        site = facts.sites[facts.editions[lost.file]]
        spaces = {name for name in site.namespaces.values() if name}
        for title in lost.titles:
            if title.partition(":")[0] not in spaces:
                name = site.canonical_name(title)
                detail = f"{lost.file}, byte {lost.offset:,}: {lost.detail}"
                yield EntityRow(entity_id(name), title, UNCATEGORISED, DAMAGED, detail=detail)
