"""Any open_clip model, by architecture name and pretrained tag or local checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from catalogs.digests import digest_of
from workers.checkpoints import checkpoint_digest, find_checkpoint
from workers.devices import check_device
from workers.errors import ModelLoadError
from workers.image_text.interface import ImageTextModel
from workers.image_text.pixels import on_white
from workers.image_text.two_towers import TwoTowers

CODE_VERSION = "2"
"""Raise it whenever a change here can change a number."""

CHECKPOINT_SUFFIXES = (".pt", ".pth", ".bin", ".safetensors")
_LOCAL, _HUB = "local-dir:", "hf-hub:"
_PRECISION = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}


class OpenClipImageText(TwoTowers):
    """An open_clip model behind the :class:`~workers.image_text.interface.ImageText` interface.

    float32 on a CPU, float16 on a GPU unless told otherwise. ``image_features`` is the output of
    ``encode_image``, the same as ``embed_images``. Unlike the LiT model its last bits may depend on the
    batch: round scores.

    ``weights`` is a pretrained tag, a checkpoint path, or None for random weights of seed 0, which is of use
    in tests only. ``local-dir:FOLDER`` and ``hf-hub:OWNER/NAME`` bring their own.
    """

    def __init__(self, model: str, weights: str | None, settings: ImageTextModel) -> None:
        import open_clip
        import torch

        weights_of(model, weights, settings)
        check_device(settings.device)
        if model.startswith(_HUB):
            folder = find_checkpoint(model.removeprefix(_HUB), settings.revision, download=settings.download)
            model = f"{_LOCAL}{folder}"
        dtype = settings.precision("float16")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            try:
                self._model, _, self._transform = open_clip.create_model_and_transforms(
                    model, pretrained=weights, precision=_PRECISION[dtype], device=settings.device
                )
            except Exception as error:  # open_clip, torch, pickle and hub each raise their own
                raise ModelLoadError(
                    f"open_clip could not load {model!r} with weights {weights!r} "
                    f"({type(error).__name__}: {error}). A tag needs the network or a cached copy; "
                    "a checkpoint must be of this very architecture."
                ) from error
        self._model.eval().requires_grad_(False)
        self._tokenize: Callable[[list[str]], Any] = open_clip.get_tokenizer(model)
        self._settings, self._dtype = settings, getattr(torch, dtype)
        self.name = f"open_clip:{model}"
        self.revision = revision_of(model, weights, settings)
        self.dim = self.feature_dim = self.embed_texts(["x"]).shape[1]

    def _pixels(self, image: Image.Image) -> Any:
        return self._transform(on_white(image))

    def _encode_images(self, batch: Sequence[Any]) -> Any:
        import torch

        pixels = torch.stack([one.result() for one in batch])
        return self._model.encode_image(pixels.to(self._settings.device, self._dtype))

    def _encode_texts(self, batch: Sequence[str]) -> Any:
        return self._model.encode_text(self._tokenize(list(batch)).to(self._settings.device))


def weights_of(model: str, weights: str | None, settings: ImageTextModel) -> Path | None:
    """The checkpoint that a spec means, None for random weights and for tags that may be fetched.

    Raises `ModelLoadError` for unknown models and tags, and for weights that are not on this machine. Loads
    nothing.
    """
    import open_clip

    if model.startswith((_LOCAL, _HUB)):
        where = model.removeprefix(_LOCAL).removeprefix(_HUB)
        return find_checkpoint(where, settings.revision, download=settings.download)
    known = open_clip.list_models()
    if model not in known:
        close = [name for name in known if name.lower().startswith(model.lower()[:5])][:5]
        hint = f" Did you mean {', '.join(close)}?" if close else ""
        raise ModelLoadError(f"open_clip knows no model {model!r}.{hint} See open_clip.list_models().")
    tags = open_clip.list_pretrained_tags_by_model(model)
    if weights is None:
        return None
    if weights in tags:
        return _cached(model, weights, settings)
    if Path(weights).is_file():
        return Path(weights)
    if "/" in weights or weights.endswith(CHECKPOINT_SUFFIXES):
        raise ModelLoadError(f"Checkpoint {weights} is not there: give the path of an existing file.")
    raise ModelLoadError(
        f"{model} has no pretrained tag {weights!r}: use one of {', '.join(tags) or '(none)'}, "
        "or a checkpoint path."
    )


def revision_of(model: str, weights: str | None, settings: ImageTextModel) -> str:
    """Code, precision, and a digest over architecture and weights. Loads nothing."""
    import open_clip

    file = weights_of(model, weights, settings)
    content = checkpoint_digest(file) if file else weights or "random, seed 0"
    architecture = open_clip.get_model_config(model) if model in open_clip.list_models() else None
    precision = _PRECISION[settings.precision("float16")]
    return f"{CODE_VERSION}-{precision}-{digest_of([architecture, content])[:16]}"


def _cached(model: str, tag: str, settings: ImageTextModel) -> Path | None:
    """The file of a tag where it was fetched before."""
    from huggingface_hub import try_to_load_from_cache
    from open_clip.constants import HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME
    from open_clip.pretrained import get_pretrained_cfg

    found = get_pretrained_cfg(model, tag)
    repository, _, name = found.get("hf_hub", "").rpartition("/")
    if repository:
        stem = name.rpartition(".")[0]
        names = (f"{stem}.safetensors", name) if name else (HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME)
        for one in names:
            path = try_to_load_from_cache(repository, one)
            if isinstance(path, str):
                return Path(path)
    else:
        path = Path("~/.cache/clip").expanduser() / Path(found.get("url", "")).name
        if path.is_file():
            return path
    if settings.download:
        return None
    raise ModelLoadError(
        f'the weights {tag!r} of {model} are not on this machine: fetch them with `python -c "import '
        f"open_clip; open_clip.create_model('{model}', '{tag}')\"`, or add download=true to the spec"
    )
