"""A batch that does not fit is halved, and nothing is lost or done out of order."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from workers.batching import in_batches


class Gpu:
    """Squares at most `room` numbers at once."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.tried: list[int] = []

    def __call__(self, batch: Sequence[int]) -> list[int]:
        self.tried.append(len(batch))
        if len(batch) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [number**2 for number in batch]


def test_what_fits_is_done_in_batches() -> None:
    gpu = Gpu(room=99)
    assert in_batches(range(10), 4, gpu) == [n**2 for n in range(10)]
    assert gpu.tried == [4, 4, 2]
    assert in_batches([], 4, gpu) == []


def test_a_batch_that_is_too_large_is_halved_until_it_fits_and_the_rest_goes_on_so() -> None:
    gpu = Gpu(room=3)
    assert in_batches(range(10), 8, gpu) == [n**2 for n in range(10)]
    assert gpu.tried == [8, 4, 2, 2, 2, 2, 2]


def test_one_input_that_does_not_fit_alone_is_an_error() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        in_batches(range(3), 2, Gpu(room=0))


def test_a_model_that_answers_too_little_is_found_out() -> None:
    with pytest.raises(ValueError, match="1 results for a batch of 2"):
        in_batches([1, 2], 2, lambda batch: [1])
