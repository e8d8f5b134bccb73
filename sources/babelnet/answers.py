"""What BabelNet's HTTP API answers (version 9, as its guide shows it), as far as it is read here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from catalogs.records import Language


class SynsetId(msgspec.Struct):
    """One answer of getSynsetIds."""

    id: str
    pos: str = "NOUN"


class _Properties(msgspec.Struct):
    fullLemma: str = ""  # noqa: N815 - BabelNet's names
    simpleLemma: str = ""  # noqa: N815
    language: str = ""
    source: str = ""
    senseKey: str = ""  # noqa: N815
    synsetID: SynsetId | None = None  # noqa: N815


class Sense(msgspec.Struct):
    """A lexicalisation of a synset."""

    properties: _Properties

    @property
    def language(self) -> Language:
        return self.properties.language.lower()

    @property
    def title(self) -> str:
        """As its source writes it: ``Mercury (planet)``."""
        return self.properties.fullLemma.replace("_", " ")

    @property
    def noun(self) -> str:
        """Without what tells it from others of its name: ``Mercury``."""
        return self.properties.simpleLemma.replace("_", " ") or self.title


class Gloss(msgspec.Struct):
    """A definition of a synset."""

    gloss: str
    language: str
    source: str = ""


class Image(msgspec.Struct):
    """A picture of a synset."""

    url: str
    name: str = ""
    urlSource: str = ""  # noqa: N815
    badImage: bool = False  # noqa: N815


class Synset(msgspec.Struct):
    """One answer of getSynset."""

    senses: list[Sense] = []
    glosses: list[Gloss] = []
    images: list[Image] = []
    domains: dict[str, float] = {}

    def page(self, language: Language) -> str:
        """Title of the article that is about it in the Wikipedia of a language; empty for none.

        Redirects to the article have a source of their own (WIKIRED)."""
        return min((one.title for one in self._of("WIKI") if one.language == language), default="")

    @property
    def item(self) -> str:
        """Wikidata item, ``Q...``; empty for none. All lexicalisations from Wikidata name the same."""
        return min((one.properties.senseKey for one in self._of("WIKIDATA")), default="")

    def identifiers(self, synset_id: str) -> dict[str, str]:
        """What others call it, for merging: as in `EntityRef.identifiers`."""
        wikis = {f"{one.language}wiki": self.page(one.language) for one in self._of("WIKI")}
        known = {"babelnet": synset_id, "wikidata": self.item, **wikis}
        return {name: value for name, value in sorted(known.items()) if value}

    def _of(self, source: str) -> list[Sense]:
        return [one for one in self.senses if one.properties.source == source]


def joined(parts: Sequence[Synset]) -> Synset:
    """One synset from answers in several languages, each sense, gloss and picture once."""
    senses = {(one.language, one.properties.source, one.title): one for part in parts for one in part.senses}
    glosses = {(one.language, one.gloss): one for part in parts for one in part.glosses}
    images = {one.url: one for part in parts for one in part.images}
    return Synset(
        senses=list(senses.values()),
        glosses=list(glosses.values()),
        images=list(images.values()),
        domains=parts[0].domains,
    )


class _Pointer(msgspec.Struct):
    name: str = ""
    shortName: str = ""  # noqa: N815
    relationGroup: str = ""  # noqa: N815


class Edge(msgspec.Struct):
    """A relation to another synset."""

    target: str
    language: str = ""
    pointer: _Pointer = msgspec.field(default_factory=_Pointer)

    @property
    def is_kind(self) -> bool:
        """Whether the target is a noun that is a kind or an instance of where the edge leaves."""
        return self.pointer.relationGroup == "HYPONYM" and self.target.endswith("n")
