"""The first stage: an entity with its articles and its ground-truth pictures."""

from __future__ import annotations

from dataclasses import dataclass

from catalogs.categories import UNCATEGORISED
from catalogs.records import Picture
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Row, Stage
from sources.interface import Choosy, Encyclopedia, Unusable
from workers.pictures import picture_of

READABLE = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"})
"""Media types that count as a picture; what else an archive holds (SVG, HTML, sounds) is passed over."""


@dataclass(frozen=True)
class Harvest(Stage):
    """Keeps entities that have a category, text and at least one picture of sufficient size.

    `least_side` is the least shorter side of a ground-truth picture in pixels. The image-text models see
    224 px and more, so that a picture below 100 px would be enlarged more than twice before it is compared.
    (Lead pictures of a 2015 Kiwix archive have shorter sides of 165..250 px.)
    """

    name, version = "harvest", "2"
    reads, writes = ("ref",), ("entity", "ground_truth")

    encyclopedia: Encyclopedia
    least_side: int = 100

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        ref = row["ref"]
        if ref.domain == UNCATEGORISED:
            # Lists and the like fit no category either, and what they are says more.
            refusal = self.encyclopedia.refusal(ref) if isinstance(self.encyclopedia, Choosy) else None
            if refusal is not None:
                return Rejected(refusal.reason, refusal.detail)
            return Rejected("no-category", f"no category fits {ref.title!r}")
        try:
            found = self.encyclopedia.harvest(ref)
        except Unusable as problem:
            return Rejected(problem.reason, problem.detail)
        if not any(article.text.strip() for article in found.entity.articles):
            return Rejected("no-text", f"the article {ref.title!r} has no text")
        pictures = [(p.data, picture_of(p.data, p.origin, p.caption)) for p in found.pictures]
        readable = [(data, picture) for data, picture in pictures if picture.media_type in READABLE]
        if not readable:
            return Rejected("no-picture", f"{ref.title!r} has no readable picture")
        large = [(data, picture) for data, picture in readable if _shorter_side(picture) >= self.least_side]
        if not large:
            largest = max(_shorter_side(picture) for _, picture in readable)
            return Rejected("picture-too-small", f"shorter side {largest} px, least {self.least_side} px")
        for data, _ in large:
            blobs.put(data)
        return Kept({"entity": found.entity, "ground_truth": [picture for _, picture in large]})


def _shorter_side(picture: Picture) -> int:
    return min(picture.width, picture.height)
