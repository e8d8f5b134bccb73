"""A reasoning model may think aloud before it answers, whether or not its server knows."""

from __future__ import annotations

import pytest

from catalogs.trajectory import parse_reply
from workers.chat.thoughts import answered

CALL = '<tool_call>{"name": "text_search", "arguments": {"q": "tiger"}}</tool_call>'
ASKED = f"<think>\nwhy\n</think>\n{CALL}"


@pytest.mark.parametrize("opening", ["<think>\n", ""])
@pytest.mark.parametrize("answer", ['{"score": 1}', '```json\n{"score": 1}\n```'])
def test_thoughts_before_json_are_left_out(opening: str, answer: str) -> None:
    assert answered(f'{opening}is {{"score": 2}} right?\n</think>\n\n{answer}', in_json=True) == answer


@pytest.mark.parametrize("opening", ["<think>\n", ""])
def test_thoughts_before_a_think_part_that_was_asked_for_are_left_out(opening: str) -> None:
    assert answered(f"{opening}Let me see.\n</think>\n\n{ASKED}", in_json=False) == ASKED


def test_thoughts_without_an_opening_tag_are_the_think_part_and_forge_nothing() -> None:
    reply = parse_reply(answered(f"I could write <tool_call> here.\n</think>\n{CALL}", in_json=False))
    assert not reply.problem
    assert reply.tool_call is not None
    assert reply.think.startswith("I could write")


@pytest.mark.parametrize(
    "text",
    ["", ASKED, CALL, f"{CALL}<think>late</think>", f"Sure! {ASKED}", "<think>only</think>", "plain"],
)
def test_what_is_as_asked_or_wrong_otherwise_stays_as_it_is(text: str) -> None:
    assert answered(text, in_json=False) == text


def test_json_that_quotes_a_tag_stays_as_it_is() -> None:
    text = '{"critique": "it ends with </think> too early"}'
    assert answered(text, in_json=True) == text
