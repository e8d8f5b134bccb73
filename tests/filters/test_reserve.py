"""A thing is reserved, or not, under all the ids that sources give it."""

from __future__ import annotations

import msgspec

from catalogs.digests import entity_id
from catalogs.records import Prompt, Scene
from catalogs.stage import Outcome, Rejected, Row
from filters.reserve import Reserve
from tests.filters.rows import TIGER, MemoryBlobs

PROMPT = Prompt(
    key="k-en1",
    language="en",
    text="A tiger rests in the snow at night.",
    form="scene-first",
    subject="Tiger",
    noun="a tiger",
    scene=Scene(place="snow", light="night"),
    model="m@1",
)


def reserved(canonical: str, item: str = "", share: float = 0.5) -> bool:
    entity = msgspec.structs.replace(
        TIGER, entity_id=entity_id(canonical), identifiers={"wikidata": item} if item else {}
    )
    outcome: Outcome = Reserve(share).each(Row("k", {"entity": entity, "prompt": PROMPT}), MemoryBlobs())
    return isinstance(outcome, Rejected)


def test_one_item_has_one_fate_whatever_its_id() -> None:
    for number in range(40):
        fates = {reserved(name, f"Q{number}") for name in ("wikipedia:en:A", "list:b", "wikidata:Q1")}
        assert len(fates) == 1


def test_an_entity_without_an_item_goes_by_its_id() -> None:
    fates = [reserved(f"wikipedia:en:{number}") for number in range(200)]
    assert 70 < sum(fates) < 130
    assert not reserved("wikipedia:en:A", share=0.0)
    assert reserved("wikipedia:en:A", share=1.0)


def test_a_prompt_that_could_not_be_written_is_rejected_with_what_is_wrong_with_it() -> None:
    unusable = msgspec.structs.replace(PROMPT, text="", problem="the text names the subject")
    outcome = Reserve(1.0).each(Row("k", {"entity": TIGER, "prompt": unusable}), MemoryBlobs())
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.detail) == ("unusable-prompt", "the text names the subject")
    assert not outcome.writes, "it is in no split"
