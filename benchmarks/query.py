"""Questions to a catalog of a million prompts, made by the code that every run uses.

    make bench CASE=query            python -m benchmarks.query --prompts 10000

Baseline: DuckDB over the Parquet files that the catalog was made from, the same questions, warm.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measure import measured, report
from benchmarks.synthetic_catalog import World, write_world
from catalogs.funnel import funnel_of
from catalogs.sql.database import build_database, opened

LIMITS = {"count by domain and verdict": 1.0, "funnel": 2.0}
"""Seconds that were asked for, at a million prompts."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=1_000_000)
    parser.add_argument(
        "--at", type=Path, help="A folder with room: some 5 KB a prompt; default: a temporary one."
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.at) as folder:
        report("query", figures(Path(folder), asked.prompts))


def figures(root: Path, prompts: int) -> dict[str, Any]:
    """Build, look again, ask; seconds, MiB, and how many times faster than the baseline."""
    with measured() as writing:
        world = write_world(root, prompts)
    path = root / "catalog.duckdb"
    with measured() as building:
        _build(path, world)
    with measured() as looking:
        _build(path, world)
    with opened(path) as catalog:
        rows = {
            table: catalog.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for table in ("prompts", "outcomes", "candidates", "trajectories", "images")
        }
    questions = {}
    for name, (ask, baseline) in _questions(world).items():
        with measured() as asking:
            first = _timed(lambda ask=ask: _in_catalog(path, ask))  # type: ignore[misc]  # bound now
            warm = min(_timed(lambda ask=ask: _in_catalog(path, ask)) for _ in range(3))  # type: ignore[misc]
        files = min(_timed(baseline) for _ in range(2))
        questions[name] = {
            "first_seconds": round(first, 4),
            "warm_seconds": round(warm, 4),
            "peak_mib": round(asking.peak_mib),
            "over_parquet_seconds": round(files, 4),
            "times_faster": round(files / warm, 1),
        }
        if name in LIMITS:
            questions[name]["limit_seconds"] = LIMITS[name]
    return {
        "rows": rows,
        "inputs_mib": round(sum(f.stat().st_size for f in [*world.current, *world.sidecars]) / 2**20),
        "write_inputs_seconds": round(writing.seconds, 1),
        "build": {
            "seconds": round(building.seconds, 1),
            "peak_mib": round(building.peak_mib),
            "file_mib": round(path.stat().st_size / 2**20),
        },
        "nothing_changed_seconds": round(looking.seconds, 2),
        "baseline": "DuckDB over the Parquet files of current results and sidecars",
        "questions": questions,
    }


def _build(path: Path, world: World) -> bool:
    return build_database(
        path,
        current=world.current,
        sidecars=world.sidecars,
        manifest=world.manifest,
        refs=world.refs,
        runs=world.runs,
    )


def _questions(
    world: World,
) -> dict[str, tuple[Callable[[duckdb.DuckDBPyConnection], Any], Callable[[], Any]]]:
    current, sidecars = ([str(path) for path in paths] for paths in (world.current, world.sidecars))
    key = duckdb.execute(
        "SELECT key FROM read_parquet(?) LIMIT 1", [sidecars[len(sidecars) // 2]]
    ).fetchall()[0][0]

    def over_files(sql: str, files: list[str]) -> Callable[[], Any]:
        def ask() -> Any:
            with duckdb.connect() as database:
                return database.execute(sql, [files]).fetchall()

        return ask

    return {
        "count by domain and verdict": (
            lambda catalog: catalog.execute(
                "SELECT domain, outcome, count(*) FROM prompts GROUP BY ALL ORDER BY ALL"
            ).fetchall(),
            over_files(
                """SELECT domain, outcome, count(*)
                   FROM (SELECT key, any_value(domain) AS domain, arg_max(outcome, position) AS outcome
                         FROM read_parquet(?) WHERE grain = 'prompt' GROUP BY key)
                   GROUP BY ALL ORDER BY ALL""",
                current,
            ),
        ),
        "funnel": (
            funnel_of,
            over_files(
                """SELECT position, stage, domain, outcome, reason, count(*), sum(calls), sum(tokens_in),
                          sum(tokens_out), sum(seconds)
                   FROM read_parquet(?) GROUP BY ALL ORDER BY ALL""",
                current,
            ),
        ),
        "lineage of one trajectory": (
            lambda catalog: catalog.execute("FROM lineage WHERE key = ?", [key]).fetchall(),
            over_files(f"SELECT key, unnest(pictures) FROM read_parquet(?) WHERE key = '{key}'", sidecars),
        ),
    }


def _in_catalog(path: Path, ask: Callable[[duckdb.DuckDBPyConnection], Any]) -> Any:
    with opened(path) as catalog:
        return ask(catalog)


def _timed(ask: Callable[[], Any]) -> float:
    started = time.perf_counter()
    ask()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
