"""A teacher behind an OpenAI-compatible server (vLLM, SGLang, commercial): `POST chat/completions`.

Streaming is off. Pictures go along as data URLs. Tool calls come as text in the published syntax, or, with
``tools = "native"``, by the server's own tool calling, and are written down in the same syntax.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from catalogs.blobs import BlobStore
from catalogs.digests import digest_of
from catalogs.trajectory import schemas_of
from workers import showing
from workers.chat.completions import reply_of, used
from workers.chat.interface import ChatReply, ChatRequest, Message
from workers.endpoint import CLIENTS, Call, Calls, Endpoint
from workers.endpoint.loop import all_of, beside
from workers.meter import count_call
from workers.pictures import sniff

PROTOCOL = "3"
"""Raised when equal requests are put to the server in other words, or its replies are read otherwise."""

_CHARACTERS_A_TOKEN = 3.5
"""For the estimate that the limit of tokens a minute goes by until the server has counted: English has about
four (OpenAI's rule of thumb), French and Spanish fewer."""

_TOKENS_A_PICTURE = 1000
"""A picture of 1024 x 1024 is 765 tokens to GPT-4o and 1,369 to Qwen2.5-VL."""

_SAMPLING = ("temperature", "top_p", "max_tokens")


class ChatEndpoint(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint with a chat model behind it. The fields below decide answers and are in the revision."""

    model: str
    model_revision: str = ""
    """Of the weights, where known: a commit or a date."""
    temperature: Annotated[float, Meta(ge=0)] = 0.7
    """As the published pipeline samples."""
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    max_tokens: Annotated[int, Meta(ge=1)] = 4096
    """Of an answer. A recaption with its think part has some 600."""
    seed: int | None = None
    tools: Literal["text", "native"] = "text"
    structured: bool = False
    """Whether the server takes a JSON schema for the answer (`response_format`)."""
    extra: dict[str, Any] = {}
    """Further fields of the request body, as the server has them: ``{top_k = 20}``."""
    omit: tuple[Literal["temperature", "top_p", "max_tokens"], ...] = ()
    """Fields that the model does not take. OpenAI's reasoning models have ``extra = {max_completion_tokens =
    9000}`` in place of `max_tokens`, and refuse every temperature but 1."""

    def __str__(self) -> str:
        return self.model


@dataclass(frozen=True)
class EndpointChat:
    """A `Chat`: a small picklable handle; the client is made at first use, once a process."""

    settings: ChatEndpoint
    calls: Calls
    blobs: str
    """Folder of the blob store that `Message.images` are in."""

    @property
    def name(self) -> str:
        return self.settings.model

    @property
    def revision(self) -> str:
        """Protocol, model revision and sampling; not where the server is, nor how often it may be called."""
        own = {name: getattr(self.settings, name) for name in ChatEndpoint.__struct_fields__}
        where = set(Endpoint.__struct_fields__)
        return digest_of([PROTOCOL, {name: value for name, value in own.items() if name not in where}])[:12]

    @property
    def slots(self) -> int:
        """Calls that the endpoint takes at once."""
        return self.settings.slots

    def complete(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """All requests at once, as far as the limits allow. Raises `EndpointError` where one of them does."""
        return CLIENTS.result_of(all_of(self.acomplete(request) for request in requests))

    async def acomplete(self, request: ChatRequest) -> ChatReply:
        """One reply, on the loop. Raises `EndpointError`."""
        client = CLIENTS.of(self.settings, self.calls)
        async with client.room:
            call = await beside(self._prepared, request) if _shows(request) else self._prepared(request)
            recorded = await client.call(call)
        reply = reply_of(recorded, in_json=request.schema is not None)
        count_call(1, reply.tokens_in, reply.tokens_out)
        return reply

    def _prepared(self, request: ChatRequest) -> Call:
        return self._call(request).prepared()

    def _call(self, request: ChatRequest) -> Call:
        settings = self.settings
        sampling = {name: getattr(settings, name) for name in _SAMPLING if name not in settings.omit}
        body: dict[str, Any] = {
            "model": settings.model,
            "messages": _messages(request, lambda sha256: _data_url(sha256, self.blobs)),
            **sampling,
            **({} if settings.seed is None else {"seed": settings.seed}),
            **settings.extra,
        }
        if settings.tools == "native" and request.tools:
            body["tools"] = schemas_of(request.tools)
        if settings.structured and request.schema:
            schema = {"name": request.task, "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return Call(
            kind="chat",
            path="chat/completions",
            model=settings.model,
            weights=settings.model_revision,
            json=body,
            named={**body, "messages": _messages(request, _name)} if _shows(request) else None,
            tokens=_estimate(request, settings.max_tokens),
            check=used,
        )


def _shows(request: ChatRequest) -> bool:
    """Whether there are pictures to be read and encoded."""
    return any(message.images for message in request.messages)


def _messages(request: ChatRequest, picture: Callable[[str], str]) -> list[dict[str, Any]]:
    return [_message(message, picture) for message in request.messages]


def _message(message: Message, picture: Callable[[str], str]) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.text}]
    for number, sha256 in enumerate(message.images, start=1):
        parts.append({"type": "text", "text": f"image_{number}:"})
        parts.append({"type": "image_url", "image_url": {"url": picture(sha256)}})
    return {"role": message.role, "content": parts}


def _name(sha256: str) -> str:
    """What stands for a picture in the digest of a call."""
    return f"{sha256} at {showing.SIDE}"


@lru_cache(maxsize=64)
def _data_url(sha256: str, blobs: str) -> str:
    data = showing.shown(BlobStore(Path(blobs)).get(sha256))
    return f"data:{sniff(data)};base64,{base64.b64encode(data).decode()}"


def _estimate(request: ChatRequest, most: int) -> int:
    characters = sum(len(message.text) for message in request.messages)
    pictures = sum(len(message.images) for message in request.messages)
    return round(characters / _CHARACTERS_A_TOKEN) + pictures * _TOKENS_A_PICTURE + most
