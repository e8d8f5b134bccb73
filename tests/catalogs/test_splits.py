"""Splits are stratified, disjoint from training, licensed, and the same every time."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from catalogs.arrow import from_table
from catalogs.categories import FACTIP
from catalogs.errors import SplitError
from catalogs.leaks import Compared, LeakReport, Removal, Thresholds
from catalogs.records import Origin, Picture
from catalogs.splits import reserve
from catalogs.splits.factip import (
    BenchmarkItem,
    ItemRow,
    held_factip,
    quotas,
    write_factip,
)
from catalogs.splits.quotas import strict_quotas
from catalogs.splits.truth import distinct, shortage
from catalogs.splits.unified_bench import (
    SourcePicture,
    SourceRow,
    held_unified_bench,
    k_centre,
    write_unified_bench,
)

shares = st.floats(0, 1)


@given(st.from_regex(r"[0-9a-f]{16}", fullmatch=True), shares, shares)
def test_a_greater_share_never_frees_a_reserved_entity(entity_id: str, one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert (reserve(entity_id, low), reserve(entity_id, high)) != ("benchmark", "train")


def test_about_the_share_is_reserved() -> None:
    reserved = sum(reserve(f"{number:016x}", 0.2) == "benchmark" for number in range(5000))
    assert 900 < reserved < 1100


@given(
    st.dictionaries(st.text(max_size=3), st.integers(1, 500), min_size=1, max_size=12), st.integers(0, 5000)
)
def test_quotas_add_up_and_stay_near_the_proportion(weights: dict[str, int], total: int) -> None:
    shared = quotas(weights, total)
    assert sum(shared.values()) == total
    whole = sum(weights.values())
    assert all(abs(shared[name] - total * weight / whole) < 1 for name, weight in weights.items())


def test_the_published_mini_split_is_reproduced() -> None:
    mini = quotas({slug: count for slug, (_, _, count) in FACTIP.items()}, 500)
    assert list(mini.values()) == [89, 74, 61, 55, 16, 10, 64, 26, 25, 10, 60, 10]


def test_strict_quotas_leave_no_category_short() -> None:
    weights, held = {"a": 50, "b": 30, "c": 20, "d": 9}, {"a": 40, "b": 9, "c": 40, "d": 0}
    mini = strict_quotas(weights, held, 500)
    assert mini == quotas({name: weights[name] for name in "abc"}, sum(mini.values()))
    assert mini == {"a": 16, "b": 9, "c": 6}
    assert sum(strict_quotas(weights, held, 10).values()) == 10


@pytest.fixture
def items(make_cells: Callable[..., Any]) -> list[BenchmarkItem]:
    """Six foods, two plants with three prompts each, one landmark with one picture."""
    made = [("food", f"Food {n}", 0) for n in range(6)]
    made += [("animal-plant", f"Plant {n}", number) for n in range(2) for number in range(3)]
    cells = [make_cells(title, domain=domain, number=number) for domain, title, number in made]
    lonely = make_cells("Tower", domain="landmark")
    lonely["ground_truth"] = lonely["ground_truth"][:1]
    return [
        BenchmarkItem(entity=c["entity"], prompt=c["prompt"], ground_truth=c["ground_truth"])
        for c in [*cells, lonely]
    ]


def test_the_published_layout(tmp_path: Path, items: list[BenchmarkItem], blobs: Any) -> None:
    write_factip(tmp_path / "factip", items, set(), blobs)
    test = json.loads((tmp_path / "factip" / "test.json").read_text())
    by_key = {item.prompt.key: item for item in items}
    for index, row in test.items():
        assert list(row) == ["index", "ip_name", "image_prompt", "source_category", "country", "language"]
        assert row["index"] == index
        home = tmp_path / "factip" / "images" / row["source_category"].replace("/", "_") / index
        pictures = by_key[index].ground_truth
        assert (home / "seed1.png").read_bytes() == blobs.get(pictures[0].sha256)
        assert (home / "seed2.jpg").read_bytes() == blobs.get(pictures[1].sha256)


def test_what_the_world_lacks_is_reported_not_padded(
    tmp_path: Path, items: list[BenchmarkItem], blobs: Any
) -> None:
    report = write_factip(tmp_path / "factip", items, {"ffff"}, blobs)
    assert report.categories["food"].held == 6
    assert report.categories["animal-plant"].held == 2
    assert report.categories["landmark"].held == 0
    assert len(report.categories) == 12
    assert "Landmark" in report.empty
    assert (report.reserved, report.training_entities, report.held) == (13, 1, 8)
    assert report.left_out == {"one-picture": 1, "over-proportion": 4}
    assert report.categories["landmark"].left_out == {"one-picture": 1}
    assert json.loads((tmp_path / "factip" / "report.json").read_text())["held"] == 8


def test_every_prompt_that_is_left_out_is_named_with_its_reason(
    tmp_path: Path, items: list[BenchmarkItem], blobs: Any
) -> None:
    twin = msgspec.structs.replace(
        items[0], ground_truth=[items[0].ground_truth[0], items[0].ground_truth[0]]
    )
    stray = msgspec.structs.replace(
        items[1], entity=msgspec.structs.replace(items[1].entity, domain="elsewhere")
    )
    pool = [twin, stray, *items[2:]]
    report = write_factip(tmp_path / "factip", pool, set(), blobs)
    rows = pq.read_table(tmp_path / "factip" / "left_out.parquet").to_pylist()
    test = json.loads((tmp_path / "factip" / "test.json").read_text())
    assert {row["index"] for row in rows} | set(test) == {item.prompt.key for item in pool}
    assert len(rows) + len(test) == report.reserved == len(pool)
    why = {row["index"]: (row["pictures"], row["reason"]) for row in rows}
    assert why[twin.prompt.key] == (1, "one-picture")
    assert why[stray.prompt.key] == (2, "no-category")


def test_entities_come_before_second_prompts(tmp_path: Path, items: list[BenchmarkItem], blobs: Any) -> None:
    write_factip(tmp_path / "factip", items, set(), blobs)
    rows = from_table(pq.read_table(tmp_path / "factip" / "items.parquet"), ItemRow)
    plants = [row.entity_id for row in rows if row.item.source_category == "Animal/Plant"]
    assert len(plants) == len(set(plants)) == 2
    assert {picture.origin.licence for row in rows for picture in row.ground_truth} == {"CC-BY-SA-4.0"}


def test_an_entity_in_training_stops_the_split(
    tmp_path: Path, items: list[BenchmarkItem], blobs: Any
) -> None:
    training = {items[0].entity.entity_id, "ffff"}
    with pytest.raises(SplitError, match="1 entities are in training and in the benchmark"):
        write_factip(tmp_path / "factip", items, training, blobs)
    assert not (tmp_path / "factip").exists()


def test_an_unchanged_split_is_left_alone(tmp_path: Path, items: list[BenchmarkItem], blobs: Any) -> None:
    write_factip(tmp_path / "factip", items, set(), blobs)
    before = (tmp_path / "factip").stat().st_ino
    write_factip(tmp_path / "factip", items[::-1], set(), blobs)
    assert (tmp_path / "factip").stat().st_ino == before
    write_factip(tmp_path / "factip", items[1:], set(), blobs)
    assert (tmp_path / "factip").stat().st_ino != before
    assert [path.name for path in tmp_path.iterdir()] == ["factip"]


def test_a_world_without_reserved_entities_gives_an_empty_split(tmp_path: Path, blobs: Any) -> None:
    assert write_factip(tmp_path / "factip", [], set(), blobs).held == 0


def test_both_published_layouts_wait_for_a_models_pictures(
    tmp_path: Path, items: list[BenchmarkItem], blobs: Any
) -> None:
    """Put <id>.png beside the flat trajectory, <id>_generated.png into the nested folder: the scorer runs."""
    write_factip(tmp_path / "factip", items, set(), blobs)
    test = json.loads((tmp_path / "factip" / "test.json").read_text())
    for index, row in test.items():
        category = row["source_category"].replace("/", "_")
        flat = tmp_path / "factip" / "flat" / category / f"{index}_traj.json"
        nested = tmp_path / "factip" / "nested" / category / index / f"{index}_trajectory.json"
        assert json.loads(flat.read_text()) == json.loads(nested.read_text())
        head = json.loads(flat.read_text())
        assert (head["ip_index"], head["image_prompt"]) == (index, row["image_prompt"])
    assert len(list((tmp_path / "factip" / "flat").rglob("*.*"))) == len(test)


def test_the_mini_split_is_part_of_the_split(tmp_path: Path, items: list[BenchmarkItem], blobs: Any) -> None:
    report = write_factip(tmp_path / "factip", items, set(), blobs)
    test = json.loads((tmp_path / "factip" / "test.json").read_text())
    mini = json.loads((tmp_path / "factip" / "test_mini.json").read_text())
    assert mini.items() <= test.items()
    rows = from_table(pq.read_table(tmp_path / "factip" / "items.parquet"), ItemRow)
    assert {row.item.index for row in rows if row.mini} == set(mini)
    assert {row.group for row in rows} == {"Object"}
    assert report.mini == len(mini) == 7


def leaking(*, items: tuple[str, ...] = (), pictures: tuple[str, ...] = ()) -> LeakReport:
    def removal(what: str) -> Removal:
        return Removal(
            what=what, level="prompt", kind="same-text", against="training", theirs="x", measure=1.0,
            detail="", leaks=1,
        )  # fmt: skip

    return LeakReport(
        thresholds=Thresholds(),
        compared=[Compared(against="training", entities=1, prompts=1, pictures=1, unreadable=[], features=0)],
        found={"prompt/same-text": 1},
        noted={},
        removed_items=[removal(key) for key in items],
        removed_pictures=[removal(name) for name in pictures],
    )


def test_leaks_are_left_out_and_told(tmp_path: Path, items: list[BenchmarkItem], blobs: Any) -> None:
    prompt, picture = items[0].prompt.key, items[1].ground_truth[0].sha256
    leaks = leaking(items=(prompt,), pictures=(picture,))
    report = write_factip(tmp_path / "factip", items, set(), blobs, leaks=leaks)
    test = json.loads((tmp_path / "factip" / "test.json").read_text())
    assert not {prompt, items[1].prompt.key} & set(test)
    assert (report.held, report.categories["food"].available) == (5, 4)
    assert report.left_out == {"leak": 1, "one-picture": 1, "over-proportion": 5, "pictures-leak": 1}
    told = json.loads((tmp_path / "factip" / "report.json").read_text())["leaks"]
    assert told["removed_items"][0]["what"] == prompt
    assert told["thresholds"]["prompt_similarity"] == 0.8


def test_a_searched_split_outlives_a_run_that_changes_nothing(
    tmp_path: Path, items: list[BenchmarkItem], blobs: Any
) -> None:
    assert held_factip(tmp_path / "factip", "1") is None
    write_factip(tmp_path / "factip", items, set(), blobs, basis="1")
    assert held_factip(tmp_path / "factip", "1") is None
    searched = write_factip(tmp_path / "factip", items, set(), blobs, basis="1", leaks=leaking())
    assert held_factip(tmp_path / "factip", "1") == searched
    assert held_factip(tmp_path / "factip", "2") is None


def test_pictures_that_do_not_differ_count_once(textured: Callable[..., Picture], blobs: Any) -> None:
    one, twin, other = textured("a"), textured("a", form="JPEG"), textured("b")
    mirrored = textured("a", mirrored=True)
    assert distinct([one, twin, mirrored, other], blobs, 2) == [one, other]
    assert distinct([one, other], blobs, 2, without={one.sha256}) == [other]
    assert shortage([one, twin, mirrored], blobs, 2) == "pictures-alike"
    assert shortage([one, one], blobs, 2) == "one-picture"
    assert shortage([one, other], blobs, 2) == "pictures-leak"


def test_a_part_of_a_picture_is_its_second_only_where_there_is_no_other(
    textured: Callable[..., Picture], blobs: Any
) -> None:
    """An archive has one photograph whole in the gallery and cut to the face in the infobox."""
    one, other = textured("a", size=(400, 320)), textured("b")
    whole = Image.open(io.BytesIO(blobs.get(one.sha256)))
    out = io.BytesIO()
    whole.crop((30, 20, 350, 290)).resize((220, 190)).save(out, "JPEG", quality=70)
    cut = msgspec.structs.replace(one, sha256=blobs.put(out.getvalue()), media_type="image/jpeg")
    turned = io.BytesIO()
    whole.transpose(Image.Transpose.ROTATE_90).save(turned, "PNG")
    lying = msgspec.structs.replace(one, sha256=blobs.put(turned.getvalue()))
    for pictures in ([one, cut, other], [cut, one, other], [one, lying, other]):
        assert distinct(pictures, blobs, 2) == [pictures[0], other]
    assert distinct([one, cut], blobs, 2) == [one, cut]
    assert shortage([one, lying], blobs, 2) == "pictures-alike"


@pytest.fixture
def textured(blobs: Any) -> Callable[..., Picture]:
    """Coloured boxes of their own for each seed, 200 x 160 pixels."""

    def make(
        seed: str,
        form: str = "PNG",
        size: tuple[int, int] = (200, 160),
        licence: str = "CC0-1.0",
        mirrored: bool = False,
    ) -> Picture:
        dice = np.random.default_rng(list(seed.encode()))
        image = Image.fromarray(dice.integers(0, 256, (6, 6, 3), dtype=np.uint8)).resize(size)
        out = io.BytesIO()
        (ImageOps.mirror(image) if mirrored else image).save(out, form)
        return Picture(
            sha256=blobs.put(out.getvalue()),
            media_type=f"image/{form.lower()}",
            width=size[0],
            height=size[1],
            bytes=len(out.getvalue()),
            origin=Origin(url=f"pypi:pictures/{seed}", licence=licence),
        )

    return make


@pytest.fixture
def sources(textured: Callable[..., Picture]) -> list[SourcePicture]:
    names = "abcdefgh"
    return [
        SourcePicture(entity_id=n, title=n, domain="food" if n < "e" else "toy", picture=textured(n))
        for n in names
    ]


def test_only_sound_pictures_enter(
    tmp_path: Path,
    sources: list[SourcePicture],
    textured: Callable[..., Picture],
    make_picture: Any,
    blobs: Any,
) -> None:
    flat = msgspec.structs.replace(make_picture("flat"), width=200, height=200)
    broken = msgspec.structs.replace(textured("x"), sha256=blobs.put(b"<html>"))
    unknown = textured("u", licence="")
    odd = [textured("tiny", size=(149, 160)), textured("banner", size=(401, 200)), flat, broken, unknown]
    more = [SourcePicture(entity_id=p.sha256, title="", domain="toy", picture=p) for p in odd]
    leaks = leaking(pictures=(sources[0].picture.sha256,))
    report = write_unified_bench(tmp_path / "u", [*sources, *more], np.eye(13), blobs, leaks=leaks)
    assert report.unfit == {"flat": 1, "leak": 1, "odd-aspect": 1, "too-small": 1, "unreadable": 1}
    assert (report.held, report.unknown_licence) == (8, 1)
    assert held_unified_bench(tmp_path / "u", "") == report
    assert held_unified_bench(tmp_path / "u", "2") is None


def test_the_diverse_are_taken_first(tmp_path: Path, sources: list[SourcePicture], blobs: Any) -> None:
    features = np.array([[1, 0.01 * n, 0] for n in range(6)] + [[0, 1, 0], [0, 0, 1]], float)
    report = write_unified_bench(tmp_path / "u", sources, features, blobs, size=3)
    rows = from_table(pq.read_table(tmp_path / "u" / "items.parquet"), SourceRow)
    assert {row.source.title for row in rows[:3]} > {"g", "h"}
    assert [row.file for row in rows] == ["images/0.png", "images/1.png", "images/2.png"]
    assert (report.held, report.available) == (3, 8)
    assert report.least_distance > 0.9
    assert (tmp_path / "u" / "images" / "0.png").read_bytes() == blobs.get(rows[0].source.picture.sha256)
    assert "recon_" in (tmp_path / "u" / "protocol.json").read_text()


def test_the_order_of_the_input_does_not_show(
    tmp_path: Path, sources: list[SourcePicture], blobs: Any
) -> None:
    features = np.random.default_rng(0).normal(size=(8, 5))
    one = write_unified_bench(tmp_path / "u", sources, features, blobs, size=4)
    before = (tmp_path / "u").stat().st_ino
    other = write_unified_bench(tmp_path / "u", sources[::-1], features[::-1], blobs, size=4)
    assert one == other
    assert (tmp_path / "u").stat().st_ino == before


def test_one_content_enters_once(tmp_path: Path, sources: list[SourcePicture], blobs: Any) -> None:
    twins = [sources[0], msgspec.structs.replace(sources[0], entity_id="z")]
    assert write_unified_bench(tmp_path / "u", twins, np.ones((2, 3)), blobs).held == 1


@pytest.mark.parametrize("features", [np.ones((7, 3)), np.full((8, 3), np.nan), np.ones(8)])
def test_features_that_do_not_fit_are_refused(
    tmp_path: Path, sources: list[SourcePicture], blobs: Any, features: np.ndarray[Any, Any]
) -> None:
    with pytest.raises(SplitError, match="finite row"):
        write_unified_bench(tmp_path / "u", sources, features, blobs)


def test_no_pictures_no_centres() -> None:
    assert k_centre(np.empty((0, 4)), 3) == ([], 0.0)
