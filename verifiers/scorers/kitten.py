"""KITTEN: alignment with the prompt and with the entity, 1 to 5 each, by domain and by task.

The judge sees the generated picture and true pictures of the entity (the evaluation set). Input rows:
``id``, ``prompt``, ``entity``, ``domain``, ``task``, ``image`` (or ``output_path``) and ``references``, a
list of files; paths are relative to the file. The two alignments are whole numbers, reported apart and
averaged over domains, as in the protocol that Unify-Agent describes (arXiv 2603.29620, appendix C, table 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from catalogs.records import ScoreItem
from catalogs.stage import Blobs
from verifiers.scorers.files import ScorerInputError, read_rows
from verifiers.scorers.items import GENERATED
from verifiers.scorers.judged import Instruction, system_text
from verifiers.scorers.tally import ItemScore, Line, line, lines_by, macro, parts_of
from workers.judging.fields import Field

SLUG = "kitten"
MEASURES = ("text_alignment", "entity_alignment")
REFERENCES = 4
"""True pictures shown to the judge, at most."""

INSTRUCTION = Instruction(
    task=SLUG,
    system=system_text("kitten"),
    text="Prompt: {text}\nEntity: {entity}",
    shows=(
        *((f"truth_{n}", f"a true picture of the entity ({n})") for n in range(1, REFERENCES + 1)),
        (GENERATED, "the generated picture"),
    ),
    fields=(*(Field(name=name, low=1, high=5) for name in MEASURES), Field(name="rationale", kind="text")),
)


def items_of(path: Path, blobs: Blobs) -> list[ScoreItem]:
    """Items of a result file; raises `ScorerInputError` for a row without prompt or entity."""
    items = []
    for number, row in enumerate(read_rows(path)):
        for name in ("prompt", "entity"):
            if not row.get(name):
                raise ScorerInputError(f"{path}: row {number} has no {name!r}")
        generated = _file(path, row.get("image") or row.get("output_path"))
        truths = [found for name in row.get("references") or [] if (found := _file(path, name))]
        pictures = {
            f"truth_{n}": blobs.put(p.read_bytes()) for n, p in enumerate(truths[:REFERENCES], start=1)
        }
        if generated:
            pictures[GENERATED] = blobs.put(generated.read_bytes())
        items.append(
            ScoreItem(
                key=str(row.get("id", number)),
                category=str(row.get("domain") or row.get("category") or "(none)"),
                group=str(row.get("task") or ""),
                text=str(row["prompt"]),
                pictures=pictures,
                facts={"entity": str(row["entity"])},
                missing="no-picture" if not generated else "" if truths else "no-reference",
            )
        )
    return items


def measured(values: Mapping[str, float]) -> dict[str, float]:
    """Both alignments, 1..5."""
    return {name: values[name] for name in MEASURES}


def lines(items: Sequence[ItemScore]) -> list[Line]:
    """Domains, tasks, the mean over domains and the mean over items."""
    return [
        *lines_by("category", lambda item: item.category, items, MEASURES),
        *lines_by("group", lambda item: item.group, items, MEASURES),
        macro("mean over domains", parts_of(lambda item: item.category, items), MEASURES),
        line("micro", "mean over items", items, MEASURES),
    ]


def _file(path: Path, name: Any) -> Path | None:
    found = path.parent / str(name) if name else None
    return found if found is not None and found.is_file() else None
