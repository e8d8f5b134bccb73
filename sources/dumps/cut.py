"""Wikitext cut apart: where its templates, tables, links and set-off elements begin and end.

One pass over the marks, with a stack, in time that grows with the length of the page and nothing else. It
decides nothing about what is inside. mwparserfromhell 0.7.2 builds a tree of the whole page instead, at 1.7
MB/s on the largest page of a real export (its C tokenizer, one core), where this takes 20 MB/s; most of such
a page is templates and footnotes that are thrown away. So pages are cut here, and the parser is left what
holds data.
"""

from __future__ import annotations

import re

OPAQUE = (
    "ref", "nowiki", "gallery", "math", "chem", "ce", "pre", "syntaxhighlight", "source", "score",
    "timeline", "imagemap", "templatedata", "graph", "mapframe", "maplink", "references", "hiero",
    "includeonly", "inputbox", "categorytree", "indicator", "templatestyles", "style", "script",
    "charinsert", "phonos",
)  # fmt: skip
"""Elements whose content is not wikitext about the subject, or is read apart (galleries)."""

# Every alternative begins with a character of its own, outside of groups: only then does the search skip to
# the next of these characters, which makes it several times as fast. Footnotes without elements inside, most
# of them, are one token: so the templates in them are never looked at.
_TOKEN = re.compile(
    r"\[\[(?P<words>[^\[\]{}<>|:#_\n]++(?:\|[^\[\]{}<>\s][^\[\]{}<>\n]*+)?+)\]\]"
    r"|\[\[(?P<link>[^\[\]{}<>\n]*+)\]\]"
    r"|\{\{(?P<template>[^{}\[\]<>]*+)\}\}"
    r"|\{\{(?P<open_braces>\{*+)|\[\[(?P<open_link>)"
    r"|\}\}(?P<close_braces>\}*+)|\]\](?P<close_link>)"
    r"|\n(?P<table>[ \t:]*+(?:\{\||\|\}(?=(?:\}\})*+(?!\}))))"
    r"|<(?i:ref)(?:[\s/][^<>]{0,2000}+)?(?<!/)>(?P<ref>[^<]*+)</(?i:ref)\s{0,50}>"
    rf"|<(?P<name>(?i:{'|'.join(OPAQUE)}))(?P<attributes>(?:[\s/][^<>]{{0,2000}}+)?)>"
)
_CLOSERS = {name: re.compile(rf"</{name}\s{{0,50}}>", re.I) for name in OPAQUE}

_BRACED = ("template", "argument")

Span = tuple[str, int, int, int, int]
"""A part of the text: its kind, where it begins and ends, and where the content of an element does, without
its tags. Kinds are ``words`` (a link to an article, without markup inside), ``link`` (any other),
``template``, ``argument`` (``{{{name|default}}}``), ``table``, and names of elements of `OPAQUE`. A plain
tuple, because a page has hundreds."""


def cut(text: str) -> list[Span]:
    """The outermost spans in their order; they do not overlap. `text` holds no comments.

    Tables count where they begin a line, so `text` should begin with a line break. What is opened and never
    closed ends where readers would expect: a template with its paragraph, a table with its section.
    """
    spans: list[Span] = []
    stack: list[tuple[str, int]] = []
    opened = {"template": 0, "argument": 0, "link": 0, "table": 0}
    without_end: set[str] = set()
    passed = 0
    """End of the last element: what is inside of it is not looked at."""
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        if start < passed:
            continue
        kind = token.lastgroup
        if kind == "words" or kind == "link" or kind == "template" or kind == "ref":
            spans.append((kind, start, end, 0, 0))
        elif kind == "open_braces":
            _open_braces(start, end, stack, opened)
        elif kind == "open_link":
            stack.append(("link", start))
            opened["link"] += 1
        elif kind == "close_braces":
            _close_braces(start, end, spans, stack, opened)
        elif kind == "close_link":
            _close("link", end, spans, stack, opened)
        elif kind == "table":
            if token["table"].endswith("{|"):
                stack.append(("table", start))
                opened["table"] += 1
            else:
                _close("table", end, spans, stack, opened)
        else:
            name = token["name"].lower()
            if token["attributes"].endswith("/"):
                spans.append((name, start, end, 0, 0))
            elif name not in without_end:
                closer = _CLOSERS[name].search(text, end)
                if closer is None:
                    without_end.add(name)
                    continue
                passed = closer.end()
                spans.append((name, start, passed, end, closer.start()))
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
    while spans and spans[-1][1] >= start:
        spans.pop()
    spans.append((kind, start, end, 0, 0))


def _open_braces(start: int, end: int, stack: list[tuple[str, int]], opened: dict[str, int]) -> None:
    """A run of braces opens templates (two each) and, behind them, arguments (three each): those are closed
    first."""
    while start < end:
        kind, size = ("argument", 3) if (end - start) % 3 == 0 else ("template", 2)
        stack.append((kind, start))
        opened[kind] += 1
        start += size


def _close_braces(
    start: int, end: int, spans: list[Span], stack: list[tuple[str, int]], opened: dict[str, int]
) -> None:
    """A run of braces closes what was opened last. Two close an argument, too, whose first brace is then one
    of the text."""
    while end - start >= 2 and (opened["template"] or opened["argument"]):
        place = next(place for place in range(len(stack) - 1, -1, -1) if stack[place][0] in _BRACED)
        kind, begun = stack[place]
        size = 3 if kind == "argument" and end - start >= 3 else 2
        if kind == "argument" and size == 2:
            stack[place] = ("template", begun + 1)
            opened["argument"] -= 1
            opened["template"] += 1
            kind = "template"
        start += size
        _close(kind, start, spans, stack, opened)


def _with_unclosed(text: str, spans: list[Span], stack: list[tuple[str, int]]) -> list[Span]:
    added: list[Span] = []
    covered = 0
    for kind, start in stack:
        if kind == "link" or start < covered:
            continue
        ends = (text.find(mark, start + 1) for mark in (("\n\n", "\n=") if kind in _BRACED else ("\n=",)))
        covered = min((end for end in ends if end >= 0), default=len(text))
        added.append((kind, start, covered, 0, 0))
    found: list[Span] = []
    for span in sorted((*spans, *added), key=lambda span: (span[1], -span[2])):
        _, start, end, *_ = span
        if not found or start >= found[-1][2]:
            found.append(span)
        elif end > found[-1][2]:
            kind, begun, _, *inner = found[-1]
            found[-1] = (kind, begun, end, inner[0], inner[1])
    return found


_ELEMENT = re.compile(rf"<(?i:{'|'.join(OPAQUE)})[\s/>]")
_LITERAL = ("nowiki", "pre")


def without_elements(text: str) -> str:
    """The text without footnotes, galleries and the like, which may hold any sign; those inside of inner
    templates go with them or stay."""
    if "<" not in text or not _ELEMENT.search(text):
        return text
    kept, at = [], 0
    for kind, start, end, _, _ in cut(text):
        if kind in OPAQUE and kind not in _LITERAL:
            kept.append(text[at:start])
            at = end
    return "".join((*kept, text[at:]))


_PAIRS = re.compile(r"\[\[|\{\{|\]\]|\}\}|-\{(?!\{)|\}-")
_OPENING = ("[[", "{{", "-{")


def split(inner: str) -> list[str]:
    """The parts between the pipes of a link or template, without footnotes and the like; inner ones, and
    blocks of language variants, are left whole."""
    inner = without_elements(inner)
    pieces = inner.split("|")
    if "[[" not in inner and "{{" not in inner and "-{" not in inner:
        return pieces
    parts: list[str] = []
    held: list[str] = []
    depth = 0
    for piece in pieces:
        held.append(piece)
        for mark in _PAIRS.findall(piece):
            depth = depth + 1 if mark in _OPENING else max(0, depth - 1)
        if not depth:
            parts.append("|".join(held))
            held = []
    return [*parts, "|".join(held)] if held else parts
