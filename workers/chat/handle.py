"""Which chat worker a spec names."""

from __future__ import annotations

from workers.chat.interface import Chat
from workers.chat.rules import RulesTeacher
from workers.errors import ModelLoadError


def chat_worker(spec: str) -> Chat:
    """The chat worker of a spec (``rules``); raises `ModelLoadError` for one that names none."""
    if spec == "rules":
        return RulesTeacher()
    raise ModelLoadError(f"unknown chat worker {spec!r}: use 'rules'")
