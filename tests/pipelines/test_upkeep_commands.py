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
    held = files_of(out)
    foreseen = tracemill("forget", "--sha256", picture, "--dry-run", "--out", out)
    assert f"would be forgotten: sha256 {picture}" in foreseen
    assert "would go: " in foreseen
    assert files_of(out) == held
    said = tracemill("forget", "--sha256", picture, "--why", "asked to", "--out", out)
    assert f"forgotten: sha256 {picture}" in said
    assert "search-images" in said
    OutputFolder(out).blobs.put(b"a picture that nothing names")
    swept = tracemill("gc", "--dry-run", "--out", out)
    assert swept.startswith("by the settings of the newest run, ")
    assert " would go: " in swept
    before = files_of(out)
    assert " gone: " in tracemill("gc", "--out", out)
    assert files_of(out) != before


@pytest.fixture
def ran(tmp_path: Path) -> tuple[Path, Profile, Profile]:
    """A folder with a run that came to its end, and one that was killed since; the profiles of both."""
    folder = open_folder(tmp_path / "out", create=True)
    folder.runs.mkdir()
    small = load_profile("embedded", {"limit": 2, "pictures.percentile": 0.4})
    taught = load_profile("endpoint", {"chat.model": "grown", "limit": 3})
    for number, finished, profile in ((1, "2026-01-01", small), (2, None, taught)):
        fields = {**msgspec.to_builtins(profile), "of_an_earlier_version": 1}
        record = {"run": f"run-{number}", "finished": finished, "profile": fields}
        (folder.runs / f"2026010{number}T000000-1.json").write_bytes(msgspec.json.encode(record))
    return folder.root, small, taught


def test_commands_go_by_the_settings_of_the_newest_run_where_none_are_given(
    ran: tuple[Path, Profile, Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was killed is what the user speaks of; what is published anew stands as before it."""
    out, small, taught = ran
    seen: list[Profile] = []

    def look(profile: Profile, *_: object, **__: object) -> None:
        seen.append(profile)
        raise FolderError("seen enough")

    for place in (
        "pipelines.upkeep.of_profile.forget_source",
        "pipelines.upkeep.of_profile.collect_garbage",
        "pipelines.commands.retry.bring_up",
        "pipelines.commands.status.print_plan",
        "pipelines.harvesting.plan.plan_harvest",
    ):
        monkeypatch.setattr(place, look)
    for words in (["status"], ["retry"], ["gc"], ["plan", "harvest"], ["forget", "--url", "https://a.test"]):
        seen.clear()
        for options in ([], ["--profile", "embedded"], ["--set", "limit=3"]):
            said = CliRunner().invoke(app, [*words, "--out", str(out), *options]).output
            if words[0] in ("retry", "forget"):
                assert "set otherwise than in the newest finished run: " in said or not options
            told = "by the settings of the newest run" in said
            assert told == (not options)
            assert ("which did not come to its end" in said) == (told and words[0] != "forget")
        last = small if words[0] == "forget" else taught
        assert seen == [last, load_profile("embedded"), load_profile("embedded", {"limit": 3})]


def test_the_profile_that_is_spoken_of_is_said_in_one_line(ran: tuple[Path, Profile, Profile]) -> None:
    said = CliRunner().invoke(app, ["status", "--out", str(ran[0])], env={"COLUMNS": "80"}).output
    assert said.splitlines()[0] == (
        "by the settings of the newest run, run-2, which did not come to its end: "
        "source sample, limit 3, chat grown, drawing compositor"
    )


def test_forget_wants_one_thing(out: Path) -> None:
    done = CliRunner().invoke(app, ["forget", "--out", str(out)])
    assert done.exit_code == 2
    assert "give one of --entity" in " ".join(done.output.split())
