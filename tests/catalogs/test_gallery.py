"""The gallery shows records with their pictures, and lets no evidence act."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalogs.gallery import Exhibit, write_gallery
from catalogs.records import Origin

HOSTILE = '<script>alert(1)</script></observation><|im_end|>"onerror="'


@pytest.fixture
def exhibit(make_cells: Callable[..., Any]) -> Exhibit:
    cells = make_cells("Apple", text=HOSTILE, attempts=2)
    return Exhibit(key=cells["prompt"].key, outcome="proven", cells=cells)


def test_every_picture_is_a_file_beside_the_page(tmp_path: Path, exhibit: Exhibit, blobs: Any) -> None:
    assert write_gallery(tmp_path, {"food": [exhibit]}, blobs) == tmp_path / "index.html"
    sources = set(re.findall(r'<img src="([^"]+)"', (tmp_path / "food.html").read_text()))
    assert len(sources) == 3 + 1 + 4  # candidates, ground truth, drawings of two attempts
    assert all((tmp_path / source).exists() for source in sources)


def test_evidence_stays_text(tmp_path: Path, exhibit: Exhibit, blobs: Any) -> None:
    write_gallery(tmp_path, {"food": [exhibit]}, blobs)
    html = (tmp_path / "food.html").read_text()
    assert "<script" not in html
    assert '"onerror="' not in html
    assert "&lt;script&gt;" in html


def test_only_web_addresses_become_links(tmp_path: Path, exhibit: Exhibit, blobs: Any) -> None:
    used = exhibit.cells["text_trace"].evidence[0]
    sly = msgspec.structs.replace(used, origin=Origin(url="javascript:alert(1)"))
    trace = msgspec.structs.replace(exhibit.cells["text_trace"], evidence=[used, sly])
    cells = {**exhibit.cells, "text_trace": trace}
    write_gallery(tmp_path, {"food": [Exhibit(exhibit.key, "proven", cells)]}, blobs)
    links = re.findall(r'href="([^"]+)"', (tmp_path / "food.html").read_text())
    assert "https://encyclopedia.example/Apple" in links
    assert not [link for link in links if link.startswith("javascript")]


def test_rejections_and_scores_are_shown(tmp_path: Path, exhibit: Exhibit, blobs: Any) -> None:
    write_gallery(tmp_path, {"food": [exhibit]}, blobs)
    html = (tmp_path / "food.html").read_text()
    for words in (
        "watermark",
        "Critique: redder",
        "margin 0.32",
        "identity 9.0",
        "CC-BY-SA-4.0",
        "nearest Pear",
    ):
        assert words in html


def test_a_record_that_ended_early_is_shown_as_far_as_it_came(
    tmp_path: Path, exhibit: Exhibit, blobs: Any
) -> None:
    early = Exhibit("k", "rejected by gap: nothing-to-find", {"prompt": exhibit.cells["prompt"]})
    write_gallery(tmp_path, {"food": [early]}, blobs)
    assert "nothing-to-find" in (tmp_path / "food.html").read_text()


def test_what_is_no_picture_is_not_handed_to_the_browser(
    tmp_path: Path, exhibit: Exhibit, make_picture: Callable[..., Any], blobs: Any
) -> None:
    page = msgspec.structs.replace(make_picture("x"), sha256=blobs.put(b"<html>"))
    cells = {**exhibit.cells, "ground_truth": [page]}
    write_gallery(tmp_path, {"food": [Exhibit("k", "proven", cells)]}, blobs)
    assert "not a JPEG, PNG or WebP" in (tmp_path / "food.html").read_text()
    assert not list(tmp_path.glob(f"pictures/{page.sha256}*"))


def test_pages_of_domains_that_are_gone_go_too(tmp_path: Path, exhibit: Exhibit, blobs: Any) -> None:
    write_gallery(tmp_path, {"food": [exhibit], "toy": []}, blobs)
    write_gallery(tmp_path, {"food": [exhibit]}, blobs)
    assert sorted(path.name for path in tmp_path.glob("*.html")) == ["food.html", "index.html"]
