"""Names as they stand in a sentence: the plural and genitive in -s, and the six cases of Russian.

Forms are made from the name, never guessed back from a text: what is found is a name with an ending of its
own declension, and ``Герман`` is no ``Германия``. Words are folded (`catalogs.leaks.text`), so that й is и
and ё is е. The plurals of Russian, and stems that change (``Чебурашек``), are not made.
"""

from __future__ import annotations

from collections.abc import Iterator

LEAST = 6
"""Letters of a name that is inflected: a short one becomes another word too easily (``new``, ``news``)."""

PLURAL_S = frozenset({"", "en", "fr", "es", "pt", "nl", "de"})
"""Languages whose names take an -s, as plural or genitive; empty is a list that tells no language."""

_SIBILANTS = "жшчщц"
_Cases = tuple[str, str, str, str, str]
_PARADIGMS: tuple[tuple[str, _Cases], ...] = (
    ("скии", ("ского", "скому", "ского", "ским", "ском")),
    ("ыи", ("ого", "ому", "ого", "ым", "ом")),
    ("ои", ("ого", "ому", "ого", "ым", "ом")),
    ("ая", ("ои", "ои", "ую", "ои", "ои")),
    ("яя", ("еи", "еи", "юю", "еи", "еи")),
    ("ое", ("ого", "ому", "ое", "ым", "ом")),
    ("ее", ("его", "ему", "ее", "им", "ем")),
    ("ия", ("ии", "ии", "ию", "иеи", "ии")),
    ("ие", ("ия", "ию", "ие", "ием", "ии")),
    ("ии", ("ия", "ию", "ия", "ием", "ии")),
    ("аи", ("ая", "аю", "ая", "аем", "ае")),
    ("еи", ("ея", "ею", "ея", "еем", "ее")),
    ("га", ("ги", "ге", "гу", "гои", "ге")),
    ("ка", ("ки", "ке", "ку", "кои", "ке")),
    ("ха", ("хи", "хе", "ху", "хои", "хе")),
    *((f"{s}а", (f"{s}и", f"{s}е", f"{s}у", f"{s}еи", f"{s}е")) for s in _SIBILANTS),
    *((f"{s}е", (f"{s}а", f"{s}у", f"{s}е", f"{s}ем", f"{s}е")) for s in _SIBILANTS),
    *((s, (f"{s}а", f"{s}у", f"{s}а", f"{s}ем", f"{s}е")) for s in _SIBILANTS),
    ("а", ("ы", "е", "у", "ои", "е")),
    ("я", ("и", "е", "ю", "еи", "е")),
    ("о", ("а", "у", "о", "ом", "е")),
    ("е", ("я", "ю", "е", "ем", "е")),
    *((c, (f"{c}а", f"{c}у", f"{c}а", f"{c}ом", f"{c}е")) for c in "бвгдзклмнпрстфх"),
)
"""Nominative -> genitive, dative, accusative, instrumental, prepositional; the first ending that fits."""
_AMBIGUOUS: tuple[tuple[str, tuple[_Cases, _Cases]], ...] = (
    ("ь", (("я", "ю", "я", "ем", "е"), ("и", "и", "ь", "ью", "и"))),
    ("ова", (("овы", "ове", "ову", "овои", "ове"), ("овои", "овои", "ову", "овои", "овои"))),
    ("ева", (("евы", "еве", "еву", "евои", "еве"), ("евои", "евои", "еву", "евои", "евои"))),
)
"""The same where nothing tells which of two: masculine or feminine, a noun or whose it is (``Эйфелева``)."""

Words = tuple[str, ...]


def inflected(name: Words, language: str) -> set[Words]:
    """Other forms of a name of `LEAST` letters and more; none of a shorter one."""
    if len("".join(name)) < LEAST:
        return set()
    forms = set(_russian(name)) if language in ("", "ru") else set()
    last = name[-1]
    if language in PLURAL_S and last.isascii() and last.isalpha() and len(last) > 2 and last[-1] not in "sxz":
        forms.add((*name[:-1], f"{last}s"))
    return forms - {name}


def _russian(name: Words) -> Iterator[Words]:
    """All words in a case (``Эйфелевой башне``), the first alone (``башне Эйфеля``), the last alone
    (``Винни-Пуху``)."""
    cases = [_cases(word) for word in name]
    for number in range(5):
        forms = [case[number] if case else (word,) for word, case in zip(name, cases, strict=True)]
        for first in forms[0]:
            yield (first, *name[1:])
        for last in forms[-1]:
            yield (*name[:-1], last)
        for variant in range(max(len(form) for form in forms)):
            yield tuple(form[min(variant, len(form) - 1)] for form in forms)


def _cases(word: str) -> list[tuple[str, ...]]:
    """The forms of a word in each of the five cases; none of what is no declinable Cyrillic word."""
    if not all("а" <= letter <= "я" for letter in word) or len(word) < 3:
        return []
    for ending, either in _AMBIGUOUS:
        if word.endswith(ending):
            return [
                tuple(word.removesuffix(ending) + cases[number] for cases in either) for number in range(5)
            ]
    for ending, cases in _PARADIGMS:
        if word.endswith(ending):
            return [(word.removesuffix(ending) + case,) for case in cases]
    return []
