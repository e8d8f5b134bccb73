"""What a recaption asks to be drawn: count, place, light, colours of the subject, and the reference that
leads.

Only the text is read. Place and light are taken from the words of `workers.scenes`; a recaption that words
its scene in another way gets a bare studio, and its proof fails on the scene.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from catalogs.scripts import END, START, standing
from workers import palette
from workers.languages import found_as_words, in_all, languages, table
from workers.scenes import LIGHTS, NUMBERS, PLACES

_FUNCTION_WORDS = re.compile(f"(?:(?:{'|'.join(in_all('reading', 'function_words').values())}) )+")
_LABEL = re.compile(standing(r"image_(\d+)"))
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|(?<=[。！？；।؟؛])\s*|\n+")


@dataclass(frozen=True)
class Reading:
    """What is to be drawn. `place` and `light` are keys of `workers.scenes`, None where the text names
    none."""

    count: int
    place: str | None
    light: str | None
    colours: dict[int, tuple[str, ...]]
    """Number of a reference (1 for image_1) -> keys of the colours said of it; 0: said of no one
    reference."""
    leader: int | None
    """Number of the reference that leads, None where the text leaves it open."""

    def colours_of(self, reference: int) -> tuple[str, ...]:
        """Colours that the text gives the subject as that reference shows it."""
        said = (*self.colours.get(0, ()), *self.colours.get(reference, ()))
        return tuple(dict.fromkeys(said or [key for keys in self.colours.values() for key in keys]))


def read(text: str, language: str) -> Reading:
    """Read a recaption. A language without vocabulary is read as English; any text can be read."""
    language = language if language in languages() else "en"
    plain = unicodedata.normalize("NFC", text).casefold()
    sentences = [part for part in _SENTENCE_END.split(plain) if part.strip()]
    scenes = [tuple(_key_in(one, language, what) for what in ("place", "light")) for one in sentences]
    order = sorted(range(len(sentences)), key=lambda i: (-sum(key is not None for key in scenes[i]), i))
    return Reading(
        count=_count(sentences, [i for i in order if any(scenes[i])] + order[:1], language),
        place=next((scenes[i][0] for i in order if scenes[i][0]), None),
        light=next((scenes[i][1] for i in order if scenes[i][1]), None),
        colours=_colours(sentences, language),
        leader=_leader(sentences, language),
    )


def _count(sentences: list[str], order: list[int], language: str) -> int:
    """The number in a sentence that tells the scene: elsewhere numbers count legs, species and pictures."""
    words = {forms[language]: count for count, forms in NUMBERS.items()}
    others = table(language)["reading"]["not_subjects"]
    pattern = rf"(?<!-){START}({'|'.join(words)}){END}(?!-)(?!\s*(?:\w+\s+)?(?:{others}){END})"
    for index in order:
        found = re.search(pattern, sentences[index])
        if found:
            return words[found.group(1)]
    return 1


def _leader(sentences: list[str], language: str) -> int | None:
    """The label nearest to a word of leading, within one sentence; the one before the word, when in doubt."""
    pattern = re.compile(standing(table(language)["reading"]["leads"]))
    for sentence in sentences:
        leads = [match.span() for match in pattern.finditer(sentence)]
        labels = [(match.span(), int(match.group(1))) for match in _LABEL.finditer(sentence)]
        if leads and labels:
            return min(labels, key=lambda label: min(_gap(label[0], lead) for lead in leads))[1]
    return None


def _gap(label: tuple[int, int], lead: tuple[int, int]) -> int:
    """Characters between two spans."""
    return max(lead[0] - label[1], label[0] - lead[1])


def _colours(sentences: list[str], language: str) -> dict[int, tuple[str, ...]]:
    """Colours by the one reference that their sentence names; scene words that hold a colour are left out."""
    said: dict[int, dict[str, None]] = {}
    for sentence in sentences:
        labels = {int(label) for label in _LABEL.findall(sentence)}
        bare = _scene_words(language).sub(" ", sentence)
        for key in palette.find(bare, language):
            said.setdefault(min(labels) if len(labels) == 1 else 0, {})[key] = None
    return {number: tuple(keys) for number, keys in sorted(said.items())}


def _key_in(sentence: str, language: str, what: str) -> str | None:
    """The place or light whose phrase comes first; the full phrase before its core without the
    preposition."""
    for core in (False, True):
        pattern, keys = _phrases(language, what, core)
        found = pattern.search(sentence)
        if found:
            return keys[found[1]]
    return None


@cache
def _phrases(language: str, what: str, core: bool) -> tuple[re.Pattern[str], dict[str, str]]:
    table = PLACES if what == "place" else LIGHTS
    keys = {_folded(entry.words[language], core): key for key, entry in table.items()}
    longest_first = sorted(keys, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(found_as_words("|".join(map(re.escape, longest_first)), language)), keys


@cache
def _scene_words(language: str) -> re.Pattern[str]:
    patterns = [_phrases(language, what, True)[0].pattern for what in ("place", "light")]
    return re.compile("|".join(patterns))


def _folded(phrase: str, core: bool) -> str:
    folded = unicodedata.normalize("NFC", phrase).casefold()
    return _FUNCTION_WORDS.sub("", folded, count=1) if core and _FUNCTION_WORDS.match(folded) else folded
