"""Letters of one script in words of another, put back: an ``Eiffel`` with a Cyrillic ``е`` is one in Latin.

The pairs are those of Cyrillic and Greek with Latin letters that Unicode holds for confusable (UTS 39,
confusables.txt), small and capital, without such as need a second look. A capital is given as the letter that
it looks like, whatever its own small form looks like: ``В`` is a B, ``Ν`` an N, ``ν`` a v.
"""

from __future__ import annotations

import re
import unicodedata

_CYRILLIC = dict(
    zip("аеорсухіјѕԛԝһԁӏѵүАВЕКМНОРСТУХІЈЅԚԜҮ", "aeopcyxijsqwhdlvyABEKMHOPCTYXIJSQWY", strict=True)
)
_GREEK = dict(zip("ανορικυγχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "avopikuyxABEZHIKMNOPTYX", strict=True))
_LATIN = _CYRILLIC | _GREEK

SMALL_CAPITALS = str.maketrans(
    dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡ", "abcdefghijklmnoprstuvwyzag", strict=True))
)
"""Letters of Latin that are drawn as others of it, and have no such decomposition in Unicode."""

_OTHER = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_WORD = re.compile("(?:[^\\W\\d_]|[\u0300-\u036f])+")


def unmixed(text: str) -> str:
    """Every word that mixes scripts in one of them: Latin where all its other letters look Latin, else the
    other where all its Latin letters look so. Words of one script stay as they are."""
    return _WORD.sub(lambda word: _unmixed(word[0]), text) if _OTHER.search(text) else text


def as_latin(text: str) -> str:
    """The words that look Latin from end to end in Latin letters; empty where there is none."""
    changed = _WORD.sub(lambda word: _looked_at(word[0]), text) if _OTHER.search(text) else text
    return "" if changed == text else changed


def _unmixed(word: str) -> str:
    other = {letter for letter in word if _OTHER.match(letter)}
    latin = {letter for letter in word if unicodedata.name(letter, "").startswith("LATIN")}
    if not other or not latin:
        return word
    if other <= _LATIN.keys():
        return "".join(_LATIN.get(letter, letter) for letter in word)
    table = _CYRILLIC if any(letter >= "\u0400" for letter in other) else _GREEK
    back = {looked: letter for letter, looked in reversed(table.items())}
    return "".join(back.get(letter, letter) for letter in word) if latin <= back.keys() else word


def _looked_at(word: str) -> str:
    looked = [_LATIN.get(letter, letter) for letter in word]
    return word if any(_OTHER.match(letter) for letter in looked) else "".join(looked)
