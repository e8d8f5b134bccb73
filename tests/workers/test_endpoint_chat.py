"""A teacher behind HTTP: what it is sent, how its replies are read, what is in its revision."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from annotators.gap import FindGap
from catalogs.blobs import BlobStore
from catalogs.stage import Kept
from catalogs.trajectory import PUBLISHED, parse_reply
from tests.annotators.cells import prompted
from tests.annotators.world import Shelf, run
from tests.fakes import Fake, serving
from tests.fakes.routes import png
from workers.chat.endpoint import ChatEndpoint, EndpointChat
from workers.chat.interface import ChatRequest, Message, RemoteChat
from workers.endpoint import Calls


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving(Fake()) as server:
        yield server


def teacher(fake: Fake, folder: Path, **settings: Any) -> EndpointChat:
    endpoint = ChatEndpoint(base_url=f"{fake.address}/v1", model="tiny", timeout=5.0, **settings)
    return EndpointChat(endpoint, Calls(str(folder / "calls")), str(folder / "blobs"))


def ask(chat: EndpointChat, text: str, task: str = "gap", images: tuple[str, ...] = ()) -> str:
    tools = PUBLISHED if task == "text-query" else ()
    request = ChatRequest(task=task, messages=(Message("user", text, images),), facts={}, tools=tools)
    return chat.complete([request])[0].text


OPENING = "You prepare an image generator\n\nSubject: Tiger\nLanguage of the prompt: en\n"


def test_sampling_goes_along_and_streaming_does_not(fake: Fake, tmp_path: Path) -> None:
    ask(teacher(fake, tmp_path, temperature=0.2, seed=7, extra={"top_k": 20}), OPENING, "text-query")
    body = fake.heard[0]
    assert (body["temperature"], body["seed"], body["max_tokens"], body["top_k"]) == (0.2, 7, 4096, 20)
    assert not body.get("stream")
    assert "tools" not in body


def test_native_tool_calls_are_written_in_the_published_syntax(fake: Fake, tmp_path: Path) -> None:
    native = ask(teacher(fake, tmp_path, tools="native"), OPENING, "text-query")
    text = ask(teacher(fake, tmp_path), OPENING, "text-query")
    assert [tool["function"]["name"] for tool in fake.heard[0]["tools"]] == ["text_search", "search_image"]
    assert parse_reply(native) == parse_reply(text)
    assert parse_reply(native).tool_call is not None
    assert parse_reply(native).think


def test_a_native_call_with_broken_arguments_is_left_for_the_parser_to_refuse(tmp_path: Path) -> None:
    from workers.chat.endpoint import reply_of
    from workers.endpoint.journal import Recorded

    call = {"function": {"name": "text_search", "arguments": '{"q": "Ti'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    reply = msgspec.json.encode({"choices": [{"message": message}]})
    assert parse_reply(reply_of(Recorded(reply)).text).problem == "malformed-call"


def test_pictures_are_shown_as_data_urls_with_their_labels(fake: Fake, tmp_path: Path) -> None:
    names = tuple(BlobStore(tmp_path / "blobs").put(png(word)) for word in ("one", "two"))
    ask(teacher(fake, tmp_path), "Look.", images=names)
    text, label, first, _, second = fake.heard[0]["messages"][0]["content"]
    assert (text["text"], label["text"]) == ("Look.", "image_1:")
    for part, word in ((first, "one"), (second, "two")):
        prefix, _, data = part["image_url"]["url"].partition(",")
        assert prefix == "data:image/png;base64"
        assert base64.b64decode(data) == png(word)


def test_a_server_that_takes_schemas_is_held_to_the_one_of_the_answer(fake: Fake, tmp_path: Path) -> None:
    outcome = run(FindGap(teacher(fake, tmp_path, structured=True)), prompted(), Shelf())
    assert isinstance(outcome, Kept)
    asked = fake.heard[0]["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["strict"]
    assert set(asked["json_schema"]["schema"]["required"]) == {"needs_search", "unknowns", "statement"}


def test_tokens_are_those_that_the_server_counted_also_when_replayed(fake: Fake, tmp_path: Path) -> None:
    request = ChatRequest(task="text-query", messages=(Message("user", OPENING),), facts={})
    first = teacher(fake, tmp_path).complete([request])
    assert first[0].tokens_in == len(OPENING) // 4
    assert first[0].tokens_out > 0
    assert teacher(fake, tmp_path).complete([request]) == first
    assert fake.calls["chat"] == 1


def test_the_revision_tells_models_and_sampling_apart_and_not_servers(fake: Fake, tmp_path: Path) -> None:
    base = teacher(fake, tmp_path)
    assert isinstance(base, RemoteChat)
    elsewhere = teacher(fake, tmp_path / "other", slots=99, tries=1, key_env="K", price_in=3.0)
    assert elsewhere.revision == base.revision
    for change in ({"temperature": 0.1}, {"seed": 1}, {"tools": "native"}, {"model_revision": "b"}):
        assert teacher(fake, tmp_path, **change).revision != base.revision
    assert pickle.loads(pickle.dumps(base)) == base
    assert len(pickle.dumps(base)) < 2000
