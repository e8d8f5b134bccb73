"""Near-duplicates are found among the candidates of one prompt, whatever size, format or direction they
have."""

from __future__ import annotations

from PIL import Image, ImageOps

from filters.duplicates import HASH_BITS, Duplicates
from filters.hygiene import Hygiene
from tests.filters.rows import ColourWorker, MemoryBlobs, after, candidate, drawing, encoded, row_of

STAGES = (Hygiene(), Duplicates(model=ColourWorker()))


def duplicates_of(*files: bytes) -> list[dict[str, float]]:
    blobs = MemoryBlobs()
    row = after(row_of([candidate(blobs, data) for data in files]), blobs, *STAGES)
    return [scores.values for scores in row["duplicates"]]


def test_the_first_picture_repeats_nothing() -> None:
    (values,) = duplicates_of(encoded(drawing()))
    assert values == {"min_hash_distance": HASH_BITS, "max_similarity": 0}


def test_a_smaller_jpeg_of_a_picture_repeats_it() -> None:
    image = drawing()
    again = image.resize((260, 244), Image.Resampling.BILINEAR)
    _, values = duplicates_of(encoded(image), encoded(again, "JPEG", quality=70))
    assert values["min_hash_distance"] <= 4
    assert values["hash:0"] <= 4
    assert values["max_similarity"] == values["similarity:0"] > 0.95


def test_a_mirror_image_repeats_the_picture() -> None:
    image = drawing()
    _, values = duplicates_of(encoded(image), encoded(ImageOps.mirror(image)))
    assert values["min_hash_distance"] <= 4


def test_pairs_are_named_by_position_and_the_other_by_content() -> None:
    blobs = MemoryBlobs()
    other, image = drawing("blue", (300, 420), "grey"), drawing()
    candidates = [
        candidate(blobs, encoded(other)),
        candidate(blobs, b"junk"),
        *[candidate(blobs, encoded(image))] * 2,
    ]
    scores = after(row_of(candidates), blobs, *STAGES)["duplicates"]
    assert scores[1].values == {}
    assert scores[3].values["hash:2"] == 0
    assert scores[3].notes["of"] == candidates[2].picture.sha256


def test_a_hash_is_noted_by_which_pictures_of_other_prompts_are_found() -> None:
    image, blobs = drawing(), MemoryBlobs()
    found = []
    for data in (encoded(image), encoded(image.resize((260, 244)), "JPEG", quality=70)):
        (scores,) = after(row_of([candidate(blobs, data)]), blobs, *STAGES)["duplicates"]
        found.append(int(scores.notes["phash"], 16))
    assert (found[0] ^ found[1]).bit_count() <= 4


def test_candidates_found_later_change_nothing_about_earlier_ones() -> None:
    files = [encoded(drawing(colour)) for colour in ("orange", "red", "blue")]
    assert duplicates_of(*files)[:2] == duplicates_of(*files[:2])
