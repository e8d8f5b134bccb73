"""The service's rules hold for every row, refused turns have weight 0, and nothing of a dialogue is lost."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalogs.exports.openai_chat import row_problem
from catalogs.exports.openai_messages import turns_from
from tests.catalogs.exports.shelf import Shelf, dialogue, picture

Row = dict[str, Any]


@pytest.fixture
def row(shelf: Shelf, tmp_path: Path) -> Row:
    """A dialogue whose second turn was refused once."""
    turns = dialogue("Apple")
    refused = msgspec.structs.replace(turns[1], ok=False, problem="no-action", response_text="I cannot")
    shelf.put([shelf.cells("Apple", turns=[turns[0], refused, *turns[1:]])])
    shelf.export("openai", tmp_path / "to")
    (path,) = (tmp_path / "to" / "data").iterdir()
    made: Row = json.loads(path.read_text())
    return made


def test_a_refused_turn_is_masked_and_its_repair_is_learned(row: Row) -> None:
    weights = [message["weight"] for message in row["messages"] if message["role"] == "assistant"]
    assert weights == [1, 0, 1, 1]
    assert "I cannot" in [message["content"] for message in row["messages"]]


def test_every_turn_comes_back(row: Row) -> None:
    turns = dialogue("Apple")
    expected = [turns[0], msgspec.structs.replace(turns[1], response_text="I cannot"), *turns[1:]]
    back = [(asked, said) for asked, said, _, _ in turns_from(row)]
    assert back == [(turn.input, turn.response_text) for turn in expected]


def test_pictures_travel_inside_the_last_question(shelf: Shelf, tmp_path: Path) -> None:
    data = picture("ref")
    shelf.put([shelf.cells("Apple", pictures={"ref1": data})])
    shelf.export("openai", tmp_path / "to")
    (path,) = (tmp_path / "to" / "data").iterdir()
    asked = json.loads(path.read_text())["messages"][-2]["content"]
    address = asked[1]["image_url"]["url"]
    assert base64.b64decode(address.removeprefix("data:image/png;base64,")) == data


def test_schemas_move_into_the_column_for_them(row: Row) -> None:
    assert [tool["function"]["name"] for tool in row["tools"]] == ["text_search", "search_image"]
    assert "<tools>" not in row["messages"][0]["content"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: row.update(id="x"), "keys"),
        (lambda row: row["messages"].pop(), "the last message is no reply"),
        (lambda row: row["messages"].pop(2), "is not answered"),
        (lambda row: row["messages"][2].update(tool_call_id="x"), "answers no call"),
        (lambda row: row["messages"][0].update(weight=1), "no reply"),
        (lambda row: row["messages"][1].update(weight=0.5), "weight 0.5"),
        (lambda row: row["messages"][0].update(role="observer"), "role"),
        (lambda row: [m.update(weight=0) for m in row["messages"] if "weight" in m], "no reply with weight"),
        (lambda row: row["messages"][-1].update(content=""), "without content"),
        (lambda row: row["messages"][-2]["content"].extend(row["messages"][-2]["content"] * 9), "pictures"),
        (
            lambda row: row["messages"][-2]["content"][1].update(image_url={"url": "data:image/gif;base64,"}),
            "type image/gif",
        ),
    ],
)
def test_each_rule_is_checked(row: Row, change: Callable[[Row], object], said: str) -> None:
    assert row_problem(row) == ""
    change(row)
    assert said in row_problem(row)
