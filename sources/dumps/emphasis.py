"""Quotes of emphasis taken out of a text, apostrophes left: ``l'''amour''`` is l'amour.

The rules are those of MediaWiki's parser ("doQuotes"): two quotes are italics, three bold, five both; of four
and of more than five the first ones are signs of the text. Where a line ends with both open, one of its
bolds is an apostrophe and italics: the first behind a word of one letter, else behind a longer word, else
behind a space.
"""

from __future__ import annotations

import re

_RUN = re.compile("''+")


def without_emphasis(text: str) -> str:
    """`text` without emphasis, which ends with its line. Runs that would leave two apostrophes leave none."""
    kept: list[str] = []
    at = 0
    while (place := text.find("''", at)) >= 0:
        start = text.rfind("\n", at, place) + 1 or at
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        kept += (text[at:start], _line(text[start:end]))
        at = end
    return "".join((*kept, text[at:]))


def _line(line: str) -> str:
    if "''''" not in line and not line.count("'''") & 1:  # as nearly all are
        return line.replace("'''", "").replace("''", "")
    runs = list(_RUN.finditer(line))
    sizes = [_size(run) for run in runs]
    both = sizes.count(5)
    spoken = None
    if sum(size == 3 for size in sizes) + both & 1 and sum(size == 2 for size in sizes) + both & 1:
        bolds = [run.start() for run, size in zip(runs, sizes, strict=True) if size == 3]
        spoken = min(bolds, key=lambda at: (_rank(line, at), at), default=None)
    kept, at = [], 0
    for run, size in zip(runs, sizes, strict=True):
        kept.append(line[at : run.start()])
        is_sign = run.start() == spoken or len(run[0]) - size == 1
        kept.append("'" if is_sign else "")
        at = run.end()
    return "".join((*kept, line[at:]))


def _size(run: re.Match[str]) -> int:
    length = len(run[0])
    return 3 if length == 4 else min(length, 5)


def _rank(line: str, at: int) -> int:
    """How readily the bold at a place is taken for an apostrophe, least first."""
    if at == 0 or line[at - 1] == " ":
        return 2
    return 0 if at == 1 or line[at - 2] == " " else 1
