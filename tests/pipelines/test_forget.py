"""What is taken down leaves everything that is kept, and does not come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalogs.check import check_output
from catalogs.errors import FolderError
from catalogs.tombstones import Tombstone, lay, read_tombstones
from pipelines.folder import OutputFolder
from pipelines.profile import load_profile
from pipelines.run import Summary, run, whole_world
from pipelines.upkeep.of_profile import collect_garbage, forget_source
from tests.pipelines.slices import DOMAINS, PROFILE, begun, files_of

pytestmark = pytest.mark.slow


def ask(out: Path, sql: str) -> list[str]:
    with duckdb.connect(str(out / "catalog.duckdb"), read_only=True) as database:
        return [str(row[0]) for row in database.execute(sql).fetchall()]


def again(out: Path) -> Summary:
    return run(PROFILE, out, domains=DOMAINS, runner="local", observe=lambda *_: None)


def naming(out: Path, text: str) -> list[str]:
    """Files whose bytes, or whose results in the ledger, hold a text."""
    wanted = text.encode()
    found = [
        str(path.relative_to(out))
        for path in out.rglob("*")
        if path.is_file() and wanted in path.read_bytes()
    ]
    ledger = OutputFolder(out).ledger
    for place in ledger.segments():
        segment = ledger.segment(*place)
        if any(
            wanted in bytes(cell) for entry in segment.entries() for cell in segment.cells(entry).values()
        ):
            found.append("/".join(place))
    return [name for name in found if name != "tombstones.jsonl"]


def test_a_picture_by_content_leaves_every_place_and_stays_away(out: Path) -> None:
    picture = ask(out, "SELECT sha256 FROM images WHERE role = 'ref1' ORDER BY key")[0]
    keys = ask(out, f"SELECT DISTINCT key FROM images WHERE sha256 = '{picture}' ORDER BY key")
    assert naming(out, picture)
    report = forget_source(PROFILE, out, "sha256", picture, "asked to")
    assert set(keys) <= report.records
    assert report.results["draw"] > 0
    assert naming(out, picture) == []
    assert not OutputFolder(out).blobs.path(picture).exists()
    left = ask(out, "SELECT key FROM trajectories")
    assert left
    assert not set(keys) & set(left)
    assert check_output(out) == []
    again(out)
    assert naming(out, picture) == []
    assert set(keys) & set(ask(out, "SELECT key FROM trajectories")), "proven from other pictures"
    assert again(out).computed == 0


class Killed(BaseException):
    """A kill, as far as what is on the disk can tell."""


@contextmanager
def killed_after(renames: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What runs inside is killed at the rename after so many."""
    replace, left = Path.replace, renames

    def killed(path: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(Killed):
            yield


@pytest.mark.parametrize("renames", [3, 12, 28])
def test_what_a_kill_has_left_goes_when_the_request_is_given_again(
    out: Path, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = ask(out, "SELECT sha256 FROM images WHERE role = 'ref1' ORDER BY key")[0]
    keys = ask(out, f"SELECT DISTINCT key FROM images WHERE sha256 = '{picture}' ORDER BY key")
    with killed_after(renames, monkeypatch):
        forget_source(PROFILE, out, "sha256", picture, "asked to")
    forget_source(PROFILE, out, "sha256", picture, "asked to")
    assert naming(out, picture) == []
    assert not OutputFolder(out).blobs.path(picture).exists()
    assert not set(keys) & set(ask(out, "SELECT key FROM trajectories"))
    assert check_output(out) == []


def test_an_entity_leaves_with_its_prompts_and_its_articles(out: Path) -> None:
    title, entity_id = ask(
        out, "SELECT title || '|' || entity_id FROM entities WHERE domain = 'toy' ORDER BY title"
    )[0].split("|")
    others = set(ask(out, f"SELECT key FROM trajectories WHERE entity_id <> '{entity_id}'"))
    report = forget_source(PROFILE, out, "entity", title, "")
    assert {stone.kind for stone in report.stones} == {"entity", "url", "sha256"}
    assert naming(out, entity_id) == []
    again(out)
    assert naming(out, entity_id) == []
    assert ask(out, f"SELECT title FROM entities WHERE title = '{title}'") == []
    assert others <= set(ask(out, "SELECT key FROM trajectories")) | set(report.records)
    assert entity_id in read_tombstones(out).entities


def test_an_address_and_a_licence(out: Path) -> None:
    address = ask(out, "SELECT url FROM evidence ORDER BY url")[0]
    forget_source(PROFILE, out, "url", address, "")
    assert naming(out, f'"url":"{address}"') == []
    licence = ask(out, "SELECT DISTINCT licence FROM images WHERE role = 'target'")[0]
    report = forget_source(PROFILE, out, "licence", licence, "")
    assert report.results.total() > 0
    assert ask(out, "SELECT key FROM trajectories") == []
    assert check_output(out) == []


def test_an_entity_that_was_never_harvested_is_an_error(out: Path) -> None:
    before = files_of(out)
    with pytest.raises(FolderError, match="was ever harvested"):
        forget_source(PROFILE, out, "entity", "Nobody", "")
    assert files_of(out) == before


def test_a_run_that_was_opening_its_source_meanwhile_ends(
    tmp_path: Path, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = begun(tmp_path / "out", indexed)

    def opening(*arguments: Any) -> Any:
        world = whole_world(*arguments)
        lay(
            out,
            [Tombstone(kind="url", value="https://a.invalid/1", why="asked", laid="2026-08-01T00:00:00Z")],
        )
        return world

    monkeypatch.setattr("pipelines.run.whole_world", opening)
    with pytest.raises(FolderError, match="same command again"):
        run(PROFILE, out, domains=DOMAINS, runner="local", observe=lambda *_: None)
    assert not list((out / "ledger").rglob("*.*"))


def test_garbage_goes_and_what_is_current_stays(out: Path) -> None:
    shards, ledger = files_of(out / "shards"), files_of(out / "ledger")
    other = load_profile("embedded", {"gallery": 0, "limit": PROFILE.limit, "proof.margin": 0.0})
    run(other, out, domains=DOMAINS, runner="local", observe=lambda *_: None)
    OutputFolder(out).blobs.put(b"a picture that nothing names")
    said = collect_garbage(PROFILE, out, dry_run=True)
    assert said.results["verdict"] > 0
    assert (said.blobs, said.galleries) == (1, 0)
    assert files_of(out / "ledger").keys() > ledger.keys(), "nothing was removed yet"
    done = collect_garbage(PROFILE, out, dry_run=False)
    assert (done.results, done.blobs, done.bytes) == (said.results, said.blobs, said.bytes)
    assert files_of(out / "ledger") == ledger
    again(out)
    assert files_of(out / "shards") == shards
    assert collect_garbage(PROFILE, out, dry_run=True).results.total() == 0
