"""Pictures of an archive for ``search_image``: found by caption, file name, article, and linked articles."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from catalogs.records import Language
from sources.search.pictures import Pictured
from sources.search.words import split
from sources.zim.archive import Article, open_archive
from sources.zim.encyclopedia import ZimEncyclopedia, page_at
from sources.zim.facts import facts_of
from sources.zim.page import PageImage
from sources.zim.spread import spread
from workers.tools import FetchError, ImageHit

_SCHEME = "zim:"
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\dA-Z]+|\d+")


@dataclass(frozen=True)
class ZimPictures:
    """A `PictureSource` over the archive at `path`."""

    path: str

    @property
    def name(self) -> str:
        return "zim"

    @property
    def revision(self) -> str:
        return ZimEncyclopedia(self.path).revision

    @property
    def language(self) -> Language:
        return facts_of(self.path).language

    def pictures(self) -> Iterator[Pictured]:
        """By path; a picture in several articles has the words of all of them."""
        facts = facts_of(self.path)
        shown: dict[str, list[tuple[Article, PageImage]]] = defaultdict(list)
        linked: dict[str, str] = {}
        for article, images, others in spread(_shown, self.path):
            linked[article.path] = others
            for picture, image in images:
                shown[picture].append((article, image))
        for picture, places in sorted(shown.items()):
            # The article that a picture leads is where it is at home.
            places.sort(key=lambda place: (not place[1].leading, place[0].path))
            articles = list(dict.fromkeys(article for article, _ in places))
            captions = list(dict.fromkeys(image.caption for _, image in places if image.caption))
            hit = ImageHit(
                rank=0,
                title=articles[0].title,
                image_url=f"{_SCHEME}{picture}",
                page_url=facts.page_url(articles[0]),
                caption=captions[0] if captions else "",
                origin=facts.picture_origin(picture),
            )
            texts = {
                "caption": ". ".join(captions),
                "file": _words_of(picture),
                "article": ". ".join(article.title for article in articles),
                "linked": ". ".join(linked[article.path] for article in articles),
            }
            yield Pictured(hit, texts)

    def fetch(self, image_url: str) -> bytes:
        """The bytes at a ``zim:`` address; raises `FetchError` (``not-found``)."""
        try:
            return open_archive(self.path).read(image_url.removeprefix(_SCHEME))
        except KeyError:
            raise FetchError("not-found", image_url) from None


def _shown(path: str, start: int, end: int) -> list[tuple[Article, list[tuple[str, PageImage]], str]]:
    """Of a span of the archive: each article that shows a picture, its pictures with their paths, and the
    titles of the articles that it links to."""
    archive = open_archive(path)
    found = []
    for article in archive.articles(start, end):
        page = page_at(path, article.path)
        resolved = ((archive.resolve(article.path, image.source), image) for image in page.images)
        images = [(picture, image) for picture, image in resolved if picture]
        if images:
            goals = (archive.resolve(article.path, link) for link in page.links)
            titles = (archive.title_of_article(goal) for goal in goals if goal)
            found.append((article, images, ". ".join(dict.fromkeys(title for title in titles if title))))
    return found


def _words_of(picture: str) -> str:
    """Words of a file name: ``RayCharles_YesIndeed_2.jpg`` -> ``Ray Charles Yes Indeed 2``."""
    stem = unquote(picture.rsplit("/", 1)[-1]).rsplit(".", 1)[0]
    return " ".join(part for word in split(stem) for part in _PARTS.findall(word))
