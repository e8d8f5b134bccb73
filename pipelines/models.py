"""The workers that a profile names, as picklable handles."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.profile import Profile
from workers.chat.handle import chat_worker
from workers.chat.interface import Chat
from workers.drawing.handle import DrawerWorker
from workers.image_text.handle import ImageTextWorker
from workers.judging import Judge, RulesJudge
from workers.ocr import OcrWorker


@dataclass(frozen=True)
class Models:
    chat: Chat
    image_text: ImageTextWorker
    drawer: DrawerWorker
    ocr: OcrWorker
    judge: Judge


def models_of(profile: Profile) -> Models:
    """All of them, loaded; raises `ModelLoadError` for one that cannot be had, before any work is done."""
    models = Models(
        chat=chat_worker(profile.chat),
        image_text=ImageTextWorker(profile.image_text),
        drawer=DrawerWorker(profile.drawing),
        ocr=OcrWorker(),
        judge=RulesJudge(),
    )
    for worker in (models.drawer, models.image_text):
        worker.load()
    return models
