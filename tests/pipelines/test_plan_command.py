"""``tracemill plan harvest``: the counts of a run before it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalogs.tombstones import Tombstone, lay
from pipelines.cli import app
from pipelines.folder import open_folder
from pipelines.harvesting.plan import plan_harvest
from pipelines.profile import load_profile
from pipelines.run import whole_world
from tests.sources.page_views.files import write_month
from tests.sources.wikidata.dumps import item, write_dump

FOODS = [
    item(
        f"Q{3000 + n}",
        {"en": f"food {n}"},
        claims={"P31": ["Q746549"], "P495": ["Q17" if n % 2 else "Q142"]},
        links={f"{code}wiki": f"Food {n}" for code in ("en", "fr", "de", "es", "it", "ja")[: 1 + n % 6]},
        descriptions={"en": "dish", "fr": "plat"} if n % 3 else {"fr": "plat"},
    )
    for n in range(30)
]
COUNTRIES = [
    item("Q17", {"en": "Japan"}, claims={"P31": ["Q6256"], "P297": ["JP"]}),
    item("Q142", {"en": "France"}, claims={"P31": ["Q6256"], "P297": ["FR"]}),
]


@pytest.fixture
def source(tmp_path: Path) -> str:
    return f"wikidata-dump:{write_dump(tmp_path / 'all.json.bz2', [*FOODS, *COUNTRIES])}?pictures=none"


def test_the_plan_is_printed_as_tables_and_as_json(source: str, tmp_path: Path) -> None:
    told = ["plan", "harvest", "--source", source, "--out", str(tmp_path / "out"), "--limit", "12"]
    told += ["--set", "sampling.band={torso = 1}", "--set", "sampling.country={JP = 4}"]
    shown = CliRunner().invoke(app, told)
    assert shown.exit_code == 0, shown.output
    words = " ".join(shown.output.split())
    assert "harvest by category and popularity" in words
    assert "taken 12 of 30" in words
    assert "quota of the country" in words
    assert "no-class" not in words
    assert "no-picture-no-page 2" in words
    found = json.loads(CliRunner().invoke(app, [*told, "--json"]).output)
    assert found["total"] == {"surveyed": 30, "taken": 12}
    assert found["by_country"]["JP"]["food"]["taken"] == 4
    assert found["by_category"]["food"]["torso"]["taken"] <= 1
    assert found["by_language"].keys() == {"en", "fr"}


def test_a_plan_needs_no_index_of_what_the_source_holds(source: str, tmp_path: Path) -> None:
    plan_harvest(load_profile("embedded", {"source": f"{source} + sample"}), tmp_path / "out")
    made = {path.name.partition("-")[0] for path in (tmp_path / "out" / "index").iterdir()}
    assert made == {"wikidata"}, "the items that the survey reads"


def test_a_run_takes_what_the_plan_says(source: str, tmp_path: Path) -> None:
    tables = {"source": source, "limit": 9, "sampling.band": {"tail": 5}}
    profile = load_profile("embedded", tables)
    plan = plan_harvest(profile, tmp_path / "out")
    _, buckets = whole_world(open_folder(tmp_path / "out"), profile)
    assert sum(len(bucket.refs) for bucket in buckets) == plan.total.taken
    assert plan.by_category["food"]["tail"].taken == 5


def test_what_was_forgotten_is_left_out_for_that_reason(source: str, tmp_path: Path) -> None:
    profile = load_profile("embedded", {"source": source})
    folder = open_folder(tmp_path / "out", create=True)
    _, buckets = whole_world(folder, profile)
    first = buckets[0].refs[0].entity_id
    lay(folder.root, [Tombstone(kind="entity", value=first, why="asked", laid="2026-01-01T00:00:00Z")])
    assert plan_harvest(profile, tmp_path / "out").left_out == {"forgotten": {"food": 1}}


def test_page_views_make_bands(tmp_path: Path) -> None:
    write_month(tmp_path / "files", text="en.wikipedia Tiger 1 desktop 20000 A20000\n")
    source = f"sample + pageviews:{tmp_path / 'files'}"
    profile = load_profile("embedded", {"source": source, "limit": 5})
    bands = plan_harvest(profile, tmp_path / "out", ["animal-plant"]).by_category["animal-plant"]
    assert bands["head"].surveyed == 1
    assert bands["unknown"].surveyed > 1
