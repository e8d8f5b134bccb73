"""Which panel a profile names."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, TypeGuard

import msgspec
from msgspec import Meta

from workers.chat.endpoint import ChatEndpoint, EndpointChat
from workers.chat.handle import chat_worker
from workers.chat.interface import Chat
from workers.chat.transformers_chat import TransformersChat
from workers.endpoint import Calls
from workers.errors import ModelLoadError
from workers.judging.panel import Panel

OWN = "chat"
"""Names the profile's own chat worker."""

SOBER = 0.0
"""Temperature of a single vote: all published judges are asked at 0."""

SeeingChat = EndpointChat | TransformersChat


class PanelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A judge that votes."""

    chat: str | ChatEndpoint = OWN
    """``chat`` for the profile's own, ``openai:MODEL@BASE_URL``, ``transformers:FOLDER``, or a table."""
    votes: Annotated[int, Meta(ge=1, le=99)] = 1
    """Of the model on each picture. One is asked at temperature 0; several at the model's own temperature,
    each with its own seed: at 0 they would all be the same. An odd number has no ties."""


def panel_of(settings: str | PanelSettings, own: str | ChatEndpoint, calls: Calls, blobs: Path) -> Panel:
    """The panel of a spec or of settings; `own` is the chat worker of the profile.

    Raises `ModelLoadError` for a worker that sees no pictures or cannot be had, and for votes without
    temperature.
    """
    if isinstance(settings, str):
        settings = PanelSettings(chat=settings)
    chat = chat_worker(own if settings.chat == OWN else settings.chat, calls, blobs)
    if not sees_pictures(chat):
        raise ModelLoadError(
            f"the chat worker {chat.name!r} sees no pictures and cannot judge them: name another one, "
            f"openai:MODEL@BASE_URL or transformers:FOLDER of a vision-language model"
        )
    if isinstance(chat, TransformersChat):
        chat.check()
    if settings.votes == 1:
        return Panel(at_temperature(chat, SOBER))
    if chat.settings.temperature == SOBER:
        raise ModelLoadError(
            f"{settings.votes} votes of {chat.name!r} at temperature 0 are the same vote {settings.votes} "
            f"times: ask for one vote, or raise the temperature"
        )
    return Panel(chat, settings.votes)


def sees_pictures(chat: Chat) -> TypeGuard[SeeingChat]:
    """Whether a chat worker is shown pictures; of what stands behind a server that is taken for granted."""
    return isinstance(chat, EndpointChat) or (isinstance(chat, TransformersChat) and chat.sees)


def at_temperature(chat: SeeingChat, temperature: float) -> SeeingChat:
    """The same worker with another temperature."""
    if isinstance(chat, EndpointChat):
        return dataclasses.replace(
            chat, settings=msgspec.structs.replace(chat.settings, temperature=temperature)
        )
    return dataclasses.replace(chat, settings=msgspec.structs.replace(chat.settings, temperature=temperature))
