"""What the generator knows by itself is found out by drawing it, before any teacher is asked."""

from __future__ import annotations

import shutil
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from catalogs.blobs import BlobStore
from catalogs.check import check_output
from catalogs.exports import FORMATS, Settings, check_export, format_of, training, write_export
from catalogs.exports.samples import Sample
from catalogs.manifest import read_manifest
from catalogs.sql.database import query
from catalogs.trajectory import parse_reply
from pipelines.folder import OutputFolder
from pipelines.models import models_of
from pipelines.profile import Profile, ProfileError, load_profile
from pipelines.review import trajectory_of, write_pages
from pipelines.run import Summary, run
from tests.fakes import Fake, serving
from tests.pipelines.painters import Painter, ground_truth
from tests.pipelines.slices import begun, files_of

SLED = ("sled", "traîneau")
DOMAIN = ["toy"]
"""At a limit of two: a sled, and a nesting doll."""


def profile(fake: Fake, policy: str, **more: Any) -> Profile:
    drawing = {"base_url": f"{fake.address}/v1", "model": "brush"}
    return load_profile(
        "embedded", {"gallery": 0, "limit": 2, "drawing": drawing, "closed_book": policy, **more}
    )


def rows(out: Path, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in query(out / "catalog.duckdb", sql).to_pylist()]


def by_heart() -> tuple[str, Painter]:
    """The entity id of the sled, and a painter who knows it."""
    sled, picture = ground_truth("Sled")
    return sled, Painter(dict.fromkeys(SLED, picture))


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory, indexed: Path) -> tuple[Path, Painter]:
    """A finished folder without the subjects that the painter knows, and the painter."""
    out = begun(tmp_path_factory.mktemp("dropped") / "out", indexed)
    _, painter = by_heart()
    with serving(Fake(painter=painter)) as fake:
        run(profile(fake, "drop"), out, domains=DOMAIN, runner="local", observe=nobody)
    return out, painter


@pytest.fixture(scope="module")
def kept(
    tmp_path_factory: pytest.TempPathFactory, dropped: tuple[Path, Painter]
) -> tuple[Path, Summary, Counter[str]]:
    """The same folder with a trajectory without a search for each of them; what was computed for that."""
    out = Path(shutil.copytree(dropped[0], tmp_path_factory.mktemp("kept") / "out"))
    computed: Counter[str] = Counter()

    def observe(stage: str, outcome: str, count: int) -> None:
        if outcome != "passed":
            computed[stage] += count

    with serving(Fake(painter=by_heart()[1])) as fake:
        summary = run(profile(fake, "no-search"), out, domains=DOMAIN, runner="local", observe=observe)
    return out, summary, computed


@pytest.mark.slow
def test_known_subjects_are_left_out_and_the_others_tell_what_the_search_was_good_for(
    dropped: tuple[Path, Painter],
) -> None:
    out, painter = dropped
    sled, _ = by_heart()
    again = Painter({})
    with serving(Fake(painter=again)) as fake:
        summary = run(profile(fake, "drop"), out, domains=DOMAIN, runner="local", observe=nobody)
    assert (summary.computed, again.bare) == (0, [])
    assert len(painter.bare) == 3 * len({*painter.bare})

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


def samples(out: Path) -> list[Sample]:
    manifest = read_manifest(out)
    assert manifest is not None
    return [sample for source in training(out, manifest) for sample in source.read()]


@pytest.mark.slow
def test_known_subjects_become_trajectories_without_a_search(
    dropped: tuple[Path, Painter], kept: tuple[Path, Summary, Counter[str]], tmp_path: Path
) -> None:
    out, _, computed = kept
    sled, painter = by_heart()
    searched = {sample.key: sample.raw for sample in samples(dropped[0])}
    with serving(Fake(painter=painter)) as fake:
        again = run(profile(fake, "no-search"), out, domains=DOMAIN, runner="local", observe=nobody)
    known = sorted(sample.key for sample in samples(out) if sample.key.startswith(sled))
    assert known
    assert again.computed == 0
    assert set(computed) == {"known", "answer-known", "prove-known"}, "what was searched before stays good"
    assert {sample.key: sample.raw for sample in samples(out) if sample.key not in known} == searched

    for sample in (one for one in samples(out) if one.key in known):
        (turn,) = sample.document.turns
        reply = parse_reply(turn.response_text)
        assert (turn.input, reply.recaption, reply.tool_call) == (sample.row.prompt, sample.row.prompt, None)
        assert not sample.document.searched
        assert set(sample.pictures) == {"target", "test"}
        assert sample.row.similarity > 0.9

    told = """SELECT key, needs_search, len("references"), turns, candidates, benefit_similarity
              FROM trajectories WHERE NOT needs_search ORDER BY key"""
    assert rows(out, told) == [(key, False, 0, 1, 0, None) for key in known]
    passed = f"SELECT stage, outcome FROM outcomes WHERE key = '{known[0]}' ORDER BY position"
    outcomes = dict(rows(out, passed))
    assert {outcomes[stage] for stage in ("known", "answer-known", "prove-known")} == {"kept"}
    assert {outcomes[stage] for stage in ("gap", "search-text", "select", "verdict", "benefit")} == {"passed"}
    assert check_output(out) == []

    shown = StringIO()
    Console(file=shown, width=100).print(trajectory_of(OutputFolder(out), known[0]))
    assert "no search needed" in shown.getvalue()
    assert known[0] in next(write_pages(OutputFolder(out)).parent.glob("*toy*")).read_text()

    manifest = read_manifest(out)
    assert manifest is not None
    for name in FORMATS:
        to = tmp_path / name
        index = write_export(
            to, training(out, manifest), format_of(name), Settings(), BlobStore(out / "blobs")
        )
        assert check_export(to) == [], name
        dropped = 0 if name in ("sharegpt", "openai", "hf", "rl") else len(known)
        assert index.left_out.get("not-two-references", 0) == dropped, name


def everything(out: Path) -> dict[str, Any]:
    """What a run leaves that must not depend on where it ran."""
    return {
        "shards": files_of(out / "shards"),
        "outcomes": sorted(rows(out, "SELECT key, stage, outcome, reason, detail FROM outcomes")),
        "closed book": sorted(rows(out, "SELECT * FROM closed_book"), key=str),
    }


@pytest.mark.slow
def test_the_known_are_kept_on_ray_as_in_one_process_and_nobody_is_lost(
    kept: tuple[Path, Summary, Counter[str]], indexed: Path, tmp_path: Path
) -> None:
    """In one process, and in two steps: what is known was left out first."""
    ray = begun(tmp_path / "ray", indexed)
    with serving(Fake(painter=by_heart()[1])) as fake:
        done = run(profile(fake, "no-search"), ray, domains=DOMAIN, runner="ray", observe=nobody)
    local, locally, _ = kept
    assert everything(ray) == everything(local)
    assert counts(done) == counts(locally)

    needed = "SELECT needs_search, count(*) > 0 FROM trajectories GROUP BY ALL ORDER BY ALL"
    assert rows(ray, needed) == [(False, True), (True, True)]
    benefit = "SELECT needs_search, count(benefit_similarity) FROM trajectories GROUP BY ALL ORDER BY ALL"
    assert [bool(count) for _, count in rows(ray, benefit)] == [False, True]
    assert all(entered == sum(ends) for entered, *ends in counts(done).values())
    written = rows(ray, "SELECT DISTINCT key FROM outcomes WHERE stage = 'reserve' ORDER BY key")
    assert written == rows(ray, "SELECT key FROM prompts ORDER BY key") != []
    assert check_output(ray) == []


def counts(summary: Summary) -> dict[str, tuple[int, ...]]:
    """Stage -> entered, kept, passed, rejected, failed."""
    return {
        one.stage: (one.entered, one.kept, one.passed, sum(one.rejected.values()), sum(one.failed.values()))
        for one in summary.funnel.stages
    }


def nobody(*_: object) -> None:
    """Watches."""


@pytest.mark.parametrize("name", ["embedded", "endpoint"])
def test_a_drawer_that_needs_references_cannot_be_asked_for_bare_prompts(name: str, tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="closed_book=off"):
        models_of(load_profile(name, {"closed_book": "drop"}), tmp_path)
    assert not list(tmp_path.iterdir())
