"""`tracemill status` tells what the BabelNet key has spent and what is left of its day."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.commands.status import print_quota
from pipelines.profile import load_profile
from sources.babelnet.quota import quota_of


def test_status_tells_what_is_spent_and_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = load_profile("embedded", {"fetching.babelnet_daily": 50})
    print_quota(profile, tmp_path)
    assert not capsys.readouterr().out, "nothing to say where BabelNet was never asked"
    quota = quota_of(tmp_path / "index", 50)
    for _ in range(3):
        quota.spend("getSynset")
    print_quota(profile, tmp_path)
    assert "3 of 50 requests spent, 47 left" in capsys.readouterr().out
