"""Any open_clip model, by architecture name and pretrained tag or local checkpoint."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from workers.errors import ModelLoadError
from workers.image_text.interface import Array, EncodedImages
from workers.image_text.pixels import on_white

CODE_VERSION = "1"
"""Raise it whenever a change here can change a number."""

CHECKPOINT_SUFFIXES = (".pt", ".pth", ".bin", ".safetensors")
BATCH = 32
"""Inputs a forward pass."""


class OpenClipImageText:
    """An open_clip model behind the :class:`~workers.image_text.interface.ImageText` interface.

    float32 on cpu; float16 on a GPU when ``half``. ``image_features`` is the output of ``encode_image``,
    the same as ``embed_images``. Unlike the LiT model its last bits may depend on the batch: round scores.

    ``weights`` is a pretrained tag (open_clip downloads it unless it is cached), a checkpoint path, or
    None for random weights of seed 0, which is of use in tests only.
    """

    def __init__(self, model: str, weights: str | None, device: str = "cpu", half: bool = False) -> None:
        import open_clip
        import torch

        known = open_clip.list_models()
        if model not in known and not model.startswith(("hf-hub:", "local-dir:")):
            close = [name for name in known if name.lower().startswith(model.lower()[:5])][:5]
            hint = f" Did you mean {', '.join(close)}?" if close else ""
            raise ModelLoadError(f"open_clip knows no model {model!r}.{hint} See open_clip.list_models().")
        _check_weights(model, weights, open_clip.list_pretrained_tags_by_model(model))
        _check_device(device)
        precision = "fp16" if half and device != "cpu" else "fp32"
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            try:
                self._model, _, self._transform = open_clip.create_model_and_transforms(
                    model, pretrained=weights, precision=precision, device=device
                )
            except Exception as error:  # open_clip, torch, pickle and hub each raise their own
                raise ModelLoadError(
                    f"open_clip could not load {model!r} with weights {weights!r} "
                    f"({type(error).__name__}: {error}). A tag needs the network or a cached copy; "
                    "a checkpoint must be of this very architecture."
                ) from error
        self._model.eval().requires_grad_(False)
        self._tokenize: Callable[[list[str]], Any] = open_clip.get_tokenizer(model)
        self._device, self._dtype = device, torch.float16 if precision == "fp16" else torch.float32
        self.name = f"open_clip:{model}"
        self.revision = f"{CODE_VERSION}-{precision}-{_digest(self._model, model)}"
        self.dim = self.feature_dim = self.embed_texts(["x"]).shape[1]

    def embed_images(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, dim], L2-normalised."""
        return self._run(images, self._pixels, self._model.encode_image)

    def embed_texts(self, texts: Sequence[str]) -> Array:
        """float32 [n, dim], L2-normalised; texts are cut at the model's context length."""
        return self._run(texts, self._tokens, self._model.encode_text)

    def image_features(self, images: Sequence[Image.Image]) -> Array:
        """The same as :meth:`embed_images`."""
        return self.embed_images(images)

    def encode_images(self, images: Sequence[Image.Image]) -> EncodedImages:
        """Embeddings; the features are the same array."""
        embeddings = self.embed_images(images)
        return EncodedImages(embeddings, embeddings)

    def _pixels(self, images: Sequence[Image.Image]) -> Any:
        import torch

        return torch.stack([self._transform(on_white(image)) for image in images]).to(self._dtype)

    def _tokens(self, texts: Sequence[str]) -> Any:
        return self._tokenize(list(texts))

    def _run(self, inputs: Sequence[Any], pack: Callable[[Sequence[Any]], Any], encode: Any) -> Array:
        import torch

        rows = []
        with torch.inference_mode():
            for batch in _batches(inputs):
                out = encode(pack(batch).to(self._device)).float()
                rows.append(torch.nn.functional.normalize(out, dim=-1).cpu().numpy())
        if not rows:
            return np.empty((0, self.dim), np.float32)
        return np.concatenate(rows)


def _batches(inputs: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(inputs), BATCH):
        yield inputs[start : start + BATCH]


def _check_weights(model: str, weights: str | None, tags: Sequence[str]) -> None:
    if weights is None or weights in tags:
        return
    if Path(weights).is_file():
        return
    if "/" in weights or weights.endswith(CHECKPOINT_SUFFIXES):
        raise ModelLoadError(f"Checkpoint {weights} is not there: give the path of an existing file.")
    raise ModelLoadError(
        f"{model} has no pretrained tag {weights!r}: use one of {', '.join(tags) or '(none)'}, "
        "or a checkpoint path."
    )


def _check_device(device: str) -> None:
    import torch

    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ModelLoadError(f"Device {device!r} was asked for, but torch sees no GPU: use device='cpu'.")


def _digest(model: Any, name: str) -> str:
    """16 hex digits over the architecture's name and every weight, in order."""
    import torch

    digest = hashlib.sha256(name.encode())
    for key, tensor in model.state_dict().items():
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]
