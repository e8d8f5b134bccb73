"""How the rule-based teacher asks for pictures: by the subject's names and by what the text says it looks
like."""

from __future__ import annotations

from typing import Any

from catalogs.trajectory import IMAGE_SEARCH, render_call
from workers.chat.describing import described, is_about, visual_words
from workers.chat.nouns import bare, bracket, folded, without_bracket
from workers.chat.phrasing import choose, phrases, together, unasked

MOST_DESCRIBED = 2
"""Describing phrases in a query, a choice: on the sample world, 1 to 10 single words made no difference (2 of
1,149 first queries led to another entity, 1 without any)."""

_LONGEST_FORM = 3
"""Letters by which a noun and a title of one stem may differ: ``skateboard``, ``skateboarding``."""
_SHORTEST_STEM = 4
"""Letters of a stem, so that ``ant`` is not taken for ``antler``."""


def image_query(facts: dict[str, Any]) -> str:
    """Answer the task ``image-query``. The think part quotes the sentences that the query is made from."""
    language, evidence = facts["language"], facts["evidence"]
    words = phrases(language)["search"]
    noun = bare(facts["noun"], language)
    found = _described(facts)
    query = " ".join([_named(facts), *(phrase for phrase, _ in found)])
    others = [f"{noun} {view}" for view in words["views"]]
    query = unasked([*([query] if not facts["queries"] else []), *others], facts["queries"])
    quoted = [one["sentence"] for one in evidence[:1]] + [sentence for _, sentence in found]
    think = choose(words["image_again" if facts["queries"] else "image_think"], noun, query).format(
        title=evidence[0]["title"] if evidence else facts["subject"],
        evidence=together(dict.fromkeys(quoted), language),
        query=query,
    )
    return render_call(think, IMAGE_SEARCH, {"q": query, "hl": language, "num": facts["num"]})


def _described(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Phrases that describe the subject, each with the sentence that it is from; one that says what the name
    or another has said is left out. The first sentence defines, and is about the subject however it opens."""
    language = facts["language"]
    names = [bare(facts["noun"], language), facts["subject"]]
    said = set(visual_words(" ".join(names), language))
    found: list[tuple[str, str]] = []
    for place, one in enumerate(facts["evidence"]):
        if place and not is_about(one["sentence"], [*names, one["title"]], language):
            continue
        for phrase in described(one["sentence"], language):
            if said.isdisjoint(visual_words(phrase, language)):
                said.update(visual_words(phrase, language))
                found.append((phrase, one["sentence"]))
    return found[:MOST_DESCRIBED]


def _named(facts: dict[str, Any]) -> str:
    """The noun and the title, each where the other does not hold its words: ``cricket insect``, ``Domestic
    turkey``, ``rower Rowing sport``."""
    noun = bare(facts["noun"], facts["language"])
    title = without_bracket(facts["subject"])
    names = [noun] if _holds(noun, title) else [title] if _holds(title, noun) else [noun, title]
    telling = bracket(facts["subject"])
    return " ".join([*names, *([] if _holds(" ".join(names), telling) else [telling])])


def _holds(text: str, part: str) -> bool:
    """Whether each word of a part stands in a text, in any form."""
    held = folded(text).split()
    return all(any(_is_form(word, other) for other in held) for word in folded(part).split())


def _is_form(word: str, other: str) -> bool:
    """Whether two folded words are one, or forms of one."""
    short, long = sorted((word, other), key=len)
    return word == other or (
        len(short) >= _SHORTEST_STEM and long.startswith(short) and len(long) - len(short) <= _LONGEST_FORM
    )
