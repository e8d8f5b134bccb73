"""`tracemill status` and the catalog tell what the BabelNet key has spent and what is left of its day."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.sql.run_tables import QuotaDay
from pipelines.commands.status import print_quota
from pipelines.profile import load_profile
from sources.babelnet.quota import days_of, quota_of


def test_status_tells_what_is_spent_and_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = load_profile("embedded", {"fetching.babelnet_daily": 50})
    print_quota(profile, tmp_path)
    assert not capsys.readouterr().out, "nothing to say where BabelNet was never asked"
    quota = quota_of(tmp_path / "index", 50)
    for _ in range(3):
        quota.spend("getSynset")
    print_quota(profile, tmp_path)
    assert "3 of 50 requests spent, 47 left" in capsys.readouterr().out


def test_every_day_is_told_with_what_was_asked_for(tmp_path: Path) -> None:
    assert days_of(tmp_path / "index") == []
    quota = quota_of(tmp_path / "index", 50)
    for request in ("getSynsetIds", "getSynset", "getSynset"):
        quota.spend(request)
    older = Path(quota.folder) / "2026-08-01.jsonl"
    older.write_text('{"at": "2026-08-01T10:00:00+00:00", "request": "getSynset"}\ntorn\n')
    first, second = days_of(tmp_path / "index")
    assert first == QuotaDay(
        service="babelnet", day="2026-08-01", spent=2, remaining=None, requests={"getSynset": 1, "unknown": 1}
    )
    assert (second.spent, second.remaining) == (3, 47)
    assert second.requests == {"getSynset": 2, "getSynsetIds": 1}
