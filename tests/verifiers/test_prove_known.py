"""A known subject is proven by the drawings that showed that it is known."""

from __future__ import annotations

from catalogs.records import Drawing, Knowledge, Match, Proof
from catalogs.sidecar import accepted_attempt, best_drawing
from catalogs.stage import Kept, Row
from tests.verifiers.world import MemoryBlobs, picture, recaption, truth
from verifiers.prove_known import ProveKnown


def test_the_closed_book_drawings_are_the_accepted_attempt() -> None:
    blobs = MemoryBlobs()
    shown = picture(truth("Tiger"), blobs)
    drawings = [Drawing(seed=seed, picture=shown, model="brush@1") for seed in (11, 12)]
    matches = [
        Match(seed=seed, similarity=similarity, nearest="", nearest_similarity=0.0, margin=similarity)
        for seed, similarity in ((11, 0.8), (12, 0.9))
    ]
    cells = {
        "recaption": recaption("A tiger on a sandy beach."),
        "closed_drawings": drawings,
        "closed_proof": Proof(matches=matches, negatives=[], model="lit@1"),
        "knowledge": Knowledge(known=True),
    }
    (outcome,) = ProveKnown().run([Row("key", cells)], blobs)
    assert isinstance(outcome, Kept)
    assert outcome.writes["verdict"].passed
    attempt = accepted_attempt(outcome.writes["attempts"])
    assert best_drawing(attempt) == (drawings[1], matches[1])


def test_what_is_not_known_is_left_to_the_search() -> None:
    assert not ProveKnown().needed(Row("key", {"knowledge": Knowledge(known=False)}))
