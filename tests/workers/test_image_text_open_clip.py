"""open_clip models load by name, by local checkpoint, and fail with advice."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from workers.errors import ModelLoadError
from workers.image_text import load_image_text

TINY = "tracemill-tiny"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ViT-B-32 shrunk to two narrow layers, its random weights saved as a checkpoint."""
    folder = tmp_path_factory.mktemp("open_clip")
    config = copy.deepcopy(open_clip.get_model_config("ViT-B-32"))
    config["embed_dim"] = 32
    config["vision_cfg"] |= {"image_size": 64, "layers": 2, "width": 64, "patch_size": 32}
    config["text_cfg"] |= {"layers": 2, "width": 64, "heads": 2}
    (folder / f"{TINY}.json").write_text(json.dumps(config), encoding="utf-8")
    open_clip.add_model_config(folder / f"{TINY}.json")
    torch.manual_seed(7)
    model = open_clip.create_model(TINY)
    path = folder / "tiny.pt"
    torch.save(model.state_dict(), path)
    return path


def pictures(count: int) -> list[Image.Image]:
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 256, (50, 80, 3), dtype=np.uint8)) for _ in range(count)]


def test_a_local_checkpoint_is_loaded_and_keeps_the_interface(checkpoint: Path) -> None:
    model = load_image_text(f"open_clip:{TINY}:{checkpoint}")
    assert model.name == f"open_clip:{TINY}"
    assert (model.dim, model.feature_dim) == (32, 32)
    encoded = model.encode_images(pictures(3))
    assert encoded.embeddings.shape == encoded.features.shape == (3, 32)
    assert model.embed_texts(["a tiger", "x " * 500]).shape == (2, 32)
    assert model.embed_texts([]).shape == (0, 32)
    assert model.embed_images([]).shape == (0, 32)
    np.testing.assert_allclose(np.linalg.norm(encoded.embeddings, axis=1), 1.0, atol=1e-5)


def test_more_pictures_than_a_batch_give_the_same_rows(checkpoint: Path) -> None:
    model = load_image_text(f"open_clip:{TINY}:{checkpoint}")
    many = model.embed_images(pictures(40))
    np.testing.assert_allclose(many[35:], model.embed_images(pictures(40)[35:]), atol=1e-5)


def test_transparent_and_gray_pictures_are_read(checkpoint: Path) -> None:
    model = load_image_text(f"open_clip:{TINY}:{checkpoint}")
    odd = [Image.new("RGBA", (9, 9)), Image.new("L", (9, 9)), Image.new("P", (9, 9))]
    assert np.isfinite(model.embed_images(odd)).all()


def test_the_revision_follows_the_weights(checkpoint: Path) -> None:
    first = load_image_text(f"open_clip:{TINY}:{checkpoint}")
    again = load_image_text(f"open_clip:{TINY}:{checkpoint}")
    random_weights = load_image_text(f"open_clip:{TINY}")
    assert first.revision == again.revision != random_weights.revision
    assert random_weights.revision == load_image_text(f"open_clip:{TINY}").revision


@pytest.mark.parametrize(
    ("spec", "advice"),
    [
        ("open_clip:ViT-B-33", "knows no model 'ViT-B-33'. Did you mean"),
        ("open_clip:ViT-B-32:/no/such/file.pt", "give the path of an existing file"),
        ("open_clip:ViT-B-32:no-such-tag", "use one of"),
    ],
)
def test_what_cannot_be_loaded_says_what_to_do(spec: str, advice: str) -> None:
    with pytest.raises(ModelLoadError, match=advice):
        load_image_text(spec)


def test_a_checkpoint_of_another_architecture_or_no_checkpoint_is_refused(
    checkpoint: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelLoadError, match="this very architecture"):
        load_image_text(f"open_clip:ViT-B-32:{checkpoint}")
    text = tmp_path / "not.pt"
    text.write_text("not a checkpoint", encoding="utf-8")
    with pytest.raises(ModelLoadError, match="this very architecture"):
        load_image_text(f"open_clip:{TINY}:{text}")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_reported(checkpoint: Path) -> None:
    with pytest.raises(ModelLoadError, match="no GPU"):
        load_image_text(f"open_clip:{TINY}:{checkpoint}?device=cuda")
