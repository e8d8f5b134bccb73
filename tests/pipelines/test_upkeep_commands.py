"""Upkeep from the command line: told, forgotten, swept."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from catalogs.errors import FolderError
from catalogs.sql.database import query
from pipelines.cli import app
from pipelines.folder import OutputFolder, open_folder
from pipelines.profile import Profile, load_profile
from tests.pipelines.slices import LIMIT, files_of

pytestmark = pytest.mark.slow


def tracemill(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, [str(word) for word in arguments], env={"COLUMNS": "240"})
    assert done.exit_code == 0, done.output
    return " ".join(done.output.replace("│", " ").split())


def test_status_and_dry_run_say_the_same_and_do_nothing(out: Path) -> None:
    before = files_of(out)
    asked = [
        "--limit",
        LIMIT,
        "--set",
        "gallery=0",
        "--domain",
        "toy",
        "--out",
        out,
        "--set",
        "proof.similarity=0.4",
    ]
    status, dry = tracemill("status", *asked), tracemill("run", "--dry-run", *asked)
    assert status == dry
    assert "toy verdict" in status
    assert "proof.similarity 0.45 -> 0.4" in status
    assert "0 calls, 0 tokens" in status
    assert "nothing to do" in tracemill(
        "status", "--limit", LIMIT, "--set", "gallery=0", "--domain", "toy", "--out", out
    )
    assert files_of(out) == before


def test_forget_says_what_went_and_gc_what_would_go(out: Path) -> None:
    answer = query(
        out / "catalog.duckdb", "SELECT sha256 FROM images WHERE role = 'ref1' ORDER BY key LIMIT 1"
    )
    picture = answer.to_pylist()[0]["sha256"]
    said = tracemill("forget", "--sha256", picture, "--why", "asked to", "--out", out)
    assert f"forgotten: sha256 {picture}" in said
    assert "search-images" in said
    OutputFolder(out).blobs.put(b"a picture that nothing names")
    swept = tracemill("gc", "--dry-run", "--out", out)
    assert swept.startswith("would go: ")
    before = files_of(out)
    assert tracemill("gc", "--out", out).startswith("gone: ")
    assert files_of(out) != before


def test_forget_and_retry_go_by_the_settings_of_the_newest_run_where_none_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_folder(tmp_path / "out", create=True)
    run_with = load_profile("embedded", {"limit": 2, "pictures.percentile": 0.4})
    folder.runs.mkdir()
    record = {
        "finished": "2026-01-01",
        "profile": {**msgspec.to_builtins(run_with), "of_an_earlier_version": 1},
    }
    (folder.runs / "20260101T000000-1.json").write_bytes(msgspec.json.encode(record))
    seen = []

    def forget_source(profile: Profile, *_: object) -> None:
        seen.append(profile)
        raise FolderError("seen enough")

    monkeypatch.setattr("pipelines.upkeep.of_profile.forget_source", forget_source)
    monkeypatch.setattr("pipelines.commands.retry.bring_up", lambda profile, *_, **__: seen.append(profile))
    for command in (["forget", "--url", "https://a.test"], ["retry"]):
        for options in ([], ["--profile", "embedded"], ["--set", "limit=3"]):
            CliRunner().invoke(app, [*command, "--out", str(folder.root), *options])
    named = [load_profile("embedded"), load_profile("embedded", {"limit": 3})]
    assert seen == [run_with, *named] * 2


def test_forget_wants_one_thing(out: Path) -> None:
    done = CliRunner().invoke(app, ["forget", "--out", str(out)])
    assert done.exit_code == 2
    assert "give one of --entity" in " ".join(done.output.split())
