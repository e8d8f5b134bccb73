"""The workers that a profile names, as picklable handles."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from pipelines.profile import Profile, ProfileError
from sources.interface import World
from workers.chat.endpoint import EndpointChat
from workers.chat.handle import chat_worker
from workers.chat.interface import Chat
from workers.chat.transformers_chat import TransformersChat
from workers.drawing.handle import drawer_worker
from workers.drawing.interface import DrawerHandle
from workers.endpoint import Calls
from workers.endpoint.journal import journal_of
from workers.endpoint.replies import key_of
from workers.image_text.handle import ImageTextWorker
from workers.judging import Judge, RulesJudge
from workers.judging.handle import SOBER, PanelSettings, at_temperature, panel_of
from workers.judging.panel import Panel
from workers.ocr import OcrWorker
from workers.search.mediawiki import MediaWiki
from workers.search.pages import IndexedPages
from workers.search.reader import Reader
from workers.search.serper import SerperImages, SerperText
from workers.search.settings import ImageSearchEndpoint
from workers.specs import LocalWorker
from workers.tools import HasPages, PageReader, TextSearch


@dataclass(frozen=True)
class Models:
    chat: Chat
    image_text: ImageTextWorker
    drawer: DrawerHandle
    ocr: OcrWorker
    judge: Judge | Panel
    proof_judge: Panel | None = None
    process_judge: Chat | None = None


def models_of(profile: Profile, home: Path) -> Models:
    """All of them, checked; raises `WorkerError` for one that cannot be had and `ProfileError` for one that
    cannot do what the profile asks of it, before any work is done.

    `home` is the output folder: finished calls to endpoints are kept there.
    """
    calls = calls_of(profile, home)
    chat = chat_worker(profile.chat, calls, home / "blobs")
    models = Models(
        chat=chat,
        image_text=ImageTextWorker(profile.image_text),
        drawer=drawer_worker(profile.drawing, calls),
        ocr=OcrWorker(),
        judge=_panel(profile.judge, profile, calls, home) or RulesJudge(),
        proof_judge=_panel(profile.proof_judge, profile, calls, home),
        process_judge=_process_judge(chat) if profile.process else None,
    )
    models.image_text.check()
    if isinstance(models.chat, LocalWorker):
        models.chat.check()
    if isinstance(models.drawer, LocalWorker):
        models.drawer.check()
    else:
        models.drawer.load()
    if profile.closed_book != "off" and not models.drawer.draws_from_text:
        raise ProfileError(
            f"closed_book={profile.closed_book} asks for drawings of bare prompts, and the drawing worker "
            f"{models.drawer.name} draws from references alone: use closed_book=off, or a drawing worker "
            "that draws from text (docs/models.md)"
        )
    return models


def _panel(chosen: str | PanelSettings, profile: Profile, calls: Calls, home: Path) -> Panel | None:
    """None where no model is asked."""
    return None if chosen in ("rules", "none") else panel_of(chosen, profile.chat, calls, home / "blobs")


def _process_judge(chat: Chat) -> Chat:
    """The profile's own chat worker; behind a server at the temperature of judges. A local model keeps its
    own: with another it would be loaded once more."""
    if isinstance(chat, EndpointChat):
        return at_temperature(chat, SOBER)
    if isinstance(chat, TransformersChat):
        return chat
    raise ProfileError(
        f"process=true asks a language model to judge every turn, and the chat worker {chat.name} is none: "
        "use process=false, or a table [chat]"
    )


def check_replay(profile: Profile, models: Models) -> None:
    """Raise `ProfileError` where a replay is asked for and there is nothing to answer from, or nobody who
    would be asked."""
    if not profile.replay:
        return
    folder = Path(profile.replay).resolve()
    if not folder.is_dir():
        raise ProfileError(
            f"--replay: there is no folder {folder}: name the folder `calls` of an output folder"
        )
    workers = (
        models.chat,
        models.drawer,
        *(getattr(one, "chat", one) for one in (models.judge, models.proof_judge)),
    )
    searches = (profile.text_search, profile.reader, isinstance(profile.image_search, ImageSearchEndpoint))
    if not any(hasattr(one, "calls") for one in workers) and not any(searches):
        raise ProfileError(
            "--replay: this profile asks no endpoint, so there is nothing to replay: name the profile of the "
            f"run that made the calls in {folder}, or leave --replay out"
        )
    journal_of(str(folder), replay=True)


def calls_of(profile: Profile, home: Path) -> Calls:
    """Where finished calls are kept, or replayed from, and what they may cost."""
    folder = Path(profile.replay).resolve() if profile.replay else home / "calls"
    return Calls(str(folder), bool(profile.replay), profile.budget)


def seeing(profile: Profile) -> ImageTextWorker | None:
    """The model that the source's own pictures are indexed with, where the profile asks for that."""
    return ImageTextWorker(profile.image_text) if profile.image_search == "vectors" else None


def searching(world: World, profile: Profile, home: Path) -> World:
    """A world with the search back ends of the profile in place of its own; raises `WorkerError`."""
    calls = calls_of(profile, home)
    pictures = profile.image_search if isinstance(profile.image_search, ImageSearchEndpoint) else None
    for endpoint in (profile.text_search, pictures, profile.reader):
        if endpoint and not calls.replay:
            key_of(endpoint)
    service = Reader(profile.reader, calls) if profile.reader else None
    text_search: TextSearch = world.text_search
    pages: PageReader | None = IndexedPages(text_search) if isinstance(text_search, HasPages) else None
    if profile.text_search and profile.text_search.kind == "mediawiki":
        text_search = pages = MediaWiki(profile.text_search, calls)
    elif profile.text_search:
        text_search, pages = SerperText(profile.text_search, calls, service), service
    reader = pages if profile.browse else None
    image_search = SerperImages(pictures, calls) if pictures else world.image_search
    return dataclasses.replace(world, text_search=text_search, image_search=image_search, reader=reader)
