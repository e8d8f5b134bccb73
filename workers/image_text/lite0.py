"""EfficientNet-lite0 (Liu, "Higher accuracy on vision models with EfficientNet-Lite", 2020), for pictures.

timm has this network, too, and stays the reference (`tests/workers/test_towers.py` compares the bits). But
importing timm brings torchvision and torch's compiler with it, 4 s in every process that looks at a picture
or only wants to know whether it could; the network itself is 49 convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

BLOCKS = 16
HALVING = (1, 3, 5, 11)
"""Blocks that halve the resolution, as the stem does: the first of stages 2, 3, 4 and 6."""
MIDDLE = 10
"""The last block of stage 5: 14 x 14 positions of 112 channels."""
EPSILON = 1e-3
"""Of the batch norms, as the network was trained in TensorFlow."""


class Convolution(NamedTuple):
    """A convolution with its batch norm folded in (44 ms -> 24 ms a picture)."""

    weight: Any
    bias: Any
    stride: int = 1

    def __call__(self, x: Any) -> Any:
        from torch.nn.functional import conv2d, pad

        out, depth, kernel, _ = self.weight.shape
        groups = out if depth == 1 else 1
        if self.stride == 1:
            return conv2d(x, self.weight, self.bias, 1, kernel // 2, 1, groups)
        # TensorFlow pads what it halves on the far side; all sides here are even.
        near = (kernel - 2) // 2
        x = pad(x, (near, kernel - 2 - near, near, kernel - 2 - near))
        return conv2d(x, self.weight, self.bias, self.stride, 0, 1, groups)


class Lite0:
    """The network without its classifier, from the packaged tensors; KeyError for one that is missing."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._stem = _folded(stored, "_conv_stem", "_bn0", 2)
        self._blocks = [_block(stored, number) for number in range(BLOCKS)]
        self._head = _folded(stored, "_conv_head", "_bn1")

    def __call__(self, x: Any) -> tuple[Any, Any]:
        """From float32 [n, 3, 224, 224], channels last, to the maps [n, 1280, 7, 7] and [n, 112, 14, 14]."""
        x = middle = _clipped(self._stem(x))
        for number, block in enumerate(self._blocks):
            x = _through(block, x)
            if number == MIDDLE:
                middle = x
        return _clipped(self._head(x)), middle


def _block(stored: Mapping[str, Any], number: int) -> list[Convolution]:
    """Expand, filter each channel alone, project; the first block does not expand."""
    name, stride = f"_blocks.{number}.", 2 if number in HALVING else 1
    expand = [_folded(stored, f"{name}_expand_conv", f"{name}_bn0")] if number else []
    return [
        *expand,
        _folded(stored, f"{name}_depthwise_conv", f"{name}_bn1", stride),
        _folded(stored, f"{name}_project_conv", f"{name}_bn2"),
    ]


def _through(block: list[Convolution], before: Any) -> Any:
    x = before
    for convolution in block[:-1]:
        x = _clipped(convolution(x))
    x = block[-1](x)
    return x + before if x.shape == before.shape else x


def _clipped(x: Any) -> Any:
    from torch.nn.functional import relu6

    return relu6(x, inplace=True)


def _folded(stored: Mapping[str, Any], convolution: str, norm: str, stride: int = 1) -> Convolution:
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_weights

    folded, bias = fuse_conv_bn_weights(
        stored[f"{convolution}.weight"],
        None,
        stored[f"{norm}.running_mean"],
        stored[f"{norm}.running_var"],
        EPSILON,
        stored[f"{norm}.weight"],
        stored[f"{norm}.bias"],
    )
    weight = folded.detach().to(memory_format=torch.channels_last)
    return Convolution(weight, bias.detach(), stride)
