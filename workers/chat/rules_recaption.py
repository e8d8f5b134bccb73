"""How the rule-based teacher writes a recaption: scene first, then identity, colours, evidence, preservation.

Whoever draws from a recaption reads number, place, light and colours from its words. The scene and the main
colours therefore come before the quotation from the evidence, and a quotation that names another number,
place, light or colour is not used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from catalogs.scripts import count_words
from catalogs.trajectory import render_recaption
from workers import palette
from workers.chat.phrasing import choose, enumerated, inflect, phrases, sentence, together, where
from workers.languages import found_as_words, grammar
from workers.scenes import LIGHTS, NUMBERS, PLACES

MOST_QUOTED = 32
"""Words of a quotation: a definition with one subordinate clause."""

MOST_COLOURS = 3
"""Colours that are named: the ones that a viewer would name, and no shadow or outline beyond."""

_SCENE_WORDS = ("count", "place", "light", "scene")
"""A reason of a failed proof that holds one of these speaks of the scene, not of the subject."""

_BRACKETS = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\})")
_QUOTES = str.maketrans("", "", '“”«»"')


def recaption(facts: dict[str, Any]) -> str:
    """Answer the task ``recaption`` in the published syntax."""
    words = phrases(facts["language"])["recaption"]
    shape, surface = _labels_in_order(facts)
    place, light = (
        PLACES[facts["place"]].words[facts["language"]],
        LIGHTS[facts["light"]].words[facts["language"]],
    )
    scene = {
        "phrase": facts["phrase"],
        "place": place,
        "light": light,
        "where": where(place, light, facts["language"]),
        "action": facts["action"],
    }
    return render_recaption(
        _think(facts, words, scene, shape, surface), _text(facts, words, scene, shape, surface)
    )


def _text(
    facts: dict[str, Any], words: dict[str, Any], scene: dict[str, str], shape: str, surface: str
) -> str:
    colours = _colours(facts, shape)
    quote = _quotable(facts, colours) if facts["attempt"] == 1 else ""
    parts = [
        _picked(words["scene"], facts, "scene").format(**scene),
        _picked(words["framing"], facts, "framing"),
        _picked(words["identity"], facts, "identity").format(noun=facts["noun"], title=_title(facts)),
        *([_colour_sentence(facts, words, colours)] if colours else []),
        *([_picked(words["quote"], facts, "quote").format(quote=quote)] if quote else []),
        *(
            [words["steady"].format(**scene), words["main"].format(label=shape)]
            if facts["attempt"] > 1
            else []
        ),
        _picked(words["preserve_shape"], facts, "shape").format(label=shape),
        _picked(words["preserve_surface"], facts, "surface").format(label=surface),
    ]
    return together([_sentence(part, facts["language"]) for part in parts], facts["language"])


def _think(
    facts: dict[str, Any], words: dict[str, Any], scene: dict[str, str], shape: str, surface: str
) -> str:
    """What is seen in each picture: the one that gives the shape comes first, as in the text."""
    first, second = (_labelled(facts, label) for label in (shape, surface))
    evidence = together([one["sentence"] for one in facts["evidence"][:2]], facts["language"])
    text: str = choose(words["think"], facts["key"], "think").format(
        shape=shape,
        surface=surface,
        title_1=first["title"],
        title_2=second["title"],
        colours_1=_listed(_keys(first), facts, words),
        colours_2=_listed(_keys(second), facts, words),
        evidence=evidence,
        **scene,
    )
    if facts["attempt"] > 1:
        again = words["think_again"].format(critique=facts["critique"], main=shape)
        return together([again, text], facts["language"])
    return text


def _labels_in_order(facts: dict[str, Any]) -> tuple[str, str]:
    """Which picture gives the shape and which the surface: they change places where the subject failed."""
    labels = [reference["label"] for reference in facts["references"]]
    if not all(any(word in reason for word in _SCENE_WORDS) for reason in facts["reasons"]):
        labels.reverse()
    return labels[0], labels[1]


def _keys(reference: dict[str, Any]) -> list[str]:
    """The colour keys in a reference's description, most common first."""
    found = [key.strip() for key in reference["description"].split(",")]
    return [key for key in found if key in palette.COLOURS][:MOST_COLOURS]


def _colours(facts: dict[str, Any], label: str) -> list[str]:
    return _keys(_labelled(facts, label))


def _labelled(facts: dict[str, Any], label: str) -> dict[str, Any]:
    return next(reference for reference in facts["references"] if reference["label"] == label)


def _listed(keys: Sequence[str], facts: dict[str, Any], words: dict[str, Any]) -> str:
    names = [palette.words(key, facts["language"])[0] for key in keys]
    return enumerated(names, facts["language"]) if names else str(words["unmeasured"])


def _colour_sentence(facts: dict[str, Any], words: dict[str, Any], keys: Sequence[str]) -> str:
    names = [palette.words(key, facts["language"])[0] for key in keys]
    articles = grammar(facts["language"], "colour_article", [["", ""]])
    named = [
        next(f"{article}{name}" for start, article in articles if re.match(start, name)) for name in names
    ]
    return inflect(words["colours"], len(keys)).format(colours=enumerated(named, facts["language"]))


def _title(facts: dict[str, Any]) -> str:
    return str(facts["evidence"][0]["title"] if facts["evidence"] else facts["subject"]).translate(_QUOTES)


def _quotable(facts: dict[str, Any], colours: Sequence[str]) -> str:
    """The first sentence of the evidence that says nothing against the scene or the pictures, shortened."""
    for one in facts["evidence"]:
        plain = " ".join(_BRACKETS.sub("", one["sentence"]).translate(_QUOTES).split())
        short = _shortened(plain)
        if short and not _disturbs(short, facts["language"], colours):
            return short
    return ""


def _shortened(text: str) -> str:
    """At most `MOST_QUOTED` words, cut at a comma and marked as cut; empty where there is no place to cut."""
    text = text.rstrip(".!? 。！？।؟")
    if count_words(text) <= MOST_QUOTED:
        return text
    kept = ""
    for match in re.finditer(r"[,;:،؛]\s|[，；：]", text):
        if count_words(text[: match.start()]) <= MOST_QUOTED:
            kept = text[: match.start()]
    return f"{kept} …" if count_words(kept) >= MOST_QUOTED // 4 else ""


def _disturbs(text: str, language: str, colours: Sequence[str]) -> bool:
    low = text.casefold()
    scene = [thing.words[language] for thing in PLACES.values()]
    scene += [thing.words[language] for thing in LIGHTS.values()]
    numbers = [words[language] for words in NUMBERS.values()]
    return (
        any(re.search(found_as_words(re.escape(phrase), language), low) for phrase in (*scene, *numbers))
        or re.search(r"image_\d", low) is not None
        or any(key not in colours for key in palette.find(text, language))
    )


def _picked(options: Sequence[str], facts: dict[str, Any], what: str) -> str:
    return inflect(choose(options, facts["key"], what, str(facts["attempt"])), facts["count"])


def _sentence(text: str, language: str) -> str:
    """A sentence; labels keep their small letter, because they are names."""
    label = "image_" if text.startswith("image_") else ""
    return label + sentence(text.removeprefix("image_"), language)
