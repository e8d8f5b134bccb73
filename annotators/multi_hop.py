"""Multi-hop prompts: the subject is not named, but led to from another one over two to four articles.

Whoever answers such a prompt has to search before it is known what to search pictures of. The way is found
by `sources.entities.paths`; here it is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from annotators import briefs
from annotators.instructions import instruction
from catalogs.records import Entity, Hop, Name, Scene
from catalogs.trajectory import find_markup, guess_language
from workers.chat.interface import ChatRequest, Message
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


def _names(entity: Entity) -> set[str]:
    """What the entity is called in any language, without the brackets of titles."""
    names = {entity.title}
    for name in entity.names:
        names |= {name.title, name.noun, *name.aliases}
    return {bare for one in names if (bare := re.sub(r"\s*\([^()]*\)$", "", one).strip())}


def _holds(text: str, name: str) -> bool:
    pattern = re.escape(name)
    return re.search(rf"(?<!\w){pattern}(?!\w)" if name.isascii() else pattern, text, re.I) is not None
