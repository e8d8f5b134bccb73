"""The picklable handle of the OCR worker; the engine is loaded at first use, once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from workers.ocr.interface import Reader


@dataclass(frozen=True)
class OcrWorker:
    """PP-OCRv4 through ``rapidocr-onnxruntime``, models inside the package.

    `glance` and `study` are the longest sides, in pixels, at which text is looked for and, where some was
    found, located and read (see `workers.ocr.rapid` for the measurements).
    """

    glance: int = 256
    study: int = 480

    @property
    def name(self) -> str:
        return "rapidocr"

    @property
    def revision(self) -> str:
        """Version of the package, digest of the model files, the two working sizes."""
        from workers.ocr.rapid import installed

        return f"{installed()}.{self.glance}-{self.study}"

    def load(self) -> Reader:
        """The engine; raises `workers.errors.ModelLoadError` where the package is missing."""
        return _load(self.glance, self.study)


@lru_cache(maxsize=2)
def _load(glance: int, study: int) -> Reader:
    from workers.ocr.rapid import RapidReader

    return RapidReader(glance=glance, study=study)
