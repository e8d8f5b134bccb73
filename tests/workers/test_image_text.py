"""The default image-text model: what it tells apart, and that a picture's numbers depend on it alone."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from workers.errors import ModelLoadError
from workers.image_text import ImageText, load_image_text
from workers.image_text.drawings import place, plain, rasterise, read_svg
from workers.image_text.head import Head
from workers.image_text.lit import DEFAULT_HEAD, LitImageText
from workers.image_text.pixels import on_white, to_array

TIGER, LION, GUITAR, APPLE, ROCKET, CASTLE = "1F405", "1F981", "1F3B8", "1F34E", "1F680", "1F3F0"


@pytest.fixture(scope="module")
def model() -> ImageText:
    return load_image_text("lit")


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def drawing(hexcode: str) -> Image.Image:
    return plain(rasterise(read_svg(hexcode)))


def test_vectors_have_the_promised_shape_type_and_length(model: ImageText) -> None:
    encoded = model.encode_images([drawing(TIGER), drawing(GUITAR)])
    texts = model.embed_texts(["a tiger", "une guitare", ""])
    assert encoded.embeddings.shape == (2, model.dim)
    assert encoded.features.shape == (2, model.feature_dim)
    assert texts.shape == (3, model.dim)
    for vectors in (encoded.embeddings, encoded.features, texts):
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_nothing_in_nothing_out(model: ImageText) -> None:
    assert model.embed_images([]).shape == (0, model.dim)
    assert model.image_features([]).shape == (0, model.feature_dim)
    assert model.embed_texts([]).shape == (0, model.dim)


@pytest.mark.parametrize(
    "names",
    [
        ["a tiger", "a guitar", "a red apple", "a rocket", "a castle"],
        ["un tigre", "une guitare", "une pomme rouge", "une fusée", "un château"],
        ["un tigre", "una guitarra", "una manzana roja", "un cohete", "un castillo"],
        [
            "a tiger on a beach at night",
            "a guitar in the snow",
            "an apple on a table",
            "a rocket",
            "a castle",
        ],
    ],
)
def test_a_drawing_is_found_by_its_name(model: ImageText, names: list[str]) -> None:
    pictures = [drawing(code) for code in (TIGER, GUITAR, APPLE, ROCKET, CASTLE)]
    scores = model.embed_images(pictures) @ model.embed_texts(names).T
    assert scores.argmax(axis=1).tolist() == list(range(len(names)))


def test_another_view_is_nearer_than_a_look_alike(model: ImageText) -> None:
    raster = rasterise(read_svg(TIGER))
    views = [place(raster, random.Random(seed)) for seed in range(4)]
    features = model.image_features([drawing(TIGER), drawing(LION), *views])
    same, other = features[2:] @ features[0], features[2:] @ features[1]
    assert (same > other + 0.1).all()


def test_numbers_do_not_depend_on_the_batch(model: ImageText) -> None:
    pictures = [drawing(code) for code in (TIGER, LION, GUITAR, APPLE, ROCKET, CASTLE)]
    together = model.encode_images(pictures)
    turned = model.encode_images(pictures[::-1])
    for row, picture in enumerate(pictures):
        alone = model.encode_images([picture])
        assert alone.embeddings.tobytes() == together.embeddings[row].tobytes()
        assert alone.features.tobytes() == together.features[row].tobytes()
        assert together.features[row].tobytes() == turned.features[len(pictures) - 1 - row].tobytes()
    texts = ["a tiger", "a very long sentence about a guitar that stands in the corner", "x"]
    batch = model.embed_texts(texts)
    for row, text in enumerate(texts):
        assert model.embed_texts([text]).tobytes() == batch[row].tobytes()


@pytest.mark.usefixtures("threads")
def test_numbers_do_not_depend_on_the_thread_count_which_is_left_as_it_was(model: ImageText) -> None:
    found = []
    for count in (1, 2):
        torch.set_num_threads(count)
        encoded = model.encode_images([drawing(TIGER), drawing(GUITAR)])
        texts = model.embed_texts(["a tiger on a beach"])
        found.append((encoded.embeddings.tobytes(), encoded.features.tobytes(), texts.tobytes()))
        assert torch.get_num_threads() == count
    assert found[0] == found[1]


def test_a_second_load_gives_the_same_revision_and_numbers(model: ImageText) -> None:
    again = load_image_text("lit")
    assert again.revision == model.revision
    picture = [drawing(CASTLE)]
    assert again.encode_images(picture).features.tobytes() == model.encode_images(picture).features.tobytes()


def test_transparency_is_white() -> None:
    raster = rasterise(read_svg(TIGER))
    np.testing.assert_array_equal(to_array(raster), to_array(plain(raster)))
    assert on_white(Image.new("LA", (4, 4), (0, 0))).getpixel((0, 0)) == (255, 255, 255)
    palette = Image.new("P", (4, 4), 0)
    palette.info["transparency"] = 0
    assert on_white(palette).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16"])
def test_every_mode_of_picture_is_read(mode: str) -> None:
    array = to_array(Image.new(mode, (300, 40)))
    assert array.shape == (3, 224, 224)
    assert np.isfinite(array).all()
    assert array.min() >= -1.0
    assert array.max() <= 1.0


def test_the_shipped_head_is_small_and_matches_its_record() -> None:
    import hashlib
    import json

    record = json.loads(DEFAULT_HEAD.with_suffix(".json").read_text(encoding="utf-8"))
    data = DEFAULT_HEAD.read_bytes()
    assert len(data) <= 6_000_000
    assert hashlib.sha256(data).hexdigest() == record["sha256"]


def test_a_missing_or_broken_head_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="make lit-head"):
        LitImageText(tmp_path / "none.safetensors")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(DEFAULT_HEAD.read_bytes()[:1000])
    with pytest.raises(ModelLoadError, match="make lit-head"):
        LitImageText(cut)


def test_a_head_of_another_shape_is_refused(tmp_path: Path) -> None:
    head = Head.load(DEFAULT_HEAD)
    head.tensors["late_mean"] = torch.zeros(7)
    head.save(tmp_path / "odd.safetensors")
    with pytest.raises(ModelLoadError, match="late_mean"):
        Head.load(tmp_path / "odd.safetensors")


@pytest.mark.parametrize("spec", ["", "clip", "lit:extra", "open_clip", "open_clip:"])
def test_an_unknown_spec_names_the_forms(spec: str) -> None:
    with pytest.raises(ModelLoadError, match="open_clip:MODEL"):
        load_image_text(spec)


def test_lit_refuses_a_gpu_it_would_not_use() -> None:
    with pytest.raises(ModelLoadError, match="cpu only"):
        load_image_text("lit?device=cuda")


def test_jpeg_changes_little(model: ImageText) -> None:
    picture = drawing(GUITAR)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=70)
    features = model.image_features([picture, Image.open(buffer)])
    assert features[0] @ features[1] > 0.8
