"""Which judge a scoring run uses."""

from __future__ import annotations

from pipelines.folder import OutputFolder
from pipelines.models import calls_of
from pipelines.profile import Profile, ProfileError
from verifiers.scorers.embedded_captions import EmbeddedCaptionJudge
from verifiers.scorers.embedded_judge import EmbeddedJudge
from workers.benchmark_judge.chat import ChatJudge
from workers.benchmark_judge.interface import BenchmarkJudge
from workers.chat.handle import chat_worker
from workers.chat.transformers_chat import TransformersChat
from workers.image_text.handle import ImageTextWorker
from workers.judging.handle import SOBER, at_temperature, sees_pictures
from workers.ocr import OcrWorker


def judge_of(spec: str, profile: Profile, folder: OutputFolder, *, captions: bool = False) -> BenchmarkJudge:
    """The judge of a spec: ``embedded``, ``openai:MODEL@BASE_URL``, ``transformers:FOLDER``, or ``chat`` for
    the profile's own.

    Raises `ProfileError` for a spec that names no judge, or a chat worker that sees no pictures;
    `ModelLoadError` for a model that is not there.
    """
    if spec not in ("embedded", "chat") and ":" not in spec:
        raise ProfileError(
            f"no judge {spec!r}: there are embedded, openai:MODEL@BASE_URL, transformers:FOLDER of a "
            "vision-language model, and chat for the endpoint of the profile"
        )
    if spec == "embedded":
        image_text = ImageTextWorker(profile.image_text)
        return EmbeddedCaptionJudge(image_text) if captions else EmbeddedJudge(image_text, OcrWorker())
    chosen = profile.chat if spec == "chat" else spec
    chat = chat_worker(chosen, calls_of(profile, folder.root), folder.root / "blobs")
    if not sees_pictures(chat):
        raise ProfileError(
            f"the chat worker {chat.name!r} sees no pictures: use --judge openai:MODEL@BASE_URL, "
            f"transformers:FOLDER of a vision-language model, or a profile with a table [chat]"
        )
    if isinstance(chat, TransformersChat):
        chat.check()
    return ChatJudge(at_temperature(chat, SOBER))
