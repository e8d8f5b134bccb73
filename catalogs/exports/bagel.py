"""``bagel``: the three layouts that BAGEL's own loaders read.

    t2i/<part>.parquet          image, captions (JSON text of a mapping): prompt -> picture
    edit/<part>.parquet         image_list, instruction_list: reference + prompt -> picture
    vlm/<part>.jsonl            image, conversations: the whole dialogue with both references
    vlm/images/<part>/
    parquet_info/edit.json      row groups and rows of each file of edit/
    dataset_info.json           what goes into BAGEL's data/dataset_info.py

The edit loader draws a start and an end among the pictures of a row and takes every step between them for an
edit: with two references in a row it would learn to turn one into the other. So a row holds one reference and
the picture. It passes over files that ``parquet_info`` does not name, under the very path that it forms:
train with this folder as the working folder. ``num_files`` below the number of files leaves files out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.exports.dialogue import messages_of, references_of, target_of
from catalogs.exports.errors import LeftOutError
from catalogs.exports.interface import Facts, Format, Problem, Settings, Write
from catalogs.exports.parts import Part, Parts
from catalogs.exports.pictures import flattened, problem_of, size_of
from catalogs.exports.rows import files_in, json_line, pretty, read_lines, read_table, table
from catalogs.exports.samples import Sample
from catalogs.exports.texts import PLACEHOLDER, must_be_plain, refused

GROUP = 16
"""Rows of a row group. The edit loader deals out row groups to its workers, so a part has to have several."""
MOST_PIXELS = 20_000_000
"""`Image.MAX_IMAGE_PIXELS` of the text-to-image loader: Pillow warns above it, and refuses above twice as
many."""

T2I = pa.schema([("image", pa.binary()), ("captions", pa.string()), ("id", pa.string())])
EDIT = pa.schema(
    [
        ("image_list", pa.list_(pa.binary())),
        ("instruction_list", pa.list_(pa.list_(pa.string()))),
        ("id", pa.string()),
    ]
)
_SPEAKERS = {"user": "human", "assistant": "gpt"}


class Bagel(Format):
    """See the module."""

    name = "bagel"
    version = "2"

    @contextmanager
    def writing(self, part: Part) -> Iterator[Write]:
        with (
            table(part.path(f"t2i/{part.name}.parquet"), T2I) as t2i,
            table(part.path(f"edit/{part.name}.parquet"), EDIT, GROUP) as edit,
            part.lines(f"vlm/{part.name}.jsonl") as vlm,
        ):

            def write(sample: Sample) -> Facts:
                messages, references = messages_of(sample), references_of(sample)
                prompt = sample.document.image_prompt
                must_be_plain([prompt])
                drawn = flattened(sample.pictures[target_of(sample, part.settings.target)])
                if any(_is_too_large(data) for data in (*references.values(), drawn)):
                    raise LeftOutError("picture-too-large")
                captions = msgspec.json.encode({"prompt": prompt}).decode()
                t2i.add({"image": drawn, "captions": captions, "id": sample.key}, len(drawn))
                first = next(iter(references.values()))
                pair = {"image_list": [first, drawn], "instruction_list": [[prompt]], "id": sample.key}
                edit.add(pair, len(first) + len(drawn))
                images = [f"images/{part.name}/{name}" for name in references]
                for file, data in zip(images, references.values(), strict=True):
                    part.write(f"vlm/{file}", data)
                spoken = [{"from": _SPEAKERS[one["role"]], "value": one["content"]} for one in messages]
                vlm.write(json_line({"id": sample.key, "image": images, "conversations": spoken}))
                part.count("turns", len(messages) // 2)
                part.count("turns-left-out", refused(sample.document))
                return {}

            yield write

    def finish(self, root: Path, parts: Parts) -> dict[str, Iterable[bytes]]:
        info = {}
        for part in parts:
            with pq.ParquetFile(root / "edit" / f"{part.name}.parquet") as file:
                counts = {"num_row_groups": file.num_row_groups, "num_rows": file.metadata.num_rows}
            info[f"edit/{part.name}.parquet"] = counts
        return {
            "parquet_info/edit.json": [pretty(info)],
            "dataset_info.json": [pretty(_dataset_info(parts))],
        }

    def check(self, root: Path, settings: Settings) -> Iterator[Problem | str]:
        info = msgspec.json.decode((root / "parquet_info" / "edit.json").read_bytes())
        for path in files_in(root / "edit"):
            name = f"edit/{path.name}"
            with pq.ParquetFile(path) as file:
                counts = {"num_row_groups": file.num_row_groups, "num_rows": file.metadata.num_rows}
            if info.get(name) != counts:
                yield Problem(file=name, what="passed over, in part or whole: parquet_info says otherwise")
            bad: dict[str, str] = {}
            bad |= {row["id"]: problem for row in read_table(path) if (problem := _edit_problem(row))}
            bad |= {
                row["id"]: problem
                for row in read_table(root / "t2i" / path.name)
                if (problem := _t2i_problem(row))
            }
            spoken = root / "vlm" / f"{path.stem}.jsonl"
            for row in read_lines(spoken) if spoken.exists() else ():
                problem = bad.get(row["id"]) or _vlm_problem(row, root / "vlm")
                yield Problem(file=name, what=f"{row['id']}: {problem}") if problem else row["id"]


def _dataset_info(parts: Parts) -> dict[str, Any]:
    held = {part.name: part.samples for part in parts}
    counted = {"num_files": len(held), "num_total_samples": sum(held.values())}
    vlm = {
        name: {"data_dir": "vlm", "jsonl_path": f"vlm/{name}.jsonl", "num_total_samples": samples}
        for name, samples in held.items()
        if samples
    }
    return {
        "t2i_pretrain": {"tracemill_t2i": {"data_dir": "t2i", **counted}},
        "unified_edit": {
            "tracemill_edit": {"data_dir": "edit", **counted, "parquet_info_path": "parquet_info/edit.json"}
        },
        "vlm_sft": {f"tracemill_{name}": entry for name, entry in vlm.items()},
    }


def _t2i_problem(row: Mapping[str, Any]) -> str:
    if problem := _picture_problem(row["image"]):
        return problem
    try:
        captions = msgspec.json.decode(row["captions"], type=dict[str, str])
    except msgspec.MsgspecError as error:
        return f"dropped: captions are no mapping of texts ({error})"
    return "" if captions and all(text.strip() for text in captions.values()) else "misread: no caption"


def _edit_problem(row: Mapping[str, Any]) -> str:
    images, instructions = row["image_list"], row["instruction_list"]
    if len(images) != 2:
        return f"misread: {len(images)} pictures in a row, of which any two are taken for an edit"
    if len(instructions) != 1 or not instructions[0] or not all(text.strip() for text in instructions[0]):
        return "dropped: no instruction for the step"
    return _picture_problem(images[0]) or _picture_problem(images[1])


def _picture_problem(data: bytes) -> str:
    if problem := problem_of(data):
        return f"dropped: a picture cannot be decoded: {problem}"
    return f"dropped: a picture of more than {2 * MOST_PIXELS} pixels" if _is_too_large(data) else ""


def _is_too_large(data: bytes) -> bool:
    width, height = size_of(data)
    return width * height > 2 * MOST_PIXELS


def _vlm_problem(row: Mapping[str, Any], folder: Path) -> str:
    images, spoken = row["image"], row["conversations"]
    asked = [one["value"] for one in spoken if one["from"] == "human"]
    placed = sum(value.count("<image>") for value in asked)
    if placed != len(images):
        return f"misread: {placed} times <image> for {len(images)} images"
    if any(PLACEHOLDER.search(one["value"]) for one in spoken if one["from"] == "gpt"):
        return "misread: a placeholder in a reply"
    if not any(one["from"] == "gpt" and one["value"].strip() for one in spoken):
        return "dropped: no reply to learn from"
    for image in images:
        path = folder / image
        if not path.is_file() or problem_of(path.read_bytes()):
            return f"dropped: {image} is not there, or cannot be decoded"
    return ""
