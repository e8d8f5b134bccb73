"""The gallery of a run that takes little of its source."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from catalogs.stage import Blobs, Outcome, Row, StopRun
from pipelines.folder import OutputFolder
from pipelines.gallery import pinned_gallery
from pipelines.models import models_of
from pipelines.profile import Profile, load_profile
from pipelines.run import Summary, run
from tests.pipelines.slices import begun
from verifiers.see_truth import SeeTruth

DOMAINS = ["toy"]


def profile(limit: int) -> Profile:
    return load_profile("embedded", {"limit": limit, "gallery": 2, "languages": ["en"]})


def rerun(out: Path, limit: int) -> Summary:
    return run(profile(limit), out, domains=DOMAINS, runner="local", observe=lambda *_: None)


def titles(out: Path) -> list[str]:
    folder = OutputFolder(out)
    return sorted(pinned_gallery(folder, models_of(profile(1), out).image_text).load().titles)


def looked_at(monkeypatch: pytest.MonkeyPatch, most: int = 1000) -> list[str]:
    """Entities whose pictures go into the gallery from now on; where there would be too many the run ends."""
    seen: list[str] = []
    run = SeeTruth.run

    def count(self: SeeTruth, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        if len(seen) + len(rows) > most:
            raise StopRun("seen enough")
        seen.extend(row.key for row in rows)
        return run(self, rows, blobs)

    monkeypatch.setattr(SeeTruth, "run", count)
    return seen


@pytest.mark.slow
def test_entities_that_are_not_taken_stand_in_the_gallery_and_nowhere_else(
    tmp_path: Path, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = begun(tmp_path / "out", indexed)
    before = looked_at(monkeypatch, most=6)
    with pytest.raises(StopRun):
        rerun(out, 1)
    monkeypatch.undo()
    after = looked_at(monkeypatch)
    first = rerun(out, 1)
    assert before
    assert set(before).isdisjoint(after), "no picture is looked at twice for the gallery"
    assert [counts.entered for counts in first.funnel.stages if counts.stage == "harvest"] == [1]
    held = titles(out)
    assert len(held) > 10, "two of almost every category, of which the run took one"

    assert rerun(out, 1).computed == 0
    assert rerun(out, 2).trajectories >= first.trajectories
    assert titles(out) == held, "a larger sample begins with those that stood by, so no proof is stale"
