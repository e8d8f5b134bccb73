"""Splits are stratified, disjoint from training, licensed, and the same every time."""

from __future__ import annotations

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

from catalogs.arrow import from_table
from catalogs.categories import FACTIP
from catalogs.errors import SplitError
from catalogs.shards import sample_of, write_shard
from catalogs.splits import reserve
from catalogs.splits.factip import BenchmarkItem, ItemRow, quotas, training_entities, write_factip
from catalogs.splits.unified_bench import SourcePicture, SourceRow, k_centre, write_unified_bench

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
    assert (report.without_pictures, report.training_entities, report.held) == (1, 1, 8)
    assert json.loads((tmp_path / "factip" / "report.json").read_text())["held"] == 8


def test_entities_come_before_second_prompts(tmp_path: Path, items: list[BenchmarkItem], blobs: Any) -> None:
    write_factip(tmp_path / "factip", items, set(), blobs)
    rows = from_table(pq.read_table(tmp_path / "factip" / "items.parquet"), ItemRow)
    plants = [row.entity_id for row in rows if row.item.source_category == "Animal/Plant"]
    assert len(plants) == len(set(plants)) == 2
    assert {picture.origin.licence for row in rows for picture in row.ground_truth} == {"CC-BY-SA-4.0"}


def test_an_entity_in_training_stops_the_split(
    tmp_path: Path, items: list[BenchmarkItem], make_cells: Callable[..., Any], blobs: Any
) -> None:
    entry = write_shard(
        tmp_path / "shards", "food", "0", [sample_of(make_cells("Food 3", number=7), b"{}", blobs)]
    )
    training = training_entities([tmp_path / entry.sidecar])
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


@pytest.fixture
def sources(make_picture: Callable[..., Any]) -> list[SourcePicture]:
    names = "abcdefgh"
    return [
        SourcePicture(entity_id=n, title=n, domain="food" if n < "e" else "toy", picture=make_picture(n))
        for n in names
    ]


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
