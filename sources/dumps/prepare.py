"""Wikitext before it is cut apart: without comments, and with marks of tables that were written otherwise."""

from __future__ import annotations

import re

_TABLE_MARKS = {"{{{!}}": "{|", "{{(!}}": "{|", "{{!}}}": "|}", "{{!)}}": "|}"}
_WRITTEN_OUT = re.compile(r"(?<!\{)\{\{\{!\}\}|\{\{\(!\}\}|\{\{!\}\}\}(?!\}(?!\}))|\{\{!\)\}\}")
"""Four braces behind an exclamation mark are the ends of two templates."""


def prepared(text: str) -> str:
    """What MediaWiki looks at."""
    text = without_comments(text)
    return with_table_marks(text) if "{{!" in text or "{{(!" in text else text


def without_comments(text: str) -> str:
    """The text without ``<!-- -->``; one that is not closed goes on to the end, as in MediaWiki."""
    if "<!--" not in text:
        return text
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        kept.append(text[at:start])
        end = text.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        at = end + 3
    kept.append(text[at:])
    return "".join(kept)


def with_table_marks(text: str) -> str:
    """Tables begin and end so where they stand in templates, or were taken out of one."""
    return _WRITTEN_OUT.sub(lambda mark: _TABLE_MARKS[mark[0]], text)
