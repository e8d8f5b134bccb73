"""The vocabulary of scenes that the embedded teacher, compositor and scene checks share.

Each word is a key with its wording in every prompt language and, for places and lights, the colours that
the compositor paints and the scene check expects. Colours are sRGB 0..255, chosen to lie far apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalogs.records import Prompt

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
    "beach": Place(
        (236, 212, 150),
        {"en": "on a sandy beach", "fr": "sur une plage de sable", "es": "en una playa de arena"},
    ),
    "meadow": Place(
        (104, 176, 82), {"en": "in a green meadow", "fr": "dans une prairie verte", "es": "en un prado verde"}
    ),
    "snow": Place(
        (240, 244, 250),
        {"en": "in a snowy field", "fr": "dans un champ de neige", "es": "en un campo nevado"},
    ),
    "street": Place(
        (128, 128, 132),
        {"en": "on a paved street", "fr": "dans une rue pavée", "es": "en una calle empedrada"},
    ),
    "sea": Place(
        (46, 110, 178), {"en": "by the blue sea", "fr": "au bord de la mer bleue", "es": "junto al mar azul"}
    ),
    "table": Place(
        (150, 98, 58),
        {"en": "on a wooden table", "fr": "sur une table en bois", "es": "sobre una mesa de madera"},
    ),
    "desert": Place(
        (214, 138, 74), {"en": "in a red desert", "fr": "dans un désert rouge", "es": "en un desierto rojo"}
    ),
}

LIGHTS: dict[str, Light] = {
    "noon": Light((150, 204, 244), 1.0, {"en": "at noon", "fr": "à midi", "es": "al mediodía"}),
    "dusk": Light((238, 150, 96), 0.85, {"en": "at dusk", "fr": "au crépuscule", "es": "al atardecer"}),
    "night": Light((22, 26, 64), 0.55, {"en": "at night", "fr": "la nuit", "es": "por la noche"}),
    "fog": Light(
        (206, 210, 212),
        0.95,
        {"en": "in thick fog", "fr": "dans un épais brouillard", "es": "entre una niebla espesa"},
    ),
}

NUMBERS: dict[int, dict[str, str]] = {
    2: {"en": "two", "fr": "deux", "es": "dos"},
    3: {"en": "three", "fr": "trois", "es": "tres"},
    4: {"en": "four", "fr": "quatre", "es": "cuatro"},
}


def place_and_light(prompt: Prompt) -> tuple[str, str]:
    """Place and light in the words of a prompt: those of the tables, or in a language that these do not have
    those that the writer of the prompt chose."""
    place, light = PLACES[prompt.scene.place].words, LIGHTS[prompt.scene.light].words
    return (
        prompt.wording.get("place") or place[prompt.language],
        prompt.wording.get("light") or light[prompt.language],
    )
