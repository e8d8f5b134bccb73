"""What a panel is told and asked. One text a file, with a digest that stands beside every score."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

import msgspec

from catalogs.digests import digest_of
from catalogs.trajectory import neutralise
from workers.judging.fields import Field

FOLDER = Path(__file__).parent / "instructions"
_PARTED = "\n---\n"
"""Stands between what a judge is told once and what it is asked about one picture."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question about pictures. Equal questions are asked once, for whichever records."""

    text: str
    pictures: tuple[str, ...]
    """SHA-256 of blobs, in the order in which they are shown."""


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """What a judge is told. All of it is in the fingerprint of the stage that asks: a changed word is judged
    anew."""

    task: str
    system: str
    text: str
    """Names behind a dollar sign are filled in."""
    fields: tuple[Field, ...]
    """Of the answer."""

    @property
    def digest(self) -> str:
        """16 hex digits."""
        return digest_of(self)[:16]

    def question(self, *pictures: str, **values: str | int) -> Question:
        """The text with its blanks filled, neutralised: evidence is data. KeyError for a blank left over."""
        filled = {name: neutralise(str(value)) for name, value in values.items()}
        return Question(text=Template(self.text).substitute(filled), pictures=pictures)


@cache
def instruction(name: str, fields: tuple[Field, ...]) -> Instruction:
    """The instruction in ``instructions/<name>.md``."""
    system, text = (FOLDER / f"{name}.md").read_text(encoding="utf-8").split(_PARTED)
    return Instruction(task=f"judge-{name}", system=system.strip(), text=text.strip(), fields=fields)
