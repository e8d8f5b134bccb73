"""Which index folders go: those of a source that is no more, and nothing that is at work or paid for."""

from __future__ import annotations

import fcntl
from pathlib import Path

from pipelines.upkeep.indexes import stale_indexes
from pipelines.upkeep.sweep import Swept, drop_folders
from sources.registry import open_world
from tests.sources.wikidata.dumps import item, write_dump

FOOD = item(
    "Q3000",
    {"en": "katsudon"},
    claims={"P31": ["Q746549"]},
    links={"enwiki": "Katsudon"},
    descriptions={"en": "katsudon of pork"},
)
OTHER = item(
    "Q3001",
    {"en": "bibimbap"},
    claims={"P31": ["Q746549"]},
    links={"enwiki": "Bibimbap"},
    descriptions={"en": "bowl"},
)


def names(index: Path, spec: str) -> set[str]:
    world = open_world(spec, seed=0, index_root=index)
    return {path.name for path in stale_indexes(index, world)}


def test_nothing_of_an_opened_source_goes_and_all_of_its_earlier_revision(tmp_path: Path) -> None:
    index, dump = tmp_path / "index", tmp_path / "all.json.bz2"
    spec = f"wikidata-dump:{write_dump(dump, [FOOD])}?pictures=none"
    assert names(index, spec) == set()
    before = {path.name for path in index.iterdir() if path.is_dir()}
    write_dump(dump, [FOOD, OTHER])
    gone = names(index, spec)
    after = {path.name for path in index.iterdir() if path.is_dir()}
    assert gone == before
    assert {name.partition("-")[0] for name in gone} == {"text", "wikidata"}
    swept = Swept()
    world = open_world(spec, seed=0, index_root=index)
    drop_folders(swept, stale_indexes(index, world), dry_run=True)
    assert {path.name for path in index.iterdir() if path.is_dir()} == after
    drop_folders(swept, stale_indexes(index, world), dry_run=False)
    assert {path.name for path in index.iterdir() if path.is_dir()} == after - gone
    assert world.text_search.search("katsudon", "en", 3)
    assert swept.indexes == 4, "two would go, then two went"
    assert swept.bytes > 0


def test_what_is_at_work_paid_for_or_not_ours_stays(tmp_path: Path) -> None:
    dead, building = f"text-{'0' * 12}", f"links-{'1' * 12}"
    kept = {"web", "gallery", "notes-2024", f".{building}", f"dump-{'2' * 12}", f"wikidata-{'3' * 12}"}
    for name in {*kept, dead, f".{dead}"}:
        (tmp_path / name).mkdir()
    dump = write_dump(tmp_path / "all.json.bz2", [FOOD])
    world = open_world(f"wikidata-dump:{dump}?pictures=none", seed=0, index_root=tmp_path)
    with (tmp_path / f".{building}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert {path.name for path in stale_indexes(tmp_path, world)} == {dead, f".{dead}"}
    assert f".{building}" in {path.name for path in stale_indexes(tmp_path, world)}, "left by a kill"
