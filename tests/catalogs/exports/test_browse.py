"""A dialogue in which a page was browsed is taken by every target, with all its turns."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from catalogs.exports import check_export
from catalogs.exports.openai_messages import turns_from
from catalogs.records import Turn
from catalogs.trajectory import (
    BROWSE,
    PUBLISHED,
    render_call,
    render_failure,
    render_observation,
    render_opening,
)
from tests.catalogs.exports.shelf import Shelf, dialogue
from tests.catalogs.exports.targets import llama_factory, unify_agent

OUTPUTS = (
    "Tool execution result:\n[1] Apple\nSource: https://a.example/\nA long page.",
    render_failure("The page cannot be read (not-found)."),
)


def browsed(output: str) -> list[Turn]:
    """Search, browse, look for pictures, write."""
    first, *rest = dialogue("Apple")
    opening = render_opening("Prepare a generator for Apple.", (*PUBLISHED, BROWSE))
    page = Turn(
        turn=1,
        stage=1,
        input=render_observation(first.tool_output, "Search again, or browse."),
        response_text=render_call("more", BROWSE, {"url": "https://a.example/"}),
        tool_output=output,
    )
    asked = render_observation(output, "Now call search_image.")
    return [
        msgspec.structs.replace(first, input=opening),
        page,
        msgspec.structs.replace(rest[0], turn=2, input=asked),
        msgspec.structs.replace(rest[1], turn=3),
    ]


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_target_takes_a_dialogue_with_a_page_in_it(shelf: Shelf, tmp_path: Path, output: str) -> None:
    turns = browsed(output)
    shelf.put([shelf.cells("Apple", turns=turns)])
    for name in ("unify-agent", "sharegpt", "openai"):
        assert shelf.export(name, tmp_path / name).samples == 1
        assert check_export(tmp_path / name) == []

    (taken,) = unify_agent(tmp_path / "unify-agent")
    learned = [text for text, loss in taken["plan"] if loss and "<tool_call>" in text]
    assert learned == [turn.response_text for turn in turns[:3]]

    (path,) = (tmp_path / "sharegpt" / "data").iterdir()
    messages = llama_factory(json.loads(path.read_text()), tmp_path / "sharegpt")
    assert messages is not None
    assert len(messages) == 8

    (path,) = (tmp_path / "openai" / "data").iterdir()
    row = json.loads(path.read_text())
    assert [tool["function"]["name"] for tool in row["tools"]] == ["text_search", "search_image", "browse"]
    back = [(asked, said) for asked, said, _, _ in turns_from(row)]
    assert back == [(turn.input, turn.response_text) for turn in turns]
