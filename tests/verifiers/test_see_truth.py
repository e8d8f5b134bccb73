"""What the gallery is built from: a record at a time, whatever is seen beside it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from catalogs.digests import encode
from catalogs.records import TruthViews
from catalogs.stage import Kept, Rejected, Row
from tests.verifiers.world import MemoryBlobs, picture_named, truth
from verifiers.negatives import VIEWS
from verifiers.see_truth import SeeTruth
from workers.image_text.handle import ImageTextWorker

STAGE = SeeTruth(ImageTextWorker())


@pytest.fixture(scope="module")
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture(scope="module")
def rows(blobs: MemoryBlobs) -> list[Row]:
    pictures = [truth("Tiger"), b"cut", truth("Horse"), truth("Tiger")]
    return [
        Row(str(n), {"ground_truth": [picture_named(blobs.put(data))]}) for n, data in enumerate(pictures)
    ]


def test_a_picture_is_seen_as_it_is_alone(rows: list[Row], blobs: MemoryBlobs) -> None:
    tiger, broken, horse, same = STAGE.run(rows, blobs)
    assert STAGE.run(rows[2:3], blobs) == [horse]
    assert tiger == same
    assert isinstance(broken, Rejected)
    assert broken.reason == "undecodable"


def test_features_survive_the_ledger_to_the_last_bit(rows: list[Row], blobs: MemoryBlobs) -> None:
    (seen,) = STAGE.run(rows[:1], blobs)
    assert isinstance(seen, Kept)
    views: TruthViews = seen.writes["truth_views"]
    assert msgspec.json.decode(encode(views), type=TruthViews) == views
    pair = np.frombuffer(views.features, "<f4").reshape(VIEWS, -1)
    assert np.linalg.norm(pair, axis=1) == pytest.approx(1, abs=1e-4)
