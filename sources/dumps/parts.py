"""What is kept of a range: a Parquet file with a row a page, and in its footer what could not be read.

Columns that are searched and joined stand apart; all that is known of a page is the JSON in ``document``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from catalogs.digests import encode
from catalogs.files import replacing
from sources.dumps.article import Article
from sources.dumps.streams import Damage

GROUP = 256
"""Rows that are read together: about 0.5 MB of documents, 5 ms."""


class Page(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of the main namespace as it was extracted."""

    edition: str
    """`Site.edition` of its wiki."""
    page_id: int
    title: str
    revision: str
    canonical: str
    """Name that the entity id is made from; that of the English article where the page links to it."""
    domain: str = ""
    rule: str = ""
    noun: str = ""
    version: int = 0
    """Number of the revision, of dumps that hold a page in several; 0 where the later place decides."""
    article: Article


class Tally(msgspec.Struct):
    """What became of the pages of a range."""

    pages: int = 0
    passed_over: int = 0
    """Pages of other namespaces, and such that are no text."""
    newest: str = ""
    """Latest time of a revision."""
    damage: list[Damage] = []


def write_part(path: Path, pages: Iterable[Page], tally: Tally) -> None:
    """Write a part whole. `pages` is consumed group by group, `tally` is what stands in it at the end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            (name, pa.string())
            for name in ("edition", "title", "kind", "target", "canonical", "domain", "item")
        ]
        + [("page_id", pa.int64()), ("version", pa.int64()), ("document", pa.binary())]
    )
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for rows in _groups(pages):
            columns = {name: [row[name] for row in rows] for name in schema.names}
            writer.write_table(pa.table(columns, schema=schema))
        writer.add_key_value_metadata({"tally": msgspec.json.encode(tally).decode()})


def _groups(pages: Iterable[Page]) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for page in pages:
        rows.append(
            {
                "edition": page.edition,
                "title": page.title,
                "kind": page.article.kind,
                "target": page.article.target,
                "canonical": page.canonical,
                "domain": page.domain,
                "item": page.article.item,
                "page_id": page.page_id,
                "version": page.version,
                "document": encode(page),
            }
        )
        if len(rows) == GROUP:
            yield rows
            rows = []
    if rows:
        yield rows


def parts_of(folder: Path) -> list[Path]:
    """The parts of a dump that was extracted to `folder`, in their order; what a kill has left half written
    is none."""
    return sorted((folder / "parts").glob("[!.]*.parquet"))


def tally_of(path: Path) -> Tally:
    """The tally of a part that was written."""
    import pyarrow.parquet as pq

    return msgspec.json.decode(pq.read_metadata(path).metadata[b"tally"], type=Tally)


def pages_of(path: Path) -> Iterator[Page]:
    """All pages of a part, in their order."""
    return map(msgspec.json.Decoder(Page).decode, all_documents(path))


def all_documents(path: Path) -> Iterator[bytes]:
    """The ``document`` column of a file that has one."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(GROUP, columns=["document"]):
            yield from batch.column(0).to_pylist()


def page_at(path: str, row: int) -> Page:
    """One page; its neighbours stay at hand."""
    return msgspec.json.decode(documents(path, row // GROUP)[row % GROUP], type=Page)


@lru_cache(maxsize=128)
def documents(path: str, group: int) -> list[bytes]:
    """The ``document`` column of a row group of any file that has one."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        found: list[bytes] = file.read_row_group(group, columns=["document"]).column(0).to_pylist()
    return found
