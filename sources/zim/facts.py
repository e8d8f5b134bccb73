"""What holds for a whole archive: its language, date, site, and the terms of its text and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from catalogs.records import Language, Origin
from sources.wikidata.wikis import code_of
from sources.zim.archive import Article, open_archive

_ISO_639_1 = {
    "eng": "en", "fra": "fr", "fre": "fr", "spa": "es", "deu": "de", "ger": "de", "ita": "it", "por": "pt",
    "nld": "nl", "dut": "nl", "pol": "pl", "rus": "ru", "jpn": "ja", "zho": "zh", "chi": "zh", "kor": "ko",
    "ara": "ar", "hin": "hi", "ben": "bn", "tam": "ta", "urd": "ur", "fas": "fa", "per": "fa", "heb": "he",
    "tur": "tr", "swe": "sv", "dan": "da", "nor": "no", "nob": "nb", "fin": "fi", "ell": "el", "gre": "el",
    "hun": "hu", "ces": "cs", "cze": "cs", "ron": "ro", "rum": "ro", "ukr": "uk", "bul": "bg", "cat": "ca",
    "vie": "vi", "tha": "th", "ind": "id", "msa": "ms", "may": "ms",
}  # fmt: skip
_RELICENSED = "2023-06-07"
"""When the Wikimedia terms of use moved text from CC BY-SA 3.0 to 4.0."""


@dataclass(frozen=True)
class Facts:
    """Metadata of an archive, in our terms."""

    uuid: str
    date: str
    """ISO 8601 day on which the archive was made."""
    language: Language
    creator: str
    source: str = ""
    """Host of the wiki that the archive was made of, where it tells it."""

    @property
    def is_wikipedia(self) -> bool:
        return self.creator.casefold() == "wikipedia"

    @property
    def code(self) -> str:
        """What the address of its Wikipedia begins with: ``simple`` is in English, too."""
        name, _, domain = self.source.partition(".")
        return name if domain == "wikipedia.org" else code_of(self.language)

    def canonical_name(self, title: str) -> str:
        """What an entity id is made from: the same for an article of Wikipedia in any archive."""
        if self.is_wikipedia:
            return f"wikipedia:{self.code}:{title}"
        return f"{self.creator.casefold()}:{self.language}:{title}"

    def page_url(self, article: Article, section: str = "") -> str:
        """Public address of an article of Wikipedia; for other sites the address inside the archive."""
        if not self.is_wikipedia:
            return f"zim:{article.path}"
        anchor = f"#{quote(section.replace(' ', '_'))}" if section else ""
        return f"https://{self.code}.wikipedia.org/wiki/{quote(article.title.replace(' ', '_'))}{anchor}"

    def text_origin(self, article: Article, section: str = "") -> Origin:
        licence = "CC-BY-SA-4.0" if self.date >= _RELICENSED else "CC-BY-SA-3.0"
        return Origin(
            url=self.page_url(article, section),
            revision=self.uuid,
            licence=licence if self.is_wikipedia else "",
            author="Wikipedia contributors" if self.is_wikipedia else self.creator,
            fetched=self.date,
        )

    def picture_origin(self, path: str) -> Origin:
        """Archives do not carry the terms of their pictures, so licence and author stay empty: unknown."""
        return Origin(url=f"zim:{path}", revision=self.uuid, fetched=self.date)


@lru_cache(maxsize=4)
def facts_of(path: str) -> Facts:
    """Facts of the archive at a path, read once a process."""
    archive = open_archive(path)
    code = archive.metadata("Language").split(",")[0]
    source = archive.metadata("Source").casefold()
    return Facts(
        uuid=archive.uuid,
        date=archive.metadata("Date"),
        language=_ISO_639_1.get(code, code) or "en",
        creator=archive.metadata("Creator") or "unknown",
        source=source.partition("://")[2].partition("/")[0] if "://" in source else source,
    )
