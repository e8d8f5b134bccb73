"""Relevance ranks pictures of the entity above others."""

from __future__ import annotations

from catalogs.records import Entity, Name, Origin, Passage
from filters.hygiene import Hygiene
from filters.relevance import CONCEPTS, DESCRIPTION_LETTERS, Relevance, texts_of
from tests.filters.rows import (
    TIGER,
    ColourWorker,
    MemoryBlobs,
    after,
    candidate,
    drawing,
    encoded,
    row_of,
    values_of,
)  # fmt: skip
from workers.meter import metered


def test_the_right_kind_of_picture_scores_higher() -> None:
    blobs = MemoryBlobs()
    row = row_of([candidate(blobs, encoded(drawing(colour))) for colour in ("orange", "blue")])
    right, wrong = values_of(after(row, blobs, Hygiene(), Relevance(model=ColourWorker("rank"))), "relevance")
    assert right["similarity"] > wrong["similarity"]
    assert right["contrast"] > wrong["contrast"]
    assert right["percentile"] > wrong["percentile"]


def test_texts_are_english_where_there_is_english() -> None:
    assert texts_of(TIGER) == ("a tiger", "Tiger", "The tiger is a large cat.")


def test_an_entity_without_english_is_described_in_its_own_language() -> None:
    text = Passage(
        title="Tigre", language="fr", text="Le tigre " * 100, origin=Origin(url="https://x.invalid")
    )
    entity = Entity(
        entity_id="1" * 16,
        title="Tigre",
        domain="animal-plant",
        category_rule="test",
        names=[Name(language="fr", title="Tigre", noun="un tigre")],
        articles=[text],
    )
    noun, title, description = texts_of(entity)
    assert (noun, title) == ("un tigre", "Tigre")
    assert len(description) <= DESCRIPTION_LETTERS


def test_a_picture_passes_through_the_model_once() -> None:
    blobs = MemoryBlobs()
    row = row_of([candidate(blobs, encoded(drawing("teal")))])
    worker = ColourWorker("once")
    with metered() as first:
        after(row, blobs, Hygiene(), Relevance(model=worker))
    with metered() as second:
        after(row, blobs, Hygiene(), Relevance(model=worker))
    assert first.calls == 1 + len(texts_of(TIGER)) + len(CONCEPTS)
    assert second.calls == 0


def test_what_cannot_be_looked_at_has_no_score() -> None:
    blobs = MemoryBlobs()
    row = row_of([candidate(blobs, b"nothing"), candidate(blobs, encoded(drawing()))])
    nothing, picture = values_of(after(row, blobs, Hygiene(), Relevance(model=ColourWorker())), "relevance")
    assert nothing == {}
    assert picture
