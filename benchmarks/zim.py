"""An archive taken apart: articles a second, whole and by their openings, in one process and in several.

    make bench CASE=zim ARGS=wikipedia_en_ray_charles_2015-06.zim

The articles of a real archive are also written, `--copies` times each under titles of their own, into an
archive that is large enough for several processes. Openings are what a survey reads, whole articles what the
indexes of texts and pictures do; reading and decompression are included.

Baseline in the same run, in one process: the same articles by Beautiful Soup with the parser of the standard
library (`tests/sources/zim/soup.py`), which has to find the same in them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import measured, report
from sources.zim.archive import open_archive
from sources.zim.encyclopedia import read_html
from sources.zim.page import Page, opening, parse
from sources.zim.spread import spread
from tests.sources.zim import soup
from tests.sources.zim.making import write_archive

SPAN = 500
"""Entries a task: the archive with copies has no redirects."""


def openings(path: str, start: int, end: int) -> list[Page]:
    return [parse(opening(html)) for html in _htmls(path, start, end)]


def articles(path: str, start: int, end: int) -> list[Page]:
    return [parse(html) for html in _htmls(path, start, end)]


def soup_openings(path: str, start: int, end: int) -> list[Page]:
    return [soup.parse(opening(html)) for html in _htmls(path, start, end)]


def soup_articles(path: str, start: int, end: int) -> list[Page]:
    return [soup.parse(html) for html in _htmls(path, start, end)]


def _htmls(path: str, start: int, end: int) -> list[str]:
    return [read_html(path, article.path) for article in open_archive(path).articles(start, end)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("archive", type=Path, help="A ZIM archive of Wikipedia.")
    parser.add_argument("--copies", type=int, default=48)
    given = parser.parse_args()
    small = str(given.archive)
    real = open_archive(small)
    htmls = {article.title: real.read(article.path).decode() for article in real.articles()}
    figures: dict[str, Any] = {"articles": len(htmls), "copies": given.copies}
    with tempfile.TemporaryDirectory() as folder:
        pages = {f"{title} {copy}": html for title, html in htmls.items() for copy in range(given.copies)}
        large = str(write_archive(Path(folder) / "large.zim", pages, {}, indexed=False))
        for name, ours, theirs in (
            ("openings", openings, soup_openings),
            ("articles", articles, soup_articles),
        ):
            with measured() as slowly:
                expected = theirs(small, 0, real.entry_count)
            with measured() as quickly:
                found = ours(small, 0, real.entry_count)
            if found != expected:
                raise SystemExit("the two ways do not find the same")
            with measured() as alone:
                sum(1 for _ in spread(ours, large, size=10**9))
            with measured() as together:
                sum(1 for _ in spread(ours, large, size=SPAN))
            figures[f"{name} per second"] = {
                "beautiful soup": round(len(htmls) / slowly.seconds, 1),
                "ours": round(len(htmls) / quickly.seconds, 1),
                "with copies, 1 process": round(len(pages) / alone.seconds, 1),
                f"with copies, {len(os.sched_getaffinity(0))} processes": round(
                    len(pages) / together.seconds, 1
                ),
            }
    report("zim", figures)


if __name__ == "__main__":
    main()
