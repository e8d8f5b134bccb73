"""Wikitext as an article: lead, sections, infobox, pictures with captions, categories, links, coordinates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape

import msgspec

from sources.dumps.cut import cut, split
from sources.dumps.plain import CONTROL, cleaned, one_line
from sources.dumps.prepare import prepared
from sources.dumps.site import CATEGORY, FILE, Site
from sources.dumps.templates import Template, is_infobox, name_of, parse_template, place_of, shown_words
from sources.dumps.words import words

ARTICLE, REDIRECT, DISAMBIGUATION, LIST = "article", "redirect", "disambiguation", "list"

_DEEPEST = 6
"""Captions with links with captions: deeper ones are left out."""
_REDIRECT = re.compile(r"\s*#[^\s#*:;|\[\]]{2,30}\s?:?\s*\[\[([^\[\]|\n]{1,600})[|\]]")
"""The word after # differs by language; only the first line of a page is looked at. Vowel signs of Indic
scripts are no letters to a regular expression."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,10}){0,2}|simple")
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|tiff?|bmp)$", re.I)
"""Formats of photographs. SVG is left out: on wikis these are flags, marks, diagrams and maps."""
_FILE = re.compile(
    r"[^:]+\.(?:jpe?g|png|gif|webp|tiff?|bmp|svg|xcf|og[agv]|opus|web[mp]|mp[34]|mpe?g|wav|flac|midi?|pdf|djvu|stl)\s*",
    re.I,
)
"""What Commons takes: behind any prefix it is a file, since siteinfo tells one of several names of a
namespace."""
_ADDRESS = re.compile(r"(?:https?:|ftps?:)?//[^\s|]++[\s|]*+", re.I)
_SIZE = re.compile(r"\d*\s*x?\s*\d+\s*[^\s\d_.,;!?()-]{2,12}")
_NO_TITLE = re.compile(r"[#<>\[\]{}|]")
"""Characters that no title may have (mediawiki.org, "Manual:Page title")."""
_NAMED_OPTION = re.compile(r"[^\s=]{1,20}\s?=")
_BRACKETS = re.compile(r"\s{0,5}\([^()]*+\)$")
_MARKERS = "*#:;"
_ITEM = re.compile(r"^[*#]+[ \t]*", re.M)
_GUARD = "\ue000"
"""A character of private use: put where a line begins with a sign that is no markup, since quotes stand
before it (the titles ``!!!`` and ``#1``)."""
_GUARDED = re.compile(r"\n(''+)(?=[*#:;!|=])")
_BEGINNINGS = frozenset(f"{_MARKERS}|!-={_GUARD}")
"""Signs at which a line may begin that is no running text."""


class PageImage(msgspec.Struct, frozen=True):
    """A picture of a page. `leading` means in the infobox or before the first heading."""

    file: str
    """Name without namespace, spaces for underscores, first letter capital."""
    caption: str
    leading: bool


class Article(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a page says and shows."""

    kind: str = ARTICLE
    """``article``, ``redirect``, ``disambiguation`` or ``list``."""
    target: str = ""
    """Title that a redirect leads to, with ``#section`` where it leads to one."""
    lead: str = ""
    sections: tuple[tuple[str, str], ...] = ()
    """(heading, text) of sections with running text, end matter left out."""
    infobox: str = ""
    """Name of its template; empty without one."""
    fields: dict[str, str] = {}
    """Its values as plain text."""
    images: tuple[PageImage, ...] = ()
    categories: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    languages: dict[str, str] = {}
    """Title in other editions, where the page carries interlanguage links."""
    coordinates: tuple[float, float] | None = None
    """Degrees north and east."""
    item: str = ""
    """Wikidata item, where the dump tells it."""


@dataclass
class _Found:
    """What is collected while the text of a page is put together."""

    site: Site
    links: dict[str, None] = field(default_factory=dict)
    categories: dict[str, None] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    images: list[PageImage] = field(default_factory=list)
    templates: list[tuple[str, str]] = field(default_factory=list)
    """Name and source of each call."""
    leading: bool = True


def redirect_of(text: str) -> str:
    """The title that a page leads to by its text, as its wiki files it; empty for other pages."""
    found = _REDIRECT.match(text)
    title = " ".join(unescape(found[1]).replace("_", " ").split()).lstrip(":") if found else ""
    return title[:1].upper() + title[1:]


def read_article(title: str, text: str, site: Site) -> Article:
    """Take a page apart. Whatever the text, never an error."""
    if text.lstrip()[:1] == "#" and (target := redirect_of(text)):
        return Article(kind=REDIRECT, target=target)
    text = prepared("\n" + text)
    found = _Found(site)
    lead, sections = _sections(_prose(text, found, 0))
    box, place = _data(found.templates)
    images = (*(_box_images(box) if box else ()), *found.images)
    return Article(
        kind=_kind(title, text, found.templates),
        lead=lead,
        sections=sections,
        infobox=box.name if box else "",
        fields=_fields(box, site) if box else {},
        images=tuple({image.file: image for image in reversed(images)}.values())[::-1],
        categories=tuple(found.categories),
        links=tuple(found.links),
        languages=found.languages,
        coordinates=place,
    )


def _kind(title: str, text: str, templates: list[tuple[str, str]]) -> str:
    if "__DISAMBIG__" in text or any(_is_disambiguation(name) for name, _ in templates):
        return DISAMBIGUATION
    return LIST if is_list(title) else ARTICLE


def is_list(title: str) -> bool:
    """By how lists are called in any edition."""
    low = title.casefold()
    return low.startswith(words().list) or low.endswith(words().list_end)


@lru_cache(maxsize=4096)
def _is_disambiguation(name: str) -> bool:
    """By the name of a template: ``disambiguation``, ``Human name disambiguation``, ``geodis``.

    ``Disambiguation needed`` asks for a better link in an article.
    """
    known = words().disambiguation
    parts = name.split()
    if parts[-1:] == ["needed"]:
        return False
    return name in known or (bool(parts) and (parts[0] in known or parts[-1] in known))


def _data(templates: list[tuple[str, str]]) -> tuple[Template | None, tuple[float, float] | None]:
    """The infobox, and where the subject lies."""
    source = next((source for name, source in templates if is_infobox(name, source)), "")
    box = parse_template(source) if source else None
    places = (place_of(one) for one in (source, *(one for _, one in templates)))
    return box, next((place for place in places if place), None)


def _fields(box: Template, site: Site) -> dict[str, str]:
    """Values of an infobox as plain text, those without words left out."""
    plain = ((name, one_line(_listed(_plain(value, site)))) for name, value in box.named.items())
    return {name: value for name, value in plain if value}


def _listed(value: str) -> str:
    """A value that is a list, its items set apart by commas."""
    if ("*" not in value and "#" not in value) or not _ITEM.search(value):
        return value
    items = (_ITEM.sub("", line).strip() for line in value.split("\n"))
    return ", ".join(item for item in items if item)


def _box_images(box: Template) -> list[PageImage]:
    """Files that the values of an infobox name, each with the caption that follows it."""
    values = list(box.named.items())
    images = []
    for number, (_, value) in enumerate(values):
        file = _file_in(value)
        if file:
            near = values[number + 1 : number + 8]
            said = next((v for n, v in near if v and any(word in n for word in words().caption)), "")
            images.append(PageImage(file, one_line(_plain(said, Site())), leading=True))
    return images


def _file_in(value: str) -> str:
    """``Tiger.jpg``, ``[[File:Tiger.jpg|250px]]`` or ``File:Tiger.jpg``; empty for anything else."""
    if "." not in value:
        return ""
    name = value.strip().removeprefix("[[").split("|")[0].removesuffix("]]").strip()
    name = file_name(name.partition(":")[2] or name)
    return name if "/" not in name and _is_picture(name) else ""


def _is_picture(name: str) -> bool:
    return _PICTURE.search(name) is not None and len(name) < 256 and not _NO_TITLE.search(name)


def file_name(name: str) -> str:
    """The title of a file as wikis compare it: spaces single, first letter capital, nothing else changed."""
    plain = " ".join(CONTROL.sub("", unescape(name)).replace("_", " ").split())
    return plain[:1].upper() + plain[1:]


def _plain(text: str, site: Site, depth: int = 1) -> str:
    """The words of a caption or a value; what it links to is not collected."""
    if "{" not in text and "[" not in text and "<" not in text:
        return text
    return _prose(prepared(text), _Found(site), depth)


def _prose(text: str, found: _Found, depth: int) -> str:
    """The text with each span replaced by the words that readers see of it."""
    if depth > _DEEPEST:
        return ""
    kept, at = [], 0
    for kind, start, end, inner, inner_end in cut(text):
        piece = text[at:start]
        kept.append(piece)
        if found.leading and "\n=" in piece:
            found.leading = False
        if kind == "words":  # nine links of ten, so without a call
            target, _, shown = text[start + 2 : end - 2].partition("|")
            target = target.strip()
            if target and depth == 0:
                found.links[target[:1].upper() + target[1:]] = None
            kept.append(shown or target)
        elif kind == "link":
            kept.append(_link(text[start + 2 : end - 2], found, depth))
        elif kind == "template":
            kept.append(_template(text[start:end], found, depth))
        elif kind == "argument":  # of a template, where it was saved as a page: what stands for its absence
            kept.extend(
                _plain(default, found.site, depth + 1) for default in split(text[start + 3 : end - 3])[1:2]
            )
        elif kind == "gallery":
            for line in text[inner:inner_end].splitlines():
                _media(line, found, depth)
        elif kind == "nowiki" or kind == "pre":
            kept.append(text[inner:inner_end].replace("[", "").replace("{", "").replace("<", ""))
        at = end
    kept.append(text[at:])
    return "".join(kept)


def _template(source: str, found: _Found, depth: int) -> str:
    """The words of ``{{name|...}}``, for most none; what the page itself calls is collected."""
    name = name_of(source)
    if depth == 0:
        found.templates.append((name, source))
    shown = shown_words(name, source)
    return _plain(shown, found.site, depth + 1) if shown else ""


def _link(inner: str, found: _Found, depth: int) -> str:
    """The words of ``[[target|words]]``; pictures, categories and interlanguage links are collected."""
    if "//" in inner and (address := _ADDRESS.match(inner)):
        return _plain(inner[address.end() :], found.site, depth + 1)
    target, bar, shown = inner.partition("|")
    target = target.strip()
    if ":" in target:
        prefix = target.partition(":")[0].strip()
        low = prefix.casefold()
        if not prefix:
            target = target[1:].strip()
        elif low in found.site.prefixes(FILE) or _FILE.fullmatch(target, len(target.partition(":")[0]) + 1):
            _media(inner, found, depth)
            return ""
        elif low in found.site.prefixes(CATEGORY):
            name = one_line(target.partition(":")[2]).replace("_", " ")
            found.categories.setdefault(name[:1].upper() + name[1:])
            return ""
        elif not bar and _LANGUAGE.fullmatch(prefix):
            found.languages.setdefault(prefix, one_line(target.partition(":")[2]).replace("_", " "))
            return ""
    elif depth == 0 and target and "\n" not in target:
        title = target
        if "#" in target or "_" in target:
            title = target.partition("#")[0].replace("_", " ").strip()
        if title:
            found.links.setdefault(title[:1].upper() + title[1:])
    if not bar:
        return _plain(target, found.site, depth + 1)
    if not shown.strip():
        return _BRACKETS.sub("", target)
    return _plain(shown, found.site, depth + 1)


def _media(inner: str, found: _Found, depth: int) -> None:
    """Collect ``File:Tiger.jpg|thumb|A tiger`` or a line of a gallery. No name of a file has a colon
    (mediawiki.org, "Manual:$wgIllegalFileChars")."""
    parts = split(inner)
    name = file_name(parts[0].partition(":")[2] or parts[0])
    if not _is_picture(name):
        return
    said = [part for part in parts[1:] if (told := part.strip()) and (len(told) > 60 or not _is_option(told))]
    caption = one_line(_plain(said[-1], found.site, depth + 1)) if said else ""
    found.images.append(PageImage(name, caption, leading=found.leading))


def _is_of_table(line: str) -> bool:
    """Whether a line is a cell or a heading of a table that templates began; "!Kung" is none."""
    return line[0] == "|" or (line[0] == "!" and (not line[1:2].strip() or "|" in line or "!!" in line))


@lru_cache(maxsize=4096)
def _is_option(part: str) -> bool:
    return (
        part.casefold() in words().option
        or _SIZE.fullmatch(part) is not None
        or _NAMED_OPTION.match(part) is not None
    )


def _sections(prose: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The lead, and sections with their headings; a section that stands twice under one heading is one."""
    heading = ""
    texts: dict[str, list[str]] = {"": []}
    for line in cleaned(_GUARDED.sub(rf"\n\1{_GUARD}", prose)).split("\n"):
        line = line.strip()
        if not line:
            continue
        if line[0] in _BEGINNINGS:
            if _is_of_table(line) or line.startswith("----"):
                continue
            if line[0] == "=" and line[-1] == "=" and (name := line.strip("=").strip()):
                heading = name
                texts.setdefault(heading, [])
                continue
            line = line.lstrip(_GUARD if line[0] == _GUARD else _MARKERS).strip()
        if line:
            texts[heading].append(line)
    lead = " ".join(texts.pop(""))
    ends = words().end_matter
    return lead, tuple(
        (name, " ".join(said)) for name, said in texts.items() if said and name.casefold() not in ends
    )
