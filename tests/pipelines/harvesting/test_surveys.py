"""A survey on disk: in order however the source lists, listed once, and without what was forgotten."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.digests import entity_id
from catalogs.errors import LedgerError
from catalogs.records import EntityRef, Passage
from catalogs.tombstones import Tombstone, lay, read_tombstones
from pipelines.harvesting.surveys import in_order, strike, survey
from sources.interface import Harvested, Unusable


def ref(number: int, domain: str = "food", title: str = "") -> EntityRef:
    name = entity_id(f"{domain}:{number}")
    return EntityRef(entity_id=name, domain=domain, title=title or f"dish\t{number}\n", locator=str(number))


@dataclass(frozen=True)
class Listing:
    """An encyclopedia that can only be surveyed, and counts how often it was."""

    refs: tuple[EntityRef, ...]
    asked: list[int] = dataclasses.field(default_factory=list)
    revision: str = "1"
    name: str = "listing"
    languages: tuple[str, ...] = ("en",)

    def survey(self) -> Iterator[EntityRef]:
        self.asked.append(1)
        yield from self.refs

    def harvest(self, ref: EntityRef) -> Harvested:
        raise Unusable("listing")

    def documents(self, language: str) -> Iterator[Passage]:
        yield from ()


REFS = tuple(ref(n, ("toy", "food", "toy-town")[n % 3]) for n in range(60))
ORDERED = sorted(REFS, key=lambda one: (one.domain, one.entity_id))


def test_a_survey_is_by_domain_and_id_and_the_source_is_listed_once(tmp_path: Path) -> None:
    source = Listing(REFS)
    assert list(survey(tmp_path, source)) == ORDERED
    again = survey(tmp_path, source)
    assert list(again) == list(again) == ORDERED
    assert len(source.asked) == 1
    list(survey(tmp_path, dataclasses.replace(source, revision="2")))
    assert len(source.asked) == 2, "another revision is listed anew"


def test_an_entity_that_is_listed_twice_is_one(tmp_path: Path) -> None:
    first, again, other = ref(1, "toy", "Kite"), ref(1, "toy", "Kites"), ref(2, "toy", "Yo-yo")
    listed = list(survey(tmp_path, Listing((first, other, again))))
    assert sorted(one.title for one in listed) == ["Kite", "Yo-yo"]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["toy", "food"]), st.text(max_size=3))),
    st.integers(1, 2000),
)
def test_runs_of_any_size_are_the_same_survey_as_one_sort_in_memory(
    listed: list[tuple[int, str, str]], run_bytes: int
) -> None:
    refs = [ref(*one) for one in listed]
    expected = sorted(refs, key=lambda one: (one.domain, one.entity_id))  # equal ids stay in their order
    with tempfile.TemporaryDirectory() as scratch:
        lines = list(in_order(refs, Path(scratch), run_bytes))
    assert [msgspec.json.decode(line, type=EntityRef) for line in lines] == expected


def test_nothing_but_the_survey_is_left_in_the_folder(tmp_path: Path) -> None:
    path = survey(tmp_path, Listing(REFS)).path
    list(in_order(REFS, tmp_path, 500))
    assert list(tmp_path.iterdir()) == [path]


def test_a_source_that_gives_up_leaves_no_survey(tmp_path: Path) -> None:
    class Broken(Listing):
        def survey(self) -> Iterator[EntityRef]:
            yield REFS[0]
            raise Unusable("gone")

    with pytest.raises(Unusable):
        survey(tmp_path, Broken(REFS))
    assert not list(tmp_path.iterdir())


def test_lines_that_were_moved_or_cut_are_told_with_the_file_to_delete(tmp_path: Path) -> None:
    made = survey(tmp_path, Listing(REFS))
    lines = made.path.read_bytes().splitlines(keepends=True)
    for damaged in ([lines[5], *lines], [*lines[:-1], lines[-1][:-9]]):
        made.path.write_bytes(b"".join(damaged))
        with pytest.raises(LedgerError, match=r"\.jsonl is damaged .*: delete it and run again"):
            list(made)


def test_what_was_forgotten_is_struck_from_every_survey(tmp_path: Path) -> None:
    folder = tmp_path / "surveys"
    first, second = survey(folder, Listing(REFS)), survey(folder, Listing(REFS[:9], revision="2"))
    gone = REFS[3].entity_id
    lay(tmp_path, [Tombstone(kind="entity", value=gone, why="asked", laid="2026-01-01T00:00:00Z")])
    strike(folder, read_tombstones(tmp_path))
    assert list(first) == [one for one in ORDERED if one.entity_id != gone]
    assert len(list(second)) == 8
