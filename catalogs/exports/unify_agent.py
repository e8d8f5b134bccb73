"""``unify-agent``: the folders that the published SFT loader reads (Unify-Agent, SftAgenticIterableDataset).

    <category>/traj/<id>_trajectory.json        the published document, byte for byte
    <category>/intermediate/<id>/image_1.*      exactly two references
    <category>/images/<id>_0.*                  the picture to learn to draw

The loader gives every reply of ``full_response`` a loss and knows no mask, so refused turns stay out of it.
It passes over what it cannot use without a word; `check` goes the same way and says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from catalogs.exports.budget import Budget, budget_of, fitted
from catalogs.exports.dialogue import REFERENCES, must_have_references, target_of
from catalogs.exports.documents import Document, ResponseDocument
from catalogs.exports.errors import LeftOutError
from catalogs.exports.interface import Facts, Format, Problem, Settings, Write
from catalogs.exports.parts import Part
from catalogs.exports.pictures import flattened, problem_of, size_of
from catalogs.exports.samples import Sample
from catalogs.exports.texts import must_be_plain, refused, texts_of, trained_turns
from catalogs.shards import extension

FOLDERS = ("traj", "intermediate", "images")
ENDING = "_trajectory.json"
EXTENSIONS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tiff", ".jfif"}
"""What the loader takes for a picture."""


class UnifyAgent(Format):
    """See the module."""

    name = "unify-agent"
    version = "2"

    @contextmanager
    def writing(self, part: Part) -> Iterator[Write]:
        def write(sample: Sample) -> Facts:
            must_have_references(sample)
            turns = trained_turns(sample.document)
            texts = texts_of_sequence(turns, sample.document.recaption)
            must_be_plain(texts)
            target = target_of(sample, part.settings.target)
            sample = sample.with_pictures(
                {role: flattened(sample.pictures[role]) for role in (*REFERENCES, target)}
            )
            fitting, budget = _fit(sample, texts, target, part.settings)
            home = sample.row.domain
            part.write(f"{home}/traj/{sample.key}{ENDING}", sample.raw)
            for number, role in enumerate(REFERENCES, start=1):
                data = fitting.pictures[role]
                part.write(f"{home}/intermediate/{sample.key}/image_{number}.{extension(data)}", data)
            drawn = fitting.pictures[target]
            part.write(f"{home}/images/{sample.key}_0.{extension(drawn)}", drawn)
            part.count("turns", len(turns))
            part.count("turns-left-out", refused(sample.document))
            part.count("samples-resized", fitting is not sample)
            return {"tokens": msgspec.to_builtins(budget) | {"total": budget.total}}

        yield write

    def check(self, root: Path, settings: Settings) -> Iterator[Problem | str]:
        for category in sorted(path for path in root.iterdir() if path.is_dir() and path.name[0] != "."):
            present = [name for name in FOLDERS if (category / name).is_dir()]
            if not present:
                continue
            if len(present) < len(FOLDERS):
                yield Problem(
                    file=category.name, what=f"skipped as a whole: only {', '.join(present)} is there"
                )
                continue
            for path in sorted((category / "traj").iterdir()):
                problem = _problem(category, path, settings)
                yield Problem(file=path.relative_to(root).as_posix(), what=problem) if problem else _id(path)


def texts_of_sequence(turns: list[ResponseDocument], recaption: str) -> list[str]:
    """The text items of the loader's sequence: all turns, then the recaption once more, as context."""
    return [*texts_of(turns), recaption]


def _id(path: Path) -> str:
    return path.name.removesuffix(ENDING)


def _fit(sample: Sample, texts: list[str], target: str, settings: Settings) -> tuple[Sample, Budget]:
    """The sample within its token budget, its pictures shrunk where that was asked for and is needed."""
    fitting, budget = sample, _budget(sample, texts, target)
    if budget.total >= settings.max_tokens:
        if not settings.resize:
            raise LeftOutError("over-token-budget", f"{budget.total}")
        smaller = fitted(sample.pictures, texts, REFERENCES, target, settings.max_tokens)
        if smaller is None:
            raise LeftOutError("over-token-budget-at-any-size", f"{budget.total}")
        fitting = sample.with_pictures(smaller)
        budget = _budget(fitting, texts, target)
    return fitting, budget


def _budget(sample: Sample, texts: list[str], target: str) -> Budget:
    references = [size_of(sample.pictures[role]) for role in REFERENCES]
    return budget_of(texts, references, size_of(sample.pictures[target]))


def _problem(category: Path, path: Path, settings: Settings) -> str:
    """Why the loader drops or misreads a trajectory; empty where it takes it whole."""
    if not path.name.endswith(ENDING):
        return f"not read: its name does not end in {ENDING}"
    try:
        raw: dict[str, Any] = msgspec.json.decode(path.read_bytes())
        document = msgspec.convert(raw, Document)
        turns = trained_turns(document)
        texts = texts_of_sequence(turns, document.recaption)
        must_be_plain(texts)
    except (msgspec.MsgspecError, LeftOutError, UnicodeDecodeError) as error:
        return f"dropped or misread: {error}"
    if document.ip_index != _id(path):
        return (
            f"its ip_index {document.ip_index!r} is not the id in its name: pictures are paired by ip_index"
        )
    references = _pictures(category / "intermediate" / document.ip_index)
    if len(references) != len(REFERENCES):
        return f"{len(references)} references where the loader takes the first two by name"
    if len({picture.stem for picture in references}) < len(references):
        return "two references of one stem: the loader takes both for two pictures"
    targets = [
        picture
        for ending in sorted(EXTENSIONS)
        if (picture := category / "images" / f"{document.ip_index}_0{ending}").exists()
    ]
    if len(targets) != 1:
        return f"{len(targets)} pictures images/{document.ip_index}_0.* where the loader wants one"
    sizes = []
    for picture in (*references, targets[0]):
        data = picture.read_bytes()
        if problem := problem_of(data):
            return f"{picture.name} cannot be decoded: {problem}"
        sizes.append(size_of(data))
    total = budget_of(texts, sizes[:2], sizes[2]).total
    if total >= settings.max_tokens:
        return f"skipped by the packer: {total} tokens, of {settings.max_tokens}"
    return ""


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in EXTENSIONS)
