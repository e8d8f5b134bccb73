"""Checkpoints on this machine: where they are, whether they are whole, which they are, how large they are.

All of it is read from files: nothing is loaded, so a process without a GPU can tell what one with a GPU will
use.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from workers.errors import ModelLoadError

WEIGHTS = frozenset({".safetensors", ".bin", ".pt", ".pth", ".gguf"})
_IDENTIFYING = WEIGHTS | {".json", ".txt", ".model", ".jinja"}
"""What decides how a model answers: weights, configurations, vocabularies, chat templates."""
_LARGEST_HEADER = 100_000_000
"""Bytes of a safetensors header (the format's own limit)."""
_GGUF_GROWTH = 8
"""A 4-bit weight becomes a 32-bit one when transformers unpacks it."""
_ITEMSIZE = {"float32": 4, "bfloat16": 2, "float16": 2}
_BLOB = re.compile(r"[0-9a-f]{64}")


def find_checkpoint(weights: str, revision: str = "", *, download: bool = False) -> Path:
    """The folder or file of a checkpoint: a path, or a name on the hub that is in the local cache.

    Raises `ModelLoadError` with the command that fetches it. Fetches it where `download` says so.
    """
    path = Path(weights).expanduser()
    if path.exists():
        return path
    if weights.startswith(("/", ".", "~")) or weights.count("/") != 1:
        raise ModelLoadError(
            f"{weights} is not there: give an existing folder, or a name as on the hub, OWNER/NAME"
        )
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(weights, revision=revision or None, local_files_only=not download))
    except Exception as error:  # the hub raises errors of its own, of httpx and of the file system
        command = f"hf download {weights}" + (f" --revision {revision}" if revision else "")
        raise ModelLoadError(
            f"{weights} is no folder, and the local cache does not hold it ({type(error).__name__}): fetch "
            f"it with `{command}`, or add download=true to its spec"
        ) from error


def check_whole(checkpoint: Path) -> None:
    """Raise `ModelLoadError` where a weight file is missing or cut short."""
    files = list(_files(checkpoint, WEIGHTS))
    for index in sorted(checkpoint.rglob("*.safetensors.index.json")) if checkpoint.is_dir() else ():
        named = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        for name in sorted(named):
            if not (index.parent / name).is_file():
                raise ModelLoadError(f"{index.parent / name} is missing: fetch the checkpoint again")
    if not files:
        raise ModelLoadError(f"{checkpoint} holds no weights: give the folder of a checkpoint")
    for file in files:
        if file.suffix == ".safetensors":
            _header(file)


@lru_cache(maxsize=16)
def checkpoint_digest(checkpoint: Path) -> str:
    """16 hex digits over everything in it that decides an answer.

    A file of the hub's cache is named after its SHA-256 and not read again; others are read once a process.
    """
    digest = hashlib.sha256()
    for file in _files(checkpoint, _IDENTIFYING):
        real = file.resolve()
        if not _BLOB.fullmatch(real.name):
            with real.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
        else:
            content = real.name
        name = file.relative_to(checkpoint).as_posix() if checkpoint.is_dir() else ""
        digest.update(f"{name}={content}\n".encode())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=16)
def weights_gib(checkpoint: Path, dtype: str) -> float:
    """GiB that the weights take once they are loaded in a data type."""
    total = 0
    files = list(_files(checkpoint, WEIGHTS))
    safe = [file for file in files if file.suffix == ".safetensors"]
    for file in safe:
        tensors = _header(file)
        total += sum(math.prod(one["shape"]) for one in tensors.values()) * _ITEMSIZE[dtype]
    if not safe:
        total = sum(file.stat().st_size * (_GGUF_GROWTH if file.suffix == ".gguf" else 1) for file in files)
    return float(total) / 2**30


def _files(checkpoint: Path, suffixes: frozenset[str]) -> Iterator[Path]:
    if checkpoint.is_file():
        yield checkpoint
        return
    pipeline = (checkpoint / "model_index.json").is_file()
    for path in sorted(checkpoint.rglob("*")):
        inside = path.relative_to(checkpoint).parts
        if path.suffix not in suffixes or any(part.startswith(".") for part in inside):
            continue
        if pipeline and path.suffix in WEIGHTS and (len(inside) == 1 or ".fp16." in path.name):
            continue  # the same weights once more, for other programs or in another type
        if path.is_file():
            yield path


def _header(file: Path) -> dict[str, Any]:
    """Name -> dtype, shape and offsets of the tensors in a safetensors file; raises `ModelLoadError`."""
    size = file.stat().st_size
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > min(size, _LARGEST_HEADER):
                raise ValueError("its header is longer than the file")
            tensors: dict[str, Any] = json.loads(stream.read(length))
        tensors.pop("__metadata__", None)
        end = max((one["data_offsets"][1] for one in tensors.values()), default=0)
        if size != 8 + length + end:
            raise ValueError(f"it has {size} bytes of {8 + length + end}")
    except (ValueError, KeyError, struct.error) as error:
        raise ModelLoadError(f"{file} is damaged ({error}): fetch the checkpoint again") from error
    return tensors
