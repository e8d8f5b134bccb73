"""A slice of the default world for tests of whole runs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from catalogs.digests import sha256
from pipelines.folder import open_folder
from pipelines.profile import load_profile
from pipelines.run import Summary, run

DOMAINS = ["toy", "mascot", "comic"]
LIMIT = 2
PROFILE = load_profile("embedded", {"gallery": 0, "limit": LIMIT})


def bring_up(out: Path, runner: str) -> Summary:
    return run(PROFILE, out, domains=DOMAINS, runner=runner, observe=lambda *_: None)


def command_of(out: Path, runner: str, domains: Sequence[str] = DOMAINS) -> list[str]:
    """``tracemill run`` of the slice, for a process of its own."""
    words = ["run", "--runner", runner, "--limit", str(LIMIT), "--set", "gallery=0", "--out", str(out)]
    words += [word for domain in domains for word in ("--domain", domain)]
    return [sys.executable, "-c", "from pipelines.cli import main; main()", *words]


def begun(out: Path, indexed: Path) -> Path:
    """A new output folder that has what another `index` folder holds of the source, which takes seconds to
    build. Galleries, which are files, are left to the run."""
    folder = open_folder(out, create=True)
    for built in sorted(filter(Path.is_dir, indexed.iterdir())):
        shutil.copytree(built, folder.index / built.name)
    return out


def files_of(folder: Path) -> dict[str, str]:
    """Relative path -> SHA-256 of every file."""
    return {
        str(p.relative_to(folder)): sha256(p.read_bytes()) for p in sorted(folder.rglob("*")) if p.is_file()
    }
