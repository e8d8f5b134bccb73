"""The gallery of a run that takes little of its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.folder import OutputFolder
from pipelines.gallery import pinned_gallery
from pipelines.models import models_of
from pipelines.profile import Profile, load_profile
from pipelines.run import Summary, run
from tests.pipelines.slices import begun

DOMAINS = ["toy"]


def profile(limit: int) -> Profile:
    return load_profile("embedded", {"limit": limit, "gallery": 2, "languages": ["en"]})


def rerun(out: Path, limit: int) -> Summary:
    return run(profile(limit), out, domains=DOMAINS, runner="local", observe=lambda *_: None)


def titles(out: Path) -> list[str]:
    folder = OutputFolder(out)
    return sorted(pinned_gallery(folder, models_of(profile(1), out).image_text).load().titles)


@pytest.mark.slow
def test_entities_that_are_not_taken_stand_in_the_gallery_and_nowhere_else(
    tmp_path: Path, indexed: Path
) -> None:
    out = begun(tmp_path / "out", indexed)
    first = rerun(out, 1)
    assert [counts.entered for counts in first.funnel.stages if counts.stage == "harvest"] == [1]
    held = titles(out)
    assert len(held) > 10, "two of almost every category, of which the run took one"

    assert rerun(out, 1).computed == 0
    assert rerun(out, 2).trajectories >= first.trajectories
    assert titles(out) == held, "a larger sample begins with those that stood by, so no proof is stale"
