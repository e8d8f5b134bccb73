"""How much text a picture holds, and whether it is a watermark."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from filters.hygiene import Hygiene
from filters.text_tokens import TextTokens, count_tokens, measure, most_frequent
from tests.filters.rows import MemoryBlobs, after, candidate, drawing, encoded, row_of, values_of
from workers.ocr import TextLine


def ocr_of(image: Image.Image) -> dict[str, float]:
    blobs = MemoryBlobs()
    return values_of(
        after(row_of([candidate(blobs, encoded(image))]), blobs, Hygiene(), TextTokens()), "ocr"
    )[0]


def line(text: str, confidence: float = 0.9, width: float = 0.5) -> TextLine:
    return TextLine(corners=((0, 0), (width, 0), (width, 0.1), (0, 0.1)), text=text, confidence=confidence)


def test_a_drawing_holds_no_text() -> None:
    assert ocr_of(drawing()) == {"tokens": 0, "lines": 0, "text_area": 0, "repeats": 0}


def test_a_leaflet_has_more_than_a_hundred_tokens() -> None:
    page, letters = Image.new("RGB", (640, 560), "white"), ImageFont.load_default(19)
    for number in range(18):
        ImageDraw.Draw(page).text(
            (20, 40 + number * 26),
            "whose stripes differ on every single animal that lives",
            fill="black",
            font=letters,
        )
    values = ocr_of(page)
    assert values["tokens"] > 100
    assert values["text_area"] > 0.3


def test_tiled_words_repeat() -> None:
    image, letters = drawing(), ImageFont.load_default(22)
    for x in range(10, 300, 150):
        for y in range(10, 300, 60):
            ImageDraw.Draw(image).text((x, y), "PixDepot", fill="grey", font=letters)
    assert ocr_of(image)["repeats"] >= 3


def test_a_file_that_is_not_clean_is_not_read() -> None:
    blobs = MemoryBlobs()
    row = after(row_of([candidate(blobs, b"<html></html>")]), blobs, Hygiene(), TextTokens())
    assert values_of(row, "ocr") == [{}]


def test_outlines_that_read_as_a_letter_or_two_are_no_text() -> None:
    assert measure([line("O"), line("8D")]) == {"tokens": 0, "lines": 0, "text_area": 0, "repeats": 0}


def test_located_lines_count_like_the_lines_that_were_read() -> None:
    values = measure([line("twelve words"), line("", confidence=0.0)])
    assert values["lines"] == 2
    assert values["tokens"] == 2 * count_tokens("twelve words")


def test_lines_that_failed_to_read_do_not_count() -> None:
    assert measure([line("tiger"), line("", confidence=0.2)])["lines"] == 1


def test_a_misread_letter_is_the_same_word() -> None:
    assert most_frequent(["pixdepot", "pixdepct", "p1xdepot", "tiger"]) == 3


def test_chinese_counts_by_character() -> None:
    assert count_tokens("老虎 tiger") == 2 + 2


@given(st.text(max_size=40))
def test_tokens_never_exceed_letters(text: str) -> None:
    assert 0 <= count_tokens(text) <= len(text)
