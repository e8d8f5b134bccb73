"""``browse = true`` without any endpoint: the rule-based teacher reads articles of the source's own index."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.check import check_output
from catalogs.exports import training
from catalogs.manifest import read_manifest
from catalogs.trajectory import parse_reply, tools_in
from pipelines.profile import load_profile
from pipelines.run import run
from tests.pipelines.slices import DOMAINS, LIMIT, begun

PROFILE = load_profile("embedded", {"gallery": 0, "limit": LIMIT, "browse": True})


@pytest.mark.slow
def test_an_embedded_run_ends_with_proven_trajectories_that_browse(indexed: Path, tmp_path: Path) -> None:
    out = begun(tmp_path / "out", indexed)
    summary = run(PROFILE, out, domains=DOMAINS, runner="local", observe=lambda *_: None)
    assert summary.trajectories > 0
    assert check_output(out) == []
    manifest = read_manifest(out)
    assert manifest is not None
    browsed = 0
    for sample in (one for source in training(out, manifest) for one in source.read()):
        turns = sample.document.turns
        assert "browse" in tools_in(turns[0].input)
        calls = [call for turn in turns if turn.ok and (call := parse_reply(turn.response_text).tool_call)]
        assert calls[0].name == "text_search"
        for before, call in zip(turns, calls[1:], strict=False):
            if call.name == "browse":
                browsed += 1
                assert call.arguments["url"] in before.tool_output, "a page that the search returned"
    assert browsed > 0
