"""The vocabulary of scenes that the embedded teacher, compositor and scene checks share.

Each word is a key with its wording in every language of `workers.languages` and, for places and lights, the
colours that the compositor paints and the scene check expects. Colours are sRGB 0..255, chosen to lie far
apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalogs.records import Prompt
from workers.languages import grammar, in_all

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Place:
    """`words`: language -> phrase with its preposition. `ground` fills the lower part of the picture."""

    ground: Colour
    words: dict[str, str]


@dataclass(frozen=True)
class Light:
    """`sky` fills the upper part of the picture; `gain` scales everything (1.0 is daylight)."""

    sky: Colour
    gain: float
    words: dict[str, str]


PLACES: dict[str, Place] = {
    "beach": Place((236, 212, 150), in_all("places", "beach")),
    "meadow": Place((104, 176, 82), in_all("places", "meadow")),
    "snow": Place((240, 244, 250), in_all("places", "snow")),
    "street": Place((128, 128, 132), in_all("places", "street")),
    "sea": Place((46, 110, 178), in_all("places", "sea")),
    "table": Place((150, 98, 58), in_all("places", "table")),
    "desert": Place((214, 138, 74), in_all("places", "desert")),
}

LIGHTS: dict[str, Light] = {
    "noon": Light((150, 204, 244), 1.0, in_all("lights", "noon")),
    "dusk": Light((238, 150, 96), 0.85, in_all("lights", "dusk")),
    "night": Light((22, 26, 64), 0.55, in_all("lights", "night")),
    "fog": Light((206, 210, 212), 0.95, in_all("lights", "fog")),
}

NUMBERS: dict[int, dict[str, str]] = {number: in_all("numbers", str(number)) for number in (2, 3, 4)}


def counted(number: int, plural: str, language: str) -> str:
    """Several subjects in words: ``three tigers``. Languages whose nouns change after a number say it so
    that they need not."""
    pattern: str = grammar(language, "counted", "{number} {plural}")
    return pattern.format(number=NUMBERS[number][language], plural=plural)


def place_and_light(prompt: Prompt) -> tuple[str, str]:
    """Place and light in the words of a prompt: those of the tables, or in a language that these do not have
    those that the writer of the prompt chose."""
    place, light = PLACES[prompt.scene.place].words, LIGHTS[prompt.scene.light].words
    return (
        prompt.wording.get("place") or place[prompt.language],
        prompt.wording.get("light") or light[prompt.language],
    )
