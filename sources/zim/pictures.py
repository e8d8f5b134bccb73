"""``search_image`` over an archive: pictures found by caption, file name, article, and linked articles."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import msgspec

from catalogs.digests import digest, encode
from catalogs.records import Language
from sources import bm25
from sources.index_folder import built_once
from sources.zim.archive import Article, open_archive
from sources.zim.encyclopedia import ZimEncyclopedia, page_at
from sources.zim.facts import facts_of
from sources.zim.page import PageImage
from workers.meter import count_call
from workers.tools import FetchError, ImageHit

_WEIGHTS = {"caption": 2.0, "file": 1.0, "article": 2.0, "linked": 0.3}
"""Weight of each field: what is said of the picture itself, then the article that shows it. Articles that
this one links to come last, so that their entities find its pictures after their own."""
_SCHEME = "zim:"


@dataclass(frozen=True)
class ZimPictures:
    """An `ImageSearch` over the archive at `path`, indexed at `folder`. Made by `build_picture_index`."""

    path: str
    folder: str

    @property
    def name(self) -> str:
        return "zim-pictures"

    @property
    def revision(self) -> str:
        return _revision(self.path)

    def search(
        self,
        query: str,
        language: Language,
        num: int,
        exclude: frozenset[str],
    ) -> list[ImageHit]:
        """The `num` best pictures not in `exclude`; equal scores in order of address.

        `language` changes nothing: an archive has one language, and its words are what a picture is found by.
        """
        count_call()
        own = facts_of(self.path).language
        found = bm25.search_index(Path(self.folder), own, _WEIGHTS, query, num + len(exclude))
        hits = [(score, msgspec.json.decode(stored, type=ImageHit)) for score, stored in found]
        hits.sort(key=lambda pair: (-pair[0], pair[1].image_url))
        fresh = [hit for _, hit in hits if hit.image_url not in exclude][:num]
        return [msgspec.structs.replace(hit, rank=rank) for rank, hit in enumerate(fresh, start=1)]

    def fetch(self, image_url: str) -> bytes:
        """The bytes at a ``zim:`` address; raises `FetchError` (``not-found``)."""
        count_call()
        try:
            return open_archive(self.path).read(image_url.removeprefix(_SCHEME))
        except KeyError:
            raise FetchError("not-found", image_url) from None


def build_picture_index(root: Path, path: str) -> ZimPictures:
    """The picture index of an archive under `root`, built unless it is there. Takes 40 ms an article."""

    def build(folder: Path) -> None:
        bm25.write_index(folder, facts_of(path).language, _WEIGHTS, _documents(path))

    folder = built_once(root / f"pictures-{_revision(path)}", build)
    return ZimPictures(path=path, folder=str(folder))


def _documents(path: str) -> list[tuple[dict[str, str], bytes]]:
    """One document a picture, by path; a picture in several articles has the words of all of them."""
    archive, facts = open_archive(path), facts_of(path)
    titles = {article.path: article.title for article in archive.articles}
    shown: dict[str, list[tuple[Article, PageImage]]] = defaultdict(list)
    linked: dict[str, str] = {}
    for article in archive.articles:
        page = page_at(path, article.path)
        targets = (archive.resolve(article.path, link) for link in page.links)
        linked[article.path] = ". ".join(dict.fromkeys(titles[goal] for goal in targets if goal in titles))
        for image in page.images:
            if picture := archive.resolve(article.path, image.source):
                shown[picture].append((article, image))
    documents = []
    for picture, places in sorted(shown.items()):
        # The article that a picture leads is where it is at home.
        places.sort(key=lambda place: (not place[1].leading, place[0].path))
        articles = list(dict.fromkeys(article for article, _ in places))
        captions = list(dict.fromkeys(image.caption for _, image in places if image.caption))
        texts = {
            "caption": ". ".join(captions),
            "file": _words_of(picture),
            "article": ". ".join(article.title for article in articles),
            "linked": ". ".join(linked[article.path] for article in articles),
        }
        hit = ImageHit(
            rank=0,
            title=articles[0].title,
            image_url=f"{_SCHEME}{picture}",
            page_url=facts.page_url(articles[0]),
            caption=captions[0] if captions else "",
            origin=facts.picture_origin(picture),
        )
        documents.append((texts, encode(hit)))
    return documents


def _words_of(picture: str) -> str:
    """Words of a file name: ``RayCharles_YesIndeed_2.jpg`` -> ``Ray Charles Yes Indeed 2``."""
    stem = unquote(picture.rsplit("/", 1)[-1]).rsplit(".", 1)[0]
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+", stem))


def _revision(path: str) -> str:
    parts = (ZimEncyclopedia(path).revision, bm25.CODE_VERSION, str(sorted(_WEIGHTS.items())))
    return digest("/".join(parts))[:12]
