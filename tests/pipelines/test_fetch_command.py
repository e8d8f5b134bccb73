"""``tracemill fetch``: a list of addresses into shards, by the settings of the profile."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from pipelines.cli import app
from sources.fetching.seen import SeenLog
from tests.fakes import Fake, serving


def test_a_list_of_addresses_becomes_shards_and_every_outcome_is_counted(tmp_path: Path) -> None:
    with serving(Fake()) as fake:
        listed = tmp_path / "addresses.txt"
        urls = [f"{fake.address}/pictures/{number}.png" for number in range(3)]
        listed.write_text("\n".join([*urls, "", "ftp://example.org/a.png"]))
        asked = ["fetch", str(listed), "--out", str(tmp_path / "out"), "--processes", "1"]
        refused = CliRunner().invoke(app, asked)
        assert "3  private-address" in refused.output
        allowed = ["--set", 'fetching.allowed_hosts=["127.0.0.1"]', "--out", str(tmp_path / "allowed")]
        said = CliRunner().invoke(app, [*asked, *allowed])
        assert "3  fetched" in said.output
        assert "1  bad-address" in said.output
        assert len(SeenLog(tmp_path / "allowed" / "seen")) == 4
        assert len(list((tmp_path / "allowed").glob("*.tar"))) == 1


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["fetch", str(tmp_path / "none.txt"), "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "does not exist" in " ".join(result.output.replace("│", " ").split())
