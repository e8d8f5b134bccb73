"""The sample web behaves like a search engine, repeats itself exactly, and serves every fault it claims."""

from __future__ import annotations

import io
import itertools
import pickle
from collections import Counter

import pytest
from PIL import Image

from sources.sample_world import labels, slots, table
from sources.sample_world.web import SampleWeb
from workers.pictures import sniff
from workers.tools import FetchError

SEED = 11
WEB = SampleWeb(SEED)
NONE: frozenset[str] = frozenset()
FAULT_WORDS = {
    "fault",
    "alike",
    "duplicate",
    "watermark",
    "blur",
    "small",
    "aspect",
    "heavy",
    "collage",
    "truncat",
}


def of_kind(fault: str | None, number: int = 4) -> list[bytes]:
    """The first pictures of a kind, over different entities."""
    chosen = (url for url, slot in slots.by_address(SEED).items() if slot.fault == fault)
    return [WEB.fetch(url) for url in itertools.islice(chosen, number)]


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_a_search_gives_eight_ranked_pictures_of_what_was_asked_for() -> None:
    hits = WEB.search("a tiger", "en", 8, NONE)
    assert [hit.rank for hit in hits] == list(range(1, 9))
    assert len({hit.image_url for hit in hits}) == 8
    tiger = next(row.entity_id for row in table.rows() if row.title == "Tiger")
    assert sum(labels.label(SEED, hit.image_url).entity_id == tiger for hit in hits) >= 4


def test_a_second_query_goes_on_where_the_first_stopped() -> None:
    first = {hit.image_url for hit in WEB.search("tiger", "en", 8, NONE)}
    second = WEB.search("tiger large striped cat", "en", 6, frozenset(first))
    assert not first & {hit.image_url for hit in second}
    assert {slots.by_address(SEED)[hit.image_url].owner for hit in second} == {"1F405"}


def test_pages_speak_the_language_of_the_query() -> None:
    hits = WEB.search("un ours polaire", "fr", 8, NONE)
    honest = [hit for hit in hits if labels.label(SEED, hit.image_url).fault is None]
    assert honest
    assert all("ours" in hit.caption.casefold() for hit in honest)


def test_a_page_that_shows_the_right_thing_names_it() -> None:
    rows = {row.entity_id: row for row in table.rows()}
    for row in table.rows()[::20]:
        for hit in WEB.search(row.names[0].noun, "en", 8, NONE):
            truth = labels.label(SEED, hit.image_url)
            if truth.fault is None and truth.entity_id:
                assert rows[truth.entity_id].title in hit.title


def test_first_pages_hold_three_to_five_good_pictures_on_average_and_some_hold_too_few() -> None:
    good = [sum(slot.fault is None for slot in slots.slots_of(SEED, row.hexcode)[:8]) for row in table.rows()]
    assert 3.0 <= sum(good) / len(good) <= 5.0
    assert 0.02 <= sum(count < 2 for count in good) / len(good) <= 0.15
    for row in table.rows():
        assert 5 <= sum(slot.fault is None for slot in slots.slots_of(SEED, row.hexcode)) <= 7


def test_every_fault_occurs_many_times() -> None:
    counted = Counter(slot.fault for slot in slots.by_address(SEED).values())
    assert set(counted) == {None, *slots.FAULTS}
    assert min(counted.values()) >= 100


def test_another_seed_is_another_web() -> None:
    assert not set(slots.by_address(SEED)) & set(slots.by_address(SEED + 1))
    assert SampleWeb(SEED).revision != SampleWeb(SEED + 1).revision


def test_the_same_address_always_gives_the_same_bytes() -> None:
    for url in list(slots.by_address(SEED))[::700]:
        assert WEB.fetch(url) == pickle.loads(pickle.dumps(WEB)).fetch(url)


def test_an_unknown_address_is_not_found() -> None:
    with pytest.raises(FetchError) as error:
        WEB.fetch("https://images.sample.invalid/p/0.jpg")
    assert error.value.kind == "not-found"


def test_good_pictures_are_large_still_and_whole() -> None:
    for data in of_kind(None, 12):
        image = opened(data)
        assert min(image.size) >= 280
        assert max(image.size) <= 480
        assert getattr(image, "n_frames", 1) == 1


def test_each_fault_is_what_it_says() -> None:
    assert all(min(opened(data).size) < 150 for data in of_kind("too-small"))
    for data in of_kind("odd-aspect"):
        width, height = opened(data).size
        assert max(width, height) / min(width, height) > 2
        assert min(width, height) >= 150
    assert all(sniff(data) == "text/html" for data in of_kind("html"))
    for data in of_kind("animated"):
        assert sniff(data) == "image/gif"
        assert Image.open(io.BytesIO(data)).n_frames > 1  # type: ignore[attr-defined]
    for data in of_kind("truncated"):
        with pytest.raises(OSError, match=r"truncated|broken|Truncated"):
            opened(data)
    for url, slot in slots.by_address(SEED).items():
        assert (slot.fault == "icon-address") == ("icon" in url or "widget" in url)


def test_a_near_duplicate_follows_the_picture_that_it_repeats() -> None:
    repeats = [slot for slot in slots.by_address(SEED).values() if slot.fault == "near-duplicate"]
    for slot in repeats:
        original = slots.original_of(slot)
        assert original.number < slot.number
        assert original.fault is None


def test_look_alikes_show_another_entity_and_some_pages_lie_about_it() -> None:
    twins = [slot for slot in slots.by_address(SEED).values() if slot.fault == "look-alike"]
    assert all(slot.shown != slot.owner for slot in twins)
    assert 0.2 <= sum(slot.named == slot.owner for slot in twins) / len(twins) <= 0.45


def test_no_metadata_gives_a_fault_away() -> None:
    for row in table.rows()[::15]:
        for hit in WEB.search(row.names[0].noun, "en", slots.PICTURES, NONE):
            slot = slots.by_address(SEED)[hit.image_url]
            names = {
                word for name in table.by_hexcode()[slot.named].names for word in (name.title, name.noun)
            }
            said = f"{hit.title} {hit.caption}".casefold()
            for name in names:
                said = said.replace(name.casefold(), "")
            said += f" {hit.image_url} {hit.page_url} {hit.origin}".casefold()
            assert not [word for word in FAULT_WORDS if word in said], said
            assert slot.shown not in said.upper().replace(hit.image_url.upper(), "")
