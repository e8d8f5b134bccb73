"""Text in pictures, read by OCR: how much there is, and whether the same words return (a watermark)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import ClassVar

from catalogs.digests import rounded_values
from catalogs.records import PictureScores
from filters.base import PictureFilter, ScoredPicture
from filters.hygiene import is_clean
from filters.memo import Memo
from filters.pictures import decode
from workers.ocr import OcrWorker, TextLine

LETTERS_PER_TOKEN = 4
"""PP-OCR drops most spaces, so words cannot be counted; four Latin letters a token is the usual figure for
English under byte-pair encodings. A CJK character counts as one token."""

LEAST_WORD = 3
"""Letters a reading needs to count as text; shorter ones are mostly outlines of drawings."""

SAME_WORD = 0.75
"""Similarity (difflib ratio) of two readings of one word: one letter in four may be misread under a slant."""

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

_memo: Memo[list[TextLine]] = Memo(2048)


@dataclass(frozen=True)
class TextTokens(PictureFilter):
    """Writes `ocr`, for clean files (`filters.hygiene.is_clean`) only:

    - `tokens`: text tokens (see `LETTERS_PER_TOKEN`), extrapolated where the page holds more lines than are
      read
    - `lines`: lines of text
    - `text_area`: share 0..1 of the picture covered by words, extrapolated likewise
    - `repeats`: how often the most frequent word or line stands in the picture (1 = nothing repeats)

    Notes: `text`, the first words.
    """

    name, version = "ocr", "1"
    reads: ClassVar[tuple[str, ...]] = ("image_trace", "hygiene")
    optional = ("ocr", "references")
    writes = ("ocr",)

    ocr: OcrWorker = field(default_factory=OcrWorker)

    def score_one(self, picture: ScoredPicture) -> PictureScores:
        if not is_clean(picture.of("hygiene")):
            return PictureScores(sha256=picture.sha256, values={})
        image = decode(picture.data)
        key = (self.ocr.revision, picture.sha256)
        lines = _memo.get_all([key], lambda _: self.ocr.load().read([image]))[0]
        words = " ".join(line.text for line in lines if line.text)
        return PictureScores(
            sha256=picture.sha256,
            values=rounded_values(measure(lines)),
            notes={"text": words[:80]} if words else {},
        )


def measure(lines: Sequence[TextLine]) -> dict[str, float]:
    """The values of one picture from its lines."""
    read = [line for line in lines if letters(line.text) >= LEAST_WORD]
    unread = sum(not line.text and not line.confidence for line in lines)
    page = (len(read) + unread) / len(read) if read else 0.0
    return {
        "tokens": page * sum(count_tokens(line.text) for line in read),
        "lines": len(read) + unread if read else 0,
        "text_area": min(1.0, page * sum(line.area for line in read)),
        "repeats": most_frequent([word for line in read for word in _words(line.text)]),
    }


def most_frequent(words: Sequence[str]) -> int:
    """Size of the largest group of words that are one word up to a misread letter in four; 0 without
    words."""
    return max((sum(_alike(one, other) for other in words) for one in words), default=0)


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= SAME_WORD


def count_tokens(text: str) -> int:
    """Tokens of one line: CJK characters, and a fourth of all other letters and digits."""
    wide = len(_CJK.findall(text))
    narrow = sum(character.isalnum() for character in text) - wide
    return wide + -(-narrow // LETTERS_PER_TOKEN)


def letters(text: str) -> int:
    """Letters and digits of a reading."""
    return sum(character.isalnum() for character in text)


def _words(text: str) -> list[str]:
    words = ["".join(c for c in word if c.isalnum()).casefold() for word in text.split()]
    return [word for word in words if len(word) >= LEAST_WORD]
