"""What changes is computed anew, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from annotators.recaption import WriteRecaption
from catalogs.check import check_output
from catalogs.manifest import Manifest, read_manifest
from catalogs.stage import Blobs, Kept, Outcome, Row
from pipelines.profile import load_profile
from pipelines.run import Summary, run
from tests.pipelines.slices import DOMAINS, LIMIT, files_of

POLICIES = {"select", "select-2", "verdict", "verdict-2"}


def rerun(out: Path, domains: Sequence[str] = DOMAINS, **overrides: Any) -> tuple[Summary, Counter[str]]:
    """Run again with other settings; how many records each stage computed, those that it passed aside."""
    computed: Counter[str] = Counter()

    def observe(stage: str, outcome: str, count: int) -> None:
        if outcome != "passed":
            computed[stage] += count

    fields = {"gallery": 0, "limit": LIMIT} | {
        name.replace("__", "."): value for name, value in overrides.items()
    }
    profile = load_profile("embedded", fields)
    return run(profile, out, domains=domains, runner="local", observe=observe), computed


def ask(out: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(out / "catalog.duckdb"), read_only=True) as database:
        return database.execute(sql).fetchall()


def chosen(out: Path) -> dict[str, list[str]]:
    """Prompt -> its references by content."""
    sql = "SELECT key, list(sha256 ORDER BY label) FROM candidates WHERE kept GROUP BY key"
    return {str(key): list(pictures) for key, pictures in ask(out, sql)}


def calls(out: Path, run: str) -> dict[str, int]:
    """Prompt -> calls of models that a run made for it."""
    return dict(ask(out, f"SELECT key, sum(calls) FROM outcomes WHERE run = '{run}' GROUP BY key"))


@pytest.mark.slow
def test_a_second_run_leaves_every_byte_and_every_time(locally: tuple[Path, Summary], out: Path) -> None:
    def state() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}

    before, contents = state(), files_of(out)
    again, computed = rerun(out)
    assert (again.computed, again.rewritten, computed) == (0, [], {})
    assert state() == before
    assert files_of(out) == contents == files_of(locally[0])


@pytest.mark.slow
def test_a_stricter_proof_calls_models_only_for_those_that_now_fail(out: Path) -> None:
    """They are due a second recaption; all others are looked at by the policy alone."""
    strict = sorted(margin for (margin,) in ask(out, "SELECT min(margin) FROM proofs GROUP BY key"))[1]
    again, computed = rerun(out, proof__margin=strict)
    failed = {key for (key,) in ask(out, f"SELECT DISTINCT key FROM proofs WHERE margin < {strict}")}
    made = calls(out, again.run)
    assert failed
    assert {key for key, count in made.items() if count} <= failed
    assert set(computed) <= POLICIES | {"recaption-2", "draw-2", "match-2"}


@pytest.mark.slow
def test_a_looser_threshold_calls_no_model(out: Path) -> None:
    again, computed = rerun(out, proof__margin=0.0, pictures__tokens=200)
    assert set(computed) <= POLICIES
    assert not any(calls(out, again.run).values())


@pytest.mark.slow
def test_another_choice_of_pictures_calls_models_for_the_prompts_that_it_concerns(out: Path) -> None:
    before = chosen(out)
    again, computed = rerun(out, pictures__grade=8.0)
    after = chosen(out)
    assert computed["select"] > 0
    second_rounds = "SELECT key FROM outcomes WHERE stage = 'search-images-2' AND outcome = 'kept'"
    searched_again = {key for (key,) in ask(out, second_rounds)}
    concerned = {key for key in before if before[key] != after.get(key)} | searched_again
    assert {key for key, count in calls(out, again.run).items() if count} <= concerned


@pytest.mark.slow
def test_new_words_from_one_stage_reach_the_shard_of_the_domain_alone(
    locally: tuple[Path, Summary], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = WriteRecaption.run

    def signed(self: WriteRecaption, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for outcome in write(self, rows, blobs):
            assert isinstance(outcome, Kept)
            recaption = msgspec.structs.replace(outcome.writes["recaption"], model="teacher@next")
            outcomes.append(Kept({"recaption": recaption}))
        return outcomes

    monkeypatch.setattr(WriteRecaption, "version", "next")
    monkeypatch.setattr(WriteRecaption, "run", signed)
    again, computed = rerun(out, ["toy"])
    assert set(computed) <= {"recaption", "recaption-2", "draw", "match", "verdict", "verdict-2"}
    assert {label.rpartition("-")[0] for label in again.rewritten} == {"toy"}
    for folder in ("shards", "current"):
        old, new = files_of(locally[0] / folder), files_of(out / folder)
        touched = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        assert touched
        assert all(name.startswith("toy-") for name in touched)
    assert check_output(out) == []
    signed_in = (
        "SELECT DISTINCT p.domain FROM recaptions r JOIN prompts p USING (key) WHERE r.model LIKE '%@next'"
    )
    assert ask(out, signed_in) == [("toy",)]


@pytest.mark.slow
def test_a_domain_that_was_not_asked_for_keeps_its_shards_when_buckets_split(out: Path) -> None:
    """Two entities no longer fit into a bucket: toy splits now, the others when they are asked for."""
    before = read_manifest(out)
    rerun(out, ["toy"], bucket_size=1)
    after = read_manifest(out)
    assert before is not None
    assert after is not None
    assert {e.url for e in before.shardlist if e.domain != "toy"} == {
        e.url for e in after.shardlist if e.domain != "toy"
    }
    assert after.trajectories == before.trajectories
    assert len(after.shardlist) > len(before.shardlist)
    assert check_output(out) == []


@pytest.mark.slow
def test_splitting_a_bucket_and_joining_it_again_computes_nothing(
    locally: tuple[Path, Summary], out: Path
) -> None:
    _, split = rerun(out, bucket_size=1)
    assert files_of(out / "shards") != files_of(locally[0] / "shards")
    _, joined = rerun(out)
    assert (split, joined) == ({}, {})
    assert files_of(out / "shards") == files_of(locally[0] / "shards")


@pytest.mark.slow
def test_a_domain_that_grows_leaves_other_buckets_and_computes_what_is_new(out: Path) -> None:
    """A third toy no longer fits: the bucket splits. The gallery stands, so no proof is made again."""
    before = {e.bucket for e in _manifest(out).shardlist if e.domain == "toy"}
    shards = files_of(out / "shards")
    known = {entity for (entity,) in ask(out, "SELECT entity_id FROM entities")}
    again, _ = rerun(out, limit=LIMIT + 1, bucket_size=LIMIT)
    after = _manifest(out)
    assert before == {"b"}
    split = {e.bucket for e in after.shardlist if e.domain == "toy"}
    assert len(split) > 1
    assert "b" not in split
    others = {
        name: bytes_ for name, bytes_ in files_of(out / "shards").items() if not name.startswith("toy-")
    }
    assert others
    assert others.items() <= shards.items()
    assert {label.rpartition("-")[0] for label in again.rewritten} == {"toy"}
    made = {entity for (entity,) in ask(out, f"SELECT entity_id FROM outcomes WHERE run = '{again.run}'")}
    assert made
    assert not made & known


def _manifest(out: Path) -> Manifest:
    manifest = read_manifest(out)
    assert manifest is not None
    return manifest
