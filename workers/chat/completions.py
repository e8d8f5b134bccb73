"""Reading what `chat/completions` answers: what it used, and what the model said in the published syntax.

A whole answer was paid for, and one that is not understood is asked for again: so every wording that servers
are known to use is read, and only what holds no choice at all, or an error in its place, is no answer.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from catalogs.trajectory import neutralise, render_call
from workers.chat.interface import ChatReply
from workers.chat.thoughts import answered
from workers.endpoint import Usage
from workers.endpoint.errors import EndpointBusyError
from workers.endpoint.journal import Recorded
from workers.endpoint.replies import decoded


class _Function(msgspec.Struct):
    name: str
    arguments: str | dict[str, Any] | None = "{}"
    """JSON text as OpenAI has it; some servers send the object itself."""


class _ToolCall(msgspec.Struct):
    function: _Function


class _Part(msgspec.Struct):
    type: str = "text"
    text: str | None = None


class _Said(msgspec.Struct):
    content: str | list[_Part] | None = None
    reasoning: Any = None
    """The think part where the server splits it off (vLLM and SGLang with a reasoning parser, OpenRouter)."""
    reasoning_content: Any = None
    """The same, as it was called first; vLLM has renamed it."""
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None

    @property
    def words(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content if part.type == "text").strip()
        return (self.content or "").strip()

    @property
    def thoughts(self) -> str:
        """Neutralised: whoever thinks about the syntax names its tags."""
        found = (one for one in (self.reasoning, self.reasoning_content) if isinstance(one, str))
        return neutralise(next(found, "")).strip()


class _Choice(msgspec.Struct):
    message: _Said | None = None
    """None where a filter has taken it away (Gemini)."""
    error: Any = None
    """OpenRouter's, where the model broke off."""


class _Counted(msgspec.Struct):
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0


class _Completion(msgspec.Struct):
    choices: Annotated[list[_Choice], Meta(min_length=1)]
    usage: _Counted | None = None


def used(reply: bytes) -> Usage:
    """What it has cost; raises `EndpointBusyError` for what is no answer."""
    completion = decoded(reply, _Completion)
    if error := completion.choices[0].error:
        raise EndpointBusyError(f"the model broke off: {error}")
    counted = completion.usage or _Counted()
    return Usage(counted.prompt_tokens or 0, counted.completion_tokens or 0, 1)


def reply_of(recorded: Recorded, *, in_json: bool) -> ChatReply:
    """What the model said, in the published syntax or, where that was asked for, `in_json`."""
    said = decoded(recorded.reply, _Completion).choices[0].message or _Said()
    text = answered(_text(said), in_json=in_json)
    return ChatReply(text=text, tokens_in=recorded.tokens_in, tokens_out=recorded.tokens_out)


def _text(said: _Said) -> str:
    words, thoughts = said.words, said.thoughts
    if said.tool_calls:
        think = thoughts or words.replace("<think>", "").replace("</think>", "").strip()
        return "".join(
            _called(call.function, think if number == 0 else "")
            for number, call in enumerate(said.tool_calls)
        )
    if not words and said.refusal:
        return said.refusal
    acts = "<recaption>" in words or "<tool_call>" in words
    return (
        f"<think>\n{thoughts}\n</think>\n{words}" if thoughts and acts and "<think>" not in words else words
    )


def _called(call: _Function, think: str) -> str:
    """A native call as text; arguments that are no JSON object stay as they are, for the parser to refuse."""
    if isinstance(call.arguments, dict):
        return render_call(think, call.name, call.arguments)
    try:
        arguments = msgspec.json.decode(call.arguments or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return f"<tool_call>{call.name} {call.arguments}</tool_call>"
    return render_call(think, call.name, arguments)
