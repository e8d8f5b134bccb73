"""Looking at what an output folder holds: one record, a picture of it, pages of all of them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from rich.console import Console

from catalogs import records as r
from catalogs.digests import encode
from catalogs.errors import CatalogError
from pipelines.engine.emit import CURRENT
from pipelines.folder import OutputFolder, open_folder
from pipelines.review import picture_of_trajectory, trajectory_of, write_pages

APPLE, PEAR = "00000000000000aa", "00000000000000bb"


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 30, 30)).save(buffer, "PNG")
    return buffer.getvalue()


def prompt(key: str, language: str, text: str) -> r.Prompt:
    scene = r.Scene(place="table", light="noon")
    return r.Prompt(
        key=key, language=language, text=text, form="descriptive", subject="Apple", noun="apple",
        scene=scene, model="rules@1",
    )  # fmt: skip


def row(
    position: int, stage: str, key: str, outcome: str = "kept", reason: str = "", **cells: Any
) -> dict[str, Any]:
    return {
        "position": position, "stage": stage, "grain": "prompt" if "-" in key else "entity", "key": key,
        "entity_id": key[:16], "domain": "food", "bucket": "b", "outcome": outcome, "reason": reason,
        "detail": "in so many words" if reason else "", "attempts": 1, "calls": 0, "tokens_in": 0,
        "tokens_out": 0, "seconds": 0.0, "run": "r", "cells": encode(cells).decode(),
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    """An apple with a prompt that a run left after the gap and one that was rejected; a pear without text."""
    folder = open_folder(tmp_path / "out", create=True)
    data = png()
    truth = r.Picture(
        sha256=folder.blobs.put(data), media_type="image/png", width=8, height=8, bytes=len(data),
        origin=r.Origin(url="pypi:x", licence="CC0-1.0"),
    )  # fmt: skip
    entity = r.Entity(
        entity_id=APPLE, title="Apple", domain="food", category_rule="table", names=[], articles=[]
    )
    prompts = [prompt(f"{APPLE}-en1", "en", "An apple."), prompt(f"{APPLE}-fr1", "fr", "Une pomme.")]
    gap = r.Gap(needs_search=True, unknowns=[], statement="What an apple looks like.", model="rules@1")
    rows = [
        row(0, "harvest", APPLE, entity=entity, ground_truth=[truth]),
        row(0, "harvest", PEAR, "rejected", "no-text"),
        row(1, "prompt", APPLE, prompts=prompts),
        row(2, "gap", f"{APPLE}-en1", gap=gap),
        row(2, "gap", f"{APPLE}-fr1", "rejected", "no-need"),
    ]
    folder.current.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=CURRENT), folder.current / "food-b.parquet")
    return folder


def shown(folder: OutputFolder, key: str) -> str:
    console = Console(width=80, file=io.StringIO())
    console.print(trajectory_of(folder, key))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_record_is_shown_with_what_its_entity_brought(folder: OutputFolder) -> None:
    text = shown(folder, f"{APPLE}-en1")
    for words in (
        "An apple.",
        "unfinished after gap",
        "food: Apple",
        "What an apple looks like.",
        "ground truth: CC0-1.0",
    ):
        assert words in text


def test_a_rejected_record_says_where_and_why(folder: OutputFolder) -> None:
    assert "rejected by gap: no-need (in so many words)" in shown(folder, f"{APPLE}-fr1")


def test_a_prompt_that_is_kept_for_the_benchmark_is_not_called_rejected(folder: OutputFolder) -> None:
    path = folder.current / "food-b.parquet"
    rows = pq.read_table(path, partitioning=None).to_pylist()
    rows[-1] |= {"stage": "reserve", "reason": "reserved"}
    pq.write_table(pa.Table.from_pylist(rows, schema=CURRENT), path)
    text = shown(folder, f"{APPLE}-fr1")
    assert "reserved (in so many words)" in text
    assert "rejected" not in text


def test_an_entity_without_prompts_is_shown_by_its_id(folder: OutputFolder) -> None:
    assert "rejected by harvest: no-text" in shown(folder, PEAR)


def test_a_key_that_is_not_there_is_answered_with_those_that_are(folder: OutputFolder) -> None:
    with pytest.raises(CatalogError, match=f"its entity has {APPLE}-en1, {APPLE}-fr1"):
        trajectory_of(folder, f"{APPLE}-es1")
    with pytest.raises(CatalogError, match="tracemill query"):
        trajectory_of(folder, "nothing")


def test_a_picture_is_written_out(
    folder: OutputFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = picture_of_trajectory(folder, f"{APPLE}-en1", "target")
    assert path.read_bytes() == png()
    with pytest.raises(CatalogError, match="no further than target"):
        picture_of_trajectory(folder, f"{APPLE}-en1", "test")


def test_pages_show_what_never_came_to_a_shard(folder: OutputFolder) -> None:
    index = write_pages(folder)
    page = (index.parent / "food.html").read_text()
    for words in ("An apple.", "Une pomme.", "rejected by gap: no-need", "rejected by harvest: no-text"):
        assert words in page
    assert len(list(index.parent.glob("pictures/*/*.png"))) == 1
