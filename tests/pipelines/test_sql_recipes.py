"""Every query in docs/sql.md is run, and the examples that read shards without the catalog."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.profile import load_profile
from pipelines.run import Summary, run
from tests.pipelines.slices import DOMAINS, LIMIT

ROOT = Path(__file__).parents[2]
RECIPES = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "sql.md").read_text(), re.S)
MAY_BE_EMPTY = "-- no rows where"


@pytest.fixture(scope="module")
def catalog(locally: tuple[Path, Summary], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two runs; the second had another threshold, which nothing was rejected by."""
    out = Path(shutil.copytree(locally[0], tmp_path_factory.mktemp("recipes") / "out"))
    profile = load_profile("embedded", {"gallery": 0, "limit": LIMIT, "proof.margin": 0.0})
    run(profile, out, domains=DOMAINS, runner="local", observe=lambda *_: None)
    return out / "catalog.duckdb"


@pytest.mark.slow
@pytest.mark.parametrize("sql", RECIPES)
def test_recipe_answers(catalog: Path, sql: str) -> None:
    with duckdb.connect(str(catalog), read_only=True) as database:
        rows = database.execute(sql).fetchall()
    assert rows or sql.startswith(MAY_BE_EMPTY)


@pytest.mark.slow
def test_what_changed_between_two_runs_is_named(catalog: Path) -> None:
    (sql,) = [recipe for recipe in RECIPES if "FROM changes" in recipe]
    with duckdb.connect(str(catalog), read_only=True) as database:
        assert ("verdict", "parameters.proof.margin", "0.02", "0.0") in database.execute(sql).fetchall()


@pytest.mark.slow
def test_hashes_are_there_to_compare_pictures_by(catalog: Path) -> None:
    with duckdb.connect(str(catalog), read_only=True) as database:
        (hashed, chosen) = database.execute(
            "SELECT count(phash), count(*) FROM candidates WHERE label IS NOT NULL"
        ).fetchall()[0]
    assert hashed == chosen > 0


def test_the_page_has_a_dozen_recipes() -> None:
    assert len(RECIPES) >= 12


def example(name: str, *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout


@pytest.mark.slow
def test_polars_reads_the_sidecars(locally: tuple[Path, Summary]) -> None:
    shown = example("read_sidecars.py", str(locally[0]))
    assert all(word in shown for word in ("toy", "ref1", "CC-BY-SA-4.0"))


@pytest.mark.slow
def test_training_input_is_chosen_in_the_sidecars(locally: tuple[Path, Summary]) -> None:
    with duckdb.connect(str(locally[0] / "catalog.duckdb"), read_only=True) as database:
        keys = database.execute(
            "SELECT key FROM trajectories WHERE domain = 'toy' AND language = 'en' ORDER BY key"
        ).fetchall()
    head, *lines = example(
        "train_webdataset.py", str(locally[0]), "--domain", "toy", "--language", "en"
    ).splitlines()
    assert head == f"{len(keys)} trajectories in 1 shards"
    assert sorted(line.split()[0] for line in lines) == [key for (key,) in keys]
