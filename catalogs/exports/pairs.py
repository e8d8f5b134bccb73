"""``pairs``: preferences, from proofs and reflections.

    recaptions/<part>.jsonl    LLaMA-Factory, ``ranking: true``: messages, images, chosen, rejected
    searches/<part>.jsonl      the same for replies before any picture is shown, without the column images
    drawings/<part>.parquet    Pick-a-Pic columns: caption, jpg_0, jpg_1, label_0, label_1
    images/<part>/             the references
    dataset_info.json

- `recaption`: the accepted recaption over one whose drawings failed the proof, for the question that the
  failed one was given.
- `repair`: the reply that was accepted over the malformed one that it repaired, for the same question.
- `drawing`: of the drawings of a trajectory, the proven one over one of a failed attempt, or over one of the
  same recaption that is less like the ground truth by at least `LEAST_GAP`. Bytes come from the blob store of
  the output folder, by hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalogs.digests import digest, rounded
from catalogs.errors import BlobError
from catalogs.exports.dialogue import PICTURES, Message, messages_of, references_of
from catalogs.exports.documents import Document
from catalogs.exports.errors import LeftOutError
from catalogs.exports.interface import Facts, Format, Problem, Settings, Write
from catalogs.exports.parts import Part, Parts
from catalogs.exports.pictures import flattened, problem_of
from catalogs.exports.rows import files_in, json_line, pretty, read_lines, read_table, table
from catalogs.exports.samples import Sample
from catalogs.exports.sharegpt import TAGS, row_problem
from catalogs.exports.texts import must_be_plain

LEAST_GAP = 0.05
"""Cosine to the ground truth by which one drawing must be better. Two seeds of one recaption differ by 0.022
in the median of the default world's 526 accepted recaptions, and by more than 0.044 in a third of them."""

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("caption", pa.string()),
        ("prompt", pa.string()),
        ("jpg_0", pa.binary()),
        ("jpg_1", pa.binary()),
        ("label_0", pa.float64()),
        ("label_1", pa.float64()),
        ("kind", pa.string()),
        ("credits", pa.list_(pa.string())),
        ("licences", pa.list_(pa.string())),
    ]
)


class Pairs(Format):
    """See the module."""

    name = "pairs"
    version = "2"

    @contextmanager
    def writing(self, part: Part) -> Iterator[Write]:
        with (
            part.lines(f"recaptions/{part.name}.jsonl") as recaptions,
            part.lines(f"searches/{part.name}.jsonl") as searches,
            table(part.path(f"drawings/{part.name}.parquet"), SCHEMA) as rows,
        ):

            def write(sample: Sample) -> Facts:
                messages = messages_of(sample)
                pictures = references_of(sample)
                images = [f"images/{part.name}/{name}" for name in pictures]
                texts = list(_text_pairs(sample.document, messages))
                drawings = list(_drawing_pairs(sample, part))
                if not texts and not drawings:
                    raise LeftOutError("nothing-was-rejected")
                shown = False
                for number, (kind, asked, chosen, rejected) in enumerate(texts):
                    pair: dict[str, Any] = {"id": f"{sample.key}-{number}", "kind": kind, "messages": asked}
                    pair |= {"chosen": _reply(chosen), "rejected": _reply(rejected)}
                    if asked[-1]["content"].startswith(PICTURES):
                        recaptions.write(json_line(pair | {"images": images}))
                        shown = True
                    else:
                        searches.write(json_line(pair))
                    part.count(f"pairs-{kind}")
                if shown:
                    for file, data in zip(images, pictures.values(), strict=True):
                        part.write(file, data)
                for row in drawings:
                    rows.add(row, len(row["jpg_0"]) + len(row["jpg_1"]))
                    part.count(f"pairs-{row['kind']}")
                return {}

            yield write

    def finish(self, root: Path, parts: Parts) -> dict[str, Iterable[bytes]]:
        columns = {name: name for name in ("messages", "chosen", "rejected")}
        wanted = {"recaptions": columns | {"images": "images"}, "searches": columns}
        about = {"formatting": "sharegpt", "ranking": True, "tags": TAGS}
        entries = {
            f"tracemill_{folder}": {"file_name": folder, "columns": wanted[folder], **about}
            for folder in wanted
            if files_in(root / folder)
        }
        return {"dataset_info.json": [pretty(entries)]}

    def check(self, root: Path, settings: Settings) -> Iterator[Problem | str]:
        for path in files_in(root / "drawings"):
            taken: set[str] = set()
            for file, name, problem in _pairs_of_part(root, path.stem):
                if problem:
                    yield Problem(file=file, what=f"{name}: {problem}")
                taken.add(name.rpartition("-")[0])
            yield from sorted(taken)


def _pairs_of_part(root: Path, part: str) -> Iterator[tuple[str, str, str]]:
    """File, id and problem of every pair of a part."""
    for folder in ("recaptions", "searches"):
        path = root / folder / f"{part}.jsonl"
        for row in read_lines(path) if path.exists() else ():
            problem = row_problem({"images": []} | row, root, ranking=True)
            yield f"{folder}/{path.name}", str(row.get("id")), problem
    for row in read_table(root / "drawings" / f"{part}.parquet"):
        yield f"drawings/{part}.parquet", row["id"], _drawing_problem(row)


TextPair = tuple[str, list[Message], str, str]
"""Kind, messages up to the question, chosen, rejected."""


def _text_pairs(document: Document, messages: list[Message]) -> Iterator[TextPair]:
    history, accepted = messages[:-2], document.full_response[-1].response_text
    for attempt in document.tracemill.attempts:
        if not attempt.verdict.get("passed") and attempt.input and attempt.response_text != accepted:
            question = {"role": "user", "content": PICTURES + attempt.input}
            must_be_plain([attempt.input, attempt.response_text], placeholders=True)
            yield "recaption", [*history, question], accepted, attempt.response_text
    refused: list[str] = []
    learned = 0
    for turn in document.turns:
        if not turn.ok:
            refused.append(turn.response_text)
            continue
        learned += 1
        for reply in refused:
            if reply.strip() and reply != turn.response_text:
                must_be_plain([reply], placeholders=True)
                yield "repair", messages[: 2 * learned - 1], turn.response_text, reply
        refused = []


def _drawing_pairs(sample: Sample, part: Part) -> Iterator[dict[str, Any]]:
    details = sample.document.tracemill
    proven = next((one.sha256 for one in sample.row.pictures if one.role == "test"), "")
    similarity = {}
    for attempt in details.attempts:
        if attempt.verdict.get("passed") and details.proof:
            matches = details.proof["matches"]
            similarity = {
                name: match["similarity"] for name, match in zip(attempt.drawings, matches, strict=False)
            }
    worse = [
        ("drawing-of-failed", name)
        for a in details.attempts
        if not a.verdict.get("passed")
        for name in a.drawings
    ]
    worse += [
        ("drawing", name)
        for name, value in similarity.items()
        if rounded(similarity.get(proven, 0.0) - value) >= LEAST_GAP
    ]
    # A seed may draw the same from two recaptions: each picture once, and never against itself.
    kinds: dict[str, str] = {}
    for kind, name in worse:
        if name != proven:
            kinds.setdefault(name, kind)
    for number, (name, kind) in enumerate(kinds.items()):
        try:
            rejected = flattened(part.blobs.get(name))
        except (BlobError, KeyError):
            part.count("drawings-not-in-the-blob-store")
            continue
        yield _drawing_row(
            sample, f"{sample.key}-{number}", kind, flattened(sample.pictures["test"]), rejected
        )


def _drawing_row(sample: Sample, name: str, kind: str, chosen: bytes, rejected: bytes) -> dict[str, Any]:
    """Chosen comes first in half of the rows, by hash: a trainer must not learn the place."""
    first = int(digest(name)[0], 16) % 2 == 0
    return {
        "id": name,
        "caption": sample.document.recaption,
        "prompt": sample.document.image_prompt,
        "jpg_0": chosen if first else rejected,
        "jpg_1": rejected if first else chosen,
        "label_0": float(first),
        "label_1": float(not first),
        "kind": kind,
        "credits": sample.row.credits,
        "licences": sample.row.licences,
    }


def _reply(text: str) -> Message:
    return {"role": "assistant", "content": text}


def _drawing_problem(row: Mapping[str, Any]) -> str:
    if sorted((row["label_0"], row["label_1"])) != [0.0, 1.0]:
        return "dropped: a tie"
    if row["jpg_0"] == row["jpg_1"]:
        return "nothing to prefer: both pictures are the same"
    if not row["caption"].strip():
        return "misread: no caption"
    return problem_of(row["jpg_0"]) or problem_of(row["jpg_1"])
