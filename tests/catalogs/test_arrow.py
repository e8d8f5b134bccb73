"""Records survive the way through Arrow and Parquet."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.arrow import from_table, schema_of, to_table
from catalogs.records import Origin, PictureScores, Record
from catalogs.sidecar import TrajectoryRow


class Everything(Record):
    text: str
    number: int
    share: float
    flag: bool
    data: bytes
    names: list[str]
    scores: dict[str, float]
    nested: list[Origin]
    table: list[dict[str, float]]
    maybe: int | None = None


class Unsupported(Record):
    either: int | str


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
floats = st.floats(allow_nan=False)
scores = st.dictionaries(text, floats, max_size=3)
everything = st.builds(
    Everything,
    text=text,
    number=st.integers(-(2**63), 2**63 - 1),
    share=floats,
    flag=st.booleans(),
    data=st.binary(max_size=8),
    names=st.lists(text, max_size=3),
    scores=scores,
    nested=st.lists(st.builds(Origin, url=text, revision=text), max_size=2),
    table=st.lists(scores, max_size=2),
    maybe=st.none() | st.integers(0, 9),
)


@settings(deadline=None)
@given(st.lists(everything, max_size=4))
def test_records_come_back_equal_from_a_parquet_file(rows: list[Everything]) -> None:
    file = io.BytesIO()
    pq.write_table(to_table(rows, Everything), file)
    assert from_table(pq.read_table(file), Everything) == rows


@settings(deadline=None)
@given(st.permutations(["identity", "layout", "quality"]))
def test_the_order_of_a_mapping_does_not_show(names: list[str]) -> None:
    made = to_table([PictureScores(sha256="a", values=dict.fromkeys(names, 1.0))], PictureScores)
    plain = to_table([PictureScores(sha256="a", values=dict.fromkeys(sorted(names), 1.0))], PictureScores)
    assert made.equals(plain)


def test_only_optional_fields_are_nullable() -> None:
    schema = schema_of(Everything)
    assert [field.name for field in schema if field.nullable] == ["maybe"]
    assert schema.field("data").type == pa.large_binary()


def test_the_sidecar_has_a_schema() -> None:
    assert schema_of(TrajectoryRow).field("similarity").type == pa.float64()


@pytest.mark.parametrize("record", [Unsupported, int])
def test_a_type_without_an_arrow_twin_is_refused(record: Any) -> None:
    with pytest.raises(TypeError):
        schema_of(record)


def test_a_table_that_does_not_fit_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        from_table(pa.table({"sha256": [1]}), PictureScores)
