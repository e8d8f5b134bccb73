"""The ground truth itself cannot become a reference."""

from __future__ import annotations

from catalogs.records import Origin
from catalogs.stage import Kept, Row
from filters.leakage import Leakage
from tests.filters.rows import MemoryBlobs, candidate, row_of
from tests.filters.test_select import changed, outcome_of
from workers.pictures import picture_of


def test_a_candidate_with_the_bytes_of_the_ground_truth_is_found() -> None:
    blobs = MemoryBlobs()
    truth = picture_of(b"the lead picture", Origin(url="zim:lead"))
    row = row_of([candidate(blobs, b"another"), candidate(blobs, b"the lead picture")])
    cells = {"image_trace": row["image_trace"], "ground_truth": [truth]}
    (outcome,) = Leakage().run([Row("k", cells)], blobs)
    assert isinstance(outcome, Kept)
    assert [score.values["ground_truth"] for score in outcome.writes["leakage"]] == [0.0, 1.0]


def test_it_is_rejected_with_that_reason() -> None:
    outcome = outcome_of(changed(), changed(), changed(ground_truth=1))
    assert isinstance(outcome, Kept)
    assert [d.reason for d in outcome.writes["selection"].decisions] == ["kept", "kept", "ground-truth"]
