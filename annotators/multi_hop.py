"""Multi-hop prompts: the subject is not named, but led to from another one over two to four articles.

Whoever answers such a prompt has to search before it is known what to search pictures of: a search a clue,
then one for the subject. The way is found by `sources.entities.paths`; here it is told, and what was found at
its end is held against the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from annotators import briefs
from annotators.instructions import instruction
from catalogs.records import Entity, Evidence, Hop, Name, Prompt, Scene, TextTrace
from catalogs.trajectory import find_markup, guess_language
from workers.chat.interface import ChatRequest, Message
from workers.chat.nouns import bare, folded, without_bracket
from workers.scenes import LIGHTS, PLACES

FORM = "multi-hop"
"""Form of such a prompt, beside those of `briefs.FORMS`."""

MOST_WORDS = 160
"""Three clues of 45 words and a scene; the instruction asks for fewer."""
_ASKED_WORDS = 120


def scene_of(entity: Entity, name: Name, number: int) -> Scene:
    """As for any prompt, of one subject: what is not named is not counted."""
    return msgspec.structs.replace(briefs.scene_of(entity, name, number), count=1)


def request_of(entity: Entity, name: Name, number: int, scene: Scene, path: Sequence[Hop]) -> ChatRequest:
    """What the teacher is asked. It is shown the way and not the name, which it cannot give away then."""
    place, light = PLACES[scene.place].words[name.language], LIGHTS[scene.light].words[name.language]
    text = instruction(
        "prompts_multi_hop",
        anchor=path[0].title,
        steps="\n".join(f"{step}. {hop.clue}" for step, hop in enumerate(path, start=1)),
        category=briefs.published_name(entity.domain),
        language=name.language,
        place=place,
        light=light,
        most=_ASKED_WORDS,
    )
    facts = {
        "key": f"{entity.entity_id}-{name.language}{number}",
        "language": name.language,
        "domain": entity.domain,
        "phrase": name.noun,
        "gender": name.gender,
        "count": 1,
        "anchor": path[0].title,
        "clues": [hop.clue for hop in path],
        "place": scene.place,
        "light": scene.light,
    }
    schema = {
        "type": "object",
        "properties": {"action": {"type": "string"}, "text": {"type": "string"}},
        "required": ["action", "text"],
        "additionalProperties": False,
    }
    return ChatRequest(task=FORM, messages=(Message("user", text),), facts=facts, schema=schema)


def problem_of(text: str, entity: Entity, name: Name, scene: Scene, path: Sequence[Hop]) -> str:
    """Why a prompt cannot be used, in words for the teacher that do not give the name away either."""
    low = text.casefold()
    wanted = {
        "the place": PLACES[scene.place].words[name.language],
        "the light": LIGHTS[scene.light].words[name.language],
        "where it begins": path[0].title,
    }
    for what, words in wanted.items():
        if words.casefold() not in low:
            return f"the text does not give {what} in the words {words!r}"
    if any(_holds(text, named) for named in (*_names(entity), *(hop.target for hop in path))):
        return f"the text names the subject, or something on the way that is not {path[0].title}"
    if find_markup(text):
        return "the text contains markup"
    if len(text.split()) > MOST_WORDS:
        return f"the text has more than {MOST_WORDS} words"
    if guess_language(text) not in (name.language, None):
        return f"the text is not in the language {name.language!r}"
    return ""


def subject_facts(prompt: Prompt) -> dict[str, Any]:
    """What a prompt tells of its subject: the name; a multi-hop prompt, where to begin and the clues."""
    if not prompt.path:
        return {"subject": prompt.subject, "noun": prompt.noun}
    return {"anchor": prompt.path[0].title, "clues": [hop.clue for hop in prompt.path]}


def found_facts(prompt: Prompt, trace: TextTrace) -> dict[str, Any]:
    """The same once the text was searched: what a multi-hop prompt leads to is known by then."""
    if not prompt.path:
        return subject_facts(prompt)
    found = trace.about_subject[0].title
    return {"subject": found, "noun": found}


def evidence_facts(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """Sentences that were read, and where."""
    return [{"title": one.title, "sentence": one.sentence, "step": one.step} for one in evidence]


def is_answered(prompt: Prompt, evidence: Sequence[Evidence]) -> bool:
    """Whether what was read at the end of the way names the answer, in its title or in a sentence, and is not
    the article of a namesake: "Ray Charles" does not answer "Ray Charles (album)"."""
    titles = [one.title for one in evidence if not one.step]
    alike = [one for one in titles if folded(without_bracket(one)) == folded(without_bracket(prompt.subject))]
    if alike and not any(folded(one) == folded(prompt.subject) for one in alike):
        return False
    names = {without_bracket(prompt.subject), bare(prompt.noun, prompt.language)}
    texts = [f"{one.title}\n{one.sentence}" for one in evidence if not one.step]
    return any(_holds(text, name) for text in texts for name in names)


def _names(entity: Entity) -> set[str]:
    """What the entity is called in any language, without the brackets of titles."""
    names = {entity.title}
    for name in entity.names:
        names |= {name.title, name.noun, *name.aliases}
    return {short for one in names if (short := without_bracket(one))}


def _holds(text: str, name: str) -> bool:
    pattern = re.escape(name)
    return re.search(rf"(?<!\w){pattern}(?!\w)" if name.isascii() else pattern, text, re.I) is not None
