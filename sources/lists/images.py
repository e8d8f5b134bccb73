"""``search_image`` over the pictures of a list: found by caption, by name of the entity and by file name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from catalogs.digests import digest, encode
from sources import bm25
from sources.index_folder import built_once
from sources.lists.encyclopedia import ListEncyclopedia, picture_origin
from sources.lists.folder import pictures
from workers.meter import count_call
from workers.tools import FetchError, ImageHit

_WEIGHTS = {"caption": 2.0, "name": 2.0}


@dataclass(frozen=True)
class ListImages:
    """An `ImageSearch` over the pictures of `source`, indexed at `folder`. Made by `build_list_images`."""

    source: ListEncyclopedia
    folder: str

    @property
    def name(self) -> str:
        return "list-pictures"

    @property
    def revision(self) -> str:
        return _revision(self.source)

    def search(self, query: str, language: str, num: int, exclude: frozenset[str]) -> list[ImageHit]:
        """The `num` best pictures not in `exclude`; equal scores in order of address."""
        count_call()
        found = bm25.search_index(Path(self.folder), "en", _WEIGHTS, query, num + len(exclude))
        hits = [(score, msgspec.json.decode(stored, type=ImageHit)) for score, stored in found]
        hits.sort(key=lambda pair: (-pair[0], pair[1].image_url))
        fresh = [hit for _, hit in hits if hit.image_url not in exclude][:num]
        return [msgspec.structs.replace(hit, rank=rank) for rank, hit in enumerate(fresh, start=1)]

    def fetch(self, image_url: str) -> bytes:
        """The bytes at a ``list:`` address; raises `FetchError` (``not-found``)."""
        count_call()
        for one in pictures(self.source.pictures):
            if f"list:{one.key}{one.path.suffix}" == image_url:
                return one.path.read_bytes()
        raise FetchError("not-found", image_url)


def build_list_images(root: Path, source: ListEncyclopedia) -> ListImages:
    """The picture index of a list under `root`, built unless it is there."""

    def build(folder: Path) -> None:
        titles = {ref.locator: ref.title for ref in source.survey()}
        documents = []
        for one in pictures(source.pictures):
            title = titles.get(one.key) or titles.get(one.key.split("/")[0], one.path.stem)
            origin = picture_origin(source.pictures, one)
            hit = ImageHit(
                rank=0, title=title, image_url=origin.url, page_url="", caption=one.caption, origin=origin
            )
            documents.append(({"caption": one.caption, "name": f"{title} {one.path.stem}"}, encode(hit)))
        bm25.write_index(folder, "en", _WEIGHTS, documents)

    return ListImages(source, str(built_once(root / f"list-{_revision(source)}", build)))


def _revision(source: ListEncyclopedia) -> str:
    return digest(f"{source.revision}/{bm25.CODE_VERSION}/{sorted(_WEIGHTS.items())}")[:12]
