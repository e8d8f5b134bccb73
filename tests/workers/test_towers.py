"""The two frozen networks compute what timm and transformers compute, to the last bit."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from workers.errors import ModelLoadError
from workers.image_text import towers
from workers.image_text.lite0 import Lite0
from workers.image_text.minilm import MiniLM

TEXTS = ["", "a tiger", "une guitare sur une plage, la nuit", "ein Schloß " * 90]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Any:
    with towers.single_thread(), torch.inference_mode():
        yield


def test_pictures_are_seen_as_by_timm() -> None:
    """Folding the norms moves the last bits: so timm's convolutions are folded as well, by torch itself."""
    import timm
    from torch.nn.utils.fusion import fuse_conv_bn_weights

    stored = towers.lite0_tensors()
    theirs: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), stored.values(), strict=True)))
    theirs.eval()
    convolution: Any = None
    for part in list(theirs.modules()):
        if isinstance(part, torch.nn.Conv2d):
            convolution = part
        elif isinstance(part, torch.nn.BatchNorm2d):
            numbers = (part.running_mean, part.running_var, part.eps, part.weight, part.bias)
            convolution.weight, convolution.bias = fuse_conv_bn_weights(convolution.weight, None, *numbers)
            part.forward = part.act.forward  # type: ignore[method-assign, operator, union-attr]
    theirs.to(memory_format=torch.channels_last)
    pixels = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (1, 3, 224, 224)).astype(np.float32))
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    late, middle = Lite0(stored)(pixels)
    x = theirs.bn1(theirs.conv_stem(pixels))
    for number, block in enumerate(theirs.blocks):
        x = block(x)
        if number == 4:
            assert torch.equal(middle, x)
    assert torch.equal(late, theirs.bn2(theirs.conv_head(x)))


def test_texts_are_read_as_by_transformers() -> None:
    import safetensors.torch
    from transformers import BertConfig, BertModel

    with zipfile.ZipFile(towers.minilm_path()) as archive:
        config = json.loads(archive.read("config.json"))
        weights = safetensors.torch.load(archive.read("model.safetensors"))
    theirs = BertModel(BertConfig(**config), add_pooling_layer=False).eval()
    theirs.load_state_dict({n: t for n, t in weights.items() if "pooler" not in n}, strict=False)
    ours = MiniLM(weights)
    drawn = random.Random(0)
    for length in (2, 3, 17, towers.MAX_TOKENS):
        ids = torch.tensor([[drawn.randrange(30_000) for _ in range(length)]])
        said = theirs(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        assert torch.equal(ours(ids), said)
    padded = torch.tensor([[101, 2000, 2001, 102], [101, 2000, 102, 0]])
    mask = torch.tensor([[True] * 4, [True] * 3 + [False]])
    said = theirs(input_ids=padded, attention_mask=mask.long()).last_hidden_state
    assert torch.allclose(ours(padded, mask)[mask], said[mask], atol=1e-5)


def test_a_batch_reads_as_one_text_after_another() -> None:
    tower = towers.TextTower()
    alone = np.stack([tower(text) for text in TEXTS])
    np.testing.assert_allclose(tower.batch(TEXTS), alone, atol=1e-5)


def test_a_file_of_other_tensors_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lacking = {name: tensor for name, tensor in towers.lite0_tensors().items() if "_blocks.7" not in name}
    torch.save(lacking, tmp_path / "other.pth")
    monkeypatch.setattr(towers, "lite0_path", lambda: tmp_path / "other.pth")
    with pytest.raises(ModelLoadError, match="install efficientnet"):
        towers.ImageTower()
    (tmp_path / "other.pth").write_bytes(b"cut")
    with pytest.raises(ModelLoadError, match="reinstall"):
        towers.ImageTower()


STARTS = """
import sys
from workers.image_text.handle import ImageTextWorker
worker = ImageTextWorker()
worker.check()
assert worker.revision
assert "torch" not in sys.modules, "a run with nothing to do would wait for it"
model = worker.load()
assert model.revision == worker.revision
model.embed_texts(["a tiger"])
print({"timm", "torchvision", "transformers", "torch._dynamo"} & set(sys.modules))
"""


def test_a_process_that_plans_loads_nothing_and_one_that_looks_loads_no_more_than_torch() -> None:
    done = subprocess.run([sys.executable, "-c", STARTS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "set()"), done.stderr
