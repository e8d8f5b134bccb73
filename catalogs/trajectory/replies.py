"""Reading what a teacher wrote: one reply, parsed strictly.

A reply is ``<think>`` (optional) followed by exactly one ``<tool_call>`` or one ``<recaption>``, and nothing
else. The published code is more lenient (it runs the first of several calls, and ends on the mere word
"recaption"), which is how refusals and half turns got into its data.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from catalogs.trajectory.markup import find_markup

EMPTY_REPLY = "empty-reply"
NO_ACTION = "no-action"
MALFORMED_CALL = "malformed-call"
SEVERAL_ACTIONS = "several-actions"
STRAY_TEXT = "stray-text"
FORGED_MARKUP = "forged-markup"
LATE_THINK = "late-think"


class ToolCall(msgspec.Struct, frozen=True):
    """A call as it was asked for; whether the tool exists and the arguments fit is for the caller to say."""

    name: str
    arguments: dict[str, Any]


class ParsedReply(msgspec.Struct, frozen=True, kw_only=True):
    """Either `tool_call` or `recaption` is there, or `problem` says why neither is."""

    think: str = ""
    tool_call: ToolCall | None = None
    recaption: str | None = None
    problem: str = ""
    """A slug: ``empty-reply``, ``no-action``, ``malformed-call``, ``several-actions``, ``stray-text``,
    ``forged-markup``, ``late-think``; empty when the reply is well-formed."""


_BLOCK = re.compile(r"<(think|tool_call|recaption)>(.*?)</\1>", re.S)


def parse_reply(text: str) -> ParsedReply:
    """Parse one assistant reply. Never raises: what cannot be used has a `problem`."""
    if not text.strip():
        return ParsedReply(problem=EMPTY_REPLY)
    blocks = [(match[1], match[2].strip()) for match in _BLOCK.finditer(text)]
    think = "\n".join(content for name, content in blocks if name == "think")
    actions = [(name, content) for name, content in blocks if name != "think"]
    rest = _BLOCK.sub("", text)
    problem = _problem_of(blocks, actions, rest)
    if problem:
        return ParsedReply(think=think, problem=problem)
    name, content = actions[0]
    if name == "recaption":
        return ParsedReply(think=think, recaption=content)
    call = _parse_call(content)
    return ParsedReply(think=think, tool_call=call, problem="" if call else MALFORMED_CALL)


def _problem_of(blocks: list[tuple[str, str]], actions: list[tuple[str, str]], rest: str) -> str:
    if any(find_markup(content) for _, content in blocks):
        return FORGED_MARKUP
    if len(actions) > 1 or len(blocks) - len(actions) > 1:
        return SEVERAL_ACTIONS
    leftover = find_markup(rest)
    if not actions:
        return MALFORMED_CALL if any("tool_call" in tag for tag in leftover) else NO_ACTION
    if leftover:
        return FORGED_MARKUP
    if rest.strip():
        return STRAY_TEXT
    return LATE_THINK if blocks[-1][0] == "think" else ""


def _parse_call(content: str) -> ToolCall | None:
    """``{"name": ..., "arguments": {...}}``, or None."""
    try:
        call = msgspec.json.decode(content, type=ToolCall)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return call if call.name else None
