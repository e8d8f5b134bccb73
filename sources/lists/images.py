"""Pictures of a list for ``search_image``: found by caption, by name of the entity and by file name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalogs.records import Language
from sources.lists.encyclopedia import ListEncyclopedia, picture_origin
from sources.lists.folder import pictures
from sources.search.pictures import Pictured
from workers.tools import FetchError, ImageHit


@dataclass(frozen=True)
class ListPictures:
    """A `PictureSource` over the pictures of a list."""

    source: ListEncyclopedia

    @property
    def name(self) -> str:
        return "list"

    @property
    def revision(self) -> str:
        return self.source.revision

    @property
    def language(self) -> Language:
        return "en"

    def pictures(self) -> Iterator[Pictured]:
        titles = {ref.locator: ref.title for ref in self.source.survey()}
        for one in pictures(self.source.pictures):
            title = titles.get(one.key) or titles.get(one.key.split("/")[0], one.path.stem)
            origin = picture_origin(self.source.pictures, one)
            hit = ImageHit(
                rank=0, title=title, image_url=origin.url, page_url="", caption=one.caption, origin=origin
            )
            yield Pictured(hit, {"caption": one.caption, "article": title, "file": one.path.stem})

    def fetch(self, image_url: str) -> bytes:
        """The bytes at a ``list:`` address; raises `FetchError` (``not-found``)."""
        for one in pictures(self.source.pictures):
            if f"list:{one.key}{one.path.suffix}" == image_url:
                return one.path.read_bytes()
        raise FetchError("not-found", image_url)
