"""How the rule-based teacher reads: which passage is about the subject, which of its sentences to use."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from catalogs.scripts import END, START
from workers.chat.describing import described, is_about
from workers.chat.nouns import bare, bracket, folded, without_bracket
from workers.chat.phrasing import phrases
from workers.languages import in_all

MOST_QUERIES = 2
"""The second text query is the last: it asks by the noun where the first asked by the title."""

MOST_CLAUSES = 5
"""Clauses at the start of a lead in which other names of its subject stand; later ones are about others."""

_BOUNDARY = re.compile(
    r"(?<=[.!?؟])(?<!\b[A-Z]\.)(?<!\bSt\.)(?<!\bav\.)(?<!\bca\.)(?<!\b[А-ЯЁвгс]\.)(?<!\bсв\.)\s+"
    r"(?=[\"'«“¿¡(]?[^\W\d_a-zà-ÿа-яё])"
    r"|(?<=।)\s+|(?<=[。！？])(?![”’」』）])|(?<=[。！？][”’」』）])"
)
"""White space between a full stop and a capital, unless an initial or an abbreviation comes before. A danda
and a full-width stop end a sentence whatever follows; the latter with no space, and with the quotation that
it closes."""


def sentences(text: str) -> list[str]:
    """The sentences of a passage, each a verbatim part of it."""
    return [sentence for part in _BOUNDARY.split(text) if (sentence := part.strip())]


def read(facts: dict[str, Any]) -> dict[str, Any]:
    """Answer the task ``read``: quotes from the passage about the subject, or the wish to ask again."""
    words = phrases(facts["language"])["search"]
    noun = bare(facts["noun"], facts["language"])
    hit = about(facts)
    if hit is None:
        again = len(facts["queries"]) < MOST_QUERIES
        return {"evidence": [], "search_again": again, "summary": words["missing"].format(bare=noun)}
    chosen = _telling(
        sentences(hit["text"]), [noun, facts["subject"], hit["title"]], facts["language"], facts["most"]
    )
    return {
        "evidence": [{"hit": hit["rank"], "sentence": sentence} for sentence in chosen],
        "search_again": False,
        "summary": words["found"].format(bare=noun),
    }


def about(facts: dict[str, Any]) -> dict[str, Any] | None:
    """The hit with the subject's title, its lead before its sections; else one with the noun as its title;
    else one that defines the noun.

    A title in brackets says that its bare word means several things, so the bare word alone proves nothing.
    """
    hits: list[dict[str, Any]] = [hit for hit in facts["hits"] if hit["text"].strip()]
    noun, subject = folded(bare(facts["noun"], facts["language"])), folded(facts["subject"])
    ambiguous = folded(without_bracket(facts["subject"])) if bracket(facts["subject"]) else None
    names = [name for name in (subject, noun) if name != ambiguous]
    tests: list[Callable[[dict[str, Any]], bool]] = [
        lambda hit: folded(hit["title"]) == subject and not hit.get("heading"),
        lambda hit: folded(hit["title"]) == subject,
        lambda hit: folded(hit["title"]) in names,
        lambda hit: any(_defines(hit["text"], name) for name in names),
    ]
    return next((hit for test in tests for hit in hits if test(hit)), None)


def _defines(text: str, name: str) -> bool:
    """Whether the first two sentences introduce `name` as a name of their subject.

    ``Allium cepa, comúnmente conocida como cebolla, es una planta`` defines "cebolla"; ``La salsa tártara
    es una salsa con cebolla`` does not.
    """
    start = "; ".join(sentences(text)[:2])
    clauses = [folded(clause) for clause in re.split(r"[,;:()،؛，；：、（）]| — (?=[а-яё])", start)]
    pattern = re.compile(rf"(?:^|{_around('naming')}){re.escape(name)}(?:$|{_around('named')})")
    return any(pattern.search(clause) for clause in clauses[:MOST_CLAUSES])


@cache
def _around(what: str) -> str:
    """The words of all languages that stand before (``naming``) or after (``named``) a name."""
    spaced, unspaced = ("|".join(in_all("reading", key).values()) for key in (what, f"unspaced_{what}"))
    beside = f"{START}(?:{spaced}) " if what == "naming" else f" (?:{spaced}){END}"
    return f"(?:{beside}|{unspaced})"


def _telling(found: Sequence[str], names: Sequence[str], language: str, most: int) -> list[str]:
    """The first sentence, which defines, and those that tell what can be seen of the subject; in the order of
    the text."""
    seen = [one for one in found[1:] if is_about(one, names, language) and described(one, language)]
    chosen = [*found[:1], *seen][:most]
    return [sentence for sentence in found if sentence in chosen][:most]
