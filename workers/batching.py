"""Batches that fit: one that is too large for the memory is halved, and the rest goes on with the half."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_batches(inputs: Sequence[T], size: int, compute: Callable[[Sequence[T]], Sequence[R]]) -> list[R]:
    """Results of `compute`, one an input, in their order, from batches of at most `size` inputs.

    Raises what `compute` raises; `torch.OutOfMemoryError` only where one input alone does not fit.
    """
    import torch

    results: list[R] = []
    while len(results) < len(inputs):
        batch = inputs[len(results) : len(results) + size]
        try:
            computed = compute(batch)
        except torch.OutOfMemoryError:
            if len(batch) == 1:
                raise
            computed = None
        # Outside of the handler: the traceback would keep the tensors of the failed pass alive.
        if computed is None:
            size = len(batch) // 2
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            continue
        if len(computed) != len(batch):
            raise ValueError(f"{len(computed)} results for a batch of {len(batch)}")
        results.extend(computed)
    return results
