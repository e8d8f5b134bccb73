"""Whole runs whose candidates and drawings are judged by a model behind a server."""

from __future__ import annotations

import base64
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalogs.check import check_output
from catalogs.digests import digest, sha256, unit_interval
from pipelines.models import models_of
from pipelines.profile import Profile, ProfileError, load_profile
from pipelines.run import Summary, run
from pipelines.trajectories import deciding, judging
from sources.sample_world import labels, table
from sources.sample_world.web import SampleWeb
from tests.fakes import Fake, Faults, serving
from tests.pipelines.endpoints import forget_clients
from tests.pipelines.slices import begun
from tests.workers.votes import grades, seen
from workers.errors import ModelLoadError
from workers.judging import RulesJudge

DOMAINS = ["toy", "mascot"]

POLICIES = {"select", "select-2", "verdict", "verdict-2"}


def profile(address: str, **more: Any) -> Profile:
    """The embedded default with judges behind a server."""
    chat = {"base_url": f"{address}/v1", "model": "vlm", "timeout": 3.0, "tries": 8, "slots": 24}
    judges = {"chat": chat, "votes": 3}
    return load_profile(
        "embedded", {"gallery": 0, "limit": 1, "judge": judges, "proof_judge": {"chat": chat}} | more
    )


def bring_up(chosen: Profile, out: Path) -> tuple[Summary, Counter[str]]:
    """Run; how many records each stage computed."""
    computed: Counter[str] = Counter()

    def observe(stage: str, outcome: str, count: int) -> None:
        if outcome != "passed":
            computed[stage] += count

    forget_clients()
    return run(chosen, out, domains=DOMAINS, runner="local", observe=observe), computed


def ask(out: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(out / "catalog.duckdb"), read_only=True) as database:
        return database.execute(sql).fetchall()


@cache
def good_views(title: str) -> frozenset[str]:
    """SHA-256 of the pictures of the sample web that show an entity and carry no fault."""
    (entity,) = [row.entity_id for row in table.rows() if row.title == title]
    return frozenset(sha256(SampleWeb(0).fetch(url)) for url in labels.good_views(0, entity))


def is_good(content: list[dict[str, Any]]) -> bool:
    """Whether the picture that a judge is shown is one of the subject that it is told."""
    told = content[0]["text"].partition("Subject: ")[2].partition("\n")[0]
    subject = told.rpartition(" (")[0]
    picture = base64.b64decode(content[2]["image_url"]["url"].partition("base64,")[2])
    return sha256(picture) in good_views(subject)


def fickle(body: dict[str, Any]) -> str | None:
    """A judge that knows the truth and has many moods: votes differ, some answers are no JSON, some of those
    never are."""
    if not isinstance(body["messages"][-1]["content"], list):
        return None
    text = body["messages"][-1]["content"][0]["text"]
    mood = unit_interval(digest(json.dumps(body["messages"][1]["content"][1:])), str(body.get("seed")))
    again = "could not be used" in text
    if "Judge this candidate" in text:
        if (mood < 0.1 and not again) or mood < 0.03:
            return "A very fine picture, I would say nine."
        return grades((8 if is_good(body["messages"][-1]["content"]) else 2) + 2 * (mood > 0.8))
    if "Judge this test drawing" in text:
        if mood < 0.2 and not again:
            return '{"same_subject": "maybe"}'
        same = mood < 0.7
        return seen(8 if same else 3, same_subject=same, critique=f"Its mood is {mood:.2f}.")
    return None


@pytest.mark.slow
def test_a_run_with_judges_in_bad_moods_and_a_fifth_of_all_calls_failing(
    indexed: Path, tmp_path: Path
) -> None:
    out = begun(tmp_path / "out", indexed)
    with serving(Fake(faults=Faults(rate=0.2, seed=7), script=fickle)) as fake:
        summary, _ = bring_up(profile(fake.address), out)
        assert check_output(out) == []
        assert summary.trajectories > 0

        critiques = ask(out, "SELECT critique FROM recaptions WHERE passed = false AND attempt = 1")
        answered = ask(out, "SELECT answers_critique FROM recaptions WHERE attempt = 2")
        assert any("Its mood is" in critique for (critique,) in answered)
        assert {critique for (critique,) in answered} <= {critique for (critique,) in critiques}

        called = fake.calls["chat"]
        looser = {"identity": 0.3, "same": 0.0}
        again, computed = bring_up(profile(fake.address, judged_proof=looser), out)
        assert set(computed) <= POLICIES
        assert fake.calls["chat"] == called
        assert again.trajectories >= summary.trajectories

    spreads = "SELECT max(values['identity_spread']) FROM measurements WHERE filter = 'judge'"
    assert ask(out, spreads)[0][0] == 2
    said_by = "SELECT DISTINCT notes['judge'], length(notes['instruction']) FROM measurements"
    ((judge, length),) = ask(out, f"{said_by} WHERE filter = 'judge' AND notes['judge'] IS NOT NULL")
    assert judge.startswith("vlm@1-")
    assert judge.endswith("-3votes")
    assert length == 16
    named = f"len(list_filter(models, lambda m: m LIKE '{judge}#%')) = 1"
    assert ask(out, f"SELECT DISTINCT {named} FROM trajectories") == [(True,)]
    assert ask(out, "SELECT count(*) FROM proofs WHERE checks['judged_identity'] IS NULL") == [(0,)]
    assert ask(out, "SELECT count(*) FROM proofs WHERE spread['identity'] IS NULL") == [(0,)]


def test_a_profile_names_its_judges(tmp_path: Path) -> None:
    default = models_of(load_profile("embedded"), tmp_path)
    assert (default.judge, default.proof_judge) == (RulesJudge(), None)
    chosen = load_profile("endpoint", {"judge.votes": 3, "proof_judge": "openai:other@http://x/v1"})
    models = models_of(chosen, tmp_path)
    assert (models.judge.name, models.judge.revision[-7:]) == ("teacher", "-3votes")  # the profile's own
    assert models.proof_judge is not None
    assert models.proof_judge.name == "other"
    with pytest.raises(ProfileError, match="votes"):
        load_profile("embedded", {"judge.votes": 0})
    with pytest.raises(ProfileError, match="identty"):
        load_profile("embedded", {"judged_proof.identty": 0.5})


def test_judges_that_cannot_be_had_end_the_run_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="sees no pictures"):
        models_of(load_profile("embedded", {"judge": "chat"}), tmp_path)
    with pytest.raises(ModelLoadError, match="give an existing folder"):
        models_of(load_profile("embedded", {"proof_judge": "transformers:/no/such"}), tmp_path)


def test_only_a_profile_with_judges_has_their_stages(tmp_path: Path) -> None:
    for judges, wanted in (
        ({}, ["judge", "verdict"]),
        (
            {"judge": "chat", "proof_judge": "chat"},
            ["judge-ask", "judge", "proof-ask", "proof-count", "verdict"],
        ),
    ):
        chosen = load_profile("endpoint", judges)
        models = models_of(chosen, tmp_path)
        stages = [*judging(1, models), *deciding(1, models, chosen, last=False)]
        assert [stage.name for stage in stages] == wanted
