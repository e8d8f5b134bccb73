"""External lists are read in the forms in which they are published."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from catalogs.errors import SplitError
from catalogs.leaks import read_external

ROWS = [
    {"id": "a", "prompt": "A tower at night", "ip_name": "Tower", "language": "en"},
    {"id": "b", "prompt": "Un chat", "ip_name": "Chat", "language": "fr"},
]


def write(path: Path) -> Path:
    match path.name:
        case "factip.json":
            held = {
                r["id"]: {"index": r["id"], "image_prompt": r["prompt"], "ip_name": r["ip_name"]}
                for r in ROWS
            }
            path.write_text(json.dumps(held))
        case "list.json":
            path.write_text(json.dumps(ROWS))
        case "lines.jsonl":
            path.write_text("\n".join(json.dumps(row) for row in ROWS) + "\n\n")
        case "table.csv":
            pl.DataFrame(ROWS).rename({"prompt": "Prompt"}).write_csv(path)
        case "table.parquet":
            pl.DataFrame(ROWS).with_columns(image=pl.lit(b"bytes")).write_parquet(path)
    return path


@pytest.mark.parametrize("name", ["factip.json", "list.json", "lines.jsonl", "table.csv", "table.parquet"])
def test_every_form_gives_prompts_and_names(tmp_path: Path, name: str) -> None:
    held = read_external(write(tmp_path / name))
    assert held.name == name
    assert [(item.key, item.prompt) for item in held.items] == [("a", "A tower at night"), ("b", "Un chat")]
    assert [held.entities[item.entity_id].title for item in held.items] == ["Tower", "Chat"]


def test_plain_texts_are_prompts(tmp_path: Path) -> None:
    path = tmp_path / "texts.json"
    path.write_text('["A tower", "A cat"]')
    assert [(item.key, item.prompt) for item in read_external(path).items] == [
        ("0", "A tower"),
        ("1", "A cat"),
    ]


def test_a_folder_gives_its_pictures(tmp_path: Path, paint: Any, encode: Callable[..., bytes]) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.PNG").write_bytes(encode(paint("one")))
    (tmp_path / "notes.txt").write_text("no picture")
    held = read_external(tmp_path)
    assert list(held.pictures) == ["deep/one.PNG"]
    assert held.load("deep/one.PNG") == encode(paint("one"))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("list.json", "{", "cannot be read"),
        ("list.json", "3", "neither a list"),
        ("list.xlsx", "x", r"\.xlsx is not known"),
        ("list.csv", "a,b\n1,2\n", "no column with prompts"),
        ("list.parquet", "no parquet", "cannot be read"),
    ],
)
def test_what_is_not_understood_is_told(tmp_path: Path, name: str, content: str, told: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SplitError, match=told):
        read_external(tmp_path / name)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SplitError, match="no picture"):
        read_external(tmp_path)


def test_rows_inside_a_document_are_found(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text(json.dumps({"name": "bench", "version": "1.0", "data": ROWS}))
    assert [item.key for item in read_external(path).items] == ["a", "b"]


def test_two_lists_in_a_document_are_not_guessed_between(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text(json.dumps({"train": ROWS, "test": ROWS}))
    with pytest.raises(SplitError, match="train, test"):
        read_external(path)


def test_a_line_separator_inside_a_text_ends_no_row(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"id": "a", "prompt": "A tower\u2028at night"}\n', encoding="utf-8")
    assert [item.prompt for item in read_external(path).items] == ["A tower\u2028at night"]


def test_an_entity_without_a_prompt_is_compared_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps([*ROWS, {"id": "c", "prompt": "", "ip_name": "Fox"}]))
    assert "Fox" in {one.title for one in read_external(path).entities.values()}
