"""The gallery of ground truth and the look-alikes in it."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from catalogs.digests import entity_id
from tests.verifiers.world import DRAWINGS, MemoryBlobs, gallery_of, look_alikes, truth
from verifiers.negatives import GalleryIndex


def test_every_entity_has_eight_look_alikes_and_is_none_of_them(gallery: GalleryIndex) -> None:
    for title in DRAWINGS:
        found = look_alikes(gallery, entity_id(title))
        assert len(set(found)) == 8
        assert entity_id(title) not in found


def test_look_alikes_come_nearest_first(gallery: GalleryIndex) -> None:
    loaded = gallery.load()
    row = loaded.entity_ids.index
    alike = loaded.similarities(loaded.features[row(entity_id("Tiger"))]).max(axis=0)
    found = [alike[row(one)] for one in look_alikes(gallery, entity_id("Tiger"))]
    assert found == sorted(found, reverse=True)


def test_features_have_length_one_and_an_entity_is_nearest_to_itself(gallery: GalleryIndex) -> None:
    loaded = gallery.load()
    assert np.linalg.norm(loaded.features, axis=2) == pytest.approx(1, abs=1e-4)
    nearest = loaded.similarities(loaded.features[:, 1]).argmax(axis=1)
    assert nearest.tolist() == list(range(len(DRAWINGS)))


def test_the_handle_travels_and_its_revision_is_the_content(gallery: GalleryIndex) -> None:
    copy = pickle.loads(pickle.dumps(gallery))
    assert copy == gallery
    assert copy.revision in Path(gallery.path).name


def test_equal_worlds_share_a_file_whatever_their_order(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    items = [(entity_id(title), title, blobs.put(truth(title))) for title in ("Tiger", "Horse")]
    first = gallery_of(tmp_path, items, blobs)
    assert gallery_of(tmp_path, reversed(items), blobs) == first
    assert [path.name for path in tmp_path.iterdir()] == [Path(first.path).name]


def test_an_entity_with_the_very_same_picture_is_no_look_alike(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    items = [("a", "Tiger", blobs.put(truth("Tiger"))), ("b", "Big cat", blobs.put(truth("Tiger")))]
    items.append(("c", "Horse", blobs.put(truth("Horse"))))
    assert look_alikes(gallery_of(tmp_path, items, blobs), "a") == ["c"]


def test_a_broken_picture_is_left_out(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    items = [("a", "Tiger", blobs.put(truth("Tiger"))), ("b", "Gone", blobs.put(b"cut"))]
    index = gallery_of(tmp_path, items, blobs)
    assert index.load().entity_ids == ("a",)
