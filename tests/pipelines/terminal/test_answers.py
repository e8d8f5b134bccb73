"""Answers of the catalog can be read by people and by programs."""

from __future__ import annotations

import csv
import io
import json

import pyarrow as pa
import pytest
from rich.console import Console

from pipelines.terminal.answers import FORMS, MOST_ROWS, shown

ANSWER = pa.table({"title": ["Sled", None], "models": [["lit@1", "rules@2"], []], "score": [0.784, 1.0]})


def printed(answer: pa.Table, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO())
    console.print(shown(answer, console))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_csv_has_every_row_with_lists_as_json() -> None:
    text = "".join(FORMS["csv"](ANSWER))
    assert "\r" not in text, "a shell would take it for a part of the last column"
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["title", "models", "score"]
    assert json.loads(rows[1][1]) == ["lit@1", "rules@2"]
    assert rows[2] == ["", "[]", "1.0"]


def test_a_map_is_an_object() -> None:
    checks = pa.table({"checks": pa.array([[("place", 0.8)]], pa.map_(pa.string(), pa.float64()))})
    assert json.loads("".join(FORMS["jsonl"](checks))) == {"checks": {"place": 0.8}}


def test_jsonl_gives_the_rows_back() -> None:
    assert [json.loads(line) for line in "".join(FORMS["jsonl"](ANSWER)).splitlines()] == ANSWER.to_pylist()


def test_columns_that_do_not_fit_stand_below_each_other() -> None:
    wide = pa.table({f"column_{n}": [f"value-{n}"] for n in range(40)})
    said = printed(wide)
    assert all(f"column_{n} " in said and f"value-{n}" in said for n in range(40))
    assert max(map(len, said.splitlines())) <= 80


def test_values_are_no_markup() -> None:
    assert "[red]x[/]" in printed(pa.table({"text": ["[red]x[/]"]}))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_only_the_table_for_the_eye_stops(form: str) -> None:
    many = pa.table({"n": list(range(MOST_ROWS + 50))})
    assert f"first {MOST_ROWS} of {MOST_ROWS + 50} rows" in printed(many)
    assert "".join(FORMS[form](many)).count(f"{MOST_ROWS + 49}") == 1
