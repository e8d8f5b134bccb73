"""Which drawings look alike: for each, the nearest of its category, nearest first.

The list ships as `look_alikes.csv`, because computing it rasterises every drawing (some seconds) and every
process that searches needs it. After a change of the table or of the drawings:

    python -m sources.sample_world.look_alikes
"""

from __future__ import annotations

import csv
import io
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sources.errors import BrokenTableError
from sources.sample_world import drawings, table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PATH = Path(__file__).with_name("look_alikes.csv")
NEAREST = 6
"""Length of each list. Categories with fewer other members are filled up from the rest of the table."""

_SIDE = 24
"""Pixels of the side at which drawings are compared: what a glance takes in."""
_BINS = 4
"""Levels a colour channel in the histogram."""


@lru_cache(maxsize=1)
def nearest() -> dict[str, tuple[str, ...]]:
    """Hexcode -> hexcodes of its look-alikes, nearest first, as shipped; raises `BrokenTableError`."""
    with PATH.open(encoding="utf-8", newline="") as handle:
        lists = {row["hexcode"]: tuple(row["nearest"].split("|")) for row in csv.DictReader(handle)}
    missing = sorted(set(table.by_hexcode()) - set(lists))
    if missing:
        raise BrokenTableError(
            f"{PATH.name} lacks {', '.join(missing[:5])}; run: python -m sources.sample_world.look_alikes"
        )
    return lists


def compute() -> str:
    """The contents of `look_alikes.csv`, computed from table and drawings."""
    import numpy as np

    rows = table.rows()
    glances = [_glance(row.hexcode) for row in rows]
    pixels = np.stack([glance for glance, _ in glances])
    mirrored = pixels[:, :, ::-1]
    colours = np.stack([histogram for _, histogram in glances])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("hexcode", "nearest"))
    for i, row in enumerate(rows):
        # Root mean square over pixels, the better of both directions, and the share of colour not in common.
        shape = np.minimum(_rms(pixels, pixels[i]), _rms(mirrored, pixels[i]))
        colour = 0.5 * np.abs(colours - colours[i]).sum(axis=1)
        distance = np.round(shape + 0.5 * colour, 4)
        order = sorted(
            (other for other in range(len(rows)) if other != i),
            key=lambda other: (rows[other].domain != row.domain, distance[other], rows[other].hexcode),
        )
        writer.writerow((row.hexcode, "|".join(rows[other].hexcode for other in order[:NEAREST])))
    return out.getvalue()


def _glance(hexcode: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Pixels on white, (24, 24, 3) in 0..1, and the colours of what is drawn, 64 shares that sum to 1."""
    import numpy as np
    from PIL import Image, ImageOps

    subject = ImageOps.pad(drawings.rasterise(hexcode, 96), (_SIDE, _SIDE), color=(255, 255, 255, 0))
    ground = Image.new("RGB", subject.size, (255, 255, 255))
    ground.paste(subject, (0, 0), subject)
    pixels = np.asarray(ground, dtype=np.float64) / 255
    drawn = np.asarray(subject)[np.asarray(subject)[:, :, 3] > 127][:, :3]
    levels = drawn.astype(np.int64) * _BINS // 256
    bins = levels @ np.array([_BINS * _BINS, _BINS, 1])
    counts = np.bincount(bins, minlength=_BINS**3).astype(np.float64)
    return pixels, counts / max(1.0, counts.sum())


def _rms(all_pixels: npt.NDArray[Any], one: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    import numpy as np

    return np.asarray(np.sqrt(((all_pixels - one) ** 2).mean(axis=(1, 2, 3))), dtype=np.float64)


if __name__ == "__main__":
    PATH.write_text(compute(), encoding="utf-8")
