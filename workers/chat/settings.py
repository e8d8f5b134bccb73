"""What a chat model in this process can be told."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from workers.specs import LocalModel


class ChatModel(LocalModel, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sampling, beside what every local model can be told."""

    temperature: Annotated[float, Meta(ge=0)] = 0.7
    """As the published pipeline samples; 0 takes the likeliest token."""
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    max_tokens: Annotated[int, Meta(ge=1)] = 1024
    """Of an answer. A recaption with its think part has some 600."""
    seed: Annotated[int, Meta(ge=0)] = 0
