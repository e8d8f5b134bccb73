"""A drawing model through diffusers, by checkpoint: from the text alone, or from text and all references."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from catalogs.digests import digest_of
from catalogs.stage import Resources
from workers import checkpoints
from workers.devices import check_fits
from workers.drawing.interface import Drawer
from workers.drawing.references import PIPELINES
from workers.drawing.settings import DrawingModel
from workers.errors import ModelLoadError
from workers.quiet import hide_bars

_MAY_LACK = {"StableDiffusion3Pipeline": ("text_encoder_3", "tokenizer_3")}
"""Components that a checkpoint may be saved without; diffusers then wants to be told to go without them."""
CODE_VERSION = "2"
"""Raise it whenever equal requests can give other pictures."""


@dataclass(frozen=True)
class DiffusersDrawer:
    """What a stage holds in place of the pipeline; it is loaded at first use, once a process."""

    weights: str
    settings: DrawingModel

    @property
    def name(self) -> str:
        return f"diffusers:{Path(self.weights).name if Path(self.weights).exists() else self.weights}"

    @property
    def revision(self) -> str:
        """Size, steps and guidance in words, and a digest over weights and code."""
        own, digest = self.settings, checkpoints.checkpoint_digest(self._checkpoint)
        sent = "references" if own.references else "text"
        manner = f"{own.size}-{own.steps}steps-guidance{own.guidance:g}-{sent}-{own.precision()}"
        kind = own.device.partition(":")[0]
        return f"{manner}-{digest_of([CODE_VERSION, digest, kind])[:12]}"

    @property
    def resources(self) -> Resources:
        """What a copy needs; see `catalogs.stage.Stage.needs`."""
        return self.settings.resources(self._gib)

    def check(self) -> None:
        """Raise `ModelLoadError` where the checkpoint is missing, damaged, too large, or takes no references
        although it should. Loads nothing."""
        import diffusers

        checkpoint = self._checkpoint
        try:
            kind = self.index["_class_name"]
        except (OSError, ValueError, KeyError) as error:
            raise ModelLoadError(
                f"{checkpoint} is no diffusers pipeline: it needs a model_index.json"
            ) from error
        if not hasattr(diffusers, kind):
            raise ModelLoadError(f"diffusers {diffusers.__version__} knows no {kind}: install a newer one")
        if self.settings.references and kind not in PIPELINES:
            raise ModelLoadError(
                f"{kind} takes no several references: add references=false to draw from the text alone, or "
                f"use one of {', '.join(PIPELINES)}"
            )
        checkpoints.check_whole(checkpoint)
        check_fits(self.name, self._gib, self.settings.device)

    @property
    def draws_from_text(self) -> bool:
        """Whether its pipeline draws where there is no reference."""
        manner = PIPELINES.get(self.index["_class_name"]) if self.settings.references else None
        return manner is None or manner.text_alone

    def load(self) -> Drawer:
        """The drawer; raises `ModelLoadError`."""
        return _load(self)

    @property
    def index(self) -> dict[str, Any]:
        """The pipeline's class and components, as its checkpoint states them."""
        index: dict[str, Any] = json.loads(
            (self._checkpoint / "model_index.json").read_text(encoding="utf-8")
        )
        return index

    @property
    def _checkpoint(self) -> Path:
        own = self.settings
        return checkpoints.find_checkpoint(self.weights, own.revision, download=own.download)

    @property
    def _gib(self) -> float:
        return checkpoints.weights_gib(self._checkpoint, self.settings.precision())


@lru_cache(maxsize=1)
def _load(handle: DiffusersDrawer) -> Drawer:
    import torch
    from diffusers import DiffusionPipeline

    from workers.drawing.pipeline import PipelineDrawer

    handle.check()
    hide_bars()
    own = handle.settings
    index, loader = handle.index, cast(Any, DiffusionPipeline)
    may_lack = _MAY_LACK.get(index["_class_name"], ())
    lacking = {name: None for name in may_lack if index.get(name, [None])[0] is None}
    try:
        pipeline = loader.from_pretrained(
            handle._checkpoint, dtype=getattr(torch, own.precision()), local_files_only=True, **lacking
        ).to(own.device)
    except Exception as error:  # diffusers, transformers, torch and safetensors each raise their own
        raise ModelLoadError(
            f"{handle.weights} could not be loaded ({type(error).__name__}: {error}): fetch it again, or use "
            f"a smaller one where memory ran out"
        ) from error
    return PipelineDrawer(pipeline, own, handle.name, handle.revision)
