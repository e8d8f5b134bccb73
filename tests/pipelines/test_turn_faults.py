"""What a model answers instead of what it was asked for: each fault, in each stage, over HTTP.

Repaired once, and the repair is asked for with the reason; the second time it ends the record, by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from annotators.gap import FindGap
from annotators.image_search import SearchImages
from annotators.prompts import WritePrompts
from annotators.recaption import WriteRecaption
from annotators.text_search import SearchText
from catalogs.blobs import BlobStore
from catalogs.records import Turn
from catalogs.stage import Kept, Rejected, Row, Stage
from catalogs.trajectory import render_call, render_recaption
from tests.annotators.cells import prompted, read, selected
from tests.annotators.world import Library, Web, entity
from tests.fakes import Fake, serving
from tests.fakes.faults import OF_MODELS
from tests.fakes.teacher import mischievous, said
from workers.chat.endpoint import ChatEndpoint, EndpointChat
from workers.endpoint import Calls

AGAIN = "Your answer could not be used"
READING = "Read the passages above"

Script = Callable[[dict[str, Any]], str | None]


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving(Fake()) as server:
        yield server


def texts(body: dict[str, Any]) -> list[str]:
    return [str(message["content"]) for message in body["messages"]]


def at_first(reply: Callable[[dict[str, Any]], str]) -> Script:
    """This reply, until it is asked for again."""

    def script(body: dict[str, Any]) -> str | None:
        last = texts(body)[-1]
        return None if AGAIN in last or READING in last else reply(body)

    return script


def always(reply: Callable[[dict[str, Any]], str]) -> Script:
    return lambda body: None if READING in texts(body)[-1] else reply(body)


def useless(kind: str) -> Callable[[dict[str, Any]], str]:
    def reply(body: dict[str, Any]) -> str:
        plain = [message for message in body["messages"] if AGAIN not in str(message["content"])]
        return mischievous(kind, said(plain), body["messages"])

    return reply


def stages(chat: EndpointChat) -> dict[str, tuple[Stage, dict[str, Any]]]:
    """Every stage that talks, and the cells that it reads."""
    return {
        "prompt": (WritePrompts(chat, ("en",)), {"entity": entity()}),
        "gap": (FindGap(chat), prompted()),
        "search-text": (SearchText(chat, Library()), prompted()),
        "search-images": (SearchImages(chat, Web()), read()),
        "recaption": (WriteRecaption(chat), selected()),
    }


def outcome_of(fake: Fake, folder: Path, stage: str, script: Script, language: str = "en") -> Any:
    """One record through one stage, with the model behind HTTP and no call remembered from before."""
    fake.script = script
    home = folder / str(len(list(folder.iterdir())))
    store = BlobStore(home / "blobs")
    for address in range(12):
        store.put(f"<svg>https://web.example/{address}.png</svg>".encode())
    settings = ChatEndpoint(base_url=f"{fake.address}/v1", model="m", timeout=20.0)
    chat = EndpointChat(settings, Calls(str(home / "calls")), str(home / "blobs"))
    chosen, cells = stages(chat)[stage]
    if language != "en":
        cells = {"search-text": prompted, "search-images": read, "recaption": selected}[stage](language)
    return chosen.run([Row("key", cells)], store)[0]


def turns_of(outcome: Any) -> list[Turn]:
    for column in ("text_trace", "image_trace"):
        if column in outcome.writes:
            return list(outcome.writes[column].turns)
    recaption = outcome.writes["recaption"]
    return [*recaption.refused, recaption.turn]


REASONS = {
    "search-text": {
        "empty": "empty-reply",
        "refusal": "refusal",
        "malformed": "malformed-call",
        "unknown-tool": "unknown-tool",
        "repeated": "malformed-call",  # nothing was asked before, so there is nothing in it
        "language": "no-action",
    },
    "search-images": {
        "empty": "empty-reply",
        "refusal": "refusal",
        "malformed": "malformed-call",
        "unknown-tool": "unknown-tool",
        "repeated": "wrong-order",  # the query of the step before
        "language": "no-action",
    },
    "recaption": {
        "empty": "empty-reply",
        "refusal": "refusal",
        "malformed": "no-action",  # a recaption that does not end is none
        "unknown-tool": "wrong-order",
        "repeated": "wrong-order",
        "language": "no-action",
    },
    "gap": dict.fromkeys(OF_MODELS, "unusable-reply"),
    "prompt": dict.fromkeys(OF_MODELS, "unusable-reply"),
}


@pytest.mark.parametrize("kind", OF_MODELS)
@pytest.mark.parametrize("stage", REASONS)
def test_a_fault_is_repaired_once_and_ends_the_record_the_second_time(
    fake: Fake, tmp_path: Path, stage: str, kind: str
) -> None:
    reason = REASONS[stage][kind]
    repaired = outcome_of(fake, tmp_path, stage, at_first(useless(kind)))
    assert isinstance(repaired, Kept), repaired
    assert sum(AGAIN in texts(body)[-1] for body in fake.heard) == 1
    if reason != "unusable-reply":
        assert [turn.problem for turn in turns_of(repaired)] == [reason, ""]

    rejected = outcome_of(fake, tmp_path, stage, always(useless(kind)))
    assert isinstance(rejected, Rejected)
    assert rejected.reason == reason
    if rejected.writes:
        assert [turn.ok for turn in turns_of(rejected)] == [False, False]


def test_a_query_that_was_asked_before_is_not_asked_again(fake: Fake, tmp_path: Path) -> None:
    def script(body: dict[str, Any]) -> str:
        if READING in texts(body)[-1]:
            return '{"evidence": [], "search_again": true, "summary": "nothing"}'
        return render_call("again", "text_search", {"q": "Tiger", "hl": "en"})

    rejected = outcome_of(fake, tmp_path, "search-text", script)
    assert rejected.reason == "repeated-query"
    assert rejected.writes["text_trace"].queries == ["Tiger"]


QUERIES = {
    "hl of another language": {"q": "Tigre", "hl": "en"},
    "words of another language": {
        "q": "the tiger is a large cat and it has stripes that are on its fur",
        "hl": "es",
    },
}


@pytest.mark.parametrize("arguments", QUERIES.values(), ids=QUERIES)
@pytest.mark.parametrize(
    ("stage", "tool"), [("search-text", "text_search"), ("search-images", "search_image")]
)
def test_a_query_in_another_language_than_the_prompt_s(
    fake: Fake, tmp_path: Path, stage: str, tool: str, arguments: dict[str, str]
) -> None:
    def reply(_: Any) -> str:
        return render_call("why", tool, arguments)

    repaired = outcome_of(fake, tmp_path, stage, at_first(reply), "es")
    assert isinstance(repaired, Kept)
    assert [turn.problem for turn in turns_of(repaired)] == ["wrong-language", ""]
    assert outcome_of(fake, tmp_path, stage, always(reply), "es").reason == "wrong-language"


ENGLISH = (
    "A tiger walks through the snow at dawn, as it is seen in image_1 and in image_2, and the light is low. "
    "The fur is orange and it has the black stripes of the kind. The final image preserves the face of "
    "image_1. It preserves the body of image_2 as well."
)
THOUGHT = (
    "image_1 shows the face of the tiger from the front and image_2 shows its body from the side in grass."
)


def test_a_recaption_in_another_language_than_the_prompt_s(fake: Fake, tmp_path: Path) -> None:
    def reply(_: Any) -> str:
        return render_recaption(THOUGHT, ENGLISH)

    repaired = outcome_of(fake, tmp_path, "recaption", at_first(reply), "es")
    assert isinstance(repaired, Kept)
    assert [turn.problem for turn in turns_of(repaired)] == ["malformed-recaption", ""]
    rejected = outcome_of(fake, tmp_path, "recaption", always(reply), "es")
    assert rejected.reason == "malformed-recaption"
    assert "wrong-language" in rejected.writes["recaption"].problems
