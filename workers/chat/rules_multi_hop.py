"""How the rule-based teacher tells the way of a multi-hop prompt, and how it follows one; in English.

It follows as a reader would: it looks up what the prompt begins with, finds the sentence of the clue in
that article, and takes what stands in it for ``this one`` as the next thing to look up. Nobody tells it the
answer.
"""

from __future__ import annotations

import re
from typing import Any

from catalogs.records import THAT_ONE, THIS_ONE
from catalogs.trajectory import guess_language
from workers.chat.nouns import folded, without_bracket
from workers.chat.phrasing import agreement, choose, contract, inflect, phrases, sentence
from workers.chat.rules_reading import MOST_QUERIES, read
from workers.scenes import LIGHTS, PLACES

LANGUAGES = ("en",)

_TEMPLATES = (
    "{light}, {place}, {action}: what the following leads to. Of “{anchor}” it is said: “{first}”. {rest}",
    "a picture {place} {light}, {action}, of what is meant: about “{anchor}” one reads “{first}”. {rest}",
    "begin with “{anchor}”, of which is written: “{first}”. {rest} Show that one {place} {light}, {action}",
)
_STEPS = ("Of this one: “{clue}”.", "About it one reads: “{clue}”.", "And of that: “{clue}”.")

_BEGIN = (
    "The prompt does not name its subject. It begins with {name} and says of it: “{clue}”. What stands there "
    'for "this one" is the first step, so I look up the article that says so: "{query}".'
)
_NEXT = (
    "Step {step} is done: in “{title}” one reads “{told}”, so it leads to {name}. Of {name} the prompt says: "
    '“{clue}”. I look for the article that says so, to learn what step {next} leads to: "{query}".'
)
_SUBJECT = (
    "Step {step}, the last, is done: in “{title}” one reads “{told}”, so the subject is {name}. Before "
    'looking for pictures I have to know what it is and what it looks like: "{query}".'
)
_AGAIN = 'No passage tells more of {name} yet. I ask in other words: "{query}".'

_UNKNOWNS = (
    "what the clues that begin with “{anchor}” lead to", "the shape and proportions of that subject",
    "its colours and materials", "the marks that tell it from look-alikes",
)  # fmt: skip
_STATEMENT = (
    "The prompt does not name its subject: it has to be found by following the clues from “{anchor}” on, and "
    "then its shape, colours and distinguishing marks have to be looked up."
)

_QUERY_WORDS = (6, 14)
"""Words of a clue in the first query and in the second. A choice: a clue has up to 45, and those that tell
most are not known without an index."""
_LEAST_LETTERS = 4
_LONGEST_NAME = 80
"""Characters; of the titles of the English Wikipedia few are longer."""


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


def gap(facts: dict[str, Any]) -> dict[str, Any]:
    """Answer the task ``gap``."""
    return {
        "needs_search": True,
        "unknowns": [unknown.format(anchor=facts["anchor"]) for unknown in _UNKNOWNS],
        "statement": _STATEMENT.format(anchor=facts["anchor"]),
    }


def query(facts: dict[str, Any]) -> tuple[str, list[str]]:
    """What is thought before the next text query, with a blank for it, and the queries that may be asked."""
    clues: list[str] = facts["clues"]
    names, told = _followed(facts)
    step, name = len(names) - 1, names[-1]
    is_last = step == len(clues)
    if is_last:
        options = [name, f"{name} description", f"{name} appearance"]
    else:
        asking = [f"{name} {_telling(clues[step], name, most)}" for most in _QUERY_WORDS]
        # Words alone, without those that hold a sentence together, may look like another language.
        plain = [one for one in asking if guess_language(one) in (facts["language"], None)]
        options = list(dict.fromkeys((*plain, name)))
    known = {folded(one) for one in facts["queries"]}
    fresh = _SUBJECT if is_last else _NEXT if step else _BEGIN
    pattern = _AGAIN if folded(options[0]) in known else fresh
    thought = pattern.format(
        step=step,
        next=step + 1,
        name=name,
        clue="" if is_last else _quoted(clues[step]),
        title=told["title"] if told else "",
        told=_quoted(told["sentence"]) if told else "",
        query="{query}",
    )
    return thought, options


def reading(facts: dict[str, Any]) -> dict[str, Any]:
    """Answer the task ``read``: the sentence of the next clue; at the end of the way, of the subject."""
    clues: list[str] = facts["clues"]
    names, _ = _followed(facts)
    step, name = len(names) - 1, names[-1]
    if step == len(clues):
        asked = facts["queries"][len(clues) :]
        found = read(facts | {"subject": name, "noun": name, "queries": asked})
        return found | {"evidence": [quote | {"step": 0} for quote in found["evidence"]]}
    for hit in facts["hits"]:
        if folded(without_bracket(hit["title"])) == folded(without_bracket(name)):
            match = _clue_in(hit["text"], clues[step], name)
            if match:
                quote = {"hit": hit["rank"], "sentence": match[0], "step": step + 1}
                summary = f"Step {step + 1} leads to {match['this']}."
                return {"evidence": [quote], "search_again": True, "summary": summary}
    again = len(facts["queries"]) < step + MOST_QUERIES
    return {"evidence": [], "search_again": again, "summary": f"No passage tells what follows {name}."}


def _followed(facts: dict[str, Any]) -> tuple[list[str], dict[str, Any] | None]:
    """What the steps so far lead to, the beginning first; and the evidence of the last of them."""
    names: list[str] = [facts["anchor"]]
    last = None
    steps = {one["step"]: one for one in facts["evidence"] if one["step"]}
    for step, clue in enumerate(facts["clues"], start=1):
        match = _clue_in(steps[step]["sentence"], clue, names[-1]) if step in steps else None
        if match is None:
            break
        names.append(match["this"])
        last = steps[step]
    return names, last


def _clue_in(text: str, clue: str, name: str) -> re.Match[str] | None:
    """The sentence that a clue was made from; its group ``this`` is what the clue does not name."""
    parts: list[str] = []
    for part in re.split(rf"({THIS_ONE}|{THAT_ONE})", " ".join(clue.split())):
        if part == THIS_ONE:
            first = all("?P<this>" not in one for one in parts)
            parts.append(rf"(?P<this>[^.!?“”]{{1,{_LONGEST_NAME}}}?)" if first else "(?P=this)")
        else:
            parts.append(re.escape(name if part == THAT_ONE else part))
    pattern = rf"(?:^|(?<=[.!?:]\s)){''.join(parts)}(?=\s|$)"
    return re.search(pattern, " ".join(text.split()), re.I)


def _telling(clue: str, name: str, most: int) -> str:
    """The first longer words of a clue, each once."""
    plain = clue.replace(THIS_ONE, " ").replace(THAT_ONE, " ")
    held = set(folded(name).split())
    words = dict.fromkeys(word for word in folded(plain).split() if len(word) >= _LEAST_LETTERS)
    return " ".join([word for word in words if word not in held][:most])


def _quoted(clue: str) -> str:
    """Without quotation marks of its own, which would end the quotation, and without its full stop."""
    return " ".join(re.sub(r"[“”\"{}\[\]]", "", clue).split()).rstrip(" .")
