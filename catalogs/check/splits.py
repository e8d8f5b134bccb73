"""The splits: every document readable, every picture as its row says, as many items as were reported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.check.problem import Problem, at_once, doubted, told
from catalogs.digests import sha256_of
from catalogs.splits.unified_bench import PROTOCOL

FACTIP, UNIFIED = "splits/factip", "splits/unified-bench"


def check_splits(out: Path) -> Iterator[Problem]:
    """Both splits. A run looks at the report alone, so what it does not tell has to be deleted."""
    for folder, expected in ((FACTIP, _factip), (UNIFIED, _unified)):
        if not (out / folder / "report.json").exists():
            yield told(folder, "has no report", why="it is made anew")
            continue
        try:
            documents = {
                path.relative_to(out / folder).as_posix(): _read(path)
                for path in sorted((out / folder).rglob("*"))
                if path.suffix in (".json", ".parquet")
            }
            wrong = _wrong_pictures(out / folder, *expected(documents))
        except (pa.ArrowException, OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            wrong = [f"cannot be read: {error}"]
        except KeyError as missing:
            wrong = [f"{missing} is missing"]
        if wrong:
            yield doubted(folder, "; ".join(wrong[:3]), why="it is made anew")


def _read(path: Path) -> Any:
    """A JSON document, or the rows of a table."""
    if path.suffix == ".parquet":
        return pq.read_table(path, partitioning=None).to_pylist()
    return msgspec.json.decode(path.read_bytes())


def _factip(documents: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Picture -> its SHA-256, and what else is wrong."""
    rows = documents["items.parquet"]
    pictures = {
        file: picture["sha256"]
        for row in rows
        for file, picture in zip(row["pictures"], row["ground_truth"], strict=True)
    }
    wrong = _wrong_count(rows, documents)
    if documents["test.json"] != {row["item"]["index"]: row["item"] for row in rows}:
        wrong.append("test.json is not what items.parquet says")
    return pictures, wrong


def _unified(documents: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    rows = documents["items.parquet"]
    wrong = _wrong_count(rows, documents)
    if documents["protocol.json"] != PROTOCOL:
        wrong.append("protocol.json is not the protocol")
    return {row["file"]: row["source"]["picture"]["sha256"] for row in rows}, wrong


def _wrong_count(rows: list[Any], documents: dict[str, Any]) -> list[str]:
    held = documents["report.json"]["held"]
    return [f"items.parquet holds {len(rows)} items, the report {held}"] if len(rows) != held else []


def _wrong_pictures(folder: Path, expected: dict[str, str], wrong: list[str]) -> list[str]:
    """`wrong`, and files of pictures that differ, are missing, or should not be there."""
    files = [path for path in sorted((folder / "images").rglob("*")) if path.is_file()]
    hashes = at_once(sha256_of, files)
    held = {path.relative_to(folder).as_posix(): name for path, name in zip(files, hashes, strict=True)}
    return [
        *wrong,
        *(f"{file} is missing" for file in sorted(expected.keys() - held.keys())),
        *(f"{file} does not belong there" for file in sorted(held.keys() - expected.keys())),
        *(f"{file} is altered" for file in sorted(expected.keys() & held) if held[file] != expected[file]),
    ]
