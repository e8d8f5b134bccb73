"""`--against`: what was planted in an external list is found, at every level, in every form, both ways."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import ImageOps

from pipelines.splitting.cut import FACTIP
from tests.pipelines.test_splits import World, encoded, make, names_in, painted

PLANTED = {
    "paraphrase": ("Fireworks above the Eiffel tower, seen from a bridge", "entity/named-there"),
    "translated alias": ("La TOUR EIFFEL sous la neige", "entity/named-there"),
    "same text": ("eiffel tower, in a meadow at noon!", "prompt/same-text"),
    "longer text": (
        "Please paint this for me now: Eiffel Tower in the blue sea at dusk, with gulls",
        "entity/named-there",
    ),
}
"""What somebody else's list holds of the Eiffel Tower of ours, and how it is found at least."""


def _json(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows))


def _mapping(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps({row["id"]: {"image_prompt": row["prompt"]} for row in rows}))


def _lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _csv(path: Path, rows: list[dict[str, Any]]) -> None:
    pl.DataFrame(rows).write_csv(path)


def _parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    pl.DataFrame(rows).with_columns(image=pl.lit(b"no picture")).write_parquet(path)


FORMS: dict[str, Callable[[Path, list[dict[str, Any]]], None]] = {
    "list.json": _json,
    "factip.json": _mapping,
    "list.jsonl": _lines,
    "list.csv": _csv,
    "list.parquet": _parquet,
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "out")
    made.entity("Eiffel Tower", "benchmark", fr="Tour Eiffel")
    made.entity("Old Lighthouse", "benchmark")
    made.entity("Stone Bridge", "train", fr="Pont de pierre")
    return made


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_planted_prompt_is_found(world: World, tmp_path: Path, form: str) -> None:
    rows = [{"id": name, "prompt": text} for name, (text, _) in PLANTED.items()]
    rows += [{"id": "sound", "prompt": "A red tractor on a hill"}]
    FORMS[form](tmp_path / form, rows)
    made = make(world.written(), FACTIP, tmp_path / form)
    assert names_in(made) == {"Old Lighthouse"}
    found = pl.read_parquet(made.directory / "leaks.parquet").filter(pl.col("against") == form)
    told = {(row["level"] + "/" + row["kind"], row["theirs"]) for row in found.iter_rows(named=True)}
    assert {(kind, name) for name, (_, kind) in PLANTED.items()} <= told
    assert "sound" not in {name for _, name in told}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_training_is_told_what_it_shares(world: World, tmp_path: Path, form: str) -> None:
    """The other way round: what we train on stands in somebody else's benchmark."""
    FORMS[form](tmp_path / form, [{"id": "theirs", "prompt": "Le pont de pierre, la nuit"}])
    made = make(world.written(), FACTIP, tmp_path / form)
    assert made.training is not None
    assert {(removal.kind, removal.theirs) for removal in made.training.removed_items} == {
        ("named-there", "theirs")
    }
    assert len(made.training.removed_items) == 2


def test_an_entity_column_counts_as_a_name(world: World, tmp_path: Path) -> None:
    _json(tmp_path / "list.json", [{"id": 1, "prompt": "Some tower", "ip_name": "Tour Eiffel"}])
    made = make(world.written(), FACTIP, tmp_path / "list.json")
    assert names_in(made) == {"Old Lighthouse"}
    leaks = made.report.leaks
    assert leaks is not None
    assert "entity/same-name" in leaks.found


def test_every_planted_picture_is_found(world: World, tmp_path: Path) -> None:
    """Ours are whole, theirs were changed; and theirs are whole, ours is the crop."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    tower, lighthouse = painted("Eiffel Tower 1"), painted("Old Lighthouse 1")
    cut = (11, 22, 221, 262)
    planted = {
        "mirrored-crop": ImageOps.mirror(tower.crop(cut)),
        "same-picture": tower.resize((180, 210)),
        "mirrored": ImageOps.mirror(lighthouse),
        "crop": lighthouse.crop(cut),
    }
    for kind, image in planted.items():
        (theirs / f"{kind}.jpg").write_bytes(encoded(image, "JPEG"))
    (theirs / "stranger.png").write_bytes(encoded(painted("a stranger")))
    whole = painted("The whole of it")
    (theirs / "whole.png").write_bytes(encoded(whole))
    world.train("0123456789abcdef", "x", "A kite", world.picture(whole.crop(cut), "JPEG"))
    made = make(world.written(), FACTIP, theirs)
    found = pl.read_parquet(made.directory / "leaks.parquet").filter(pl.col("against") == "theirs")
    assert {(row["kind"], row["theirs"]) for row in found.iter_rows(named=True)} >= {
        (kind, f"{kind}.jpg") for kind in planted
    }
    assert "stranger.png" not in set(found["theirs"])
    assert made.training is not None
    assert [(r.kind, r.theirs) for r in made.training.removed_pictures] == [("crop", "whole.png")]
