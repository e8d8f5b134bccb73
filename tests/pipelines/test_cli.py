"""Bad input is met in one line that says what to do, with exit status 2 and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "wikipedia_en_ray_charles_2015-06.zim"


def tracemill(*arguments: str | Path) -> tuple[int, str]:
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--profile", "cloud"], "no profile 'cloud': there are cluster, embedded, endpoint"),
        (["run", "--source", "dbpedia"], "zim:PATH"),
        (["run", "--source", "zim:/no/such/archive.zim"], "/no/such/archive.zim"),
        (["run", "--domain", "sport", "--runner", "local"], "no domain sport in this source"),
        (["run", "--set", "proof.margim=1"], "margim"),
        (["run", "--set", "proof.margin"], "write it as field=value"),
    ],
)
def test_what_is_unknown_is_named(tmp_path: Path, arguments: list[str], words: str) -> None:
    status, said = tracemill(*arguments, "--out", tmp_path / "out")
    assert status == 2, said
    assert words in said
    assert "Traceback" not in said


def test_a_text_file_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "notes.zim").write_text("not an archive")
    status, said = tracemill("run", "--source", f"zim:{tmp_path / 'notes.zim'}", "--out", tmp_path / "out")
    assert status == 2
    assert "NotAnArchiveError" in said


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the real archive is not beside the project")
def test_a_cut_archive_is_found(tmp_path: Path) -> None:
    whole = ARCHIVE.read_bytes()
    (tmp_path / "cut.zim").write_bytes(whole[: len(whole) // 2])
    status, said = tracemill("run", "--source", f"zim:{tmp_path / 'cut.zim'}", "--out", tmp_path / "out")
    assert status == 2
    assert "ArchiveTruncatedError" in said


@pytest.mark.parametrize("command", [["query", "SELECT 1"], ["show", "k"], ["gallery"], ["check"]])
def test_reading_a_folder_that_is_none_says_how_to_make_one(tmp_path: Path, command: list[str]) -> None:
    status, said = tracemill(*command, "--out", tmp_path)
    assert status == 2
    assert "tracemill run --out" in said


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    status, said = tracemill("run", "--out", tmp_path)
    assert status == 2
    assert "choose an empty folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
