"""The markup of a trajectory, and how retrieved text is kept from speaking it (rule 9).

Tags and special tokens are those that the published training code adds to its tokenizer (Unify-Agent, SFT
loader) and those that its parsers and the parsers of its siblings react to: the fall-back call tags,
``<tool_response>``, and the picture placeholders of sharegpt-style loaders.
"""

from __future__ import annotations

import html
import re
import unicodedata

TAGS = ("think", "tool_call", "observation", "recaption", "tools")
"""The tags of the format itself."""

FOREIGN_TAGS = (
    "answer",
    "audio",
    "function_calls",
    "image",
    "invoke",
    "local_search",
    "response",
    "result",
    "search_image",
    "text_search",
    "tool_response",
    "video",
    "web_search",
)
"""Tags that some published parser or loader gives a meaning to; nothing here writes them."""

SPECIAL_TOKENS = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>")

_NAMES = "|".join(TAGS + FOREIGN_TAGS)
_MARKUP = re.compile(rf"<\s*/?\s*(?:{_NAMES})(?![\w-])[^<>]*>?|<\s*\|[^<>|]*(?:\|\s*>?)?")
_BRACKETS = re.compile(r"[<>]")
_HARMLESS = str.maketrans({"<": "‹", ">": "›", "＜": "‹", "＞": "›", "﹤": "‹", "﹥": "›"})

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Controls, bidirectional overrides, zero-width space, tag characters, lone surrogates. The joiners U+200C
and U+200D stay: Persian, Hindi and emoji are written with them."""


def find_markup(text: str) -> list[str]:
    """Every tag or special token that a lenient reader could see in `text`, folded, in order.

    Lenient means: any case, white space and attributes inside the tag, full-width brackets, HTML entities
    (nested too) and invisible characters.
    """
    return _MARKUP.findall(_canonical(text).casefold())


def neutralise(text: str) -> str:
    """`text` so that it cannot open, close or forge a turn; harmless text is returned as it is.

    Where the text holds an angle bracket in any guise, *all* of its angle brackets become the quotation marks
    ``‹`` and ``›``. Nothing is cut out, so that no tag can be assembled from the rest
    (``<tool_<tool_call>call>``). Invisible characters are dropped. Idempotent.
    """
    visible = _INVISIBLE.sub("", text)
    if not _BRACKETS.search(_canonical(visible)):
        return visible
    quoted = _unescaped(visible).translate(_HARMLESS)
    if _BRACKETS.search(
        _canonical(quoted)
    ):  # entities spelt in compatibility characters: give up their spelling
        quoted = _canonical(visible).translate(_HARMLESS)
    return quoted


def _unescaped(text: str) -> str:
    """HTML entities resolved until none is left: ``&amp;lt;`` is two steps from a bracket."""
    while (plain := _INVISIBLE.sub("", html.unescape(text))) != text:
        text = plain
    return text


def _canonical(text: str) -> str:
    """The most that any reader could make of `text`: entities resolved, compatibility characters folded."""
    while (plain := unicodedata.normalize("NFKC", _unescaped(text))) != text:
        text = plain
    return text
