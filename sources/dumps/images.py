"""Pictures beside a dump for ``search_image``: found by caption, file name, and the articles that show
them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalogs.records import Language
from sources.dumps.article import ARTICLE
from sources.dumps.encyclopedia import DumpEncyclopedia, facts_of
from sources.dumps.entities import current_pages
from sources.dumps.pictures import Pictures
from sources.dumps.site import Site
from sources.search.pictures import Pictured
from sources.search.words import split
from workers.tools import FetchError, ImageHit

VERSION = "3"
"""Raised when the same dump gives other pictures or other words about them."""

_SCHEME = "dump:"
_MOST_PLACES = 100
"""Articles of a picture that it is found by; flags and maps stand in thousands."""


@dataclass(frozen=True)
class DumpPictures:
    """A `PictureSource`: what the articles of `encyclopedia` show, as far as `files` holds it."""

    encyclopedia: DumpEncyclopedia
    files: Pictures

    @property
    def name(self) -> str:
        return "dump"

    @property
    def revision(self) -> str:
        return f"{VERSION}-{self.encyclopedia.revision}"

    @property
    def language(self) -> Language:
        """English where the dump has it, else the first of its languages."""
        known = self.encyclopedia.languages
        return "en" if "en" in known else known[0]

    def pictures(self) -> Iterator[Pictured]:
        """By name of the file; one that several articles show is found by the words of all of them.

        Its caption is the first in each language: one edition's alone would not name the subject to others.
        """
        shown: dict[str, list[tuple[bool, str, Site, str]]] = {}
        for title, site, file, caption, leading in self._places():
            places = shown.setdefault(file, [])
            if len(places) < _MOST_PLACES:
                places.append((not leading, title, site, caption))
        for file, places in sorted(shown.items()):
            # The article that a picture leads is where it is at home.
            _, title, site, _ = min(places, key=lambda place: place[:2])
            captions = list(dict.fromkeys(caption for *_, caption in places if caption))
            spoken: dict[str, str] = {}
            for _, _, shown_by, caption in places:
                if caption:
                    spoken.setdefault(shown_by.language, caption)
            hit = ImageHit(
                rank=0,
                title=title,
                image_url=f"{_SCHEME}{file}",
                page_url=site.page_url(title),
                caption=". ".join(dict.fromkeys(spoken.values())),
                origin=self.files.origin(file, site),
            )
            texts = {
                "caption": ". ".join(captions),
                "file": " ".join(split(file.rpartition(".")[0])),
                "article": ". ".join(dict.fromkeys(title for _, title, _, _ in places)),
            }
            yield Pictured(hit, texts)

    def fetch(self, image_url: str) -> bytes:
        """The bytes at a ``dump:`` address; raises `FetchError` (``not-found``)."""
        try:
            return self.files.read(image_url.removeprefix(_SCHEME))
        except (KeyError, OSError):
            raise FetchError("not-found", image_url) from None

    def _places(self) -> Iterator[tuple[str, Site, str, str, bool]]:
        """(title, site, file, caption, leading) of every picture that an article shows and that is there."""
        folder = self.encyclopedia.folder
        sites = facts_of(folder).sites
        for pages in current_pages(folder):
            for page in pages:
                if page.article.kind == ARTICLE:
                    for image in page.article.images:
                        if image.file in self.files:
                            yield page.title, sites[page.edition], image.file, image.caption, image.leading
