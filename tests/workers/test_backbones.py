"""Backbones: the vector that the published scripts take, from weights that tests make themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workers.backbones.handle import EMBEDDED, PUBLISHED, BackboneWorker, chosen_backbones
from workers.errors import ModelLoadError


def test_specs_and_weights() -> None:
    assert [b.kind for b in chosen_backbones("embedded", [])] == list(EMBEDDED)
    assert [b.kind for b in chosen_backbones("published", [])] == list(PUBLISHED)
    (one,) = chosen_backbones("DINO-v2", ["DINO-v2=/models/dino"], "cuda:0")
    assert (one.kind, one.weights, one.device) == ("DINO-v2", "/models/dino", "cuda:0")
    assert not one.embedded


@pytest.mark.parametrize(("spec", "weights"), [("ResNet", []), ("CLIP", ["Resnet=/x"])])
def test_an_unknown_name_lists_the_known_ones(spec: str, weights: list[str]) -> None:
    with pytest.raises(ModelLoadError, match="LongCLIP"):
        chosen_backbones(spec, weights)


@pytest.mark.parametrize(
    ("kind", "weights"), [("CLIP", "no/such-folder"), ("LongCLIP", ""), ("LongCLIP", "gone.pt")]
)
def test_what_does_not_load_says_what_to_do(kind: str, weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelLoadError, match="--weights"):
        BackboneWorker(kind, str(Path("/nonexistent") / weights) if weights else "").load()


@pytest.fixture
def images() -> list[Image.Image]:
    chance = np.random.default_rng(0)
    return [Image.fromarray(chance.integers(0, 255, (40, 50, 3), np.uint8)) for _ in range(3)]


def save(folder: Path, model: Any, processor: Any) -> str:
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return str(folder)


def test_clip_gives_its_projected_image_embedding(tmp_path: Path, images: list[Image.Image]) -> None:
    import torch
    import transformers

    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = transformers.CLIPVisionConfig(**size, image_size=28, patch_size=14, projection_dim=8)
    text = transformers.CLIPTextConfig(**size, vocab_size=50, projection_dim=8)
    config = transformers.CLIPConfig(
        text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=8
    )
    torch.manual_seed(0)
    model = transformers.CLIPModel(config).eval()
    square = {"height": 28, "width": 28}
    processor = transformers.CLIPImageProcessor(size={"shortest_edge": 28}, crop_size=square)
    found = BackboneWorker("CLIP", save(tmp_path, model, processor)).load().features(images)
    pixels = processor(images=images, return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        expected = model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output)
    expected = torch.nn.functional.normalize(expected, dim=-1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_dino_gives_its_cls_token(tmp_path: Path, images: list[Image.Image]) -> None:
    import torch
    import transformers

    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = transformers.Dinov2Model(transformers.Dinov2Config(**size, image_size=28, patch_size=14)).eval()
    square = {"height": 28, "width": 28}
    processor = transformers.BitImageProcessor(size={"shortest_edge": 28}, crop_size=square)
    worker = BackboneWorker("DINO-v2", save(tmp_path, model, processor))
    found = worker.load().features(images)
    pixels = processor(images=images, return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        expected = model(pixel_values=pixels).last_hidden_state[:, 0]
    expected = torch.nn.functional.normalize(expected, dim=-1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert worker.revision.startswith("1-")


def test_longclip_takes_the_image_tower_of_its_checkpoint(tmp_path: Path, images: list[Image.Image]) -> None:
    import open_clip
    import torch

    from workers.backbones.longclip import LongClip

    torch.manual_seed(0)
    architecture = "ViT-B-32-quickgelu"  # the small sister of the real tower: the same names, fewer weights
    tower = open_clip.create_model(architecture).visual
    stored = {f"visual.{name}": tensor for name, tensor in tower.state_dict().items()}
    path = tmp_path / "longclip.pt"
    torch.save({**stored, "positional_embedding": torch.zeros(248, 512)}, path)
    found = LongClip(str(path), architecture=architecture).features(images)
    assert found.shape == (3, 512)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)
    with pytest.raises(ModelLoadError, match=r"longclip-L\.pt"):
        LongClip(str(path), architecture="ViT-B-16-quickgelu")


def test_the_embedded_ones_are_the_two_views_of_the_packaged_model(images: list[Image.Image]) -> None:
    embeddings, features = (one.load().features(images) for one in chosen_backbones("embedded", []))
    assert not np.allclose(embeddings, features, atol=0.1)
    for found in (embeddings, features):
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)
    assert all(one.embedded for one in chosen_backbones("embedded", []))
