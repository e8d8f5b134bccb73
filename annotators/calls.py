"""The calls of tools that a teacher makes, and the rules that code holds over them.

A call is refused when it is malformed, goes to an unknown tool or to one whose step has not come, repeats a
query (case, accents and punctuation aside), asks in another language than the prompt's, or wants a page that
no search of this dialogue returned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from annotators.requests import Asking, say
from annotators.transcript import RefusedError, Transcript
from catalogs.records import Passage
from catalogs.trajectory import (
    ARGUMENTS,
    Arguments,
    BrowseArguments,
    ParsedReply,
    guess_language,
    parse_reply,
)
from workers.chat.interface import ChatRequest
from workers.chat.nouns import folded
from workers.chat.refusals import is_refusal


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What holds for the calls of one step."""

    task: str
    """As a `ChatRequest` names it."""
    language: str
    """Of the prompt."""
    tools: Sequence[str]
    """All that are at hand in the dialogue."""
    now: Sequence[str]
    """Those of this step."""
    max_turns: int
    """Of this step, refused ones included."""


def ask_for_call(
    transcript: Transcript,
    rules: Rules,
    facts: dict[str, Any],
    queries: Sequence[str],
    pages: Mapping[str, Passage] = {},
    browsed: Sequence[str] = (),
) -> Asking[tuple[str, Arguments]]:
    """The next call of one of the step's tools: the reply and its arguments, not recorded yet.

    `queries` and `browsed` were asked for before; `pages` are the passages that searches returned, by address
    as it was shown. Raises `RefusedError` with a problem's slug, or with ``too-many-turns``.
    """
    while True:
        if len(transcript.turns) >= rules.max_turns:
            raise RefusedError("too-many-turns", f"{rules.max_turns} turns, and the step is not done")
        request = ChatRequest(
            task=rules.task, messages=transcript.messages(), facts=facts, tools=tuple(rules.tools)
        )
        reply = yield from say(request)
        arguments, problem = _read_call(parse_reply(reply), rules)
        if arguments is not None:
            problem = _problem_of(arguments, rules.language, queries, pages, browsed)
            if not problem:
                return reply, arguments
        transcript.refuse(reply, "refusal" if problem == "no-action" and is_refusal(reply) else problem)


def _read_call(parsed: ParsedReply, rules: Rules) -> tuple[Arguments | None, str]:
    """The arguments of a call that may be made now, or the problem with it."""
    if parsed.problem:
        return None, parsed.problem
    if parsed.tool_call is None:
        return None, "wrong-order"
    tool = parsed.tool_call.name
    if tool not in rules.now:
        return None, "wrong-order" if tool in rules.tools else "unknown-tool"
    try:
        return msgspec.convert(parsed.tool_call.arguments, ARGUMENTS[tool]), ""
    except msgspec.ValidationError:
        return None, "malformed-call"


def _problem_of(
    arguments: Arguments,
    language: str,
    queries: Sequence[str],
    pages: Mapping[str, Passage],
    browsed: Sequence[str],
) -> str:
    if isinstance(arguments, BrowseArguments):
        if arguments.url in browsed:
            return "repeated-page"
        return "" if arguments.url in pages else "unknown-address"
    if not folded(arguments.q):
        return "malformed-call"
    if folded(arguments.q) in {folded(query) for query in queries}:
        return "repeated-query"
    asked_in = arguments.hl.partition("-")[0].casefold()
    written_in = guess_language(arguments.q) or language
    return "" if asked_in == written_in == language else "wrong-language"
