"""Which chat worker a profile names."""

from __future__ import annotations

import re
from pathlib import Path

from workers.chat.endpoint import ChatEndpoint, EndpointChat
from workers.chat.interface import Chat
from workers.chat.rules import RulesTeacher
from workers.endpoint import Calls
from workers.endpoint.replies import key_of
from workers.errors import ModelLoadError

_OPENAI = re.compile(r"openai:(?P<model>.+)@(?P<base_url>https?://.+)")


def chat_worker(spec: str | ChatEndpoint, calls: Calls, blobs: Path) -> Chat:
    """The chat worker of a spec (``rules``, ``openai:MODEL@BASE_URL``) or of an endpoint's settings.

    `calls` and `blobs` are for endpoints: where finished calls are kept, and where pictures are. Raises
    `ModelLoadError` for a spec that names none, `EndpointSetupError` where the key is not set.
    """
    if isinstance(spec, str):
        if spec == "rules":
            return RulesTeacher()
        found = _OPENAI.fullmatch(spec)
        if not found:
            raise ModelLoadError(f"unknown chat worker {spec!r}: use 'rules' or 'openai:MODEL@BASE_URL'")
        spec = ChatEndpoint(base_url=found["base_url"], model=found["model"])
    if not calls.replay:
        key_of(spec)
    return EndpointChat(spec, calls, str(blobs))
