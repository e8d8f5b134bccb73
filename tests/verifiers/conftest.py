"""The gallery of the small world, built once."""

from __future__ import annotations

import pytest

from catalogs.digests import entity_id
from tests.verifiers.world import DRAWINGS, MemoryBlobs, gallery_of, truth
from verifiers.negatives import GalleryIndex


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> GalleryIndex:
    blobs = MemoryBlobs()
    items = [(entity_id(title), title, blobs.put(truth(title))) for title in DRAWINGS]
    return gallery_of(tmp_path_factory.mktemp("index"), items, blobs)
