"""Further pictures of an entity, for benchmarks, which need two of each.

The harvest takes the lead picture alone: what else an article shows may be a reissue's cover or a statue. So
these come after it, only such whose caption or file name names the entity, and no training is made from them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sources.interface import GroundTruth
from sources.zim.archive import open_archive
from sources.zim.encyclopedia import names_entity, page_at
from sources.zim.facts import facts_of


def further_pictures(path: str, titles: Collection[str]) -> Iterator[tuple[str, list[GroundTruth]]]:
    """Title of an article and the pictures in it that name its entity, in their order, each once.

    One pass over the titles of the archive, in its order; titles that it does not hold are passed over.
    """
    archive = open_archive(path)
    for article in archive.articles():
        if article.title not in titles:
            continue
        found: dict[str, GroundTruth] = {}
        for image in page_at(path, article.path).images:
            member = archive.resolve(article.path, image.source)
            if member and member not in found and names_entity(article.title, image):
                origin = facts_of(path).picture_origin(member)
                found[member] = GroundTruth(archive.read(member), origin, image.caption)
        yield article.title, list(found.values())
