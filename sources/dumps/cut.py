"""Wikitext cut apart: where its templates, tables, links and set-off elements begin and end.

One pass over the marks, with a stack, in time that grows with the length of the page and nothing else. It
decides nothing about what is inside. mwparserfromhell 0.7.2 builds a tree of the whole page instead, at 1.7
MB/s on the largest page of a real export (its C tokenizer, one core), where this takes 20 MB/s; most of such
a page is templates and footnotes that are thrown away. So pages are cut here, and the parser is left what
holds data.
"""

from __future__ import annotations

import re
from typing import NamedTuple

OPAQUE = (
    "ref", "nowiki", "gallery", "math", "chem", "ce", "pre", "syntaxhighlight", "source", "score",
    "timeline", "imagemap", "templatedata", "graph", "mapframe", "maplink", "references", "hiero",
    "includeonly", "inputbox", "categorytree", "indicator", "templatestyles", "style", "script",
    "charinsert", "phonos",
)  # fmt: skip
"""Elements whose content is not wikitext about the subject, or is read apart (galleries)."""

# Every alternative begins with a character of its own, outside of groups: only then does the search skip to
# the next of these characters, which makes it several times as fast.
_TOKEN = re.compile(
    r"\[\[(?P<link>[^\[\]{}<>\n]*+)\]\]"
    r"|\{\{(?P<template>[^{}\[\]<>]*+)\}\}"
    r"|\{\{(?P<open_template>)|\[\[(?P<open_link>)"
    r"|\}\}(?P<close_template>)|\]\](?P<close_link>)"
    r"|\n(?P<table>[ \t:]*+(?:\{\||\|\}(?!\})))"
    rf"|<(?P<name>(?i:{'|'.join(OPAQUE)}))(?P<attributes>(?:[\s/][^<>]{{0,2000}}+)?)>"
)
_CLOSERS = {name: re.compile(rf"</{name}\s{{0,50}}>", re.I) for name in OPAQUE}


class Span(NamedTuple):
    """A part of the text: ``link``, ``template``, ``table``, or the name of an element of `OPAQUE`."""

    kind: str
    start: int
    end: int
    inner: tuple[int, int] = (0, 0)
    """Content of an element, without its tags."""


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


def cut(text: str) -> list[Span]:
    """The outermost spans in their order; they do not overlap. `text` holds no comments.

    Tables count where they begin a line, so `text` should begin with a line break. What is opened and never
    closed ends where readers would expect: a template with its paragraph, a table with its section.
    """
    spans: list[Span] = []
    stack: list[tuple[str, int]] = []
    opened = {"template": 0, "link": 0, "table": 0}
    without_end: set[str] = set()
    at, search = 0, _TOKEN.search
    while token := search(text, at):
        at = token.end()
        kind = token.lastgroup
        if kind == "link" or kind == "template":
            spans.append(Span(kind, token.start(), at))
        elif kind == "open_template" or kind == "open_link":
            stack.append((kind[5:], token.start()))
            opened[kind[5:]] += 1
        elif kind == "close_template" or kind == "close_link":
            _close(kind[6:], at, spans, stack, opened)
        elif kind == "table":
            if token[0].endswith("{|"):
                stack.append(("table", token.start()))
                opened["table"] += 1
            else:
                _close("table", at, spans, stack, opened)
        else:
            name = token["name"].lower()
            if token["attributes"].endswith("/"):
                spans.append(Span(name, token.start(), at))
            elif name not in without_end:
                closer = _CLOSERS[name].search(text, at)
                if closer is None:
                    without_end.add(name)
                    continue
                spans.append(Span(name, token.start(), closer.end(), (at, closer.start())))
                at = closer.end()
    return _with_unclosed(text, spans, stack) if stack else spans


def _close(
    kind: str, end: int, spans: list[Span], stack: list[tuple[str, int]], opened: dict[str, int]
) -> None:
    """The span that ends here, in place of those inside it; a mark that closes nothing is passed over."""
    if not opened[kind]:
        return
    while True:
        top, start = stack.pop()
        opened[top] -= 1
        if top == kind:
            break
    while spans and spans[-1].start >= start:
        spans.pop()
    spans.append(Span(kind, start, end))


def _with_unclosed(text: str, spans: list[Span], stack: list[tuple[str, int]]) -> list[Span]:
    added: list[Span] = []
    covered = 0
    for kind, start in stack:
        if kind == "link" or start < covered:
            continue
        ends = (text.find(mark, start + 1) for mark in (("\n\n", "\n=") if kind == "template" else ("\n=",)))
        covered = min((end for end in ends if end >= 0), default=len(text))
        added.append(Span(kind, start, covered))
    found: list[Span] = []
    for span in sorted((*spans, *added), key=lambda span: (span.start, -span.end)):
        if not found or span.start >= found[-1].end:
            found.append(span)
        elif span.end > found[-1].end:
            found[-1] = found[-1]._replace(end=span.end)
    return found


def split(inner: str) -> list[str]:
    """The parts between the pipes of a link or template, those of inner ones left whole."""
    if "[[" not in inner and "{{" not in inner:
        return inner.split("|")
    parts, depth, start = [], 0, 0
    for mark in re.finditer(r"\[\[|\{\{|\]\]|\}\}|\|", inner):
        if mark[0] == "|":
            if depth == 0:
                parts.append(inner[start : mark.start()])
                start = mark.end()
        elif mark[0] in ("[[", "{{"):
            depth += 1
        else:
            depth = max(0, depth - 1)
    return [*parts, inner[start:]]
