"""What a recaption must be: the rules that the published instructions state and no published code checks.

Unify-Agent tells its teacher to speak of image_1 and image_2 only by these names, to describe and not to
order, to end with a preservation statement for each, and to keep to the language of the prompt. Here each of
these is a check with a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from catalogs.scripts import count_words, standing
from catalogs.trajectory.language import guess_language, known_languages
from catalogs.trajectory.languages import tables
from catalogs.trajectory.markup import find_markup

LEAST_WORDS = 25
"""A scene, an identity and two preservation statements do not fit into fewer. The embedded teacher's
recaptions have 83 to 152 words (2,298 recaptions of the sample world, both attempts)."""

MOST_WORDS = 400
"""UAE trains on captions of about 300 words (GPT-4o) and selects those over 250; 400 leaves room, and keeps
the text a small part of the 22,000 tokens that two references and a target take in the published loader."""

LEAST_THINK_WORDS = 15
"""One short sentence for each picture and one for the plan. The embedded teacher's have 82 words and more."""

_SENTENCE_END = re.compile(r"(?<=[.!?؟])\s+|(?<=[।。！？])\s*")
_REFERENCE = re.compile(standing(r"image_(\d+)"), re.I)


def validate_recaption(text: str, think: str, language: str, references: Sequence[str]) -> list[str]:
    """What is wrong with a recaption, as slugs in a fixed order; an empty list says that it is well-formed.

    `references` are the labels that were shown (``image_1``, ``image_2``). Checks of wording know the
    languages of `catalogs.trajectory.languages`; in others only labels, markup and lengths are checked.

    Slugs: ``empty``, ``markup``, ``too-short``, ``too-long``, ``think-too-short``, ``think-omits-image_1``,
    ``omits-image_1``, ``unknown-image_3``, ``no-preservation-of-image_1``, ``names-pictures-by-order``,
    ``imperative``, ``wrong-language``, ``mixed-languages``.
    """
    if not text.strip():
        return ["empty"]
    sentences = [sentence for sentence in _SENTENCE_END.split(text.strip()) if sentence]
    wording = tables().get(language, {})
    found = [
        *(["markup"] if find_markup(text) or find_markup(think) else []),
        *_length_problems(text, think),
        *(f"think-omits-{label}" for label in references if not _speaks_of(label, think)),
        *(f"omits-{label}" for label in references if not _speaks_of(label, text)),
        *(f"unknown-{label}" for label in _labels(text) if label not in references),
        *(
            f"no-preservation-of-{label}"
            for label in references
            if _speaks_of(label, text) and not _preserves(label, sentences, wording.get("preserved"))
        ),
    ]
    if wording and re.search(standing(wording["ordinal"]), text, re.I):
        found.append("names-pictures-by-order")
    if wording and any(re.match(standing(wording["orders"]), sentence, re.I) for sentence in sentences):
        found.append("imperative")
    return found + _language_problems(text, sentences, language)


def _length_problems(text: str, think: str) -> list[str]:
    words = count_words(text)
    problems = ["too-short"] if words < LEAST_WORDS else ["too-long"] if words > MOST_WORDS else []
    return problems + (["think-too-short"] if count_words(think) < LEAST_THINK_WORDS else [])


def _labels(text: str) -> list[str]:
    """Labels of pictures that a text speaks of, each once, in order of appearance."""
    return list(dict.fromkeys(f"image_{number}" for number in _REFERENCE.findall(text)))


def _speaks_of(label: str, text: str) -> bool:
    return label in _labels(text)


def _preserves(label: str, sentences: Sequence[str], verbs: str | None) -> bool:
    """Whether a sentence says that something of this picture is preserved."""
    return verbs is None or any(_speaks_of(label, s) and re.search(verbs, s, re.I) for s in sentences)


def _language_problems(text: str, sentences: Sequence[str], language: str) -> list[str]:
    if language not in known_languages():
        return []
    if guess_language(text) not in (language, None):
        return ["wrong-language"]
    if any(guess_language(sentence) not in (language, None) for sentence in sentences):
        return ["mixed-languages"]
    return []
