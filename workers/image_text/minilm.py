"""MiniLM-L6-H384 (Wang et al., NeurIPS 2020), a BERT of six layers, to read texts.

transformers has this network, too, and stays the reference (`tests/workers/test_towers.py` compares the
bits). But importing it takes 3 s in every process that reads a text, and its wrappers half the time of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LAYERS = 6
HEADS = 12
EPSILON = 1e-12
"""Of the layer norms; all three as in the packaged config.json."""


class MiniLM:
    """Token ids to token states, from the packaged tensors; KeyError for one that they lack."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        self._weights = dict(weights)
        for part in ("embeddings.LayerNorm", f"encoder.layer.{LAYERS - 1}.output.LayerNorm"):
            self._weights[f"{part}.weight"]

    def __call__(self, ids: Any, attended: Any = None) -> Any:
        """From int [n, t] to float32 [n, t, 384]. `attended`: bool [n, t], false for padding."""
        weights = self._weights
        x = weights["embeddings.word_embeddings.weight"][ids]
        x = x + weights["embeddings.token_type_embeddings.weight"][0]
        x = self._normed(x + weights["embeddings.position_embeddings.weight"][: ids.shape[1]], "embeddings")
        mask = None if attended is None else attended[:, None, None]
        for number in range(LAYERS):
            x = self._layer(x, mask, f"encoder.layer.{number}")
        return x

    def _layer(self, x: Any, mask: Any, name: str) -> Any:
        from torch.nn.functional import gelu, scaled_dot_product_attention

        def heads(which: str) -> Any:
            return (
                self._linear(x, f"{name}.attention.self.{which}").unflatten(-1, (HEADS, -1)).transpose(1, 2)
            )

        read = scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), mask)
        read = self._linear(read.transpose(1, 2).flatten(2), f"{name}.attention.output.dense")
        x = self._normed(read + x, f"{name}.attention.output")
        wide = gelu(self._linear(x, f"{name}.intermediate.dense"))
        return self._normed(self._linear(wide, f"{name}.output.dense") + x, f"{name}.output")

    def _linear(self, x: Any, name: str) -> Any:
        from torch.nn.functional import linear

        return linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normed(self, x: Any, name: str) -> Any:
        from torch.nn.functional import layer_norm

        norm = f"{name}.LayerNorm"
        scale, shift = self._weights[f"{norm}.weight"], self._weights[f"{norm}.bias"]
        return layer_norm(x, (x.shape[-1],), scale, shift, EPSILON)
