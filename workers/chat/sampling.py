"""Sampling that depends on the request alone, not on what else is in the batch.

The Gumbel-max trick: the largest of log-probability plus Gumbel noise is a sample of the distribution. Each
row has noise of its own seed, so that greedy decoding of a batch gives every request its own sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from catalogs.digests import digest_of
from workers.chat.interface import ChatRequest

_LEAST = 1e-10
"""A zero among the exponential numbers would make its token certain."""


class SeededSampling:
    """A logits processor of transformers: temperature, top-p, then the noise. For temperatures above 0."""

    def __init__(self, seeds: Sequence[int], temperature: float, top_p: float, device: Any) -> None:
        """`seeds`, 0..2**63-1: one a row of the batch."""
        import torch
        from transformers import TopPLogitsWarper

        self._dice = [torch.Generator(device=device).manual_seed(seed) for seed in seeds]
        self._temperature = temperature
        self._nucleus: Any = TopPLogitsWarper(top_p) if top_p < 1.0 else None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """float32 [rows, vocabulary], whose largest entries are the samples."""
        import torch

        scores = scores.float() / self._temperature
        if self._nucleus is not None:
            scores = self._nucleus(input_ids, scores)
        noise = torch.empty_like(scores)
        for row, dice in zip(noise, self._dice, strict=True):
            row.exponential_(generator=dice)
        return scores - noise.clamp_(min=_LEAST).log_()


def seeds_of(requests: Sequence[ChatRequest], seed: int) -> list[int]:
    """A seed 0..2**60-1 a request, from what is asked and the seed of the settings."""
    asked = [[seed, request.task, msgspec.to_builtins(request.messages)] for request in requests]
    return [int(digest_of(one)[:15], 16) for one in asked]
