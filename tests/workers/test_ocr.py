"""The OCR worker reads what is printed, and nothing where nothing is."""

from __future__ import annotations

import pickle

import pytest
from PIL import Image, ImageDraw, ImageFont

from catalogs.stage import Worker
from workers.meter import metered
from workers.ocr import OcrWorker, TextLine


def page(*lines: str, size: int = 24, side: int = 360) -> Image.Image:
    image = Image.new("RGB", (side, side), "white")
    pen, letters = ImageDraw.Draw(image), ImageFont.load_default(size)
    for number, line in enumerate(lines):
        pen.text((12, 12 + number * size * 1.5), line, fill="black", font=letters)
    return image


def read(image: Image.Image) -> list[TextLine]:
    return OcrWorker().load().read([image])[0]


def test_it_reads_lines_from_top_to_bottom() -> None:
    lines = read(page("Tiger", "Mountain", "Lantern"))
    assert [line.text for line in lines] == ["Tiger", "Mountain", "Lantern"]


def test_a_blank_picture_has_no_lines() -> None:
    assert read(Image.new("RGB", (320, 240), "white")) == []


@pytest.mark.parametrize("size", [(1, 1), (700, 3), (2, 400)])
def test_odd_sizes_are_read_too(size: tuple[int, int]) -> None:
    assert all(isinstance(line, TextLine) for line in read(Image.new("RGB", size, "red")))


def test_areas_are_shares_of_the_picture() -> None:
    (line,) = read(page("Tiger"))
    assert 0.005 < line.area < 0.1


def test_a_long_page_is_located_whole_and_read_in_part() -> None:
    lines = read(page(*["the quick brown fox jumps over it"] * 14, size=16))
    assert len(lines) >= 13
    assert 3 <= sum(bool(line.text) for line in lines) < len(lines)


def test_neighbours_do_not_change_a_reading() -> None:
    one, other = page("Tiger", "Lantern"), page("Mountain")
    reader = OcrWorker().load()
    assert reader.read([one, other]) == [*reader.read([one]), *reader.read([other])]


def test_the_handle_is_a_worker_that_travels() -> None:
    worker = OcrWorker()
    assert isinstance(worker, Worker)
    assert pickle.loads(pickle.dumps(worker)) == worker
    assert worker.revision.startswith("1.4.4+")


def test_other_working_sizes_are_another_revision() -> None:
    assert OcrWorker(study=640).revision != OcrWorker().revision


def test_each_picture_is_one_call() -> None:
    with metered() as spent:
        OcrWorker().load().read([page("Tiger"), page("Lantern")])
    assert spent.calls == 2
