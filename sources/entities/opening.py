"""Several worlds as one: ``zim:PATH + wikidata-dump:PATH``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Protocol, runtime_checkable

from catalogs.records import Language
from sources.entities.links import LinkedEncyclopedia, build_links
from sources.entities.merged import MergedEncyclopedia
from sources.entities.searching import MergedText, merged_images
from sources.errors import SourceError
from sources.interface import Encyclopedia, World


class NoLinksError(SourceError):
    """A source was asked for its links and has none."""


SEPARATOR = " + "
"""Between sources on the command line; a path rarely holds a plus sign between blanks."""


@runtime_checkable
class Linkable(Protocol):
    """A source that knows titles in any Wikipedia, and surveys those that it is asked for."""

    def linked_to(self, languages: Sequence[Language]) -> Encyclopedia: ...


def specs_of(source: str | Sequence[str]) -> list[str]:
    """The sources of a profile's field: a list, or one text in which `SEPARATOR` stands between them."""
    texts = [source] if isinstance(source, str) else source
    return [spec.strip() for text in texts for spec in text.split(SEPARATOR)]


def linked(world: World, index_root: Path) -> World:
    """The world with its graph of links, built under `index_root` the first time; raises `NoLinksError`."""
    if not isinstance(world.encyclopedia, LinkedEncyclopedia):
        raise NoLinksError(
            f"{world.name} has no links between articles, which multi-hop prompts need: set multi_hop = 0, "
            "or name a source with links beside it (zim:PATH, dump:PATH)"
        )
    return dataclasses.replace(world, links=build_links(index_root, world.encyclopedia))


def merged(worlds: Sequence[World]) -> World:
    """One world; entities are described by `MergedEncyclopedia`."""
    return dataclasses.replace(
        worlds[0],
        name=SEPARATOR.join(world.name for world in worlds),
        encyclopedia=merged_encyclopedia([world.encyclopedia for world in worlds]),
        text_search=MergedText(tuple(world.text_search for world in worlds)),
        image_search=merged_images([world.image_search for world in worlds]),
    )


def merged_encyclopedia(encyclopedias: Sequence[Encyclopedia]) -> MergedEncyclopedia:
    """One encyclopedia; those that know titles in any Wikipedia are asked for the languages of all."""
    spoken = sorted(set(chain.from_iterable(one.languages for one in encyclopedias)))
    return MergedEncyclopedia(
        tuple(one.linked_to(spoken) if isinstance(one, Linkable) else one for one in encyclopedias)
    )
