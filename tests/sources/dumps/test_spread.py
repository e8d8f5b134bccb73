"""Parts are the same whoever writes them: processes of this machine, or tasks of Ray."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.dumps.extract import extract
from sources.dumps.files import dump_files
from workers.cluster import start_ray


@pytest.mark.slow
def test_tasks_of_ray_write_the_parts_that_processes_write(
    generated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = dump_files(generated)
    monkeypatch.setattr("sources.dumps.spread.is_clustered", lambda: False)
    local = extract(tmp_path / "local", files, size=4096)
    start_ray()
    monkeypatch.setattr("sources.dumps.spread.is_clustered", lambda: True)
    assert extract(tmp_path / "ray", files, size=4096) == local
    assert parts(tmp_path / "ray") == parts(tmp_path / "local")
    assert len(parts(tmp_path / "ray")) >= len(files)


def parts(folder: Path) -> dict[str, bytes]:
    return {part.name: part.read_bytes() for part in (folder / "parts").glob("*.parquet")}
