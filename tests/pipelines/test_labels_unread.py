"""The truth about the sample web stays hidden: not imported, nor readable from what a run sees or keeps."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from catalogs.records import ImageTrace
from pipelines.folder import OutputFolder
from pipelines.run import Summary
from sources.sample_world import table
from sources.sample_world.slots import FAULTS, PICTURES
from sources.sample_world.web import SampleWeb
from workers.tools import ImageHit

ROOT = Path(__file__).parents[2]
WORDS = sorted(
    {word for fault in FAULTS for word in (fault, fault.replace("-", " "), fault.replace("-", "_"))}
)
LONG = [word.encode() for word in WORDS if len(word) >= 7]
"""Shorter words may turn up in compressed pictures by chance."""

Steps = tuple[str, ...]


def said(hit: ImageHit) -> str:
    """All that a picture search tells of a picture, with its origin."""
    return " ".join(
        (hit.title, hit.image_url, hit.page_url, hit.caption, *msgspec.structs.astuple(hit.origin))
    )


def strings(value: Any, path: Steps = ()) -> Iterator[tuple[Steps, str]]:
    """All strings in a document, keys aside, with the fields that lead to them."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from strings(item, (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, path)


def documents(out: Path) -> Iterator[tuple[str, str, Any]]:
    """Stage, column and document of every cell in the ledger."""
    for path in sorted((out / "ledger").rglob("*.parquet")):
        stage = path.relative_to(out / "ledger").parts[0]
        for cells in pq.read_table(path, columns=["cells"], partitioning=None)["cells"].to_pylist():
            for column, document in msgspec.json.decode(cells).items():
                yield stage, column, document


def test_no_stage_of_the_graph_brings_the_labels_along() -> None:
    code = (
        "import pipelines.cli, pipelines.run, pipelines.runners, pipelines.review, sys;"
        "sys.exit('sources.sample_world.labels' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_nothing_names_the_module_of_the_labels_in_a_string() -> None:
    """An import by name would escape the search for import statements."""
    rooms = ("annotators", "catalogs", "filters", "pipelines", "sources", "verifiers", "workers")
    files = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    naming = [path for path in files if "sample_world.labels" in path.read_text(encoding="utf-8")]
    assert naming == []


def test_a_search_never_says_what_is_wrong_with_a_picture() -> None:
    web = SampleWeb(0)
    for row in table.rows():
        for name in row.names:
            for hit in web.search(name.title, name.language, PICTURES, frozenset()):
                spoken = said(hit).casefold()
                assert not [word for word in WORDS if word in spoken], spoken


def test_where_a_picture_comes_from_does_not_tell_what_it_shows() -> None:
    """All drawings have one licence and one author; the address is the web's own."""
    web = SampleWeb(0)
    hits = [hit for row in table.rows() for hit in web.search(row.title, "en", PICTURES, frozenset())]
    origins = {msgspec.structs.replace(hit.origin, url="") for hit in hits}
    assert len(origins) == 1
    assert all(hit.origin.url == hit.image_url for hit in hits)
    hexcodes = {row.hexcode.casefold() for row in table.rows()}
    assert not [hit for hit in hits if any(part in hexcodes for part in hit.image_url.casefold().split("/"))]


@pytest.mark.slow
def test_a_fault_is_named_in_the_ledger_only_where_a_policy_gives_its_reason(
    locally: tuple[Path, Summary],
) -> None:
    out, _ = locally
    named: dict[Steps, str] = {}
    for stage, column, document in documents(out):
        for path, text in strings(document, (column,)):
            if text in FAULTS:
                named[path] = stage
    assert named, "the policy gives reasons"
    assert all(path[-2:] == ("decisions", "reason") for path in named), named


@pytest.mark.slow
def test_neither_candidates_nor_their_files_name_a_fault(locally: tuple[Path, Summary]) -> None:
    out, _ = locally
    blobs = OutputFolder(out).blobs
    pictures = set()
    for _, column, document in documents(out):
        if column != "image_trace":
            continue
        for candidate in msgspec.convert(document, ImageTrace).candidates:
            spoken = " ".join(text for _, text in strings(msgspec.to_builtins(candidate))).casefold()
            assert not [word for word in WORDS if word in spoken.replace("text/html", "")], spoken
            pictures.add(candidate.picture.sha256)
    assert pictures
    for name in pictures:
        data = blobs.get(name)
        assert not [word for word in LONG if word in data], name
