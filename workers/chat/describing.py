"""What a text says its subject looks like: the words of the clauses that describe it, not those of others.

"The closest relative of the maples is a small genus" describes no maple. A sentence counts where it opens
with the subject, or with a pronoun for it; of such a sentence those nouns count that follow the verb *to be*
or a word of having, up to the next preposition, and nothing from where it begins to compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from catalogs.scripts import is_unspaced, words
from workers.chat.nouns import folded
from workers.chat.phrasing import phrases
from workers.languages import found_as_words, grammar

MOST_BEFORE = 4
"""Words before the subject in a sentence that opens with it, as in "Most of the adult male": a choice."""
MOST_SEEN = 2
"""Visible words of a phrase: ``long curved neck``."""
_ENDING = 2
"""Letters in which two forms of a word may differ: ``maple``, ``maples``; ``leaf``, ``leaves``."""
_SHORTEST = 3
"""Letters of a word that is looked for in other forms; shorter ones are articles and prepositions."""

_TOKEN = re.compile(r"[^\s,;:.!?()\[\]“”«»\"—]+|[,;:.!?()\[\]“”«»\"—]")


def visual_words(text: str, language: str) -> list[str]:
    """Words of a text that can be seen (shape, pattern, colour), each once, in order of appearance."""
    pattern = re.compile(found_as_words(phrases(language)["search"]["visual"], language), re.I)
    return list(dict.fromkeys(match[1].casefold() for match in pattern.finditer(text)))


def is_about(sentence: str, names: Sequence[str], language: str) -> bool:
    """Whether a sentence opens with one of the names of a subject, in any form, or with a pronoun."""
    found = folded(sentence)
    if is_unspaced(found):
        pronouns = phrases(language)["reading"].get("pronouns")
        openings = [*(re.escape(folded(name)) for name in names), *([pronouns] if pronouns else [])]
        return re.match("|".join(openings), found) is not None
    if _is("pronouns", found.partition(" ")[0], language):
        return True
    wanted = [word for name in names for word in folded(name).split() if len(word) >= _SHORTEST]
    opening = takewhile(lambda word: not _is("ends", word, language), found.split()[: MOST_BEFORE + 1])
    return any(_same(word, other) for word in opening for other in wanted)


def described(sentence: str, language: str) -> list[str]:
    """What a sentence about a subject says can be seen of it: ``["large cat", "black stripes"]``.

    Single words in a language whose file has no words of being and having (``reading``).
    """
    if "copula" not in phrases(language)["reading"]:
        return visual_words(sentence, language)
    found = [_phrase(owner, run, language) for owner, run in _runs(sentence, language)]
    return list(dict.fromkeys(phrase for phrase in found if phrase))


def _runs(sentence: str, language: str) -> Iterator[tuple[str, list[str]]]:
    """Words after a verb of being, with the part of the subject that they are said of (empty for the subject
    itself), and words after one of having."""
    tokens = list(
        takewhile(lambda one: one != ";" and not _is("others", one, language), _TOKEN.findall(sentence))
    )
    owner, having, at = "", False, 0
    while at < len(tokens):
        token = tokens[at]
        being, aspect = _is("copula", token, language), _is("aspects", token, language)
        listed = having and _joins(token, language)
        having = listed or _is("having", token, language)
        at += 1
        if not (being or aspect or having):
            owner = ""
            continue
        run, at = _run(tokens, at, language)
        if being or aspect or len(run) > 1:
            yield token if aspect else owner if being else "", run
        owner = run[-1] if run and having else ""


def _run(tokens: Sequence[str], at: int, language: str) -> tuple[list[str], int]:
    """A noun with its adjectives, and where it ends; adjectives may stand in a list."""
    run: list[str] = []
    while at < len(tokens):
        joined = _joins(tokens[at], language) and bool(run) and bool(visual_words(run[-1], language))
        step = at + 1 if joined else at
        if step == len(tokens) or not _is_word(tokens[step], language):
            break
        if joined and _is("determiners", tokens[step], language):
            break
        if not _is("determiners", tokens[step], language):
            run.append(tokens[step])
        at = step + 1
    return run, at


def _phrase(owner: str, run: Sequence[str], language: str) -> str:
    """The visible words of a run with the noun that they are said of; empty where it has none."""
    places = [place for place, word in enumerate(run) if visual_words(word, language)][:MOST_SEEN]
    seen = [run[place] for place in places]
    if not seen:
        return ""
    if grammar(language, "noun_first", False):
        # Some adjectives stand before their noun there all the same: the noun comes second then.
        said = [owner, *seen] if owner else run[: max(places[-1] + 1, 2)]
    else:
        noun = owner or run[-1]
        said = run[-2:] if seen == [noun] else seen if noun in seen else [*seen, noun]
    return " ".join(said).casefold()


def _joins(token: str, language: str) -> bool:
    return token == "," or _is("joins", token, language)


def _is_word(token: str, language: str) -> bool:
    ended = any(_is(kind, token, language) for kind in ("ends", "copula", "having", "aspects", "joins"))
    return bool(words(token)) and not ended


def _is(kind: str, word: str, language: str) -> bool:
    """Whether the file of a language counts a word among some that have a part in a sentence."""
    alternatives = phrases(language)["reading"].get(kind)
    return bool(alternatives) and re.fullmatch(alternatives, word, re.I) is not None


def _same(word: str, other: str) -> bool:
    """Whether two folded words are forms of one: the longer begins as the shorter does but for its last
    letter."""
    short, long = sorted((word, other), key=len)
    return len(short) >= _SHORTEST and len(long) - len(short) <= _ENDING and long.startswith(short[:-1])
