"""The seeded sample web: a picture search that behaves like a search engine, faults included."""

from __future__ import annotations

from dataclasses import dataclass

from catalogs.digests import digest
from catalogs.records import Language, Name
from sources.sample_world import drawings, look_alikes, packages, ranking, table
from sources.sample_world.render import render
from sources.sample_world.slots import Slot, address, by_address, page_address, slots_of
from workers.meter import count_call
from workers.tools import FetchError, ImageHit

CODE_VERSION = "1"
"""Raised whenever the same seed gives other pictures, addresses or ranks."""

_TITLES: dict[Language, tuple[str, ...]] = {
    "en": ("{title} - pictures", "{title} | Picture library", "{title}: a gallery", "All about {title}"),
    "fr": ("{title} - images", "{title} | Photothèque", "{title} : galerie", "Tout sur : {title}"),
    "es": ("{title} - imágenes", "{title} | Fototeca", "{title}: galería", "Todo sobre: {title}"),
}
_CAPTIONS: dict[Language, tuple[str, ...]] = {
    "en": ("{noun}", "View of {noun}", "Here you see {noun}"),
    "fr": ("{noun}", "Vue : {noun}", "On voit ici {noun}"),
    "es": ("{noun}", "Vista: {noun}", "Aquí se ve {noun}"),
}


@dataclass(frozen=True)
class SampleWeb:
    """An `ImageSearch`. Another seed is another web over the same entities."""

    seed: int

    @property
    def name(self) -> str:
        return "sample-web"

    @property
    def revision(self) -> str:
        parts = (CODE_VERSION, table.revision(), digest(look_alikes.PATH.read_bytes()), packages.revision())
        return f"{digest('/'.join(parts))[:12]}-seed{self.seed}"

    def search(self, query: str, language: Language, num: int, exclude: frozenset[str]) -> list[ImageHit]:
        """All pictures of the entity that fits best, then those of the next; at most `num` of them.

        The pages answer in the query's language where the entity has a name in it, else in English. A query
        that shares no word with any entity finds nothing.
        """
        count_call()
        hits: list[ImageHit] = []
        for hexcode in ranking.rank(query):
            for slot in slots_of(self.seed, hexcode):
                if len(hits) >= num:
                    return hits
                if address(slot) not in exclude:
                    hits.append(_hit(slot, language, len(hits) + 1))
        return hits

    def fetch(self, image_url: str) -> bytes:
        """The bytes behind an address of this web; raises `FetchError` (``not-found``)."""
        count_call()
        slot = by_address(self.seed).get(image_url)
        if slot is None:
            raise FetchError("not-found", image_url)
        return render(slot)


def _hit(slot: Slot, language: Language, rank: int) -> ImageHit:
    row = table.by_hexcode()[slot.named]
    name = row.name(language) or row.names[0]
    dice = slot.dice("words")
    title = dice.choice(_TITLES[name.language]).format(title=name.title)
    return ImageHit(
        rank=rank,
        title=title,
        image_url=address(slot),
        page_url=page_address(slot),
        caption=_sentence(dice.choice(_CAPTIONS[name.language]), name),
        # The address of the drawing in its package would tell what is shown: the origin is the web address.
        origin=drawings.origin(slot.shown, url=address(slot)),
    )


def _sentence(pattern: str, name: Name) -> str:
    text = pattern.format(noun=name.noun or name.title)
    return f"{text[:1].upper()}{text[1:]}."
