"""``openai``: chat fine-tuning in JSON lines, with tool calls and pictures as data addresses.

    data/<part>.jsonl     {"messages": [...], "tools": [...], "parallel_tool_calls": false}

The format has a weight for each reply: refused turns stay where they were, with weight 0, and the repair
after them is learned. A row holds no other key, because the service refuses rows with keys that it does not
know; ids, licences and credits are in ``samples/``, line by line.

What the service publishes as its limits: at most 10 pictures an example, each under 10 MB, JPEG, PNG or WebP,
in RGB or RGBA; every call answered by a tool message before the next reply; weights on replies alone, 0 or 1.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalogs.exports.dialogue import must_have_references, shown_of
from catalogs.exports.errors import LeftOutError
from catalogs.exports.interface import Facts, Format, Problem, Settings, Write
from catalogs.exports.openai_messages import messages_from, tools_from
from catalogs.exports.parts import Part
from catalogs.exports.pictures import problem_of
from catalogs.exports.rows import files_in, json_line, read_lines
from catalogs.exports.samples import Sample
from catalogs.exports.texts import must_be_plain, refused, texts_of, trained_turns

MOST_PICTURES = 10
MOST_PICTURE_BYTES = 10 * 10**6
KEYS = {"messages", "tools", "parallel_tool_calls"}
MEDIA = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


class OpenAiChat(Format):
    """See the module."""

    name = "openai"
    version = "1"

    @contextmanager
    def writing(self, part: Part) -> Iterator[Write]:
        with part.lines(f"data/{part.name}.jsonl") as lines:

            def write(sample: Sample) -> Facts:
                lines.write(json_line(row_of(sample)))
                part.count("turns", len(sample.document.turns))
                part.count("turns-masked", refused(sample.document))
                return {}

            yield write

    def check(self, root: Path, settings: Settings) -> Iterator[Problem | str]:
        for path in files_in(root / "data"):
            file = path.relative_to(root).as_posix()
            for number, row in enumerate(read_lines(path), start=1):
                problem = row_problem(row)
                yield Problem(file=file, what=f"line {number}: {problem}") if problem else f"{file}:{number}"


def row_of(sample: Sample) -> dict[str, Any]:
    """The row of a sample; raises `LeftOutError`."""
    document = sample.document
    if document.searched:
        must_have_references(sample)
    turns = trained_turns(document)
    must_be_plain(texts_of(turns))
    if not document.turns or not document.turns[-1].ok:
        raise LeftOutError("recaption-turn-not-last")
    addresses = [data_address(name, data) for name, data in shown_of(sample).items()]
    row: dict[str, Any] = {"messages": messages_from(document.turns, addresses)}
    tools = tools_from(document.turns[0].input)
    return row | ({"tools": tools, "parallel_tool_calls": False} if tools else {})


def data_address(name: str, data: bytes) -> str:
    """A picture inside an address; raises `LeftOutError` where it is too large."""
    if len(data) > MOST_PICTURE_BYTES:
        raise LeftOutError("picture-over-10-MB", name)
    return f"data:{MEDIA[name.rpartition('.')[2]]};base64,{base64.b64encode(data).decode()}"


def row_problem(row: Mapping[str, Any]) -> str:
    """Why the service refuses a row; empty where it does not."""
    if others := sorted(set(row) - KEYS):
        return f"keys that the service does not know: {', '.join(others)}"
    messages = row.get("messages")
    if not isinstance(messages, list) or not messages:
        return "no messages"
    pending: list[str] = []
    learned = 0
    for message in messages:
        role = message.get("role")
        if role == "tool":
            if message.get("tool_call_id") not in pending:
                return "a tool message that answers no call"
            pending.remove(message["tool_call_id"])
            continue
        if pending:
            return f"call {pending[0]} is not answered before the next message"
        if role == "assistant":
            if message.get("weight", 1) not in (0, 1):
                return f"weight {message['weight']}"
            calls = message.get("tool_calls", [])
            if not message.get("content") and not calls:
                return "a reply without content and calls"
            if any(not isinstance(call["function"]["arguments"], str) for call in calls):
                return "arguments of a call are no JSON text"
            pending = [call["id"] for call in calls]
            learned += message.get("weight", 1)
        elif role not in ("user", "system"):
            return f"role {role!r}"
        elif "weight" in message:
            return "a weight on a message that is no reply"
    if messages[-1]["role"] != "assistant" or pending:
        return "the last message is no reply"
    if not learned:
        return "no reply with weight 1"
    return _picture_problem(messages)


def _picture_problem(messages: list[Mapping[str, Any]]) -> str:
    addresses = [
        part["image_url"]["url"]
        for message in messages
        if isinstance(message.get("content"), list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    if len(addresses) > MOST_PICTURES:
        return f"{len(addresses)} pictures, of {MOST_PICTURES}"
    for address in addresses:
        media, _, encoded = address.removeprefix("data:").partition(";base64,")
        data = base64.b64decode(encoded)
        if media not in MEDIA.values() or len(data) > MOST_PICTURE_BYTES:
            return f"a picture of type {media} with {len(data)} bytes"
        if problem := problem_of(data):
            return f"a picture cannot be decoded: {problem}"
    return ""
