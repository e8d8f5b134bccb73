"""Local image-text models through transformers, alone and with the features of a DINO tower."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.workers import tiny
from workers.backbones.hub import HubFeatures
from workers.errors import ModelLoadError
from workers.image_text import load_image_text
from workers.image_text.handle import ImageTextWorker


@pytest.fixture(scope="module")
def siglip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.siglip(tmp_path_factory.mktemp("siglip"))


@pytest.fixture(scope="module")
def dinov2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.dinov2(tmp_path_factory.mktemp("dinov2"))


def pictures(count: int) -> list[Image.Image]:
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 256, (50, 80, 3), dtype=np.uint8)) for _ in range(count)]


def test_siglip_puts_pictures_and_texts_in_one_space(siglip: Path) -> None:
    worker = ImageTextWorker(f"transformers:{siglip}?batch=2")
    worker.check()
    model = worker.load()
    encoded = model.encode_images([*pictures(3), Image.new("RGBA", (9, 9))])
    texts = model.embed_texts(["a tiger", "x " * 500])
    assert encoded.embeddings.shape == (4, model.dim)
    assert texts.shape == (2, model.dim)
    np.testing.assert_allclose(np.linalg.norm(texts, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(encoded.embeddings[2:3], model.embed_images(pictures(3)[2:]), atol=1e-5)
    assert model.embed_images([]).shape == (0, model.dim)
    assert worker.revision == model.revision


def test_dino_gives_the_features_and_the_other_model_the_embeddings(siglip: Path, dinov2: Path) -> None:
    worker = ImageTextWorker(f"transformers:{siglip}?features={dinov2}")
    worker.check()
    model = worker.load()
    encoded = model.encode_images(pictures(2))
    plain = load_image_text(f"transformers:{siglip}")
    np.testing.assert_allclose(encoded.embeddings, plain.embed_images(pictures(2)), atol=1e-6)
    expected = HubFeatures("DINO-v2", str(dinov2)).features(pictures(2))
    np.testing.assert_allclose(encoded.features, expected, atol=1e-6)
    assert (model.dim, model.feature_dim) == (plain.dim, 24)
    assert worker.revision == model.revision != plain.revision


def test_settings_stay_out_of_the_name_and_speed_out_of_the_revision(siglip: Path) -> None:
    plain, tuned = (ImageTextWorker(f"transformers:{siglip}{s}") for s in ("", "?batch=8&gpus=0.2"))
    assert (plain.name, plain.revision) == (tuned.name, tuned.revision)
    assert plain.revision != ImageTextWorker(f"transformers:{siglip}?dtype=bfloat16").revision
    assert tuned.resources.gpus == 0.0
    assert ImageTextWorker(f"transformers:{siglip}?device=cuda&gpus=0.2").resources.gpus == 0.2


def test_dino_alone_knows_no_words(dinov2: Path) -> None:
    with pytest.raises(ModelLoadError, match="features="):
        load_image_text(f"transformers:{dinov2}")


def test_weights_that_were_not_fetched_say_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ModelLoadError, match=r"open_clip\.create_model\('ViT-L-14', 'openai'\)"):
        ImageTextWorker("open_clip:ViT-L-14:openai").check()
    with pytest.raises(ModelLoadError, match="hf download owner/siglip"):
        ImageTextWorker("transformers:owner/siglip").check()
