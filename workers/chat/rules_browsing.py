"""When the rule-based teacher reads a whole page: the passage that is about the subject does not say what it
looks like, and the page behind it can be read."""

from __future__ import annotations

from typing import Any

from catalogs.trajectory import BROWSE, render_call
from workers.chat.describing import visual_words
from workers.chat.rules_reading import about

_THINK = {
    "en": 'The passage does not say what {noun} looks like. I read its whole page: "{title}".',
    "es": "El pasaje no dice qué aspecto tiene {noun}. Leo la página entera: «{title}».",
    "fr": "Le passage ne dit pas à quoi ressemble {noun}. Je lis la page entière : « {title} ».",
}
"""By language; in others it thinks in English, as it sums up in English there."""


def read_on(facts: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The answer to the task ``read``, with the wish for more where nothing that is quoted can be seen.

    A page that was read in full is the end of it: what it does not say nobody asks for.
    """
    told = " ".join(quote["sentence"] for quote in answer["evidence"])
    if not facts.get("may_browse") or not told or visual_words(told, facts["language"]):
        return answer
    return {**answer, "search_again": True}


def page_call(facts: dict[str, Any]) -> str | None:
    """The call of ``browse`` for the first page about the subject that was not read yet; None where there is
    none, or where pages cannot be read."""
    page = about({**facts, "hits": facts.get("pages", [])})
    if page is None:
        return None
    think = _THINK.get(facts["language"], _THINK["en"])
    return render_call(think.format(noun=facts["noun"], title=page["title"]), BROWSE, {"url": page["url"]})
