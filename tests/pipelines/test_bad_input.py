"""Whatever is wrong with a command, it ends with status 2, one message that says what to do, and no loss.

Run in this process, which `tests.pipelines.test_cli` does in one of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from catalogs.errors import SplitError
from pipelines import cli
from pipelines.folder import open_folder
from pipelines.run import Summary
from pipelines.splitting.place import check_place
from tests.pipelines.slices import files_of


@pytest.fixture
def tracemill(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Run a command; its exit status and what it said on standard error."""

    def call(*arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["tracemill", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return int(end.value.code or 0), capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--runner", "spark"], "--runner"),
        (["--limit", "-1"], "limit"),
        (["--set", "source.path=1"], "source is a value"),
        (["--set", "image_text=clip-of-nothing"], "use 'lit'"),
        (["--set", "chat=oracle"], "use 'rules'"),
        (["--set", "drawing=by-hand"], "use 'compositor'"),
        (["--source", "zim:"], "zim:PATH"),
        (["--source", "sample:extra"], "write: sample"),
    ],
)
def test_the_message_says_what_would_do(tracemill, tmp_path: Path, arguments: list[str], words: str) -> None:  # type: ignore[no-untyped-def]
    status, said = tracemill("run", *arguments, "--out", tmp_path / "out")
    assert status == 2
    assert words in said
    assert not (tmp_path / "out" / "ledger").exists(), "refused before any work was done"


def test_a_file_and_a_place_below_a_file_are_refused_and_kept(tracemill, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "letter").write_text("dear reader")
    for place in (tmp_path / "letter", tmp_path / "letter" / "below"):
        status, said = tracemill("run", "--out", place)
        assert status == 2
        assert "another folder with --out" in said or "choose a folder with --out" in said
    assert (tmp_path / "letter").read_text() == "dear reader"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is unwritable for root")
def test_a_folder_without_permission_is_refused(tracemill, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "closed").mkdir(mode=0o500)
    status, said = tracemill("run", "--out", tmp_path / "closed" / "out")
    assert status == 2
    assert "cannot be written" in said


def test_a_message_is_one_line_however_long_its_path(tracemill, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / ("a-long-name-" * 12) / "archive.zim"
    status, said = tracemill("run", "--source", f"zim:{path}", "--out", tmp_path / "out")
    assert status == 2
    assert said.count("\n") == 1
    assert str(path) in said


@pytest.mark.slow
def test_a_refused_command_leaves_a_finished_folder_as_it_was(  # type: ignore[no-untyped-def]
    tracemill, locally: tuple[Path, Summary], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(locally[0], out)
    (tmp_path / "notes.zim").write_text("not an archive")
    for arguments in (
        ["--limit", "-1"],
        ["--domain", "sport"],
        ["--source", f"zim:{tmp_path / 'notes.zim'}"],
        ["--profile", "cloud"],
    ):
        status, _ = tracemill("run", "--runner", "local", *arguments, "--out", out)
        assert status == 2
    assert files_of(out) == files_of(locally[0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "--format", "hf"], "--format and --to, or --check"),
        (["export", "--format", "json", "--to", "x"], "there are bagel, hf, openai"),
        (["score", "factip", "--judge", "oracle"], "there are embedded, openai:MODEL@BASE_URL"),
        (["score", "factip", "--images", "/no/such/folder"], "does not exist"),
        (["fetch", "/no/such/list.txt"], "does not exist"),
        (["push", "s3:/bucket"], "lacks a slash: write it like s3://bucket/prefix"),
    ],
)
def test_other_commands_refuse_what_cannot_be_meant(  # type: ignore[no-untyped-def]
    tracemill, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tracemill.json").write_text('{"layout": 1}')
    status, said = tracemill(*arguments, "--out", tmp_path / "out")
    assert status == 2
    assert words in " ".join(said.replace("│", " ").split())


def test_a_split_never_takes_the_place_of_other_files(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_text("years of work")
    for place in (tmp_path / "thesis", tmp_path / "thesis" / "thesis.tex"):
        with pytest.raises(SplitError, match="something else than a split"):
            check_place(place)
    (tmp_path / "split").mkdir()
    check_place(tmp_path / "split")
    (tmp_path / "split" / "report.json").write_text("{}")
    check_place(tmp_path / "split")


def test_scores_that_came_first_do_not_bar_a_run(tmp_path: Path) -> None:
    (tmp_path / "scores").mkdir()
    assert open_folder(tmp_path, create=True).root == tmp_path


def test_ctrl_c_ends_any_command_with_the_status_of_an_interrupt(  # type: ignore[no-untyped-def]
    tracemill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("catalogs.check.check_output", interrupted)
    (tmp_path / "tracemill.json").write_text('{"layout": 1}')
    status, said = tracemill("check", "--out", tmp_path)
    assert status == 130
    assert "the same command goes on" in said


def test_the_version_is_told(tracemill) -> None:  # type: ignore[no-untyped-def]
    assert tracemill("--version")[0] == 0
