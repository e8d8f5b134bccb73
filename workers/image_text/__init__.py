"""Pictures and texts in one space: the model behind relevance, look-alikes, duplicates and identity."""

from workers.image_text.interface import Array, EncodedImages, ImageText
from workers.image_text.loading import load_image_text

__all__ = ["Array", "EncodedImages", "ImageText", "load_image_text"]
