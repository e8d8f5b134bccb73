"""Files of Commons: who made them, under which licence, where the bytes are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from catalogs.records import Origin
from sources.commons.licences import is_free, spdx
from sources.fetching.failures import AddressError
from sources.fetching.web import Web
from sources.interface import GroundTruth, Unusable
from sources.mediawiki.api import Wiki, batches

API = "https://commons.wikimedia.org/w/api.php"

THUMBNAIL_WIDTH = 1280
"""Pixels. One of the widths that Wikimedia renders ahead; originals are often above 5,000."""

QUERY = {
    "prop": "imageinfo",
    "iiprop": "url|size|mime|sha1|extmetadata",
    "iiurlwidth": str(THUMBNAIL_WIDTH),
    "iiextmetadatalanguage": "en",
}
"""What is asked of files, whichever way they are found."""


class _Value(msgspec.Struct):
    value: str | int | float = ""


class _Info(msgspec.Struct):
    url: str = ""
    thumburl: str = ""
    thumbwidth: int = 0
    thumbheight: int = 0
    descriptionurl: str = ""
    mime: str = ""
    width: int = 0
    height: int = 0
    sha1: str = ""
    extmetadata: dict[str, _Value] = {}


class _Page(msgspec.Struct):
    title: str
    index: int = 0
    imageinfo: list[_Info] = []


class Pages(msgspec.Struct):
    """What a query for files answers."""

    pages: list[_Page] = []


@dataclass(frozen=True)
class CommonsFile:
    """A file, described."""

    title: str
    """With its namespace: ``File:Katsudon.jpg``."""
    url: str
    """Of the picture at most `THUMBNAIL_WIDTH` wide."""
    original_url: str
    page_url: str
    media_type: str
    width: int
    """Of the original."""
    height: int
    thumb_width: int
    """Of what `url` leads to."""
    thumb_height: int
    licence: str
    """SPDX where there is one, else the short name; empty where none is stated."""
    is_non_free: bool
    """Marked as used without a licence (fair use), whatever licence is named beside it."""
    author: str
    credit: str
    description: str
    revision: str
    """SHA-1 of the original, as Commons states it."""
    when: str

    @property
    def origin(self) -> Origin:
        by = "; ".join(part for part in (self.author, self.credit) if part)
        return Origin(
            url=self.page_url, revision=self.revision, licence=self.licence, author=by, fetched=self.when
        )

    @property
    def is_usable(self) -> bool:
        """Whether it may be used, changed and passed on."""
        return is_free(self.licence) and not self.is_non_free

    def check_licence(self) -> None:
        """Raises `Unusable` where the picture may not be passed on, or nobody says that it may."""
        if not self.licence:
            raise Unusable("no-licence", f"{self.title} states no licence")
        if not self.is_usable:
            of = "marked as non-free" if self.is_non_free else f"under {self.licence!r}"
            raise Unusable("unusable-licence", f"{self.title} is {of}")


def files(web: Web, names: Sequence[str], api: str = API) -> dict[str, CommonsFile]:
    """Files by the name that was asked for (without namespace); names without a file are left out."""
    found: dict[str, CommonsFile] = {}
    for batch in batches(sorted({f"File:{name.replace('_', ' ')}" for name in names})):
        for part, when in Wiki(api, web).pages(Pages, titles="|".join(batch), **QUERY):
            found.update(read_files(part, when))
    return {
        name: found[f"File:{key}"] for name in names if f"File:{(key := name.replace('_', ' '))}" in found
    }


def read_files(part: Pages, when: str) -> dict[str, CommonsFile]:
    """Files of one answer by title."""
    return {page.title: _file(page.title, page.imageinfo[0], when) for page in part.pages if page.imageinfo}


def ground_truth(web: Web, file: CommonsFile) -> GroundTruth:
    """The picture itself; raises `Unusable` with the reason where it may not or cannot be had."""
    file.check_licence()
    try:
        data, _ = web.picture(file.url)
    except AddressError as error:
        if error.may_pass:
            raise  # no result: the next run tries again
        raise Unusable(f"picture-{error.kind}", f"{file.title}: {error.detail}") from None
    return GroundTruth(data, file.origin, file.description)


def first_usable(web: Web, files: Sequence[CommonsFile]) -> tuple[GroundTruth, ...]:
    """The first of several pictures of one thing that may and can be had, and none of none.

    Raises `Unusable` with the reason of the first where that is no picture at all.
    """
    problems: list[Unusable] = []
    for file in files:
        try:
            return (ground_truth(web, file),)
        except Unusable as problem:
            problems.append(problem)
    if problems:
        raise problems[0]
    return ()


def _file(title: str, info: _Info, when: str) -> CommonsFile:
    def said(name: str) -> str:
        value = info.extmetadata.get(name)
        return _plain(str(value.value)) if value else ""

    return CommonsFile(
        title=title,
        url=info.thumburl or info.url,
        original_url=info.url,
        page_url=info.descriptionurl,
        media_type=info.mime,
        width=info.width,
        height=info.height,
        thumb_width=info.thumbwidth or info.width,
        thumb_height=info.thumbheight or info.height,
        licence=spdx(said("LicenseShortName") or said("UsageTerms")),
        is_non_free=said("NonFree").lower() in ("true", "1"),
        author=said("Artist"),
        credit=said("Credit"),
        description=said("ImageDescription"),
        revision=info.sha1,
        when=when,
    )


def _plain(html: str) -> str:
    """Extended metadata is HTML, and anybody may have written it; it becomes words."""
    from bs4 import BeautifulSoup

    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())
