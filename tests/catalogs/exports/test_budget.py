"""Tokens are counted as the published loader counts them, and pictures shrink until a sample fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.exports.budget import VAE, VIT, budget_of, fitted, text_tokens, within
from catalogs.exports.pictures import size_of
from tests.catalogs.exports.shelf import picture


@pytest.mark.parametrize(
    ("size", "vae", "vit"),
    [((1024, 1024), 4096, 4900), ((512, 512), 1024, 1369), ((1920, 1080), 2304, 2730)],
)
def test_published_examples(size: tuple[int, int], vae: int, vit: int) -> None:
    assert (VAE.tokens(*size), VIT.tokens(*size)) == (vae, vit)


def test_two_large_references_and_a_target_cost_what_is_published() -> None:
    budget = budget_of([], [(1024, 1024)] * 2, (1024, 1024))
    assert budget.vae + budget.vit == 22_088


def test_a_small_picture_is_enlarged_before_it_is_counted() -> None:
    assert VAE.tokens(320, 320) == VAE.tokens(512, 512)


@given(st.integers(1, 6000), st.integers(1, 6000))
def test_scaled_sides_are_whole_patches_within_bounds(width: int, height: int) -> None:
    for scaling in (VAE, VIT):
        scaled = scaling.scaled(width, height)
        assert all(side % scaling.stride == 0 and 0 < side <= scaling.most for side in scaled)


@given(st.text())
def test_text_is_never_free(text: str) -> None:
    assert text_tokens(text) >= len(text.encode()) / 3


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 2000))
def test_shrinking_keeps_the_long_side_within_bounds(width: int, height: int, edge: int) -> None:
    scaled = within((width, height), edge)
    assert max(scaled) <= max(edge, 1)
    assert scaled == (width, height) or max(width, height) > edge


def test_references_shrink_before_the_target() -> None:
    pictures = {role: picture(role, (1024, 1024)) for role in ("ref1", "ref2", "test")}
    smaller = fitted(pictures, ["text"], ["ref1", "ref2"], "test", 16_384)
    assert smaller is not None
    assert set(smaller) == {"ref1", "ref2"}
    sizes = [size_of(smaller[role]) for role in ("ref1", "ref2")]
    assert budget_of(["text"], sizes, (1024, 1024)).total < 16_384


def test_what_cannot_fit_is_not_shrunk_in_vain() -> None:
    pictures = {role: picture(role, (600, 600)) for role in ("ref1", "ref2", "test")}
    assert fitted(pictures, ["x" * 60_000], ["ref1", "ref2"], "test", 16_384) is None


def test_what_fits_is_left_as_it_is() -> None:
    pictures = {role: picture(role) for role in ("ref1", "ref2", "test")}
    assert fitted(pictures, ["text"], ["ref1", "ref2"], "test", 16_384) == {}
