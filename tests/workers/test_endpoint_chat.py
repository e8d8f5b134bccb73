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
    from workers.chat.completions import reply_of
    from workers.endpoint.journal import Recorded

    call = {"function": {"name": "text_search", "arguments": '{"q": "Ti'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    reply = msgspec.json.encode({"choices": [{"message": message}]})
    assert parse_reply(reply_of(Recorded(reply), in_json=False).text).problem == "malformed-call"


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


def read(message: dict[str, Any], **choice: Any) -> str:
    """The text of a reply with this message."""
    from workers.chat.completions import reply_of
    from workers.endpoint.journal import Recorded

    answer = msgspec.json.encode({"choices": [{"message": message, **choice}]})
    return reply_of(Recorded(answer), in_json=False).text


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize(
    "action",
    [
        '<tool_call>{"name": "text_search", "arguments": {"q": "tiger"}}</tool_call>',
        "<recaption>\nA tiger.\n</recaption>",
    ],
)
def test_thoughts_that_a_server_split_off_stand_before_the_action_again(field: str, action: str) -> None:
    thoughts = "I have to write <tool_call> now, then </think>."
    parsed = parse_reply(read({"content": action, field: thoughts}))
    assert not parsed.problem
    assert parsed.think == "I have to write ‹tool_call› now, then ‹/think›."
    assert read({"content": '{"a": 1}', field: thoughts}) == '{"a": 1}'
    assert read({"content": f"<think>\nmine\n</think>\n{action}", field: thoughts}).startswith(
        "<think>\nmine"
    )
    assert read({"content": action, field: {"odd": 1}}) == action


def test_replies_that_servers_word_otherwise_are_read_all_the_same() -> None:
    """They were paid for: each would be asked for again and again."""
    call = {"function": {"name": "text_search", "arguments": {"q": "tiger"}}}
    native = parse_reply(read({"content": None, "tool_calls": [call]}))
    assert native.tool_call is not None
    assert native.tool_call.arguments == {"q": "tiger"}
    parts = [
        {"type": "thinking", "thinking": []},
        {"type": "text", "text": "A "},
        {"type": "text", "text": "B"},
    ]
    assert read({"content": parts}) == "A B"
    from workers.chat.completions import used
    from workers.endpoint import Usage

    blocked = {
        "choices": [{"finish_reason": "content_filter"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": None},
    }
    assert used(msgspec.json.encode(blocked)) == Usage(3, 0, 1)


def test_a_choice_that_is_an_error_is_no_answer() -> None:
    from workers.chat.completions import used
    from workers.endpoint.errors import EndpointBusyError

    choice = {
        "message": {"content": ""},
        "finish_reason": "error",
        "error": {"code": 502, "message": "overloaded"},
    }
    with pytest.raises(EndpointBusyError, match="overloaded"):
        used(msgspec.json.encode({"choices": [choice]}))


def test_fields_that_a_model_does_not_take_are_left_out(fake: Fake, tmp_path: Path) -> None:
    reasoner = teacher(
        fake, tmp_path, omit=("max_tokens", "top_p"), extra={"max_completion_tokens": 9000}, temperature=1.0
    )
    ask(reasoner, OPENING, "text-query")
    body = fake.heard[0]
    assert body["max_completion_tokens"] == 9000
    assert not {"max_tokens", "top_p"} & set(body)
    assert reasoner.revision != teacher(fake, tmp_path, temperature=1.0).revision


def test_other_weights_under_the_same_name_are_asked_anew(fake: Fake, tmp_path: Path) -> None:
    """A server names its model as it likes: `teacher` is another one next month."""
    for revision in ("a", "b", "b"):
        ask(teacher(fake, tmp_path, model_revision=revision), OPENING, "text-query")
    assert fake.calls["chat"] == 2


def test_pictures_are_shown_as_every_server_takes_them(fake: Fake, tmp_path: Path) -> None:
    import io

    from PIL import Image

    def encoded(kind: str, size: tuple[int, int], **options: Any) -> bytes:
        out = io.BytesIO()
        Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
        return out.getvalue()

    turned = Image.Exif()
    turned[0x0112] = 6
    sources = {
        "bitmap": encoded("BMP", (40, 30)),
        "still GIF": encoded("GIF", (40, 30)),
        "photograph": encoded("JPEG", (4000, 3000)),
        "upright phone": encoded("JPEG", (40, 30), exif=turned),
        "small": encoded("WEBP", (40, 30)),
    }
    expected = {
        "bitmap": ("image/png", (40, 30)),
        "still GIF": ("image/png", (40, 30)),
        "photograph": ("image/jpeg", (1024, 768)),
        "upright phone": ("image/jpeg", (30, 40)),
        "small": ("image/webp", (40, 30)),
    }
    blobs = BlobStore(tmp_path / "blobs")
    ask(teacher(fake, tmp_path), "Look.", images=tuple(blobs.put(data) for data in sources.values()))
    shown = [
        part["image_url"]["url"] for part in fake.heard[0]["messages"][0]["content"] if "image_url" in part
    ]
    for (name, (media_type, size)), url in zip(expected.items(), shown, strict=True):
        prefix, _, data = url.partition(",")
        assert prefix == f"data:{media_type};base64", name
        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            assert picture.size == size, name
    assert base64.b64decode(shown[-1].partition(",")[2]) == sources["small"], "what is taken goes as it is"


def test_what_encodes_the_pictures_does_not_decide_whether_a_call_was_made(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another Pillow, other bytes: a replay has to find its calls."""
    from workers.chat import endpoint

    name = BlobStore(tmp_path / "blobs").put(png("one"))
    ask(teacher(fake, tmp_path), "Look.", images=(name,))
    monkeypatch.setattr(endpoint, "_data_url", lambda *_: "data:image/png;base64,AAAA")
    ask(teacher(fake, tmp_path), "Look.", images=(name,))
    assert fake.calls["chat"] == 1


def test_what_is_no_picture_goes_as_it_is_for_the_server_to_refuse(fake: Fake, tmp_path: Path) -> None:
    name = BlobStore(tmp_path / "blobs").put(b"<svg>a drawing</svg>")
    ask(teacher(fake, tmp_path), "Look.", images=(name,))
    url = fake.heard[0]["messages"][0]["content"][2]["image_url"]["url"]
    assert url == f"data:image/svg+xml;base64,{base64.b64encode(b'<svg>a drawing</svg>').decode()}"
