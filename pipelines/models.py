"""The workers that a profile names, as picklable handles; nothing is loaded here."""

from __future__ import annotations

from dataclasses import dataclass

from workers.chat.handle import chat_worker
from workers.drawing.handle import DrawerWorker
from workers.judging import RulesJudge

from catalogs.stage import Worker
from pipelines.profile import Profile
from workers.image_text.handle import ImageTextWorker
from workers.ocr import OcrWorker


@dataclass(frozen=True)
class Models:
    chat: Worker
    image_text: ImageTextWorker
    drawer: DrawerWorker
    ocr: OcrWorker
    judge: Worker


def models_of(profile: Profile) -> Models:
    image_text = ImageTextWorker(profile.image_text)
    return Models(
        chat=chat_worker(profile.chat),
        image_text=image_text,
        drawer=DrawerWorker(profile.drawing),
        ocr=OcrWorker(),
        judge=RulesJudge(),
    )
