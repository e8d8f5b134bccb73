"""What the generator knows by itself is found out by drawing it, before any teacher is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalogs.database import query
from pipelines.models import models_of
from pipelines.profile import Profile, ProfileError, load_profile
from pipelines.run import run
from tests.fakes import Fake, serving
from tests.pipelines.painters import Painter, ground_truth

SLED = ("sled", "traîneau")
DOMAIN = ["toy"]
"""At a limit of two: a sled, and a nesting doll."""


def profile(fake: Fake, policy: str, **more: Any) -> Profile:
    drawing = {"base_url": f"{fake.address}/v1", "model": "brush"}
    return load_profile("embedded", {"limit": 2, "drawing": drawing, "closed_book": policy, **more})


def rows(out: Path, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in query(out / "catalog.duckdb", sql).to_pylist()]


@pytest.mark.slow
def test_known_subjects_are_left_out_and_the_others_tell_what_the_search_was_good_for(tmp_path: Path) -> None:
    sled, picture = ground_truth("Sled", tmp_path / "index")
    painter = Painter(dict.fromkeys(SLED, picture))
    out = tmp_path / "out"
    with serving(Fake(painter=painter)) as fake:
        run(profile(fake, "drop"), out, domains=DOMAIN, runner="local", observe=lambda *_: None)
        drawn, again = len(painter.bare), Painter({})
        fake.painter = again
        summary = run(profile(fake, "drop"), out, domains=DOMAIN, runner="local", observe=lambda *_: None)
    assert (summary.computed, again.bare) == (0, [])
    assert drawn == 3 * len({*painter.bare})

    assert {key[:16] for (key,) in rows(out, "SELECT key FROM prompts WHERE stage = 'known'")} == {sled}
    gone = "SELECT DISTINCT outcome, reason FROM prompts WHERE stage = 'known'"
    assert rows(out, gone) == [("rejected", "known-to-generator")]
    asked = rows(out, f"SELECT DISTINCT stage FROM outcomes WHERE key LIKE '{sled}-%'")
    assert {stage for (stage,) in asked} >= {"draw-closed", "match-closed", "known"}
    assert not {stage for (stage,) in asked} & {"gap", "search-text"}, "the teacher was not asked"

    kept = rows(out, "SELECT similarity, benefit_similarity, benefit_margin FROM trajectories")
    assert kept
    assert all(benefit > 0.2 and margin > 0.2 for _, benefit, margin in kept)
    told = "SELECT known, count(*), min(similarity) FROM closed_book GROUP BY known ORDER BY known"
    (_, unknown, _), (_, known, alike) = rows(out, told)
    assert unknown % 3 == known % 3 == 0
    assert alike > 0.9


@pytest.mark.parametrize("name", ["embedded", "endpoint"])
def test_a_drawer_that_needs_references_cannot_be_asked_for_bare_prompts(name: str, tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="closed_book=off"):
        models_of(load_profile(name, {"closed_book": "drop"}), tmp_path)
    assert not list(tmp_path.iterdir())
