"""Local chat models: a tiny Qwen2.5-VL from a folder, with pictures, in batches."""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from catalogs.blobs import BlobStore
from catalogs.stage import Stage
from tests.workers import tiny
from workers.chat.handle import chat_worker
from workers.chat.interface import Chat, ChatRequest, Message
from workers.chat.transformers_chat import TransformersChat, _load
from workers.endpoint import Calls
from workers.errors import ModelLoadError, ModelReplyError
from workers.meter import metered


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.qwen_vl(tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blobs")


def chat_of(checkpoint: Path | str, blobs: Path, settings: str = "max_tokens=6") -> TransformersChat:
    chat = chat_worker(f"transformers:{checkpoint}?{settings}", Calls(""), blobs)
    assert isinstance(chat, TransformersChat)
    return chat


def picture(blobs: Path, colour: str) -> str:
    out = io.BytesIO()
    Image.new("RGB", (90, 60), colour).save(out, "PNG")
    return BlobStore(blobs).put(out.getvalue())


def request(text: str, *images: str) -> ChatRequest:
    return ChatRequest(task="recaption", messages=(Message("user", text, images),), facts={})


def test_every_request_of_a_batch_is_answered_as_if_it_were_alone(checkpoint: Path, blobs: Path) -> None:
    chat = chat_of(checkpoint, blobs)
    two = picture(blobs, "orange"), picture(blobs, "blue")
    requests = [request("What is this?"), request("And these?", *two), request("A longer question. " * 5)]
    with metered() as spent:
        together = chat.complete(requests)
    alone = [chat.complete([one])[0] for one in requests]
    assert together == alone
    assert spent.calls == 3
    assert spent.tokens_out == sum(reply.tokens_out for reply in together) > 0


def test_the_model_is_shown_every_picture(checkpoint: Path, blobs: Path) -> None:
    chat = chat_of(checkpoint, blobs)
    orange, blue = picture(blobs, "orange"), picture(blobs, "blue")
    counts = [
        chat.complete([request("Look.", *images)])[0].tokens_in for images in ((), (orange,), (orange, blue))
    ]
    assert counts[1] - counts[0] == counts[2] - counts[1] > 4


def test_sampling_depends_on_seed_and_temperature_and_both_are_in_the_revision(
    checkpoint: Path, blobs: Path
) -> None:
    settings = ("seed=1", "seed=2", "temperature=0", "seed=1&top_p=0.5")
    chats = [chat_of(checkpoint, blobs, f"max_tokens=12&{one}") for one in settings]
    texts = [chat.complete([request("Hello")])[0].text for chat in chats]
    assert len(set(texts)) > 2
    assert len({chat.revision for chat in chats}) == 4
    assert chats[1].revision.startswith("t0.7-p1-seed2-12tokens-float32-")


def test_neither_device_share_nor_batch_nor_place_change_the_revision(checkpoint: Path, blobs: Path) -> None:
    revisions = {chat_of(checkpoint, blobs, s).revision for s in ("batch=1", "batch=8&gpus=0.5&memory_gib=9")}
    assert len(revisions) == 1


def test_a_dialogue_that_is_too_long_is_refused_in_words(checkpoint: Path, blobs: Path) -> None:
    with pytest.raises(ModelReplyError, match="longer context"):
        chat_of(checkpoint, blobs).complete([request("word " * 500)])


@dataclass(frozen=True)
class Ask(Stage):
    name, version, reads, writes = "ask", "1", (), ()
    teacher: Chat


def test_a_stage_needs_what_its_worker_needs(checkpoint: Path, blobs: Path) -> None:
    cpu = Ask(chat_of(checkpoint, blobs, "memory_gib=7"))
    gpu = Ask(chat_of(checkpoint, blobs, "device=cuda&gpus=0.25"))
    assert (cpu.needs.gpus, cpu.needs.memory_gib) == (0.0, 7.0)
    assert gpu.needs.gpus == 0.25
    assert Ask(chat_of(checkpoint, blobs, "device=cuda")).needs.gpus == 1.0


@pytest.mark.parametrize(
    ("spec", "advice"),
    [
        ("transformers:/no/such", "give an existing folder"),
        ("transformers:owner/none", "hf download owner/none"),
        ("transformers:x?tempreature=1", "temperature"),
        ("transformers:x?temperature=-1", "temperature"),
        ("gpt", "transformers:FOLDER or NAME"),
    ],
)
def test_what_cannot_be_had_says_what_to_do(spec: str, advice: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelLoadError, match=advice):
        chat_worker(spec, Calls(""), tmp_path).check()  # type: ignore[attr-defined]


def test_weights_that_belong_to_no_chat_model_are_refused_when_they_are_loaded(
    tmp_path: Path, blobs: Path
) -> None:
    folder = tiny.dinov2(tmp_path)
    with pytest.raises(ModelLoadError, match="give a chat model"):
        chat_of(folder, blobs).complete([request("Hello")])


def test_the_handle_is_small(checkpoint: Path, blobs: Path) -> None:
    chat = chat_of(checkpoint, blobs)
    chat.complete([request("Hello")])
    assert len(pickle.dumps(chat)) < 1000
    assert msgspec.to_builtins(chat.settings)["max_tokens"] == 6


def test_a_teacher_and_a_judge_on_the_same_weights_load_them_once(checkpoint: Path, blobs: Path) -> None:
    teacher = chat_of(checkpoint, blobs, "max_tokens=6&temperature=1")
    judge = chat_of(checkpoint, blobs, "max_tokens=3&temperature=0&batch=1")
    teacher.complete([request("Hello")])
    loaded = _load.cache_info().misses
    assert judge.complete([request("Hello")])[0].tokens_out <= 3
    assert teacher.complete([request("Hello")])[0].tokens_out <= 6
    assert _load.cache_info().misses == loaded
