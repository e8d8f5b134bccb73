"""The workers that a profile names, as picklable handles; nothing is loaded here."""

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
    image_text = ImageTextWorker(profile.image_text)
    return Models(
        chat=chat_worker(profile.chat),
        image_text=image_text,
        drawer=DrawerWorker(profile.drawing),
        ocr=OcrWorker(),
        judge=RulesJudge(),
    )
