"""``hf``: a data set for the Hugging Face hub, also for polars and DuckDB: Parquet with pictures inside.

    data/<part>.parquet    one row a trajectory, see `SCHEMA`
    README.md              the dataset card
    croissant.json         Croissant 1.0 metadata

Nothing of a trajectory is lost: `turns` holds every turn with its loss mark, `details` all the rest of the
document. Licences and credits stand in each row, for the row and for each picture. A trajectory that needed
no search has one turn, and null in `image_1` and `image_2`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from catalogs.exports.card import card_of
from catalogs.exports.croissant import croissant_of
from catalogs.exports.dialogue import REFERENCES, shown_of
from catalogs.exports.documents import Details
from catalogs.exports.errors import LeftOutError
from catalogs.exports.features import with_features
from catalogs.exports.interface import Facts, Format, Problem, Settings, Write
from catalogs.exports.parts import Part, Parts
from catalogs.exports.pictures import flattened, problem_of
from catalogs.exports.rows import IMAGE, files_in, pretty, read_table, table
from catalogs.exports.samples import Sample
from catalogs.exports.texts import refused
from catalogs.records import Record
from catalogs.shards import extension
from catalogs.sidecar import ROLES

PICTURES = {"ref1": "image_1", "ref2": "image_2", "target": "ground_truth", "test": "drawing"}
"""Role in the shard -> column."""

TURN = pa.struct(
    [
        ("turn", pa.int64()),
        ("stage", pa.int64()),
        ("input", pa.string()),
        ("response_text", pa.string()),
        ("tool_output", pa.string()),
        ("loss", pa.bool_()),
        ("problem", pa.string()),
    ]
)
ORIGIN = pa.struct(
    [(name, pa.string()) for name in ("role", "sha256", "url", "revision", "licence", "author", "fetched")]
)
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("key", "domain", "entity_id", "language", "subject", "prompt")),
        ("recaption", pa.string()),
        ("turns", pa.list_(TURN)),
        *((column, IMAGE) for column in PICTURES.values()),
        ("similarity", pa.float64()),
        ("margin", pa.float64()),
        ("licences", pa.list_(pa.string())),
        ("credits", pa.list_(pa.string())),
        ("sources", pa.list_(ORIGIN)),
        ("details", pa.string()),
    ]
)
DESCRIPTIONS = {
    "key": "Id of the trajectory.",
    "domain": "FactIP category.",
    "entity_id": "Id of the entity; all trajectories of an entity share it.",
    "language": "ISO 639-1 code of prompt and recaption.",
    "subject": "Who or what the prompt is about.",
    "prompt": "Who does what in which scene.",
    "recaption": "The prompt rewritten from evidence and references.",
    "turns": "Every turn; those with loss false were refused and repaired: mask them.",
    "image_1": "First reference.",
    "image_2": "Second reference.",
    "ground_truth": "A true picture of the subject, from the encyclopedia.",
    "drawing": "The drawing by which the recaption was proven.",
    "similarity": "Cosine of the drawing to the ground truth, -1..1.",
    "margin": "Similarity minus that to the nearest look-alike.",
    "licences": "Every licence of a text or picture inside.",
    "credits": "Everybody who is to be credited.",
    "sources": "Where each picture and each piece of evidence comes from.",
    "details": "The rest of the trajectory document, as JSON.",
}


class HuggingFace(Format):
    """See the module."""

    name = "hf"
    version = "1"

    @contextmanager
    def writing(self, part: Part) -> Iterator[Write]:
        with table(part.path(f"data/{part.name}.parquet"), with_features(SCHEMA)) as rows:

            def write(sample: Sample) -> Facts:
                row = row_of(sample)
                rows.add(row, len(sample.raw) + sum(len(data) for data in sample.pictures.values()))
                part.count("turns", len(row["turns"]))
                part.count("turns-masked", refused(sample.document))
                return {}

            yield write

    def finish(self, root: Path, parts: Parts) -> dict[str, Iterable[bytes]]:
        return {
            "README.md": [card_of(parts, DESCRIPTIONS).encode()],
            "croissant.json": [pretty(croissant_of(root, parts, SCHEMA, DESCRIPTIONS))],
        }

    def check(self, root: Path, settings: Settings) -> Iterator[Problem | str]:
        for path in files_in(root / "data"):
            file = path.relative_to(root).as_posix()
            for row in read_table(path):
                problem = _problem(row)
                yield Problem(file=file, what=f"{row.get('key')}: {problem}") if problem else row["key"]


def row_of(sample: Sample) -> dict[str, Any]:
    """The row of a sample; raises `LeftOutError` where a picture is missing."""
    shown = shown_of(sample)
    wanted = [role for role in ROLES if shown or role not in REFERENCES]
    missing = [role for role in wanted if role not in sample.pictures]
    if missing:
        raise LeftOutError("picture-missing", ", ".join(missing))
    named = dict(zip(REFERENCES, shown.values(), strict=False))
    pictures = {role: named.get(role) or flattened(sample.pictures[role]) for role in wanted}
    plain: dict[str, Any] = msgspec.json.decode(sample.raw)
    turns = sample.document.turns
    row, details = sample.row, {key: plain[key] for key in plain if key not in _IN_COLUMNS}
    details["turns"] = [_beside(turn) for turn in plain["turns"]]
    return {
        "key": sample.key,
        "domain": row.domain,
        "entity_id": row.entity_id,
        "language": plain["language"],
        "subject": plain["ip_name"],
        "prompt": plain["image_prompt"],
        "recaption": plain["recaption"],
        "turns": [
            {
                "turn": turn.turn,
                "stage": turn.stage,
                "input": turn.input,
                "response_text": turn.response_text,
                "tool_output": turn.tool_output,
                "loss": turn.ok,
                "problem": turn.error,
            }
            for turn in turns
        ],
        **{
            column: {
                "bytes": pictures[role],
                "path": f"{sample.key}.{column}.{extension(pictures[role])}",
            }
            if role in pictures
            else None
            for role, column in PICTURES.items()
        },
        "similarity": row.similarity,
        "margin": row.margin,
        "licences": row.licences,
        "credits": row.credits,
        "sources": _sources(sample),
        "details": msgspec.json.encode(details).decode(),
    }


_IN_COLUMNS = {"ip_index", "ip_name", "image_prompt", "language", "recaption", "full_response", "turns"}
_IN_TURNS = {"turn", "stage", "input", "response_text", "tool_output", "error"}


def document_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `row_of`: the published document, without ``full_response``, which follows from it."""
    details: dict[str, Any] = msgspec.json.decode(row["details"])
    turns = []
    for turn, beside in zip(row["turns"], details.pop("turns"), strict=True):
        plain = {key: turn[key] for key in ("turn", "stage", "input", "response_text", "tool_output")}
        turns.append(plain | beside | ({} if turn["loss"] else {"error": turn["problem"]}))
    named = {
        "ip_index": row["key"],
        "ip_name": row["subject"],
        "image_prompt": row["prompt"],
        "language": row["language"],
        "recaption": row["recaption"],
    }
    return named | details | {"turns": turns}


def _beside(turn: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in turn.items() if key not in _IN_TURNS}


def _sources(sample: Sample) -> list[dict[str, str]]:
    found = [(picture.role, picture.sha256, picture.origin) for picture in sample.row.pictures]
    found += [("evidence", "", origin) for origin in sample.row.evidence]
    return [{"role": role, "sha256": name, **msgspec.to_builtins(origin)} for role, name, origin in found]


class _Rest(Record, frozen=True, kw_only=True):
    """What `details` holds of the document, as far as the check reads it."""

    tracemill: Details = Details()


def _problem(row: Mapping[str, Any]) -> str:
    searched = msgspec.json.decode(row["details"], type=_Rest).tracemill.gap.needs_search
    for role, column in PICTURES.items():
        if not searched and role in REFERENCES:
            if row[column]:
                return f"a picture in {column}, where nothing was searched"
            continue
        if not row[column] or not row[column]["bytes"]:
            return f"no picture in {column}"
        if problem := problem_of(row[column]["bytes"]):
            return f"{column} cannot be decoded: {problem}"
    if not row["licences"]:
        return "no licence"
    if not any(turn["loss"] for turn in row["turns"]):
        return "no turn to learn from"
    return ""
