"""Turns as chat messages with tool calls, and back.

A turn is taken apart only where putting it together again gives the same text; where it would not (a reply in
another spelling, a refused reply), its text stands in the message as it is. So nothing is lost either way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from catalogs.exports.documents import TurnDocument
from catalogs.trajectory.rendering import render_call
from catalogs.trajectory.replies import parse_reply

Messages = list[dict[str, Any]]
_OPENING = re.compile(r"\A<tools>\n(.*?)\n</tools>\n\n(?=.)", re.S)
_OBSERVATION = "<observation>\n"


def tools_from(opening: str) -> list[dict[str, Any]] | None:
    """The schemas in the first message, None where it does not hold them in the usual spelling."""
    match = _OPENING.match(opening)
    if not match:
        return None
    try:
        tools = msgspec.json.decode(match[1], type=list[dict[str, Any]])
    except msgspec.MsgspecError:
        return None
    return tools if tools and _tools_block(tools) == match[0] else None


def messages_from(turns: Sequence[TurnDocument], pictures: Sequence[str]) -> Messages:
    """The messages of a dialogue; `pictures` are shown with the last question."""
    messages: Messages = []
    asked = turns[0].input
    if tools := tools_from(asked):
        asked = asked.removeprefix(_tools_block(tools))
    called: TurnDocument | None = None
    for turn in turns:
        question = asked if turn is turns[0] else turn.input
        if called is not None:
            rest = _after_observation(turn.input, called.tool_output or "")
            answer = {"role": "tool", "tool_call_id": _id(called), "content": called.tool_output or ""}
            messages.append(answer)
            question = turn.input if rest is None else rest
        content: Any = question
        if turn is turns[-1] and pictures:
            text = [{"type": "text", "text": question}] if question else []
            content = [*text, *({"type": "image_url", "image_url": {"url": one}} for one in pictures)]
        if content:
            messages.append({"role": "user", "content": content})
        following = _following(turns, turn)
        reply = _reply(turn, following)
        called = turn if "tool_calls" in reply else None
        messages.append(reply)
    return messages


def turns_from(row: Mapping[str, Any]) -> list[tuple[str, str, str | None, int]]:
    """The inverse: (input, response, tool output where a call was taken apart, weight) of each turn."""
    turns: list[tuple[str, str, str | None, int]] = []
    question = ""
    output: str | None = None
    for message in row["messages"]:
        content = message["content"]
        if message["role"] == "tool":
            output = content
            number, response, _, weight = turns[-1]
            turns[-1] = (number, response, output, weight)
            continue
        if message["role"] == "user":
            question = content if isinstance(content, str) else "".join(p.get("text", "") for p in content)
            continue
        if not turns and row.get("tools"):
            question = _tools_block(row["tools"]) + question
        if output is not None and not question.startswith(_OBSERVATION):
            question = _observation(output) + (f"\n\n{question}" if question else "")
        turns.append((question, _response(message), None, message["weight"]))
        question, output = "", None
    return turns


def _reply(turn: TurnDocument, following: TurnDocument | None) -> dict[str, Any]:
    plain = {"role": "assistant", "content": turn.response_text, "weight": int(turn.ok)}
    if not turn.ok or following is None or turn.tool_output is None:
        return plain
    parsed = parse_reply(turn.response_text)
    call = parsed.tool_call
    if call is None or render_call(parsed.think, call.name, call.arguments) != turn.response_text:
        return plain
    rest = _after_observation(following.input, turn.tool_output)
    taken_apart = rest is not None and not rest.startswith(_OBSERVATION)
    if not taken_apart and not following.input.startswith(_OBSERVATION):
        return plain
    function = {"name": call.name, "arguments": msgspec.json.encode(call.arguments).decode()}
    calls = [{"id": _id(turn), "type": "function", "function": function}]
    return {"role": "assistant", "content": parsed.think, "tool_calls": calls, "weight": 1}


def _following(turns: Sequence[TurnDocument], turn: TurnDocument) -> TurnDocument | None:
    index = next(number for number, one in enumerate(turns) if one is turn)
    return turns[index + 1] if index + 1 < len(turns) else None


def _response(message: Mapping[str, Any]) -> str:
    if not message.get("tool_calls"):
        return str(message["content"])
    function = message["tool_calls"][0]["function"]
    return render_call(message["content"], function["name"], msgspec.json.decode(function["arguments"]))


def _after_observation(text: str, output: str) -> str | None:
    """What stands after the observation of a tool's output; None where the text does not open with it."""
    block = _observation(output)
    if text == block:
        return ""
    rest = text.removeprefix(f"{block}\n\n")
    return rest if rest and rest != text and not rest.startswith(_OBSERVATION) else None


def _observation(output: str) -> str:
    return f"{_OBSERVATION}{output}\n</observation>"


def _tools_block(tools: list[dict[str, Any]]) -> str:
    return f"<tools>\n{msgspec.json.format(msgspec.json.encode(tools), indent=2).decode()}\n</tools>\n\n"


def _id(turn: TurnDocument) -> str:
    return f"call_{turn.turn}"
