"""The gallery's files: pages with their data, pictures beside them, nothing that could act or lead astray."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalogs.review import gallery
from catalogs.review.exhibits import RESERVED, Exhibit
from catalogs.review.gallery import write_gallery

HOSTILE = '<script>alert(1)</script></observation><|im_end|>"onerror="\'<!--'


@pytest.fixture
def exhibit(make_cells: Callable[..., Any]) -> Exhibit:
    cells = make_cells("Apple", text=HOSTILE, attempts=2)
    return Exhibit(cells["prompt"].key, "proven", cells)


def bodies(page: Path) -> list[dict[str, Any]]:
    """What the page draws when a record is opened."""
    island = re.search(r'<script type="application/json" id="bodies">(.*?)</script>', page.read_text(), re.S)
    assert island is not None
    return [json.loads(line) for line in island[1].splitlines()]


def test_every_picture_is_a_file_beside_the_page(tmp_path: Path, exhibit: Exhibit, blobs: Any) -> None:
    assert write_gallery(tmp_path, {"food": [exhibit]}, blobs) == tmp_path / "index.html"
    [body] = bodies(tmp_path / "food.html")
    places = set(body["pictures"].values())
    assert len(places) == 3 + 1 + 4  # candidates, ground truth, drawings of two attempts
    assert all((tmp_path / place).is_file() for place in places)
    assert len(list(tmp_path.glob("pictures/*/*"))) == len(places)


def test_a_proof_stands_beside_the_thresholds_that_it_was_held_to(
    tmp_path: Path, exhibit: Exhibit, blobs: Any
) -> None:
    write_gallery(tmp_path, {"food": [exhibit]}, blobs, {"similarity": 0.45})
    [body] = bodies(tmp_path / "food.html")
    assert body["least"] == {"similarity": 0.45}
    assert "similarity" in body["attempts"][0]["matches"][0]


def test_records_are_filtered_by_what_licences_went_into_them(
    tmp_path: Path, exhibit: Exhibit, blobs: Any
) -> None:
    write_gallery(tmp_path, {"food": [exhibit]}, blobs)
    html = (tmp_path / "food.html").read_text()
    assert '<option value="CC-BY-SA-4.0">CC-BY-SA-4.0 (1)</option>' in html


def test_nothing_on_a_page_names_the_folder_it_was_made_in(
    tmp_path: Path, exhibit: Exhibit, blobs: Any
) -> None:
    write_gallery(tmp_path, {"food": [exhibit]}, blobs)
    assert not any(str(tmp_path) in page.read_text() for page in tmp_path.glob("*.html"))


def test_evidence_ends_no_element_and_opens_none(tmp_path: Path, exhibit: Exhibit, blobs: Any) -> None:
    write_gallery(tmp_path, {"food": [exhibit]}, blobs)
    html = (tmp_path / "food.html").read_text()
    assert html.count("<script") == html.count("</script>") == 3  # two islands of data, one script of ours
    assert "alert(1)" in html
    assert "<script>alert" not in html
    assert '"onerror="' not in html.replace(json.dumps(HOSTILE)[1:-1], "")
    assert "<!--" not in html
    assert HOSTILE in bodies(tmp_path / "food.html")[0]["evidence"][0]["sentence"]


def test_only_the_scripts_and_styles_of_the_page_may_act(
    tmp_path: Path, exhibit: Exhibit, blobs: Any
) -> None:
    write_gallery(tmp_path, {"food": [exhibit]}, blobs)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', (tmp_path / "food.html").read_text())
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert "http" not in policy[1]


def test_a_record_that_ended_early_is_shown_as_far_as_it_came(
    tmp_path: Path, exhibit: Exhibit, blobs: Any
) -> None:
    cells = {"prompt": exhibit.cells["prompt"]}
    early = Exhibit("k", "rejected", cells, stage="gap", reason="no-need", detail="known well enough")
    write_gallery(tmp_path, {"food": [early]}, blobs)
    html = (tmp_path / "food.html").read_text()
    assert "rejected by gap: no-need" in html
    assert "known well enough" in html


def test_what_is_kept_for_the_benchmark_is_not_counted_as_rejected(tmp_path: Path, blobs: Any) -> None:
    kept = Exhibit("0123456789abcdef-en1", RESERVED, {}, stage="reserve", reason="reserved")
    write_gallery(tmp_path, {"food": [kept]}, blobs)
    assert "reserved</th>" in (index := (tmp_path / "index.html").read_text())
    assert "rejected</th>" not in index
    assert '<span class="tag reserved">reserved</span>' in (tmp_path / "food.html").read_text()


def test_an_entity_that_came_to_no_prompt_is_shown(tmp_path: Path, blobs: Any) -> None:
    silent = Exhibit("0123456789abcdef", "rejected", {}, stage="harvest", reason="no-text")
    write_gallery(tmp_path, {"food": [silent]}, blobs)
    assert "rejected by harvest: no-text" in (tmp_path / "food.html").read_text()
    assert bodies(tmp_path / "food.html")[0]["prompt"] is None


def test_a_recaption_whose_proof_never_ended_is_shown(exhibit: Exhibit, tmp_path: Path, blobs: Any) -> None:
    first, second = exhibit.cells["attempts"]
    cells = {**exhibit.cells, "attempts": [first], "recaption": second.recaption}
    write_gallery(
        tmp_path, {"food": [Exhibit(exhibit.key, "failed", cells, "draw-2", "OutOfMemoryError")]}, blobs
    )
    [body] = bodies(tmp_path / "food.html")
    assert [attempt["verdict"]["reasons"] for attempt in body["attempts"]] == [["margin"], ["not-proven"]]


def test_what_is_no_picture_is_not_handed_to_the_browser(
    tmp_path: Path, exhibit: Exhibit, make_picture: Callable[..., Any], blobs: Any
) -> None:
    page = msgspec.structs.replace(make_picture("x"), sha256=blobs.put(b"<html>"))
    bomb = msgspec.structs.replace(make_picture("y"), width=60_000, height=60_000)
    for picture in (page, bomb):
        cells = {**exhibit.cells, "ground_truth": [picture]}
        write_gallery(tmp_path, {"food": [Exhibit("k", "proven", cells)]}, blobs)
        assert bodies(tmp_path / "food.html")[0]["pictures"][picture.sha256] is None
        assert not list(tmp_path.glob(f"pictures/*/{picture.sha256}*"))


def test_pages_and_pictures_that_are_gone_go_too(
    tmp_path: Path, exhibit: Exhibit, make_cells: Callable[..., Any], blobs: Any
) -> None:
    other = Exhibit("other", "proven", make_cells("Pear"))
    write_gallery(tmp_path, {"food": [exhibit], "toy": [other]}, blobs)
    taken_down = other.cells["ground_truth"][0].sha256
    assert list(tmp_path.glob(f"pictures/*/{taken_down}.png"))
    write_gallery(tmp_path, {"food": [exhibit]}, blobs)
    assert sorted(path.name for path in tmp_path.glob("*.html")) == ["food.html", "index.html"]
    assert not list(tmp_path.glob(f"pictures/*/{taken_down}.png"))


def test_a_picture_that_was_cut_off_is_written_again(tmp_path: Path, exhibit: Exhibit, blobs: Any) -> None:
    write_gallery(tmp_path, {"food": [exhibit]}, blobs)
    picture = next(tmp_path.glob("pictures/*/*.png"))
    whole = picture.read_bytes()
    picture.write_bytes(whole[:10])
    write_gallery(tmp_path, {"food": [exhibit]}, blobs)
    assert picture.read_bytes() == whole


def test_a_large_domain_has_several_pages(
    tmp_path: Path, exhibit: Exhibit, blobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "PAGE", 2)
    cells = {"prompt": exhibit.cells["prompt"]}
    write_gallery(tmp_path, {"food": (Exhibit(f"k{n}", "proven", cells) for n in range(5))}, blobs)
    assert sorted(path.name for path in tmp_path.glob("food*")) == ["food-2.html", "food-3.html", "food.html"]
    second = (tmp_path / "food-2.html").read_text()
    assert 'href="food.html" rel="prev"' in second
    assert 'href="food-3.html" rel="next"' in second
    assert "food-4.html" not in (tmp_path / "food-3.html").read_text()
    assert len(bodies(tmp_path / "food-3.html")) == 1
    assert "food, page 3" in (tmp_path / "index.html").read_text()


def test_the_same_records_give_the_same_bytes(tmp_path: Path, exhibit: Exhibit, blobs: Any) -> None:
    for name in ("one", "two"):
        write_gallery(tmp_path / name, {"food": [exhibit]}, blobs)
    one, two = ((tmp_path / name / "food.html").read_bytes() for name in ("one", "two"))
    assert one == two
