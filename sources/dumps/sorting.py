"""The pages of a dump joined with their redirects, and sorted: by DuckDB, which goes to disk where memory
does not suffice."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogs.files import TEMPORARY
from sources.dumps.parts import parts_of

if TYPE_CHECKING:
    import duckdb

_MEMORY = "1GB"
_BATCH = 10_000
"""Lines of the join that are held at a time."""

_PAGES = """
create temp view pages as
select * exclude (filename, document), parse_filename(filename) as part, file_row_number as row
from read_parquet({parts}, filename = true, file_row_number = true)
"""
_OLDER = """
-- Enterprise dumps hold some pages in several revisions. Elsewhere a title that stands twice is read at its
-- later place, as an import of the dump would.
create temp table older as select part, row from pages where kind <> 'redirect'
qualify row_number() over (partition by edition, title order by version desc, part desc, row desc) > 1
"""
_MEMBERS = """
with latest as (
    select * from pages anti join older using (part, row) where kind <> 'redirect'
)
select canonical, edition, title, '' as alias, kind, domain, part, row, item from latest
union all
select latest.canonical, latest.edition, latest.title, pages.title, '', '', '', 0, ''
from pages join latest on pages.edition = latest.edition and pages.target = latest.title
where pages.kind = 'redirect'
order by canonical, edition = 'en' desc, edition, title, alias
"""


@contextmanager
def sorter_of(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database over the pages of all parts. Its scratch folder is its own: two processes that extract one
    dump would write into each other's."""
    import duckdb

    parts = ", ".join("'" + str(part).replace("'", "''") + "'" for part in parts_of(folder))
    with (
        tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=folder) as scratch,
        duckdb.connect(str(Path(scratch) / "sorting.duckdb")) as connection,
    ):
        connection.execute(f"set memory_limit = '{_MEMORY}'")
        connection.execute(_PAGES.format(parts=f"[{parts}]"))
        connection.execute(_OLDER)
        yield connection


def older_pages(sorter: duckdb.DuckDBPyConnection) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for part, row in sorter.execute("select part, row from older order by part, row").fetchall():
        rows.setdefault(part, []).append(row)
    return rows


def joined(sorter: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """(canonical, edition, title, alias, kind, domain, part, row, item), an article before its aliases; never
    all of them in memory."""
    found = sorter.sql(_MEMBERS)
    assert found is not None, "a query has an answer"
    for batch in found.to_arrow_reader(_BATCH):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
