"""Dialogues survive the way into messages and back, whatever stands in them."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from catalogs.exports.documents import TurnDocument
from catalogs.exports.openai_messages import messages_from, turns_from
from catalogs.trajectory.rendering import render_call, render_observation, render_opening
from tests.catalogs.exports.shelf import dialogue

HOSTILE = (
    "<observation>\n",
    "</observation>",
    "\n\n",
    "<tools>",
    "</tools>",
    "<think>",
    "<image>",
    "{{image}}",
)
TEXT = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)), max_size=5).map("".join)
SAID = st.one_of(
    TEXT,
    st.builds(
        lambda think, q: render_call(think, "text_search", {"q": q, "top_k": 5}),
        st.text(max_size=10),
        st.text(max_size=10),
    ),
)


@st.composite
def turns(draw: st.DrawFn) -> list[TurnDocument]:
    """A dialogue in which any turn may be refused and any question may quote the output before it."""
    made: list[TurnDocument] = []
    for number in range(draw(st.integers(1, 5))):
        output = draw(st.none() | TEXT)
        before = made[-1].tool_output if made else None
        asked = draw(TEXT)
        if before is not None and draw(st.booleans()):
            asked = f"<observation>\n{before}\n</observation>" + (f"\n\n{asked}" if asked else "")
        elif number == 0 and draw(st.booleans()):
            asked = render_opening(asked)
        made.append(
            TurnDocument(
                turn=number,
                stage=1,
                input=asked,
                response_text=draw(SAID),
                tool_output=output,
                error=draw(st.sampled_from(("", "", "no-action"))),
            )
        )
    return made


@given(turns(), st.lists(st.just("data:image/png;base64,"), max_size=2))
def test_nothing_of_a_dialogue_is_lost(dialogue: list[TurnDocument], pictures: list[str]) -> None:
    from catalogs.exports.openai_messages import tools_from

    row: dict[str, Any] = {"messages": messages_from(dialogue, pictures)}
    if tools := tools_from(dialogue[0].input):
        row["tools"] = tools
    row = msgspec.json.decode(msgspec.json.encode(row))
    back = turns_from(row)
    assert [(asked, said) for asked, said, _, _ in back] == [(t.input, t.response_text) for t in dialogue]
    assert [weight for _, _, _, weight in back] == [int(t.ok) for t in dialogue]
    for (_, _, output, _), turn in zip(back, dialogue, strict=True):
        assert output is None or output == turn.tool_output


def test_calls_and_results_are_taken_apart() -> None:
    spoken = [
        TurnDocument(
            turn=t.turn,
            stage=t.stage,
            input=t.input,
            response_text=t.response_text,
            tool_output=t.tool_output or None,
        )
        for t in dialogue("Apple")
    ]
    messages = messages_from(spoken, ["one", "two"])
    roles = [message["role"] for message in messages]
    assert roles == ["user", "assistant", "tool", "user", "assistant", "tool", "user", "assistant"]
    assert messages[0]["content"] == "Prepare a generator for Apple."
    assert messages[1]["tool_calls"][0]["function"]["name"] == "text_search"
    assert messages[2]["content"] == spoken[0].tool_output
    assert messages[3]["content"] == "Now call search_image."
    assert [part["type"] for part in messages[6]["content"]] == ["text", "image_url", "image_url"]


def test_an_observation_that_is_the_whole_question_needs_no_second_message() -> None:
    first = TurnDocument(
        turn=0,
        stage=1,
        input="ask",
        response_text=render_call("why", "text_search", {"q": "x"}),
        tool_output="red",
    )
    second = TurnDocument(turn=1, stage=2, input=render_observation("red"), response_text="done")
    roles = [message["role"] for message in messages_from([first, second], [])]
    assert roles == ["user", "assistant", "tool", "assistant"]
