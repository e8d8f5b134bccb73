"""Which chat worker a profile names."""

from __future__ import annotations

import re
from pathlib import Path

from workers.chat.endpoint import ChatEndpoint, EndpointChat
from workers.chat.interface import Chat
from workers.chat.rules import RulesTeacher
from workers.chat.settings import ChatModel
from workers.chat.transformers_chat import TransformersChat
from workers.endpoint import Calls
from workers.endpoint.replies import key_of
from workers.errors import ModelLoadError
from workers.specs import read_spec

_OPENAI = re.compile(r"openai:(?P<model>.+)@(?P<base_url>https?://.+)")


def chat_worker(spec: str | ChatEndpoint, calls: Calls, blobs: Path) -> Chat:
    """The chat worker of a spec (``rules``, ``openai:MODEL@BASE_URL``, ``transformers:FOLDER or NAME``) or of
    an endpoint's settings.

    `calls`: where finished calls to endpoints are kept; `blobs`: where pictures are. Raises
    `ModelLoadError` for a spec that names none, `EndpointSetupError` where the key is not set.
    """
    if isinstance(spec, str):
        if spec == "rules":
            return RulesTeacher()
        if spec.startswith("transformers:"):
            named, settings = read_spec(spec, ChatModel)
            return TransformersChat(named.removeprefix("transformers:"), settings, str(blobs))
        found = _OPENAI.fullmatch(spec)
        if not found:
            raise ModelLoadError(
                f"unknown chat worker {spec!r}: use 'rules', 'openai:MODEL@BASE_URL' or "
                f"'transformers:FOLDER or NAME'"
            )
        spec = ChatEndpoint(base_url=found["base_url"], model=found["model"])
    if not calls.replay:
        key_of(spec)
    return EndpointChat(spec, calls, str(blobs))
