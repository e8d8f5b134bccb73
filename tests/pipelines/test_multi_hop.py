"""Prompts that do not name their subject, from a generated world to proven trajectories, here and on Ray."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from catalogs.check import check_output
from pipelines.profile import load_profile
from pipelines.run import run
from tests.pipelines.slices import begun, files_of


def bring_up(source: str, out: Path, runner: str) -> None:
    fields = {
        "source": source,
        "gallery": 0,
        "limit": 2,
        "benchmark_share": 0.0,
        "multi_hop": 1.0,
        "languages": ["en"],
    }
    profile = load_profile("embedded", fields)
    run(profile, out, domains=["cultural-relic-art"], runner=runner, observe=lambda *_: None)


def multi_hop_trajectories(out: Path) -> list[dict[str, Any]]:
    found = []
    for shard in sorted((out / "shards").glob("*.tar")):
        with tarfile.open(shard) as tar:
            documents = [tar.extractfile(one) for one in tar.getmembers() if one.name.endswith(".json")]
            found += [json.load(document) for document in documents if document]
    return [one for one in found if one["tracemill"]["prompt"]["form"] == "multi-hop"]


@pytest.mark.slow
def test_a_subject_that_no_prompt_names_is_found_over_links_and_proven(
    generated: tuple[str, Path], tmp_path: Path
) -> None:
    source, indexed = generated
    here, there = (begun(tmp_path / name, indexed) for name in ("here", "there"))
    bring_up(source, here, "local")
    assert check_output(here) == []
    proven = multi_hop_trajectories(here)
    assert proven
    for one in proven:
        answer, path = one["ip_name"], one["tracemill"]["prompt"]["path"]
        assert one["tracemill"]["verdict"]["passed"]
        assert 2 <= len(path) <= 4
        assert path[-1]["target"] == answer
        assert answer not in one["image_prompt"]
        searches = [turn for turn in one["turns"] if turn["stage"] == 1]
        assert len(searches) == len(path) + 1, "one for each link, and one for the subject"
        assert answer not in searches[0]["input"], "nor does what the teacher is told before it searches"
        for turn, hop in zip(searches, path, strict=False):
            assert answer not in turn["response_text"], "it is known when it was found, and not before"
            assert hop["title"] in turn["response_text"]
        steps = [used["step"] for used in one["tracemill"]["evidence"] if "step" in used]
        assert steps == list(range(1, len(path) + 1))
        assert answer in searches[-1]["response_text"]
        assert answer in one["recaption"]
    bring_up(source, there, "ray")
    assert files_of(here / "shards") == files_of(there / "shards")
