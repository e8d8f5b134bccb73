"""`tracemill check` finds every kind of damage, and what it says to do leads back to the same bytes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from catalogs.check import check_output
from catalogs.digests import digest_of
from pipelines.run import Summary
from tests.pipelines.damage import KINDS, Damage
from tests.pipelines.slices import bring_up, files_of


def test_there_are_twenty_kinds_and_more() -> None:
    assert len({kind.name for kind in KINDS}) >= 20


@pytest.mark.slow
def test_a_whole_folder_is_sound(locally: tuple[Path, Summary]) -> None:
    assert check_output(locally[0]) == []


@pytest.fixture(scope="module")
def led_back() -> set[str]:
    """Folders from which a run has led back to the whole one, by digest of all that they hold. A run is a
    function of its folder, and what many a remedy leaves is the same."""
    return set()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_damage_is_found_and_the_remedy_helps(
    kind: Damage, locally: tuple[Path, Summary], out: Path, led_back: set[str]
) -> None:
    kind.do(out)
    problems = check_output(out)
    named = [problem for problem in problems if re.fullmatch(kind.file, problem.file)]
    assert any(re.search(kind.what, problem.what) for problem in named), problems

    if kind.mend is not None:
        kind.mend(out)
    for name in (name for problem in problems for name in problem.delete):
        path = out / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    folders = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_dir())
    left = digest_of([folders, files_of(out)])
    if left in led_back:
        return
    bring_up(out, "local")
    assert check_output(out) == []
    assert (out / "manifest.json").read_bytes() == (locally[0] / "manifest.json").read_bytes()
    for part in ("shards", "splits"):
        assert files_of(out / part) == files_of(locally[0] / part)
    led_back.add(left)
