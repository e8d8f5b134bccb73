"""Profiles: short TOML files that say which models, source and limits a run uses. No stage knows them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from filters.policy import Policy as PicturePolicy
from pipelines.harvesting.sampling import Sampling
from sources.fetching.settings import FetchSettings
from verifiers.verdict import JudgedPolicy, ProofPolicy
from workers.chat.endpoint import ChatEndpoint
from workers.drawing.images_api import ImagesEndpoint
from workers.endpoint import Budget
from workers.judging.handle import PanelSettings
from workers.search.settings import ImageSearchEndpoint, ReaderEndpoint, TextSearchEndpoint

ClosedBook = Literal["off", "drop", "no-search"]

FOLDER = Path(__file__).parent / "profiles"


class ProfileError(Exception):
    """A profile, or a field of one, is not known; the message lists those that are."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a run can be told."""

    source: str | list[str]
    """``sample``, ``zim:PATH``, ... (see docs/harvest.md); several as a list, or with `` + `` between."""
    seed: int
    """Of the sample web."""
    limit: Annotated[int, Meta(ge=0)] = 0
    """Entities a domain, at most, chosen by their hash; 0 takes all."""
    sampling: Sampling = Sampling()
    """A table: quotas by category, popularity, country and language."""
    gallery: Annotated[int, Meta(ge=0)] = 48
    """Entities of a domain, at least, among which a proof looks for look-alikes. Where a run takes fewer,
    others are harvested for their pictures; 0 for none. Measured with three entities a domain, 96 prompts
    of the sample world with the references of a look-alike: 9 passed without others, 6 with 12 a domain,
    3 with 24, none with 48."""
    languages: tuple[str, ...] = ("en", "fr", "es")
    """Of prompts, as far as the entity has a name in them; ``*`` stands for all in which it has text.
    Languages without a file in `workers.languages` need a language model as teacher, and a drawing worker
    that reads text."""
    multi_hop: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """0..1, share of entities that get a further prompt which does not name them, but leads to them over two
    to four links. Needs a source with links: ``zim`` or ``dump``."""
    image_text: str
    chat: str | ChatEndpoint
    """``rules``, ``openai:MODEL@BASE_URL``, or a table ``[chat]`` (see docs/endpoints.md)."""
    drawing: str | ImagesEndpoint
    """``compositor``, or a table ``[drawing]``."""
    judge: str | PanelSettings = "rules"
    """Who grades candidates: ``rules``; ``chat`` for a vision-language model that is the profile's own chat
    worker; another one by its spec; or a table ``[judge]`` (see docs/models.md)."""
    proof_judge: str | PanelSettings = "none"
    """Who looks at test drawings beside the measurements: ``none``, or as `judge`."""
    closed_book: ClosedBook = "off"
    """Whether a subject that the drawing worker draws right from the bare prompt is searched for all the same
    (``off``: nobody asks), left out (``drop``), or kept as a trajectory of one turn without a search
    (``no-search``). Needs a drawing worker that draws from text."""
    process: bool = False
    """Whether the chat worker judges every turn of a proven trajectory: reasoning, critique, score."""
    text_search: TextSearchEndpoint | None = None
    """A table; without it the source's own articles are searched."""
    image_search: Literal["captions", "vectors"] | ImageSearchEndpoint = "captions"
    """Of the source's own pictures: ``captions``, or ``vectors`` to embed each of them once and search by
    what they show as well (docs/search.md); or a table: an endpoint."""
    reader: ReaderEndpoint | None = None
    """A table: who reads the pages that a text search finds."""
    browse: bool = False
    """Whether the teacher is told of ``browse``: to read the pages behind passages. Those of a live search
    are read by `reader`, those of a wiki or of the source's own index by these."""
    fetching: FetchSettings = FetchSettings()
    """A table: how live sources and pictures are fetched (see docs/fetching.md)."""
    budget: Budget = Budget()
    replay: str = ""
    """Folder with the journal of an earlier run, to answer all calls from; empty to call."""
    image_hits: Annotated[int, Meta(ge=1)]
    """Pictures asked for in one query."""
    benchmark_share: Annotated[float, Meta(ge=0, le=1)]
    """0..1, share of entities reserved for the benchmark splits."""
    bucket_size: Annotated[int, Meta(ge=1)]
    """Entities a bucket, at most."""
    pictures: PicturePolicy = PicturePolicy()
    """Thresholds of the filters."""
    proof: ProofPolicy = ProofPolicy()
    """Thresholds of the proof."""
    judged_proof: JudgedPolicy = JudgedPolicy()
    """Thresholds of what the `proof_judge` says."""


def load_profile(name: str, overrides: Mapping[str, Any] = {}) -> Profile:
    """A shipped profile by name or any TOML file by path, with fields replaced.

    `overrides` maps dotted names to values: ``{"proof.margin": 0.02}``.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.toml")))
        raise ProfileError(f"no profile {name!r}: there are {known}, or name a .toml file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"{path} is no profile: {error}") from error
    for dotted, value in overrides.items():
        _put(fields, dotted, value)
    try:
        return msgspec.convert(fields, Profile)
    except msgspec.ValidationError as error:
        raise ProfileError(f"profile {path.stem}: {_said(error)}") from error


def _said(error: msgspec.ValidationError) -> str:
    """What is wrong with a field, by its dotted name; for one that there is not, those that there are."""
    said, _, place = str(error).removesuffix("`").partition(" - at `$")
    parts = re.findall(r"[a-z_]\w*", place)
    unknown = re.fullmatch("Object contains unknown field `(.*)`?", said)
    if unknown:
        name = ".".join([*parts, unknown[1].rstrip("`")])
        return f"no field {name}: there are {', '.join(_fields_at(parts))}"
    return f"{'.'.join(parts)}: {said}" if parts else said


def _fields_at(parts: Sequence[str]) -> list[str]:
    """Names of the fields of a table of a profile."""
    kind: Any = msgspec.inspect.type_info(Profile)
    for part in parts:
        kind = next(field.type for field in kind.fields if field.name == part)
        kind = getattr(kind, "item_type", kind)
        kind = next((one for one in getattr(kind, "types", ()) if hasattr(one, "fields")), kind)
    return [field.name for field in kind.fields]


def _put(fields: dict[str, Any], dotted: str, value: Any) -> None:
    *outer, last = dotted.split(".")
    table: Any = fields
    for part in outer:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise ProfileError(f"{dotted}: {part} is a value, it has no field {last}")
    table[last] = value
