"""Reading text in pictures."""

from workers.ocr.handle import OcrWorker
from workers.ocr.interface import Reader, TextLine

__all__ = ["OcrWorker", "Reader", "TextLine"]
