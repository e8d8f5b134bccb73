"""A slice of the default world for tests of whole runs."""

from __future__ import annotations

from pathlib import Path

from catalogs.digests import sha256
from pipelines.profile import load_profile
from pipelines.run import Summary, run

DOMAINS = ["toy", "mascot", "comic"]
LIMIT = 2
PROFILE = load_profile("embedded", {"limit": LIMIT})


def bring_up(out: Path, runner: str) -> Summary:
    return run(PROFILE, out, domains=DOMAINS, runner=runner, observe=lambda *_: None)


def files_of(folder: Path) -> dict[str, str]:
    """Relative path -> SHA-256 of every file."""
    return {
        str(p.relative_to(folder)): sha256(p.read_bytes()) for p in sorted(folder.rglob("*")) if p.is_file()
    }
