"""Thirteen colour names: what the annotator writes, the compositor obeys and the proof measures.

The first colour of a key is what is painted when the key is asked for; the others are further shades that
bear the same name. Naming goes by the nearest shade in CIELAB (CIE 1976 L*a*b*, D65), where Euclidean
distance follows what people see. The thirteen are the eleven basic colour terms of Berlin and Kay (1969)
with light blue, a basic term in several languages, and beige, the usual word for fair skin, sand and dough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from workers.languages import found_as_words, grammar, languages, table

Colour = tuple[int, int, int]

COLOURS: dict[str, tuple[Colour, ...]] = {
    "black": ((20, 20, 22), (56, 56, 58)),
    "white": ((252, 252, 252), (238, 238, 238)),
    "grey": ((150, 150, 150), (205, 205, 205), (100, 100, 102)),
    "red": ((214, 44, 38), (234, 90, 71), (150, 20, 24)),
    "orange": ((238, 134, 30), (226, 112, 34), (250, 170, 60)),
    "yellow": ((250, 226, 44), (241, 190, 40), (250, 240, 140)),
    "green": ((92, 158, 49), (177, 204, 51), (30, 100, 50), (140, 210, 150)),
    "blue": ((30, 84, 168), (60, 130, 215), (20, 40, 110)),
    "light-blue": ((146, 211, 245), (97, 178, 228), (170, 230, 235)),
    "purple": ((137, 103, 170), (179, 153, 200), (90, 30, 120)),
    "pink": ((255, 140, 180), (230, 122, 148), (255, 190, 210)),
    "brown": ((120, 76, 44), (165, 121, 57), (70, 44, 28)),
    "beige": ((250, 220, 188), (225, 198, 160)),
}
"""Key -> sRGB shades, 0..255. Shades lie where flat-coloured drawings and common paints lie."""

LANGUAGES = languages()


@cache
def words(key: str, language: str) -> tuple[str, ...]:
    """Every form of a colour word, the one to write first. KeyError for an unknown key or language.

    ``~`` in a language's file stands for each of its endings of adjectives.
    """
    endings = str(grammar(language, "colour_endings", "")).split("|")
    forms = str(table(language)["colours"][key]).split("|")
    return tuple(
        dict.fromkeys(
            form.replace("~", ending) for form in forms for ending in (endings if "~" in form else [""])
        )
    )


def find(text: str, language: str) -> list[str]:
    """Keys of the colours that a text names, in the order of their first mention, each once.

    A language without vocabulary is read as English.
    """
    pattern, keys = _reader(language if language in LANGUAGES else "en")
    plain = unicodedata.normalize("NFC", text).casefold()
    return list(dict.fromkeys(keys[match[1]] for match in pattern.finditer(plain)))


@cache
def _reader(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern over all forms, longest first, so that "light blue" is not read as "blue"."""
    keys = {form: key for key in COLOURS for form in words(key, language)}
    forms = sorted(keys, key=lambda form: (-len(form), form))
    return re.compile(found_as_words("|".join(map(re.escape, forms)), language)), keys


KEYS = tuple(COLOURS)
"""Keys in the order in which `names_of` and `shares` count them."""

_SHADES = np.array([shade for shades in COLOURS.values() for shade in shades], dtype=np.uint8)
_OWNERS = np.array([index for index, shades in enumerate(COLOURS.values()) for _ in shades])


def nearest(rgb: Iterable[int]) -> str:
    """The key whose shade lies nearest to an sRGB colour, 0..255."""
    return KEYS[int(names_of(np.array([list(rgb)], dtype=np.uint8))[0])]


def names_of(pixels: Any) -> Any:
    """Index into `KEYS` of each pixel: uint8 [n, 3] -> int64 [n]."""
    shades = _shades_in_lab()
    # |p - s|² without |p|², which is the same for every shade
    distance = (shades**2).sum(axis=1) - 2.0 * to_lab(pixels) @ shades.T
    return _OWNERS[distance.argmin(axis=1)]


def shares(pixels: Any) -> Any:
    """How much of some pixels bears each name: uint8 [n, 3] -> float64 [len(KEYS)], sums to 1 (0 for
    none)."""
    if not len(pixels):
        return np.zeros(len(KEYS))
    return np.bincount(names_of(pixels), minlength=len(KEYS)) / len(pixels)


@cache
def _shades_in_lab() -> Any:
    return to_lab(_SHADES)


def to_lab(pixels: Any) -> Any:
    """CIELAB under D65: uint8 sRGB [n, 3] -> float64 [n, 3] (IEC 61966-2-1, CIE 15:2004)."""
    linear = _LINEAR[np.asarray(pixels, dtype=np.uint8)]
    xyz = linear @ _XYZ_OF_RGB.T / _WHITE_D65
    cubed = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = cubed[:, 0], cubed[:, 1], cubed[:, 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


_STEPS = np.arange(256) / 255.0
_LINEAR = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4)
_XYZ_OF_RGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE_D65 = np.array([0.9505, 1.0, 1.089])
