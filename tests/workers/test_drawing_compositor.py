"""The compositor draws what the recaption says with the subject of the references."""

from __future__ import annotations

import contextlib
import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.workers.pictures import fish, noise, tower
from workers import palette
from workers.drawing.compositor import SIDE, Compositor
from workers.drawing.handle import DrawerWorker
from workers.drawing.interface import DrawingRequest
from workers.errors import ModelLoadError, ModelReplyError
from workers.meter import metered

RED, GREEN = (214, 44, 38), (92, 158, 49)
REFERENCES = (fish(RED), tower(GREEN))
TEXT = "A fish on a sandy beach at noon."


def draw(
    text: str = TEXT, references: tuple[bytes, ...] = REFERENCES, seed: int = 12, language: str = "en"
) -> bytes:
    request = DrawingRequest(recaption=text, language=language, references=references, seed=seed)
    return Compositor().draw([request])[0]


def share(picture: bytes, key: str) -> float:
    """Share of the picture's pixels that bear a colour name."""
    with Image.open(io.BytesIO(picture)) as image:
        pixels = np.asarray(image).reshape(-1, 3)
    return float(palette.shares(pixels)[palette.KEYS.index(key)])


def test_a_drawing_is_a_square_picture_and_a_counted_call() -> None:
    with metered() as spent, Image.open(io.BytesIO(draw())) as image:
        assert (image.size, image.mode) == ((SIDE, SIDE), "RGB")
    assert spent.calls == 1


def test_equal_requests_give_equal_bytes_in_any_batch() -> None:
    requests = [
        DrawingRequest(recaption=TEXT, language="en", references=REFERENCES, seed=seed)
        for seed in (11, 12, 13)
    ]
    drawn = Compositor().draw(requests)
    assert drawn == [Compositor().draw([request])[0] for request in requests]
    assert len(set(drawn)) == 3


def test_even_seeds_draw_image_1_and_odd_seeds_image_2() -> None:
    assert share(draw(seed=12), "red") > 0.05 > share(draw(seed=12), "green")
    assert share(draw(seed=11), "green") > 0.03 > share(draw(seed=11), "red")


def test_a_leading_reference_is_drawn_with_any_seed() -> None:
    text = f"{TEXT} image_2 is the main model for the subject."
    for seed in (11, 12):
        assert share(draw(text, seed=seed), "green") > 0.03 > share(draw(text, seed=seed), "red")


def test_a_leader_that_was_not_given_is_passed_over() -> None:
    assert share(draw(f"{TEXT} image_7 is the main model.", seed=12), "red") > 0.05


def test_colours_that_agree_change_nothing() -> None:
    assert share(draw(f"{TEXT} The main colours are red and black."), "red") > 0.05


def test_stated_colours_win_over_the_reference() -> None:
    drawn = draw(f"{TEXT} The main colours are purple and black.")
    assert share(drawn, "purple") > 0.05
    assert share(drawn, "red") < 0.01


def test_more_subjects_are_drawn_smaller() -> None:
    one, two = (share(draw(text.format(TEXT[6:])), "red") for text in ("A fish{}", "Two fishes{}"))
    assert 0.01 < two < one


def test_a_recaption_without_a_scene_gets_a_bare_studio() -> None:
    assert share(draw("A fish."), "grey") > 0.3


def test_a_reference_without_ground_is_drawn_whole() -> None:
    draw(references=(noise(), noise()))


@pytest.mark.parametrize(
    "references", [(), (b"", b""), (fish(RED)[:200],) * 2], ids=["none", "empty", "cut short"]
)
def test_unusable_references_are_a_clear_error(references: tuple[bytes, ...]) -> None:
    with pytest.raises(ModelReplyError, match="reference"):
        draw(references=references)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["en", "fr", "es", "xx"]), st.integers(0, 2**31))
def test_any_text_draws_something(text: str, language: str, seed: int) -> None:
    with Image.open(io.BytesIO(draw(text, language=language, seed=seed))) as image:
        assert image.size == (SIDE, SIDE)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_as_reference_draw_something_or_raise_the_declared_error(data: bytes) -> None:
    with contextlib.suppress(ModelReplyError):
        draw(references=(data, data))


def test_the_handle_travels_and_names_what_it_loads() -> None:
    handle = pickle.loads(pickle.dumps(DrawerWorker()))
    assert (handle.name, handle.revision) == ("compositor", Compositor().revision)
    with pytest.raises(ModelLoadError, match="use 'compositor'"):
        DrawerWorker("crayon").load()
