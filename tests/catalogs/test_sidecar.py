"""Which pictures stand for a record, and which drawing for its proof."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from catalogs.records import Hit, Hop, Origin, Passage
from catalogs.review.exhibits import origins_of
from catalogs.sidecar import ROLES, Member, accepted_attempt, best_drawing, pictures_of, row_of

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


def test_whoever_wrote_a_text_inside_is_credited_whether_it_was_used_or_shown(make_cells: MakeCells) -> None:
    cells = make_cells("Apple", attempts=2)
    shown, told = (Origin(url=f"w:{name}", licence=f"L-{name}", author=name) for name in ("shown", "told"))
    passage = Passage(title="Pear", language="en", text="Green.", origin=shown)
    trace, prompt = cells["text_trace"], cells["prompt"]
    hop = Hop(title="Tree", target="Apple", clue="It bears [this one].", language="en", origin=told)
    cells |= {
        "text_trace": replace(trace, hits=[*trace.hits, Hit(rank=2, score=1.0, passage=passage)]),
        "prompt": replace(prompt, path=[hop]),
    }
    row = row_of(cells, "b", {role: Member(name=role, offset=0, size=1) for role in ROLES})
    assert {"shown", "told"} <= set(row.credits)
    assert {"L-shown", "L-told"} <= set(row.licences)
    assert [origin.url for origin in row.evidence] == [used.origin.url for used in trace.evidence]
    assert {"shown: Pear", "clue: Tree"} <= {what for what, _ in origins_of(cells)}


def test_no_accepted_attempt_is_an_error(make_cells: MakeCells) -> None:
    with pytest.raises(ValueError, match="only verified"):
        accepted_attempt(make_cells("Apple", attempts=2)["attempts"][:1])
