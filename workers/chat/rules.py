"""The embedded teacher: it answers every task by rules, in the format that language models are asked for.

It sees only `ChatRequest.facts`, which hold what the messages say. It writes the languages of
`workers.languages` and understands little: it matches titles, picks sentences by word lists, and fills
templates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from catalogs.trajectory import TEXT_SEARCH, render_call
from workers.chat import rules_multi_hop
from workers.chat.interface import ChatReply, ChatRequest
from workers.chat.nouns import bare, without_bracket
from workers.chat.phrasing import (
    agreement,
    choose,
    contract,
    inflect,
    phrases,
    sentence,
    unasked,
    where,
)
from workers.chat.rules_browsing import page_call, read_on
from workers.chat.rules_pictures import image_query
from workers.chat.rules_reading import read
from workers.chat.rules_recaption import recaption
from workers.errors import ModelReplyError
from workers.languages import found_as_words, languages, tables_digest
from workers.meter import count_call
from workers.scenes import LIGHTS, PLACES

VERSION = "3"
"""Raised when the rules answer differently; the files of languages count by their digest."""

_BEINGS = {"animation", "comic", "celebrity", "mascot", "mythology"}
_OWN_ACTIONS = {"food", "landmark", "festival"}


@dataclass(frozen=True)
class RulesTeacher:
    """A `Chat`. Equal facts give equal replies."""

    @property
    def name(self) -> str:
        return "rules"

    @property
    def revision(self) -> str:
        return f"{VERSION}-{tables_digest()[:12]}"

    def writes(self, task: str, language: str) -> bool:
        """Languages with a file; prompts that lead to their subject only in some of them."""
        known = rules_multi_hop.LANGUAGES if task == "multi-hop" else languages()
        return language in known

    def complete(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """One reply a request. Raises `ModelReplyError` for a task or a language that it does not know."""
        count_call(len(requests))
        return [ChatReply(text=self._answer(request)) for request in requests]

    def _answer(self, request: ChatRequest) -> str:
        if request.task not in _TASKS:
            raise ModelReplyError(f"the rule-based teacher knows no task {request.task!r}")
        return _TASKS[request.task](request.facts)


def _json(answer: dict[str, Any]) -> str:
    return msgspec.json.encode(answer).decode()


def _prompt(facts: dict[str, Any]) -> str:
    words = phrases(facts["language"])
    settled = agreement(facts["phrase"], facts["count"], facts["gender"])
    place, light = (
        PLACES[facts["place"]].words[facts["language"]],
        LIGHTS[facts["light"]].words[facts["language"]],
    )
    action = inflect(choose(words["actions"][kind_of(facts)], facts["key"], "action"), *settled)
    template = inflect(choose(words["prompts"][facts["form"]], facts["key"], "template"), *settled)
    text = template.format(
        phrase=facts["phrase"],
        action=action,
        place=place,
        light=light,
        where=where(place, light, facts["language"]),
    )
    return _json({"action": action, "text": sentence(contract(text, facts["language"]), facts["language"])})


def _multi_hop(facts: dict[str, Any]) -> str:
    action, text = rules_multi_hop.multi_hop(facts, kind_of(facts))
    return _json({"action": action, "text": text})


def kind_of(facts: dict[str, Any]) -> str:
    """Which list of actions suits the subject: by its category, and by words of its noun."""
    kinds = phrases(facts["language"])["kinds"]

    def said(kind: str) -> bool:
        return re.search(found_as_words(kinds[kind], facts["language"]), facts["phrase"], re.I) is not None

    if facts["domain"] in _OWN_ACTIONS:
        return str(facts["domain"])
    if facts["domain"] in _BEINGS or said("being"):
        return "being"
    if facts["domain"] == "animal-plant" and not said("still"):
        return "plant" if said("plant") else "animal"
    return "thing"


def _gap(facts: dict[str, Any]) -> str:
    if "clues" in facts:
        return _json(rules_multi_hop.gap(facts))
    words = phrases(facts["language"])["gap"]
    named = {"noun": facts["noun"], "bare": bare(facts["noun"], facts["language"])}
    unknowns = [unknown.format(**named) for unknown in words["unknowns"]]
    return _json(
        {"needs_search": True, "unknowns": unknowns, "statement": words["statement"].format(**named)}
    )


def _text_query(facts: dict[str, Any]) -> str:
    if "clues" in facts:
        thought, options = rules_multi_hop.query(facts)
        query = unasked(options, facts["queries"])
        return _text_call(thought.replace("{query}", query), query, facts)
    if call := page_call(facts):
        return call
    title = re.sub(r"[()]", "", facts["subject"])
    noun = bare(facts["noun"], facts["language"])
    query = unasked([title, noun, f"{without_bracket(facts['subject'])} {noun}"], facts["queries"])
    words = phrases(facts["language"])["search"]
    pattern = choose(words["text_again" if facts["queries"] else "text_think"], noun, query)
    think = pattern.format(noun=facts["noun"], query=query)
    return _text_call(think, query, facts)


def _text_call(think: str, query: str, facts: dict[str, Any]) -> str:
    return render_call(think, TEXT_SEARCH, {"q": query, "hl": facts["language"], "top_k": facts["top_k"]})


_TASKS: dict[str, Callable[[dict[str, Any]], str]] = {
    "prompts": _prompt,
    "multi-hop": _multi_hop,
    "gap": _gap,
    "text-query": _text_query,
    "read": lambda facts: _json(
        rules_multi_hop.reading(facts) if "clues" in facts else read_on(facts, read(facts))
    ),
    "image-query": image_query,
    "recaption": recaption,
}
