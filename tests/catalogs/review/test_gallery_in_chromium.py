"""The gallery as a reader meets it: opened from disk in a browser, searched, filtered, read by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalogs.review.exhibits import Exhibit
from catalogs.review.gallery import write_gallery
from tests.catalogs.chromium import EXECUTABLE, Page, chromium

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium on this machine: apt-get install chromium"),
]

PWN = "document.title='pwned'"
HOSTILE = (
    f'<img src=x onerror="{PWN}"></script><script>{PWN}</script><svg onload={PWN}>'
    f"</textarea></details><!--<script>]]>'\"{'unbroken' * 40} \u2028 {{{{7*7}}}}"
)
SHOWN = (
    "[...document.querySelectorAll('.record')].filter((record) => !record.hidden).map((record) => record.id)"
)
NODES = "document.querySelectorAll('*').length"
LOADED = "[...document.images].filter((image) => image.naturalWidth).length"
FOCUS = "document.activeElement.closest('.record')?.id ?? document.activeElement.name"
MakeCells = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Page:
    browser.look(width=1440)
    return browser


@pytest.fixture
def exhibits(make_cells: MakeCells) -> list[Exhibit]:
    """A hostile record with two attempts, one in French, a rejected one and an entity that has no prompt."""
    hostile = make_cells("Apple", text=HOSTILE, attempts=2)
    sly = msgspec.structs.replace(hostile["text_trace"].evidence[0].origin, url=f"javascript:{PWN}")
    evidence = [
        *hostile["text_trace"].evidence,
        msgspec.structs.replace(hostile["text_trace"].evidence[0], origin=sly, title=HOSTILE),
    ]
    hostile["text_trace"] = msgspec.structs.replace(hostile["text_trace"], evidence=evidence)
    hostile["entity"] = msgspec.structs.replace(hostile["entity"], title=HOSTILE)
    french = make_cells("Crème brûlée")
    french["prompt"] = msgspec.structs.replace(french["prompt"], key="b-fr-0", language="fr")
    early = {name: make_cells("Pear")[name] for name in ("entity", "prompt", "gap")}
    return [
        Exhibit("a-en-0", "proven", hostile),
        Exhibit("b-fr-0", "proven", french),
        Exhibit("c-en-0", "rejected", early, "search-text", "no-hits", "nothing was found"),
        Exhibit("d", "failed", {}, "harvest", "TimeoutError", HOSTILE),
    ]


@pytest.fixture
def food(tmp_path: Path, exhibits: list[Exhibit], blobs: Any) -> Path:
    write_gallery(tmp_path / "gallery", {"food": exhibits}, blobs)
    return tmp_path / "gallery" / "food.html"


def choose(page: Page, name: str, value: str) -> list[str]:
    """Set one filter as a reader would; returns the keys of the records that stay."""
    page.evaluate(
        f"(() => {{ const field = document.querySelector('[name={name}]'); field.value = {value!r};"
        "field.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    page.settle()
    return sorted(page.evaluate(SHOWN))


def open_everything(page: Page) -> None:
    """Unfold all parts of the records that are open."""
    page.until("document.querySelector('.body')")
    page.evaluate("document.querySelectorAll('.body details').forEach((part) => { part.open = true; })")
    page.settle()


def test_a_page_opens_from_disk_and_asks_for_nothing_but_its_pictures(page: Page, food: Path) -> None:
    page.open(food, "#a-en-0")
    assert len(page.evaluate(SHOWN)) == 4
    open_everything(page)
    page.evaluate("document.querySelectorAll('.body img').forEach((image) => { image.loading = 'eager'; })")
    page.until("[...document.querySelectorAll('.body img')].every((image) => image.naturalWidth)")
    asked = [event["request"]["url"] for event in page.said("Network.requestWillBeSent")]
    folder = food.parent.as_uri()
    assert asked[0].startswith(f"{folder}/food.html")
    assert len(asked) > 1
    assert all(address.startswith(f"{folder}/pictures/") for address in asked[1:])
    assert page.said("Runtime.exceptionThrown") == []
    assert page.said("Log.entryAdded") == []


def test_a_gallery_that_was_moved_shows_its_pictures(page: Page, food: Path, tmp_path: Path) -> None:
    moved = tmp_path / "else where"
    shutil.move(food.parent, moved)
    page.open(moved / "food.html")
    page.until(f"{LOADED} === 4")  # ground truth and best drawing of the two proven records


def test_search_and_filters_leave_what_fits(page: Page, food: Path) -> None:
    page.open(food)
    assert choose(page, "words", "CREME brulee") == ["b-fr-0"]
    assert choose(page, "words", "nothing like it") == []
    assert page.evaluate("document.getElementById('none').checkVisibility()")
    assert choose(page, "words", "") == ["a-en-0", "b-fr-0", "c-en-0", "d"]
    assert choose(page, "verdict", "rejected") == ["c-en-0"]
    assert choose(page, "verdict", "") == ["a-en-0", "b-fr-0", "c-en-0", "d"]
    assert choose(page, "reason", "record: no-hits") == ["c-en-0"]
    assert choose(page, "reason", "recaption: margin") == ["a-en-0"]
    assert choose(page, "reason", "candidate: watermark") == ["a-en-0", "b-fr-0"]
    assert choose(page, "language", "fr") == ["b-fr-0"]
    assert page.evaluate("document.getElementById('count').textContent") == "1 of 4 records"
    page.evaluate("document.querySelector('[type=reset]').click()")
    page.until(f"{SHOWN}.length === 4")


def test_a_range_of_a_score_leaves_out_what_has_none(page: Page, food: Path) -> None:
    page.open(food)
    options = page.evaluate(
        "[...document.querySelector('[name=score]').options].map((option) => option.value)"
    )
    assert options[:2] == ["similarity", "margin"]
    assert "judge: identity" in options
    assert choose(page, "least", "0.5") == ["a-en-0", "b-fr-0"]
    assert choose(page, "least", "0.9") == []
    assert choose(page, "least", "") == ["a-en-0", "b-fr-0", "c-en-0", "d"]
    assert choose(page, "most", "0.82") == ["a-en-0", "b-fr-0"]
    assert choose(page, "score", "judge: identity") == []


def test_the_keyboard_is_enough(page: Page, food: Path) -> None:
    page.open(food)
    page.press("/")
    assert page.evaluate(FOCUS) == "words"
    page.type("apple/")  # a slash inside the field is a slash
    assert page.evaluate("document.activeElement.value") == "apple/"
    page.press("Escape")
    page.type("pear")
    assert page.evaluate(SHOWN) == ["c-en-0"]
    page.press("Enter")
    assert page.evaluate(FOCUS) == "c-en-0"
    page.press("Enter")
    page.until("document.getElementById('c-en-0').open && document.querySelector('#c-en-0 .body')")
    page.press("Enter")
    page.until("!document.querySelector('.body')")
    choose(page, "words", "")
    before, after = page.evaluate(SHOWN)[page.evaluate(SHOWN).index("c-en-0") - 1], "c-en-0"
    page.press("ArrowUp")
    assert page.evaluate(FOCUS) == before
    page.press("ArrowDown")
    assert page.evaluate(FOCUS) == after


def test_tab_goes_through_filters_to_records_and_the_focus_is_seen(page: Page, food: Path) -> None:
    page.open(food)
    visited = []
    for _ in range(15):
        page.press("Tab")
        focus = page.evaluate(FOCUS)
        visited.append(focus)
        if focus:  # not the link to the index or the button, which have no name
            assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    names = [name for name in visited if name]
    assert names[:8] == ["words", "verdict", "reason", "language", "licence", "score", "least", "most"]
    assert names[8:12] == page.evaluate(SHOWN)


def test_an_opened_record_tells_everything(page: Page, food: Path) -> None:
    page.open(food, "#b-fr-0")
    open_everything(page)
    text = page.evaluate("document.getElementById('b-fr-0').textContent")
    for words in ("Unknown: colour", "Crème brûlée is red.", "image_1", "watermark", "3 candidates, 2 kept"):
        assert words in text
    for words in (
        "Recaption 1 passed",
        "ground truth",
        "seed 1",
        "nearest: Pear",
        "CC-BY-SA-4.0 · Ed",
        "reply",
    ):
        assert words in text
    page.evaluate("document.querySelectorAll('.body details').forEach((part) => { part.open = true; })")
    page.until(
        "[...document.querySelectorAll('.body img')].filter((image) => image.naturalWidth).length >= 5"
    )


def test_markup_in_evidence_stays_text(page: Page, food: Path) -> None:
    page.open(food)
    for key in page.evaluate(SHOWN):
        page.evaluate(f"document.getElementById('{key}').open = true")
    page.until("document.querySelectorAll('.body').length === 4")
    open_everything(page)
    assert page.evaluate("document.title") == "food - Tracemill gallery"
    assert page.evaluate("document.scripts.length") == 3
    assert page.evaluate("document.querySelectorAll('svg, [onerror], [onload], img[src=x]').length") == 0
    assert page.evaluate("[...document.links].filter((a) => !/^(file|https):/.test(a.protocol)).length") == 0
    assert HOSTILE in page.evaluate("document.querySelector('#a-en-0 blockquote').textContent")
    assert HOSTILE in page.evaluate("document.querySelector('#a-en-0 > summary').textContent")


def test_arabic_runs_from_right_to_left_and_stands_at_the_right(
    page: Page, tmp_path: Path, make_cells: MakeCells, blobs: Any
) -> None:
    arabic = make_cells("ببر", text="ببر على شاطئ رملي عند الغروب.")
    prompt = msgspec.structs.replace(arabic["prompt"], text="ببر على شاطئ رملي.", language="ar")
    evidence = [msgspec.structs.replace(arabic["text_trace"].evidence[0], sentence="الببر حيوان كبير.")]
    text = "ببر على شاطئ رملي كما في image_1 و image_2."
    attempts = [
        msgspec.structs.replace(one, recaption=msgspec.structs.replace(one.recaption, text=text))
        for one in arabic["attempts"]
    ]
    arabic |= {
        "prompt": prompt,
        "text_trace": msgspec.structs.replace(arabic["text_trace"], evidence=evidence),
        "attempts": attempts,
    }
    shown = [Exhibit("a-ar-0", "proven", arabic), Exhibit("b-en-0", "proven", make_cells("Apple"))]
    write_gallery(tmp_path / "gallery", {"food": shown}, blobs)
    page.open(tmp_path / "gallery" / "food.html")
    for key in ("a-ar-0", "b-en-0"):
        page.evaluate(f"document.getElementById('{key}').open = true")
    page.until("document.querySelectorAll('.body').length === 2")

    def direction(selector: str) -> Any:
        return page.evaluate(f"getComputedStyle(document.querySelector({selector!r})).direction")

    for selector in ("summary bdi", "blockquote", "section > p[dir]"):
        assert direction(f"#a-ar-0 {selector}") == "rtl", selector
        assert direction(f"#b-en-0 {selector}") == "ltr", selector
    assert direction("#a-ar-0 dl") == "ltr", "what the page itself says stays where it is"


def test_the_policy_of_the_page_would_stop_markup_that_got_in(page: Page, food: Path) -> None:
    page.open(food)
    planted = f"Object.assign(document.createElement('script'), {{textContent: {PWN!r}}})"
    with pytest.raises(RuntimeError, match="TrustedScript"):
        page.evaluate(f"document.body.append({planted})")
    with pytest.raises(RuntimeError, match="TrustedHTML"):
        page.evaluate("document.body.innerHTML = '<b>markup</b>'")
    assert page.evaluate("fetch('https://example.org').then(() => 'sent', () => 'refused')") == "refused"
    assert page.evaluate("document.title") != "pwned"


def test_the_index_leads_to_the_page(page: Page, food: Path) -> None:
    page.look(width=360)
    page.open(food.parent / "index.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    cells = "[...document.querySelectorAll('thead th, tbody td')].map((cell) => cell.textContent)"
    assert page.evaluate(cells) == [
        "domain",
        "records",
        "failed",
        "proven",
        "rejected",
        "food",
        "4",
        "1",
        "2",
        "1",
    ]
    assert page.evaluate("document.querySelector('td a').href") == food.as_uri()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_runs_over_the_edge_and_everything_can_be_read(
    page: Page, food: Path, width: int, dark: bool
) -> None:
    page.look(width=width, dark=dark)
    page.open(food, "#a-en-0")
    open_everything(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    over = (
        "[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth)"
    )
    assert page.evaluate(f"{over}.map((e) => e.outerHTML.slice(0, 80))") == []
    for selector in (
        ".words",
        ".facts",
        ".tag.kept",
        ".tag.rejected",
        ".tag.failed",
        "#filters label",
        "pre",
        "a",
    ):
        assert contrast(page, selector) >= 4.5, selector  # WCAG 2.2, success criterion 1.4.3


def contrast(page: Page, selector: str) -> float:
    """Of the first element of a kind against what lies behind it, 1..21."""
    behind = "for (let e = element; e; e = e.parentElement) {"
    behind += (
        " const c = getComputedStyle(e).backgroundColor; if (!c.startsWith('rgba(0, 0, 0, 0')) return c; }"
    )
    colours = page.evaluate(
        f"(() => {{ const element = document.querySelector({selector!r});"
        f"return [getComputedStyle(element).color, (() => {{ {behind} }})()]; }})()"
    )
    light, dark = sorted((luminance(colour) for colour in colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of ``rgb(r, g, b)`` (WCAG 2.2)."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_two_thousand_records_stay_light(
    page: Page, tmp_path: Path, make_cells: MakeCells, blobs: Any
) -> None:
    kinds = [make_cells(f"Kind {number}", text="word " * 1000) for number in range(20)]
    exhibits = []
    for number in range(2000):
        cells = kinds[number % 20]
        prompt = msgspec.structs.replace(
            cells["prompt"], key=f"{number:04}-en-0", text=f"Number {number:04}."
        )
        exhibits.append(Exhibit(prompt.key, "proven", {**cells, "prompt": prompt}))
    write_gallery(tmp_path, {"food": exhibits}, blobs)
    assert not (tmp_path / "food-2.html").exists()
    page.open(tmp_path / "food.html")
    page.until(f"{LOADED} > 0")
    assert len(page.evaluate(SHOWN)) == 2000
    nodes = page.evaluate(NODES)
    assert nodes <= 2000 * 10 + 200  # a row has ten elements; nothing of its body is there
    assert page.evaluate(LOADED) <= 400  # of 4,000: those in sight and as far beyond as the browser likes
    assert choose(page, "words", "number 1234") == ["1234-en-0"]
    page.press("/")
    page.press("Enter")
    page.press("Enter")
    page.until("document.querySelector('.body')")
    assert page.evaluate(NODES) - nodes < 500
    page.press("Enter")
    page.until("!document.querySelector('.body')")
    assert page.evaluate(NODES) == nodes
    assert page.said("Runtime.exceptionThrown") == []
