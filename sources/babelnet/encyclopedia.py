"""The noun synsets of a list of words as an encyclopedia: ``babelnet:words.txt``, one word a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalogs.digests import digest, entity_id
from catalogs.records import Entity, EntityRef, Language, Name, Origin, Passage
from sources.babelnet.answers import Synset
from sources.babelnet.api import LICENCE, BabelNet
from sources.babelnet.categories import DOMAINS, category_of
from sources.fetching.failures import AddressError
from sources.interface import GroundTruth, Harvested, Unusable

CODE_VERSION = "2"
"""Raised whenever equal answers give other entities, texts or pictures."""

_PICTURES = 2

_TRANSLATED = frozenset({"WIKITR", "WNTR"})
"""Sources of lexicalisations that a machine translated: of rare things, seldom a name that anybody uses."""


@dataclass(frozen=True)
class BabelNetEncyclopedia:
    """Synsets of `words` with lexicalisations, glosses and pictures, within the quota.

    A request a word, a request for each three languages of a synset, and where `kinds` is above 0 a request
    for the edges of each synset: kinds and instances of what the words mean are taken in down to that depth.
    With `named_by` no request is spent on synsets that none of these sources names.
    """

    babelnet: BabelNet
    words: tuple[str, ...]
    languages: tuple[Language, ...] = ("en",)
    """The first is the language of `words`."""
    kinds: int = 0
    named_by: tuple[str, ...] = ()
    """Sources, as BabelNet calls them (``WIKI``, ``WIKIDATA``, ``WN``), of which one has to have the word as
    a name of the synset; empty takes what a word may mean from any. Kinds are taken whoever names them."""

    @property
    def name(self) -> str:
        return "babelnet"

    @property
    def revision(self) -> str:
        named_by = ("named-by", *self.named_by, "/") if self.named_by else ()
        asked = (*named_by, *self.languages, str(self.kinds), *self.words)
        return digest("/".join((CODE_VERSION, digest(DOMAINS.read_bytes()), *asked)))[:12]

    def survey(self) -> Iterator[EntityRef]:
        """Every synset once. Raises `QuotaSpentError` when the day's quota is used up; what was answered is
        kept, and the next day goes on from there."""
        for synset_id in self._listed():
            synset, _ = self._synset(synset_id)
            names = self._names(synset)
            yield EntityRef(
                entity_id=entity_id(canonical_name(synset_id, synset)),
                domain=category_of(synset.domains).domain,
                title=names[0].title if names else synset_id,
                locator=synset_id,
                identifiers=synset.identifiers(synset_id),
                languages=sorted({one.language.lower() for one in synset.glosses} & set(self.languages)),
            )

    def harvest(self, ref: EntityRef) -> Harvested:
        synset, when = self._synset(ref.locator)
        names = self._names(synset)
        if not names:
            asked = ", ".join(self.languages)
            raise Unusable("no-name", f"{ref.locator} has no name in any of {asked}")
        category = category_of(synset.domains)
        passages = (self._passage(ref.locator, synset, language, when) for language in self.languages)
        entity = Entity(
            entity_id=ref.entity_id,
            title=names[0].title,
            domain=category.domain,
            category_rule=category.rule,
            category_conflicts=list(category.conflicts),
            names=names,
            articles=[one for one in passages if one is not None],
            identifiers=synset.identifiers(ref.locator),
        )
        return Harvested(entity, self._pictures(synset, when))

    def documents(self, language: Language) -> Iterator[Passage]:
        if language in self.languages:
            for synset_id in self._listed():
                synset, when = self._synset(synset_id)
                passage = self._passage(synset_id, synset, language, when)
                if passage is not None:
                    yield passage

    def _listed(self) -> Iterator[str]:
        """Synsets of the words in their order, then their kinds, ring by ring."""
        ring = dict.fromkeys(found for word in self.words for found in self._meant_by(word))
        known = dict(ring)
        yield from ring
        for _ in range(self.kinds):
            targets = (edge.target for one in ring for edge in self.babelnet.edges(one) if edge.is_kind)
            ring = {one: None for one in targets if one not in known}
            known |= ring
            yield from ring

    def _meant_by(self, word: str) -> list[str]:
        """Synsets of a word. Its senses cost what the bare ids cost, and say by whom it is called so."""
        if not self.named_by:
            return [one.id for one in self.babelnet.synset_ids(word, self.languages[0])]
        senses = (one.properties for one in self.babelnet.senses(word, self.languages[0]))
        return [one.synsetID.id for one in senses if one.synsetID and one.source in self.named_by]

    def _synset(self, synset_id: str) -> tuple[Synset, str]:
        """English is always asked for: by the title of its English article a synset is known elsewhere."""
        return self.babelnet.synset(synset_id, tuple(dict.fromkeys(("en", *self.languages))))

    def _names(self, synset: Synset) -> list[Name]:
        """In every language in which it has one; Wikipedia's title comes first."""
        names = []
        for language in self.languages:
            own = [
                one
                for one in synset.senses
                if one.language == language and one.properties.source not in _TRANSLATED
            ]
            own.sort(key=lambda one: one.properties.source != "WIKI")
            if own:
                title, noun = own[0].title, own[0].noun
                aliases = sorted({one.noun for one in own} - {title, noun})
                names.append(Name(language=language, title=title, noun=noun, aliases=aliases))
        return names

    def _passage(self, synset_id: str, synset: Synset, language: Language, when: str) -> Passage | None:
        """All its glosses in a language."""
        own = [one for one in synset.glosses if one.language.lower() == language]
        names = [one for one in self._names(synset) if one.language == language]
        if not own or not names:
            return None
        sources = sorted({one.source for one in own if one.source})
        origin = Origin(
            url=f"https://babelnet.org/synset?id={synset_id}",
            licence=LICENCE,
            author=", ".join(("BabelNet", *sources)),
            fetched=when,
        )
        text = " ".join(one.gloss if one.gloss.endswith((".", "。")) else f"{one.gloss}." for one in own)
        return Passage(title=names[0].title, language=language, text=text, origin=origin)

    def _pictures(self, synset: Synset, when: str) -> tuple[GroundTruth, ...]:
        """The first that can be had; what BabelNet says of their licences is where they come from."""
        found: list[GroundTruth] = []
        for image in synset.images:
            if len(found) == _PICTURES:
                break
            if image.badImage:
                continue
            try:
                data, _ = self.babelnet.web.picture(image.url)
            except AddressError as error:
                if error.may_pass:
                    raise
                continue
            by = ", ".join(part for part in ("BabelNet", image.urlSource) if part)
            origin = Origin(url=image.url, licence=LICENCE, author=by, fetched=when)
            found.append(GroundTruth(data, origin, image.name.replace("_", " ")))
        return tuple(found)


def canonical_name(synset_id: str, synset: Synset) -> str:
    """A synset that names a page of the English Wikipedia, or a Wikidata item, is that entity."""
    if title := synset.page("en"):
        return f"wikipedia:en:{title}"
    return f"wikidata:{synset.item}" if synset.item else f"babelnet:{synset_id}"
