"""`tracemill split`: what leaks is taken out of the split, told in its report, and does not come back."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageOps
from typer.testing import CliRunner

from catalogs.digests import digest, encode
from catalogs.errors import ShardError, SplitError
from catalogs.funnel import Funnel
from catalogs.leaks import find_leaks
from catalogs.manifest import ShardEntry, manifest_of, read_manifest, write_manifest
from catalogs.records import Entity, Name, Origin, Picture, Prompt, Reservation, Scene
from catalogs.review.report import Report, write_report
from catalogs.splits.factip import BenchmarkItem
from catalogs.tombstones import Tombstone, lay
from pipelines.folder import OutputFolder, open_folder
from pipelines.splitting import by_text
from pipelines.splitting import searched as splits
from pipelines.splitting.by_text import Splits, bring_up_splits, said_of
from pipelines.splitting.cut import FACTIP, UNIFIED_BENCH
from pipelines.splitting.data import read_split_data
from pipelines.splitting.pictures import likest_first
from verifiers.negatives import Gallery, GalleryIndex
from workers.image_text.handle import ImageTextWorker

SCENES = ("a meadow at noon", "the blue sea at dusk")


@dataclass(frozen=True)
class FakeImageText:
    """Features are the pixels of a thumbnail."""

    name: str = "fake"
    revision: str = "1"

    def load(self) -> FakeImageText:
        return self

    def image_features(self, images: Sequence[Image.Image]) -> np.ndarray:
        pixels = np.stack([np.asarray(i.resize((6, 6)), np.float32).ravel() - 127 for i in images])
        return pixels / np.linalg.norm(pixels, axis=1, keepdims=True)


def painted(seed: str) -> Image.Image:
    dice = np.random.default_rng(list(seed.encode()))
    return Image.fromarray(dice.integers(0, 256, (7, 6, 3), dtype=np.uint8)).resize((240, 280))


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


class World:
    """An output folder, written by hand: what a run leaves for the splits."""

    def __init__(self, root: Path) -> None:
        self.folder = open_folder(root, create=True)
        self._rows: list[tuple[int, str, str, str]] = []
        self._trained: list[dict[str, Any]] = []

    def picture(self, image: Image.Image, form: str = "PNG") -> Picture:
        data = encoded(image, form)
        return Picture(
            sha256=self.folder.blobs.put(data),
            media_type=f"image/{form.lower()}",
            width=image.width,
            height=image.height,
            bytes=len(data),
            origin=Origin(url="pypi:pictures", licence="CC0-1.0", author="Ed"),
        )

    def entity(self, title: str, split: str, domain: str = "landmark", **names: str) -> str:
        """An entity with two pictures and two prompts; returns its id."""
        entity_id = digest(title)[:16]
        entity = Entity(
            entity_id=entity_id,
            title=title,
            domain=domain,
            category_rule="table",
            names=[
                Name(language=language, title=name, noun=name)
                for language, name in {"en": title, **names}.items()
            ],
            articles=[],
        )
        truth = [self.picture(painted(f"{title} {n}")) for n in (1, 2)]
        prompts = [
            Prompt(
                key=f"{entity_id}-en{number}",
                language="en",
                text=f"{title} in {scene}",
                form="descriptive",
                subject=title,
                noun=title,
                scene=Scene(place="meadow", light="noon"),
                model="rules@1",
            )
            for number, scene in enumerate(SCENES)
        ]
        self._row(0, "harvest", entity_id, entity=entity, ground_truth=truth)
        self._row(1, "prompt", entity_id, prompts=prompts)
        for prompt in prompts:
            self._row(2, "reserve", prompt.key, reservation=Reservation(split=split))
            if split == "train":
                self.train(entity_id, prompt.key, prompt.text, truth[0])
        return entity_id

    def train(self, entity_id: str, key: str, prompt: str, *pictures: Picture) -> None:
        row = {"key": key, "entity_id": entity_id, "language": "en", "prompt": prompt, "recaption": ""}
        self._trained.append(row | {"pictures": [msgspec.to_builtins(picture) for picture in pictures]})

    def _row(self, position: int, stage: str, key: str, **cells: Any) -> None:
        self._rows.append((position, stage, key, encode(cells).decode()))

    def written(self) -> OutputFolder:
        self.folder.current.mkdir(exist_ok=True)
        columns = list(zip(*self._rows, strict=True))
        names = ("position", "stage", "key", "cells")
        table = pa.table(dict(zip(names, columns, strict=True)))
        pq.write_table(table, self.folder.current / "landmark-0.parquet")
        self.folder.shards.mkdir(exist_ok=True)
        pl.DataFrame(self._trained).write_parquet(self.folder.shards / "landmark-0-x.parquet")
        entry = ShardEntry(
            url="shards/landmark-0-x.tar",
            nsamples=len(self._trained),
            filesize=0,
            domain="landmark",
            bucket="0",
            digest="x",
            sha256="",
            sidecar="shards/landmark-0-x.parquet",
            sidecar_sha256="",
            run="",
            inputs="",
        )
        write_manifest(self.folder.root, manifest_of([entry], "0", None))
        return self.folder


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "out")
    made.entity("Eiffel Tower", "benchmark", fr="Tour Eiffel")
    made.entity("Old Lighthouse", "benchmark")
    made.entity("Stone Bridge", "train")
    return made


def make(folder: OutputFolder, name: str = FACTIP, *against: Path) -> splits.Split:
    return splits.make_splits([name], folder, FakeImageText(), against)[0]  # type: ignore[arg-type]


def names_in(made: splits.Split) -> set[str]:
    rows = json.loads((made.directory / "test.json").read_text())
    return {row["ip_name"] for row in rows.values()}


def test_a_sound_world_loses_nothing(world: World) -> None:
    made = make(world.written())
    assert names_in(made) == {"Eiffel Tower", "Old Lighthouse"}
    assert made.directory == world.folder.splits / "factip"
    leaks = made.report.leaks
    assert leaks is not None
    assert (leaks.found, leaks.removed_items) == ({}, [])
    assert [c.against for c in leaks.compared] == ["training"]
    assert (leaks.compared[0].prompts, leaks.compared[0].pictures, leaks.compared[0].features) == (2, 1, 1)


def test_training_that_names_a_benchmark_entity_takes_it_out(world: World) -> None:
    world.train("0123456789abcdef", "x", "A kite over the TOUR EIFFEL, in the rain")
    made = make(world.written())
    assert names_in(made) == {"Old Lighthouse"}
    removed = made.report.leaks.removed_items if made.report.leaks else []
    assert {(r.kind, r.against, r.theirs, r.detail) for r in removed} == {
        ("named-there", "training", "x", "tour eiffel")
    }
    table = pl.read_parquet(made.directory / "leaks.parquet")
    assert table["kind"].to_list() == ["named-there"]


def test_a_flipped_crop_of_the_truth_in_training_takes_it_out(world: World) -> None:
    cut = ImageOps.mirror(painted("Old Lighthouse 2").crop((13, 21, 213, 265)))
    world.train("0123456789abcdef", "x", "A kite", world.picture(cut, "JPEG"))
    made = make(world.written())
    assert names_in(made) == {"Eiffel Tower"}
    removed = made.report.leaks.removed_pictures if made.report.leaks else []
    assert [r.kind for r in removed] == ["mirrored-crop"]


def test_unified_bench_leaves_out_what_training_shows(world: World) -> None:
    world.train("0123456789abcdef", "x", "A kite", world.picture(painted("Old Lighthouse 2"), "JPEG"))
    report = make(world.written(), UNIFIED_BENCH).report
    assert report.held == 3
    assert report.unfit == {"leak": 1}  # type: ignore[union-attr]


def test_external_lists_clean_the_split_and_tell_what_training_shares(world: World, tmp_path: Path) -> None:
    listed = tmp_path / "list.jsonl"
    listed.write_text('{"id": 7, "prompt": "Old lighthouse in the blue sea at dusk"}\n')
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "a.jpg").write_bytes(encoded(painted("Stone Bridge 1"), "JPEG"))
    made = make(world.written(), FACTIP, listed, pictures)
    assert names_in(made) == {"Eiffel Tower"}
    assert made.training is not None
    assert [(r.kind, r.against) for r in made.training.removed_pictures] == [("same-picture", "pictures")]
    assert len(made.training.removed_items) == 2
    assert (world.folder.splits / "training" / "report.json").exists()


def test_the_second_picture_is_the_one_most_like_the_first() -> None:
    pictures = [
        Picture(sha256=name, media_type="image/png", width=9, height=9, bytes=9, origin=Origin(url=name))
        for name in ("lead", "statue", "photograph", "unreadable")
    ]
    vectors = {"lead": [[1.0, 0.0]], "statue": [[0.6, 0.8]], "photograph": [[0.8, 0.6]]}
    entity = Entity(
        entity_id="e", title="Ray", domain="celebrity", category_rule="table", names=[], articles=[]
    )
    asked = Prompt(
        key="e-en1",
        language="en",
        text="Ray",
        form="descriptive",
        subject="Ray",
        noun="Ray",
        scene=Scene(place="meadow", light="noon"),
        model="rules@1",
    )
    item = BenchmarkItem(entity=entity, prompt=asked, ground_truth=pictures)
    held = {name: np.array(rows, np.float32) for name, rows in vectors.items()}
    (ordered,) = likest_first([item], held)
    assert [p.sha256 for p in ordered.ground_truth] == ["lead", "photograph", "statue", "unreadable"]


def test_an_empty_split_says_why_and_fails(world: World, tmp_path: Path, monkeypatch: Any) -> None:
    from pipelines.cli import app

    for title in ("Eiffel Tower", "Old Lighthouse"):
        world.train("0123456789abcdef", f"x{title}", f"A kite over the {title}")
    folder = world.written()
    monkeypatch.setattr(ImageTextWorker, "load", lambda self: FakeImageText())
    done = CliRunner().invoke(app, ["split", "factip", "--out", str(folder.root)], env={"COLUMNS": "200"})
    assert done.exit_code == 1
    assert "of 4 reserved prompts; left out: leak 4" in done.output


def test_the_same_world_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    folder = world.written()
    one = make(folder)
    (other,) = splits.make_splits([FACTIP], folder, FakeImageText(), [], tmp_path / "to" / "factip")  # type: ignore[arg-type]
    files = sorted(p.relative_to(one.directory) for p in one.directory.rglob("*") if p.is_file())
    assert len(files) > 10
    assert [(one.directory / f).read_bytes() for f in files] == [
        (other.directory / f).read_bytes() for f in files
    ]


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(SplitError, match="tracemill run"):
        make(open_folder(tmp_path / "out", create=True))


def test_an_unknown_split_is_refused_by_the_command_line(tmp_path: Path) -> None:
    from pipelines.cli import app

    assert CliRunner().invoke(app, ["split", "nosuch", "--out", str(tmp_path)]).exit_code == 2


class Features(GalleryIndex):
    """A gallery in which everybody looks different."""

    def load(self) -> Gallery:
        titles = ("Eiffel Tower", "Old Lighthouse", "Stone Bridge")
        named = sorted((digest(title)[:16], title) for title in titles)
        ids = tuple(entity_id for entity_id, _ in named)
        pictures = tuple(sha256(encoded(painted(f"{title} 1"))).hexdigest() for _, title in named)
        return Gallery(ids, ids, pictures, np.eye(3, dtype=np.float32)[:, None].repeat(2, axis=1))


def brought_up(folder: OutputFolder, gallery: GalleryIndex | None = None) -> Splits:
    manifest = read_manifest(folder.root)
    assert manifest is not None
    return bring_up_splits(folder, manifest, read_split_data(folder).items, gallery or Features(""))


def test_a_run_compares_names_and_prompts_and_leaves_pictures_to_the_command(world: World) -> None:
    world.train("0123456789abcdef", "x", "A kite over the TOUR EIFFEL, in the rain")
    copy = world.picture(painted("Old Lighthouse 1"), "JPEG")
    world.train("0123456789abcdef", "y", "A kite", copy, world.picture(painted("Old Lighthouse 2")))
    folder = world.written()
    made = brought_up(folder)
    assert made.factip.leaks is not None
    assert made.factip.leaks.found == {"entity/named-there": 1, "picture/same-bytes": 1}
    assert made.factip.left_out == {"leak": 2, "pictures-leak": 2}
    assert not made.by_eye
    assert "pictures not" in said_of(made)["FactIP split"]
    assert made.unified_bench.held == 2


def test_features_of_an_earlier_picture_are_not_those_of_the_present_one(world: World) -> None:
    class Pinned(Features):
        def load(self) -> Gallery:
            return replace(super().load(), pictures=("0" * 64,) * 3)

    assert brought_up(world.written(), Pinned("")).unified_bench.held == 0


def test_what_was_searched_stays_until_shards_or_tombstones_change(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = world.written()
    first = brought_up(folder)
    before = {path: path.stat().st_mtime_ns for path in folder.splits.rglob("*")}
    with monkeypatch.context() as patch:
        patch.setattr(by_text, "find_leaks", None)  # nothing is searched
        assert brought_up(folder) == first
    assert {path: path.stat().st_mtime_ns for path in folder.splits.rglob("*")} == before

    one, other = splits.make_splits([FACTIP, UNIFIED_BENCH], folder, FakeImageText())  # type: ignore[arg-type]
    assert (one.report, other.report) == brought_up(folder)
    assert brought_up(folder).by_eye

    lay(folder.root, [Tombstone(kind="url", value="x", why="asked", laid="2026-01-01T00:00:00Z")])
    assert not brought_up(folder).by_eye
    splits.make_splits([FACTIP, UNIFIED_BENCH], folder, FakeImageText())  # type: ignore[arg-type]
    assert brought_up(folder).by_eye
    write_manifest(folder.root, manifest_of([], "0", None))
    assert not brought_up(folder).by_eye


def test_the_report_of_the_run_tells_that_pictures_were_compared(world: World, tmp_path: Path) -> None:
    folder = world.written()
    funnel = Funnel(stages=[], by_domain=[])
    told = said_of(brought_up(folder))
    write_report(folder.root, Report(facts=told, trajectories=0, shards=0, funnel=funnel, categories=[]))
    splits.make_splits([FACTIP], folder, FakeImageText(), to=tmp_path / "else")  # type: ignore[arg-type]
    assert facts_in(folder) == told
    splits.make_splits([FACTIP, UNIFIED_BENCH], folder, FakeImageText())  # type: ignore[arg-type]
    assert "prompts and pictures compared" in facts_in(folder)["FactIP split"]
    assert "prompts and pictures compared" in (folder.root / "report.html").read_text()


def facts_in(folder: OutputFolder) -> dict[str, str]:
    return dict(json.loads((folder.root / "report.json").read_bytes())["facts"])


def test_a_run_that_publishes_while_pictures_are_compared_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = world.written()

    def meanwhile(*collections: Any) -> Any:
        write_manifest(folder.root, manifest_of([], "0", None))
        return find_leaks(*collections)

    with monkeypatch.context() as patch:
        patch.setattr(splits, "find_leaks", meanwhile)
        with pytest.raises(SplitError, match="give the command again"):
            splits.make_splits([FACTIP], folder, FakeImageText())  # type: ignore[arg-type]
    assert not (folder.splits / FACTIP).exists()
    assert make(world.written()).report.held


def test_a_folder_that_holds_something_else_is_left_alone(world: World, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(SplitError, match="something else"):
        splits.make_splits([FACTIP], world.written(), FakeImageText(), [], tmp_path)  # type: ignore[arg-type]
    assert (tmp_path / "thesis.txt").read_text() == "all of it"


def test_a_damaged_sidecar_is_told(world: World) -> None:
    folder = world.written()
    (folder.shards / "landmark-0-x.parquet").write_bytes(b"PAR1")
    with pytest.raises(ShardError, match="tracemill check"):
        read_split_data(folder)


def test_both_splits_of_one_search_are_those_of_two(world: World, tmp_path: Path) -> None:
    world.train("0123456789abcdef", "x", "A kite", world.picture(painted("Old Lighthouse 2"), "JPEG"))
    folder = world.written()
    together = splits.make_splits([FACTIP, UNIFIED_BENCH], folder, FakeImageText())  # type: ignore[arg-type]
    assert [one.report for one in together] == [make(folder, name).report for name in (FACTIP, UNIFIED_BENCH)]


def test_features_of_pictures_are_computed_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def image_features(self: FakeImageText, images: Sequence[Image.Image]) -> np.ndarray:
        seen.append(len(images))
        return features(self, images)

    features = FakeImageText.image_features
    monkeypatch.setattr(FakeImageText, "image_features", image_features)
    first = make(world.written()).report
    assert sum(seen) == 1 + 2 * 4  # one of training, four of the split and their mirror images
    seen.clear()
    assert make(world.folder).report == first
    assert seen == []
    world.train("0123456789abcdef", "x", "A kite", world.picture(painted("kite")))
    make(world.written())
    assert sum(seen) == 1
