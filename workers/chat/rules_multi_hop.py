"""Multi-hop prompts of the embedded teacher: the clues one after another, in English."""

from __future__ import annotations

import re
from typing import Any

from workers.chat.phrasing import agreement, choose, contract, inflect, phrases, sentence
from workers.scenes import LIGHTS, PLACES

LANGUAGES = ("en",)

_TEMPLATES = (
    "{light}, {place}, {action}: what the following leads to. Of “{anchor}” it is said: “{first}”. {rest}",
    "a picture {place} {light}, {action}, of what is meant: about “{anchor}” one reads “{first}”. {rest}",
    "begin with “{anchor}”, of which is written: “{first}”. {rest} Show that one {place} {light}, {action}",
)
_STEPS = ("Of this one: “{clue}”.", "About it one reads: “{clue}”.", "And of that: “{clue}”.")


def multi_hop(facts: dict[str, Any], kind: str) -> tuple[str, str]:
    """Action and text. The clues stand as the articles have them."""
    language = facts["language"]
    settled = agreement(facts["phrase"], facts["count"], facts["gender"])
    action = inflect(choose(phrases(language)["actions"][kind], facts["key"], "action"), *settled)
    first, *others = (_quoted(clue) for clue in facts["clues"])
    text = choose(_TEMPLATES, facts["key"], "multi-hop").format(
        anchor=facts["anchor"],
        first=first,
        rest=" ".join(_STEPS[place % len(_STEPS)].format(clue=clue) for place, clue in enumerate(others)),
        place=PLACES[facts["place"]].words[language],
        light=LIGHTS[facts["light"]].words[language],
        action=action,
    )
    return action, sentence(contract(text, language), language)


def _quoted(clue: str) -> str:
    """Without quotation marks of its own, which would end the quotation, and without its full stop."""
    return " ".join(re.sub(r"[“”\"{}\[\]]", "", clue).split()).rstrip(" .")
