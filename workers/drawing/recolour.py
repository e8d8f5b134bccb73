"""Obeying the stated colours: where a recaption and its reference disagree, the recaption is drawn.

A faithful recaption names what is seen, so nothing changes. One that was written about something else turns
the subject into its colours, and the proof sees a subject that is not the entity.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from workers import palette

ABSENT = 0.02
"""A stated colour that less of the subject bears, neighbouring shades included, is missing."""

UNSTATED = 0.20
"""A colour of at least this share of the subject, black aside, should have been stated if it belongs there.
Annotators name up to three colours, and of four colours in a picture the least has at most a quarter."""

SHADES_ALIKE = 25.0
"""CIELAB distance of two shades below which light and eye swap their names. In the palette white and grey
lie 12 apart, yellow and orange 18, brown and black 19, red and orange 24; pink and purple (27) and what
is beyond differ."""

SAMPLED = 5
"""Every fifth pixel is asked for its colour first: nearly always nothing is to be changed."""

TEXTURE_KEPT = 0.6
"""How much of a region's own shading stays on the new colour."""


def recoloured(pixels: Any, mask: Any, stated: Sequence[str]) -> Any:
    """The subject in the stated colours: uint8 [h, w, 3], float mask [h, w], keys of the palette -> uint8
    [h, w, 3].

    The same array comes back where text and picture agree, or where the text states no colour.

    """
    if not stated:
        return pixels
    subject = mask > 0.5
    if not subject.any():
        return pixels
    changes = _changes(palette.shares(pixels[subject][::SAMPLED]), stated)
    if not changes:
        return pixels
    names = palette.names_of(pixels[subject])
    painted = pixels[subject].astype(np.float64)
    for old, new in changes.items():
        region = names == palette.KEYS.index(old)
        shading = painted[region] - painted[region].mean(axis=0)
        painted[region] = np.asarray(palette.COLOURS[new][0]) + TEXTURE_KEPT * shading
    result = pixels.copy()
    result[subject] = np.clip(np.round(painted), 0, 255).astype(np.uint8)
    return result


def _changes(shares: Any, stated: Sequence[str]) -> dict[str, str]:
    """Old key -> new key: colours that were not stated take those that are stated and missing, largest
    first."""
    coloured = shares.copy()
    coloured[palette.KEYS.index("black")] = 0.0  # outlines and shade: black is seldom stated, and never wrong
    coloured /= max(coloured.sum(), 1e-9)
    have = dict(zip(palette.KEYS, shares, strict=True))
    missing = [key for key in stated if sum(have[near] for near in _alike(key)) < ABSENT]
    allowed = {near for key in stated for near in _alike(key)}
    most_first = sorted(zip(coloured, palette.KEYS, strict=True), key=lambda pair: (-pair[0], pair[1]))
    unstated = [key for share, key in most_first if share >= UNSTATED and key not in allowed]
    return {old: missing[number % len(missing)] for number, old in enumerate(unstated)} if missing else {}


@cache
def _alike(key: str) -> tuple[str, ...]:
    """The key and the keys with a shade close to one of its shades."""
    own = _lab(key)
    return tuple(other for other in palette.KEYS if _closest(own, _lab(other)) < SHADES_ALIKE)


def _lab(key: str) -> Any:
    return palette.to_lab(np.array(palette.COLOURS[key], dtype=np.uint8))


def _closest(some: Any, others: Any) -> float:
    """Least distance between two sets of points: float64 [n, 3], [m, 3]."""
    return float(np.linalg.norm(some[:, None, :] - others[None, :, :], axis=2).min())
