"""Specs of models that run in this process: ``KIND:NAME_OR_PATH?field=value&field=value``.

transformers:/models/Qwen2.5-VL-7B-Instruct?device=cuda&gpus=0.5&temperature=0
diffusers:stabilityai/stable-diffusion-3-medium-diffusers?device=cuda&steps=28&size=1024x1024
open_clip:ViT-L-14:/models/clip.safetensors?device=cuda&batch=256
"""

from __future__ import annotations

from typing import Annotated, Literal, Protocol, TypeVar, runtime_checkable
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

from catalogs.stage import Resources, Worker
from workers.errors import ModelLoadError


@runtime_checkable
class LocalWorker(Worker, Protocol):
    """A worker whose model is loaded where its stage runs."""

    @property
    def resources(self) -> Resources: ...

    def check(self) -> None:
        """Raise `ModelLoadError` where the model cannot be had; cheap, loads nothing that is large."""
        ...


DataType = Literal["auto", "float32", "bfloat16", "float16"]


class LocalModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every local model can be told. `device`, `dtype` and `revision` can change answers, the rest
    cannot."""

    device: str = "cpu"
    """As torch has it: ``cpu``, ``cuda``, ``cuda:1``. An actor sees its own GPUs only: ``cuda`` with Ray."""
    dtype: DataType = "auto"
    """Of weights and activations. ``auto``: float32 on a CPU, a half type on a GPU."""
    batch: Annotated[int, Meta(ge=1)] = 16
    """Inputs a forward pass, at most; halved where they do not fit into memory."""
    gpus: Annotated[float, Meta(ge=0, le=8)] = 0.0
    """Share of a GPU that Ray sets aside for a copy; 0 for a whole one where `device` is a GPU."""
    memory_gib: Annotated[float, Meta(ge=0)] = 0.0
    """Main memory that Ray sets aside for a copy; 0 to reckon it from the weights."""
    revision: str = ""
    """Of a model on the hub: a branch, tag or commit."""
    download: bool = False
    """Whether a model that is not on this machine may be fetched."""

    @property
    def on_gpu(self) -> bool:
        return self.device.startswith("cuda")

    def precision(self, half: DataType = "bfloat16") -> DataType:
        """The data type; `half` is what ``auto`` means on a GPU."""
        if self.dtype != "auto":
            return self.dtype
        return half if self.on_gpu else "float32"

    def resources(self, weights_gib: float) -> Resources:
        """What a copy of the model needs. Weights on a GPU pass through main memory once, a file at a time;
        10 GiB hold the largest file of common checkpoints (5 GiB), its copy, and the libraries."""
        share = (self.gpus or 1.0) if self.on_gpu else 0.0
        reckoned = min(weights_gib, 8.0) + 2.0
        return Resources(cpus=1.0, gpus=share, memory_gib=self.memory_gib or reckoned)


S = TypeVar("S", bound=LocalModel)


def read_spec(spec: str, expected: type[S]) -> tuple[str, S]:
    """What stands before the question mark, and the settings after it; raises `ModelLoadError`."""
    before, _, query = spec.partition("?")
    fields = dict(parse_qsl(query, keep_blank_values=True))
    try:
        return before, msgspec.convert(fields, expected, strict=False)
    except msgspec.ValidationError as error:
        known = ", ".join(expected.__struct_fields__)
        raise ModelLoadError(f"{spec}: {error}. Fields of such a spec: {known}") from error
