"""Writing the turns of a trajectory in the published syntax.

Everything that comes from outside goes through `neutralise` here, at the last moment before it becomes part
of a turn, so that no caller can forget it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from catalogs.records import Hit, Reference
from catalogs.trajectory.markup import neutralise
from catalogs.trajectory.tools import PUBLISHED, schemas_of


def render_opening(task: str, tools: Collection[str] = PUBLISHED) -> str:
    """The first user message: the tools that are at hand, then the task."""
    schemas = msgspec.json.format(msgspec.json.encode(schemas_of(tools)), indent=2).decode()
    return f"<tools>\n{schemas}\n</tools>\n\n{task}"


def tools_in(opening: str) -> tuple[str, ...]:
    """Names of the tools that an opening message tells of."""
    block = opening.partition("<tools>\n")[2].partition("\n</tools>")[0]
    return tuple(schema["function"]["name"] for schema in msgspec.json.decode(block))


def render_call(think: str, name: str, arguments: Mapping[str, Any]) -> str:
    """An assistant turn that calls a tool."""
    call = msgspec.json.encode({"name": name, "arguments": dict(arguments)}).decode()
    return f"<think>\n{think}\n</think>\n<tool_call>{call}</tool_call>"


def render_recaption(think: str, recaption: str) -> str:
    """The last assistant turn."""
    return f"<think>\n{think}\n</think>\n<recaption>\n{recaption}\n</recaption>"


def render_observation(tool_output: str, then: str = "") -> str:
    """A user message with what a tool returned, neutralised, and what is asked next."""
    observation = f"<observation>\n{neutralise(tool_output)}\n</observation>"
    return f"{observation}\n\n{then}" if then else observation


def render_hits(hits: Iterable[Hit]) -> str:
    """What ``text_search`` returns to the agent: numbered passages with title and address."""
    blocks = [
        f"[{hit.rank}] {hit.passage.title}\nSource: {hit.passage.origin.url}\n{hit.passage.headed}"
        for hit in hits
    ]
    return _result("\n\n".join(blocks) or "No passage matches the query.")


def render_pictures(listing: Iterable[tuple[int, str, str, str]]) -> str:
    """What ``search_image`` returns: (rank, title, picture address, page address) a picture."""
    blocks = [
        f"[{rank}] {title}\nImage URL: {image_url}\nLink: {page_url}"
        for rank, title, image_url, page_url in listing
    ]
    return _result("\n\n".join(blocks) or "No picture matches the query.")


def render_references(references: Iterable[Reference]) -> str:
    """What the recaption turn is shown: each reference with its label, title and main colours."""
    blocks = [
        f"{reference.label}: {reference.candidate.title}\nSource: {reference.candidate.page_url}"
        f"\nMain colours: {reference.description or 'not measured'}"
        for reference in references
    ]
    return "\n\n".join(blocks)


def render_failure(what: str) -> str:
    """What a tool returns that could not do what it was called for."""
    return neutralise(f"Tool execution error:\n{what}")


def _result(text: str) -> str:
    """The words that open every tool result in the published trajectories."""
    return neutralise(f"Tool execution result:\n{text}")
