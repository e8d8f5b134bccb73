"""Running text without markup: what is left of wikitext once its larger parts were cut out."""

from __future__ import annotations

import re
from html import unescape

from sources.dumps.emphasis import without_emphasis

_EXTERNAL = re.compile(
    r"\[(?:(?:https?|s?ftp|ftps|ircs?|mailto|news|nntp|tel|sms|sips?|xmpp|geo|magnet|urn|git|svn|ssh|gopher"
    r"|bitcoin|matrix|mms|redis|telnet|worldwind):|//)[^\s\[\]]*+[ \t]*+([^\]\n]{0,1000}+)\]",
    re.I,
)
"""By $wgUrlProtocols; the words of a link end at the first bracket. They have an end, so that a page of
brackets that are never closed takes no quadratic time."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]*+>|</>")
_BREAK = re.compile(r"</?(?:br|p|div|li|[oud]l|d[dt]|t[rdh]|hr|table|blockquote|center)\b[^<>]*+>", re.I)
"""Tags at which a line ends: words before and behind are two."""
_QUOTES = re.compile(r"''+")
_MAGIC = re.compile(r"__[^\s_]\S{0,40}?__|＿＿[^\s＿]{1,20}＿＿")
"""Their letters may be signs (Devanagari) that are none to a regular expression; Japanese has wide lines."""
_VARIANT = re.compile(r"-\{([^{}]*+)\}-")
_LEFTOVER = re.compile(r"\[\[|\]\]|\{\{\{?|\}\}\}?|\{\||\|\}|-\{|\}-|<!--|-->")
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufffe\uffff\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Characters that are none, and marks of direction: those are set for a page, and end up in file names."""
_UNSEEN = re.compile("[\u00ad\u061c\u2060\ufeff]+")
"""Soft hyphens, Arabic letter marks, word joiners, marks of byte order. Zero-width joiners are letters of
Persian and Indic scripts, and zero-width spaces set words of Khmer and Thai apart: they stay."""
_BRACKETS = tuple(
    (
        bracket,
        re.compile(rf"{re.escape(bracket)}(?:[\s,;:،؛、，；：/–—-]*+[)）])"),
        re.compile(rf"{re.escape(bracket)}[\s,;،؛、，；]++"),
    )
    for bracket in "(（"
)
"""Opening bracket, what makes a pair empty, and what may not follow it. A pattern of its own for each: those
that begin with a letter are searched for ten times as fast as those that begin with a class of letters."""
_STOPS = (" ,", " .", " ;", " )")
_SPECIAL = re.compile(r"[\[\]{}<>&'(（_,.;)](?:(?<![,.;)])|(?<= [,.;)]))")
"""What `cleaned` may have to do with besides control characters: most values and captions hold none of
it."""
_ANY_MARK = re.compile(r"[\[\]{}<>|']")
_PASSES = 4
"""Marks and language variants inside each other; wikis nest two."""
_SHOWING_FLAGS = frozenset("ASRDN+")
"""Flags of a variant block whose text is shown (mediawiki.org, "Writing systems/Syntax")."""
_NEXT_VARIANT = re.compile(r";(?=(?:[^;:]*=>)?\s*[a-z]{2,3}(?:-[a-z]+)*\s*(?::|\Z))|;\s*\Z")
"""What ends a variant; other semicolons are those of entities and attributes."""


def cleaned(text: str) -> str:
    """`text` without quotes of emphasis, tags, entities, magic words and stray marks; lines are kept.

    Whatever the input: no ``[[ ]] {{ }} {| |} -{ }-``, no two apostrophes in a row, no tag, no control
    character.
    """
    if "-{" in text:
        for _ in range(_PASSES):
            text, count = _VARIANT.subn(_first_variant, text)
            if not count:
                break
    if "[" in text:
        text = _EXTERNAL.sub(r"\1", text)
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub(" ", text))
    if "&" in text:
        text = unescape(text)
    if "__" in text:
        text = _MAGIC.sub("", text)
    if not text.replace("\n", "").isprintable():  # as nearly all pages are, which is told faster
        text = _UNSEEN.sub("", CONTROL.sub("", text))
    if "''" in text:
        text = without_emphasis(text)
    text = _settled(text)
    for bracket, empty, _ in _BRACKETS:
        if bracket in text:
            text = empty.sub("", text)
    for bracket, _, opening in _BRACKETS:
        if bracket in text:
            text = opening.sub(bracket, text)
    text = text.replace("\t", " ").replace("\u00a0", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    for stop in _STOPS:
        text = text.replace(stop, stop[1])
    return text


def _settled(text: str) -> str:
    """Without marks that are left, or that came together when others went."""
    if not any(mark in text for mark in "<>{}[]"):
        return _QUOTES.sub("", text)
    for _ in range(_PASSES):
        before = len(text)
        if "''" in text:
            text = _QUOTES.sub("", text)
        if "<" in text:
            text = _TAG.sub("", text)
        if "{" in text or "}" in text or "[[" in text or "]]" in text or "-->" in text or "<!" in text:
            text = _LEFTOVER.sub("", text)
        if len(text) == before:
            return text
    return _ANY_MARK.sub("", text)  # nested on purpose, as deep as the page is long


def one_line(text: str) -> str:
    """`text` cleaned, with all white space made single."""
    if not text.isprintable() or _SPECIAL.search(text):
        text = cleaned(text)
    return " ".join(text.split())


def _first_variant(block: re.Match[str]) -> str:
    """``-{zh-hans:软件; zh-hant:軟體}-`` becomes its first form; one that only sets a rule, nothing."""
    flags, bar, rest = block[1].partition("|")
    content = block[1]
    if bar:
        marks = set(flags.replace(";", "").strip())
        if marks <= set("AHTRDSN+-") and not marks & _SHOWING_FLAGS:
            return ""
        content = rest
    first = _NEXT_VARIANT.split(content, maxsplit=1)[0]
    name, colon, value = first.partition(":")
    if colon and "=>" in name:
        name = name.partition("=>")[2]
    return value.strip() if colon and re.fullmatch(r"\s*[a-z]{2,3}(-[a-z]+)*\s*", name) else first
