"""Bad input is met in one line that says what to do, with exit status 2 and no traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipelines.conftest import Said
from tests.pipelines.slices import begun

Tracemill = Callable[..., Said]

ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "wikipedia_en_ray_charles_2015-06.zim"


def test_a_process_ends_with_one_line_and_no_traceback(tmp_path: Path) -> None:
    """The other tests call `main` in this process, which saves each of them the start of another one."""
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", "run", "--profile", "cloud"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ProfileError: no profile 'cloud'")
    assert len(done.stderr.splitlines()) == 1


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
def test_what_is_unknown_is_named(
    tracemill: Tracemill, indexed: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    status, said = tracemill(*arguments, "--out", begun(tmp_path / "out", indexed))
    assert status == 2, said
    assert words in said


def test_a_text_file_is_no_archive(tracemill: Tracemill, tmp_path: Path) -> None:
    (tmp_path / "notes.zim").write_text("not an archive")
    status, said = tracemill("run", "--source", f"zim:{tmp_path / 'notes.zim'}", "--out", tmp_path / "out")
    assert status == 2
    assert "NotAnArchiveError" in said


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the real archive is not beside the project")
def test_a_cut_archive_is_found(tracemill: Tracemill, tmp_path: Path) -> None:
    whole = ARCHIVE.read_bytes()
    (tmp_path / "cut.zim").write_bytes(whole[: len(whole) // 2])
    status, said = tracemill("run", "--source", f"zim:{tmp_path / 'cut.zim'}", "--out", tmp_path / "out")
    assert status == 2
    assert "ArchiveTruncatedError" in said


@pytest.mark.parametrize("command", [["query", "SELECT 1"], ["show", "k"], ["gallery"], ["check"], ["retry"]])
def test_reading_a_folder_that_is_none_says_how_to_make_one(
    tracemill: Tracemill, tmp_path: Path, command: list[str]
) -> None:
    status, said = tracemill(*command, "--out", tmp_path)
    assert status == 2
    assert "tracemill run --out" in said


def test_a_folder_with_other_files_is_left_alone(tracemill: Tracemill, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    status, said = tracemill("run", "--out", tmp_path)
    assert status == 2
    assert "choose an empty folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
