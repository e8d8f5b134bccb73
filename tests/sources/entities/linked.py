"""A small encyclopedia whose articles link to one another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalogs.digests import digest, entity_id
from catalogs.records import Entity, EntityRef, Name, Origin, Passage
from sources.interface import Harvested


@dataclass(frozen=True)
class Web:
    """Title -> text, in which ``[[Title]]`` is a link."""

    articles: tuple[tuple[str, str], ...]
    name: str = "web"
    languages: tuple[str, ...] = ("en",)

    @property
    def revision(self) -> str:
        return digest(repr(self.articles))[:12]

    def survey(self) -> Iterator[EntityRef]:
        for title, _ in self.articles:
            canonical = entity_id(f"wikipedia:en:{title}")
            yield EntityRef(entity_id=canonical, domain="food", title=title, locator=title)

    def harvest(self, ref: EntityRef) -> Harvested:
        return Harvested(entity(ref.title), ())

    def documents(self, language: str) -> Iterator[Passage]:
        for ref in self.survey():
            yield from self.article(ref)

    def links(self, ref: EntityRef) -> Iterator[str]:
        for title in re.findall(r"\[\[(.*?)\]\]", dict(self.articles)[ref.locator]):
            yield entity_id(f"wikipedia:en:{title}")

    def article(self, ref: EntityRef) -> list[Passage]:
        text = re.sub(r"\[\[|\]\]", "", dict(self.articles)[ref.locator])
        return [Passage(title=ref.title, language="en", text=text, origin=Origin(url=f"web:{ref.title}"))]


def entity(title: str, *aliases: str) -> Entity:
    return Entity(
        entity_id=entity_id(f"wikipedia:en:{title}"),
        title=title,
        domain="food",
        category_rule="test",
        names=[Name(language="en", title=title, noun=title, aliases=list(aliases))],
        articles=[],
    )


CHAIN = Web(
    (
        ("Tokyo", "Many visitors come to Tokyo for a bowl of [[Donburi]] at noon."),
        ("Donburi", "Donburi is a bowl of rice, and its best known kind is [[Katsudon]] with egg."),
        ("Katsudon", "A bowl with pork. It goes back to [[Waseda]] and its students of old."),
        ("Waseda", "Waseda is a part of [[Tokyo]] known for its university."),
        ("Hub", "Everything that exists links to Hub, and Hub tells of [[Katsudon]] as well."),
    )
)
