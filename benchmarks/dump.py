"""`make bench CASE=dump`: MB/s of XML and articles a second out of a multistream dump, on two processes.

- `tracemill`: `sources.dumps.extract`, which writes Parquet with text, sections, infobox, pictures,
categories, links and the category of every article. - `wikiextractor`, the baseline, where it is installed:
the same file, as many processes, JSON lines, templates not expanded (``--no-templates``), as it is mostly
run.

The file is made by `benchmarks.generated_dump`; ``--file`` takes another. `held` is the share of the words
that wikiextractor wrote that stand in our text of the same page, too.
"""

from __future__ import annotations

import argparse
import bz2
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.generated_dump import editions, write_edition
from benchmarks.measure import Measured, measured, report
from sources.dumps.article import REDIRECT
from sources.dumps.extract import extract
from sources.dumps.files import dump_files
from sources.dumps.parts import Page, pages_of

PROCESSES = 2


def xml_bytes(path: Path) -> int:
    """Length of the XML, decoded."""
    with bz2.open(path, "rb") if path.suffix == ".bz2" else path.open("rb") as file:
        return sum(len(chunk) for chunk in iter(lambda: file.read(2**20), b""))


def ours(path: Path, folder: Path, size: int) -> dict[str, Any]:
    with measured() as measure:
        extract(folder, dump_files(path))
    articles = sum(page.article.kind != REDIRECT for page in extracted(folder))
    return figures(measure, size, articles)


def extracted(folder: Path) -> Iterator[Page]:
    for part in sorted((folder / "parts").glob("*.parquet")):
        yield from pages_of(part)


def wikiextractor(path: Path, folder: Path, size: int) -> dict[str, Any]:
    given = ("--json", "--no-templates", "--processes", str(PROCESSES), "-b", "100M", "-q", "--discard_empty")
    command = [sys.executable, "-m", "wikiextractor.WikiExtractor", str(path), "-o", str(folder), *given]
    with measured() as measure:
        subprocess.run(command, check=True, capture_output=True)
    return figures(measure, size, sum(1 for _ in written(folder)))


def written(folder: Path) -> Iterator[dict[str, str]]:
    for file in sorted(folder.rglob("wiki_*")):
        with file.open() as lines:
            yield from map(json.loads, lines)


def figures(measure: Measured, size: int, articles: int) -> dict[str, Any]:
    return {
        "seconds": round(measure.seconds, 2),
        "xml_mb_per_second": round(size / 1e6 / measure.seconds, 2),
        "articles": articles,
        "articles_per_second": round(articles / measure.seconds),
        "peak_mib": round(measure.peak_mib),
    }


def held(ours_at: Path, theirs_at: Path) -> float:
    """Share of the words of their pages that ours have, too."""
    texts = {page.title: text_of(page) for page in extracted(ours_at) if page.article.kind != REDIRECT}
    found = total = 0
    for page in written(theirs_at):
        said = Counter(re.findall(r"\w+", page["text"]))
        total += said.total()
        found += (said & Counter(re.findall(r"\w+", texts.get(page["title"], "")))).total()
    return round(found / total, 4) if total else 0.0


def text_of(page: Page) -> str:
    return " ".join((page.article.lead, *(f"{heading} {text}" for heading, text in page.article.sections)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=40_000, help="of the English edition")
    parser.add_argument("--file", type=Path, help="a dump instead of the generated one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = given.file or write_edition(root, editions(given.pages * 5, 0)[0])
        size = xml_bytes(path)
        found: dict[str, Any] = {"tracemill": ours(path, root / "ours", size)}
        if importlib.util.find_spec("wikiextractor"):
            found["wikiextractor"] = wikiextractor(path, root / "theirs", size)
            found["held"] = held(root / "ours", root / "theirs")
            found["times"] = round(found["wikiextractor"]["seconds"] / found["tracemill"]["seconds"], 2)
    report("dump", {"xml_mb": round(size / 1e6, 1), "processes": PROCESSES, **found})
    return 0


if __name__ == "__main__":
    sys.exit(main())
