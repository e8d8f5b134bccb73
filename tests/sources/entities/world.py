"""Sources that know the same things by different names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalogs.digests import entity_id
from catalogs.records import Entity, EntityRef, Name, Origin, Passage, Redirects
from sources.interface import GroundTruth, Harvested, Unusable
from tests.sources.fakes import png


@dataclass(frozen=True)
class Thing:
    """What a source says of one entity; its id is made from `canonical`."""

    canonical: str
    title: str
    domain: str = "food"
    identifiers: tuple[tuple[str, str], ...] = ()
    language: str = "en"
    text: str = ""
    aliases: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()
    country: str = ""
    sitelinks: int | None = None
    picture: int = 0
    """Shorter side in pixels; 0 for none."""
    refuses: str = ""


@dataclass(frozen=True)
class Shelf:
    """An encyclopedia of `things`."""

    name: str
    things: tuple[Thing, ...]
    languages: tuple[str, ...] = ("en",)
    revision: str = "1"

    def survey(self) -> Iterator[EntityRef]:
        for thing in self.things:
            yield EntityRef(
                entity_id=entity_id(thing.canonical),
                domain=thing.domain,
                title=thing.title,
                locator=thing.canonical,
                identifiers=dict(thing.identifiers),
                country=thing.country,
                sitelinks=thing.sitelinks,
            )

    def harvest(self, ref: EntityRef) -> Harvested:
        thing = next(one for one in self.things if one.canonical == ref.locator)
        if thing.refuses:
            raise Unusable(thing.refuses)
        origin = Origin(url=f"{self.name}:{thing.title}")
        passage = Passage(title=thing.title, language=thing.language, text=thing.text, origin=origin)
        name = Name(language=thing.language, title=thing.title, noun=thing.title, aliases=list(thing.aliases))
        led = [Redirects(language=thing.language, titles=list(thing.redirects))] if thing.redirects else []
        entity = Entity(
            entity_id=ref.entity_id,
            title=thing.title,
            domain=thing.domain,
            category_rule=f"{self.name}:rule",
            names=[name],
            articles=[passage] if thing.text else [],
            redirects=led,
        )
        pictures = (GroundTruth(png(200, thing.picture), origin),) if thing.picture else ()
        return Harvested(entity, pictures)

    def documents(self, language: str) -> Iterator[Passage]:
        for ref in self.survey():
            yield from (one for one in self.harvest(ref).entity.articles if one.language == language)
