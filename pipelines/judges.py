"""Which judge a scoring run uses."""

from __future__ import annotations

import dataclasses

import msgspec

from pipelines.folder import OutputFolder
from pipelines.profile import ProfileError, load_profile
from verifiers.scorers.embedded_captions import EmbeddedCaptionJudge
from verifiers.scorers.embedded_judge import EmbeddedJudge
from workers.benchmark_judge.chat import ChatJudge
from workers.benchmark_judge.interface import BenchmarkJudge
from workers.chat.handle import chat_worker
from workers.image_text.handle import ImageTextWorker
from workers.ocr import OcrWorker

TEMPERATURE = 0.0
"""All published judges are asked at temperature 0."""


def judge_of(spec: str, profile: str, folder: OutputFolder, *, captions: bool = False) -> BenchmarkJudge:
    """The judge of a spec: ``embedded``, or ``chat`` for the chat endpoint of a profile.

    Raises `ProfileError` for another spec, and for a profile whose chat worker cannot see.
    """
    if spec == "embedded":
        image_text = ImageTextWorker()
        return EmbeddedCaptionJudge(image_text) if captions else EmbeddedJudge(image_text, OcrWorker())
    if spec != "chat":
        raise ProfileError(f"there is no judge {spec!r}: use embedded, or chat with --profile")
    chat = chat_worker(load_profile(profile).chat)
    settings = getattr(chat, "settings", None)
    if settings is None:
        raise ProfileError(
            f"the chat worker of profile {profile!r} ({chat.name}) sees no pictures: name a profile with a "
            "chat endpoint, --profile endpoint"
        )
    settled = msgspec.structs.replace(settings, temperature=TEMPERATURE)
    return ChatJudge(dataclasses.replace(chat, settings=settled, blobs=str(folder.root / "blobs")))
