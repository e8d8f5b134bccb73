"""Which pictures stand for a record, and which drawing for its proof."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from catalogs.sidecar import ROLES, accepted_attempt, best_drawing, pictures_of

MakeCells = Callable[..., dict[str, Any]]


def test_a_verified_record_has_every_picture(make_cells: MakeCells) -> None:
    assert tuple(pictures_of(make_cells("Apple", attempts=2))) == ROLES


def test_the_test_picture_is_the_drawing_most_like_the_ground_truth(make_cells: MakeCells) -> None:
    cells = make_cells("Apple", attempts=2)
    drawing, match = best_drawing(accepted_attempt(cells["attempts"]))
    assert (drawing.seed, match.similarity) == (2, 0.82)
    assert pictures_of(cells)["test"] == cells["attempts"][1].drawings[1].picture


def test_a_record_that_ended_early_has_the_pictures_that_it_got(make_cells: MakeCells) -> None:
    cells = make_cells("Apple", attempts=2)
    failed_proof = cells | {"attempts": cells["attempts"][:1]}
    assert list(pictures_of(failed_proof)) == ["ref1", "ref2", "target"]
    assert list(pictures_of({"ground_truth": cells["ground_truth"]})) == ["target"]
    assert pictures_of({"ground_truth": []}) == {}


def test_no_accepted_attempt_is_an_error(make_cells: MakeCells) -> None:
    with pytest.raises(ValueError, match="only verified"):
        accepted_attempt(make_cells("Apple", attempts=2)["attempts"][:1])
