"""PP-OCRv4 detection and recognition on ONNX Runtime, one thread, one picture at a time.

Most pictures hold no text, so the detector glances at a small copy first. It takes many a drawing for a
letter: the few boxes it finds are read, and only where one reads as a word, or where there are many, is the
picture studied at full working size. Measured on one core: detection 18 ms at 256 px, 32 ms at 320 px, 77 ms
at 480 px; recognition 8 to 25 ms a line. The glance finds 8 px letters of a 320 px picture (at 192 px it
misses them).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from workers.errors import ModelLoadError
from workers.meter import count_call
from workers.ocr.interface import TextLine

PACKAGE = "rapidocr-onnxruntime"
MODELS = {"det": "ch_PP-OCRv4_det_infer.onnx", "rec": "ch_PP-OCRv4_rec_infer.onnx"}
ONE_THREAD = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}
"""More threads split sums differently from machine to machine, and the actors fill the cores already."""

FEW_BOXES = 3
"""Boxes that are read before a picture is studied; more of them are text in any case (tiled marks, a
page)."""
WORD = 3
"""Letters or digits that a reading needs to make the picture worth studying: outlines read as one or two."""
LINE_SCORE = 0.5
"""Least confidence of a reading: the package's ``text_score``."""
LEAST_READ, MOST_READ = 3, 12
"""Lines that are read, spread evenly over the picture; the rest are located only."""
READ_LENGTH = 72.0
"""Length of the lines that are read between those bounds, in line heights: reading costs 3.7 ms a line
height, so a leaflet of 14 long lines takes 0.35 s and not 1.2 s, and its token count follows from the lines
that were read."""


def _models() -> dict[str, Path]:
    spec = find_spec("rapidocr_onnxruntime")
    if spec is None or spec.origin is None:
        raise ModelLoadError(f"The OCR engine is missing: pip install {PACKAGE}")
    folder = Path(spec.origin).parent / "models"
    paths = {part: folder / file for part, file in MODELS.items()}
    for path in paths.values():
        if not path.is_file():
            raise ModelLoadError(f"{path} is missing: pip install --force-reinstall {PACKAGE}==1.4.4")
    return paths


@lru_cache(maxsize=1)
def installed() -> str:
    """Version of the package and digest of its two model files, e.g. ``1.4.4+9f3b0c2d``."""
    whole = hashlib.sha256()
    for path in _models().values():
        whole.update(path.read_bytes())
    return f"{metadata.version(PACKAGE)}+{whole.hexdigest()[:8]}"


class RapidReader:
    """Detection at `glance` pixels, then detection at `study` pixels and recognition where needed."""

    def __init__(self, *, glance: int, study: int) -> None:
        from rapidocr_onnxruntime.ch_ppocr_det import TextDetector
        from rapidocr_onnxruntime.ch_ppocr_rec import TextRecognizer

        paths = {part: str(path) for part, path in _models().items()}
        self._glance, self._study = glance, study
        # limit_type "max" leaves pictures below 960 px at the size that they come in.
        self._detect: Any = TextDetector({"model_path": paths["det"], "limit_type": "max", **ONE_THREAD})
        # A batch of one and a small least width: a line's reading must not depend on its neighbours.
        self._recognise: Any = TextRecognizer(
            {"model_path": paths["rec"], "rec_batch_num": 1, "rec_img_shape": [3, 48, 96], **ONE_THREAD}
        )

    def read(self, images: Sequence[Image.Image]) -> list[list[TextLine]]:
        return [self._read(image) for image in images]

    def _read(self, image: Image.Image) -> list[TextLine]:
        count_call()
        pixels = _scaled(image, self._glance)
        boxes = self._boxes(pixels)
        if len(boxes) <= FEW_BOXES:
            lines = self._lines(pixels, boxes)
            if not any(sum(c.isalnum() for c in line.text) >= WORD for line in lines):
                return lines
        pixels = _scaled(image, self._study)
        return self._lines(pixels, self._boxes(pixels))

    def _boxes(self, pixels: Any) -> list[Any]:
        """Corners in pixels, float32 [4, 2] each, top to bottom and left to right."""
        boxes, _ = self._detect(pixels)
        corners = np.asarray(boxes, dtype=np.float32).reshape(-1, 4, 2)
        return sorted(corners, key=lambda box: (float(box[0][1]), float(box[0][0])))

    def _lines(self, pixels: Any, boxes: list[Any]) -> list[TextLine]:
        readings: dict[int, tuple[str, float]] = {}
        for index in _spread(len(boxes), _readable(boxes)):
            readings[index] = self._recognise([_crop(pixels, boxes[index])])[0][0]
        return [_line(box, pixels.shape, *readings.get(i, ("", 0.0))) for i, box in enumerate(boxes)]


def _scaled(image: Image.Image, longest: int) -> Any:
    """uint8 [h, w, 3], BGR as the models were trained; sides are at least one stride of the network (32)."""
    scale = longest / max(image.size)
    size = (max(32, round(image.width * scale)), max(32, round(image.height * scale)))
    small = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.ascontiguousarray(np.asarray(small)[:, :, ::-1])


def _spread(count: int, most: int) -> list[int]:
    """At most `most` indices of 0..count-1 at even distances."""
    return list(range(count)) if count <= most else [i * count // most for i in range(most)]


def _readable(boxes: list[Any]) -> int:
    """How many of the lines are read."""
    lengths = [max(_sides(box)) / max(1.0, min(_sides(box))) for box in boxes]
    affordable = int(READ_LENGTH * len(boxes) / sum(lengths)) if boxes else 0
    return min(MOST_READ, max(LEAST_READ, affordable))


def _sides(box: Any) -> tuple[float, float]:
    """Width and height of a box in pixels, the longer of each pair of sides."""
    width = max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3]))
    height = max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2]))
    return float(width), float(height)


def _crop(pixels: Any, box: Any) -> Any:
    """The box turned upright, lines that run down the picture laid flat."""
    import cv2

    width, height = (max(4, round(side)) for side in _sides(box))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(np.ascontiguousarray(box), corners)
    crop = cv2.warpPerspective(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(np.rot90(crop)) if height >= 1.5 * width else crop


def _line(box: Any, shape: tuple[int, ...], text: str, confidence: float) -> TextLine:
    height, width = shape[:2]
    corners = tuple((round(float(x) / width, 4), round(float(y) / height, 4)) for x, y in box)
    read = float(confidence) >= LINE_SCORE
    return TextLine(
        corners=corners,  # type: ignore[arg-type]
        text=text if read else "",
        confidence=round(float(confidence), 3),
    )
