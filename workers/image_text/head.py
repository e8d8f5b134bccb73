"""The trained head: three projections behind the frozen towers, in one safetensors file.

``image``     late features [1280] -> the shared space
``text``      MiniLM embedding [384] -> the shared space
``identity``  late and middle features [1392] -> features in which views of one picture lie close
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workers.errors import ModelLoadError
from workers.image_text.towers import LATE_DIM, MIDDLE_DIM, TEXT_DIM

CLAMP = 4.0
"""Standardised features are clamped to this many deviations, so that one odd channel cannot rule."""

SHAPES: dict[str, tuple[int | str, ...]] = {
    "late_mean": (LATE_DIM,),
    "late_scale": (LATE_DIM,),
    "image.weight": ("dim", LATE_DIM),
    "image.bias": ("dim",),
    "text.weight": ("dim", TEXT_DIM),
    "text_hidden.weight": ("hidden", TEXT_DIM),
    "text_hidden.bias": ("hidden",),
    "text_out.weight": ("dim", "hidden"),
    "text_out.bias": ("dim",),
    "identity_mean": (LATE_DIM + MIDDLE_DIM,),
    "identity.weight": ("feature_dim", LATE_DIM + MIDDLE_DIM),
}
"""Tensors of the file; a name stands for a size that the file decides."""


class Head:
    """The three projections. Vectors in, L2-normalised vectors out, or batches of them (last axis)."""

    def __init__(self, tensors: dict[str, Any]) -> None:
        self.tensors = {name: tensor.float() for name, tensor in tensors.items()}
        self.dim = int(tensors["image.weight"].shape[0])
        self.feature_dim = int(tensors["identity.weight"].shape[0])

    @classmethod
    def load(cls, path: Path) -> Head:
        """Read and check a head; ModelLoadError when a tensor is missing or has the wrong shape."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            tensors = load_file(path)
        except (OSError, SafetensorError) as error:
            raise ModelLoadError(
                f"{path} cannot be read ({error}): run `make lit-head` to train it again."
            ) from error
        sizes: dict[str, int] = {}
        for name, shape in SHAPES.items():
            found = tuple(tensors[name].shape) if name in tensors else ()
            wanted = tuple(
                sizes.setdefault(size, found[axis]) if isinstance(size, str) and axis < len(found) else size
                for axis, size in enumerate(shape)
            )
            if found != wanted:
                raise ModelLoadError(
                    f"{path}: tensor {name} is {found}, expected {shape}: "
                    "run `make lit-head` to train it again."
                )
        return cls(tensors)

    def save(self, path: Path) -> None:
        """Write the head at half precision, whole or not at all."""
        import torch
        from safetensors.torch import save_file

        partial = path.with_name(path.name + ".partial")
        save_file({name: self.tensors[name].to(torch.float16).contiguous() for name in SHAPES}, partial)
        partial.chmod(0o644)
        partial.replace(path)

    def image(self, late: Any) -> Any:
        """[..., 1280] -> [..., dim]"""
        import torch

        x = standardise(torch.as_tensor(late), self.tensors["late_mean"], self.tensors["late_scale"])
        return unit(x @ self.tensors["image.weight"].T + self.tensors["image.bias"]).numpy()

    def text(self, embedding: Any) -> Any:
        """[..., 384] -> [..., dim]"""
        import torch
        from torch.nn.functional import gelu

        t, x = self.tensors, torch.as_tensor(embedding)
        hidden = gelu(TEXT_GAIN * x @ t["text_hidden.weight"].T + t["text_hidden.bias"])
        out = x @ t["text.weight"].T + hidden @ t["text_out.weight"].T + t["text_out.bias"]
        return unit(out).numpy()

    def identity(self, late: Any, middle: Any) -> Any:
        """[..., 1280] and [..., 112] -> [..., feature_dim]"""
        import torch

        both = torch.cat([torch.as_tensor(late), torch.as_tensor(middle)], dim=-1)
        return unit((both - self.tensors["identity_mean"]) @ self.tensors["identity.weight"].T).numpy()


TEXT_GAIN = 4.0
"""MiniLM embeddings have length 1, so about 0.05 a component; the gain lets the hidden layer bend."""


def standardise(late: Any, mean: Any, scale: Any) -> Any:
    """Late features as clamped deviations of length sqrt(1280)."""
    return unit(((late - mean) / scale).clamp(-CLAMP, CLAMP)) * LATE_DIM**0.5


def unit(x: Any) -> Any:
    """L2-normalised along the last axis."""
    from torch.nn.functional import normalize

    return normalize(x, dim=-1)
