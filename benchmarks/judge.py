"""Does the embedded judge tell right drawings from wrong ones? ``make bench CASE=judge`` on a finished run.

One question an entity, about its first proven trajectory, in four arms:

- `own`: the drawing that was made for the prompt, from the agent's own references
- `sibling`: the drawing of another entity of the same category
- `stranger`: the drawing of an entity of another category
- `scene`: the same entity as another prompt of it wants it, where there is one

An AUC is the chance that the right drawing gets the higher grade than a wrong one; ties count half. The
baseline is a grade drawn at random, 0.5. The constants of the embedded judges (`COSINE`, `FILLED`, `NAMED`,
`CLOSE`) rest on what is printed below `measurements`.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import measured, report
from catalogs.blobs import BlobStore
from catalogs.digests import digest
from catalogs.errors import CatalogError
from catalogs.exports import training
from catalogs.exports.samples import Sample
from catalogs.manifest import read_manifest
from verifiers.regions import find_regions
from verifiers.scorers import factip
from verifiers.scorers.embedded_judge import EmbeddedJudge
from verifiers.scorers.items import GENERATED
from verifiers.scorers.pixels import decoded
from workers import palette
from workers.benchmark_judge.interface import Question, Shown
from workers.image_text.handle import ImageTextWorker
from workers.judging.reply import read_reply
from workers.ocr import OcrWorker

ARMS = ("own", "sibling", "stranger", "scene")
SHARES = (0.02, 0.04, 0.06, 0.08, 0.10, 0.12, 0.15, 0.20, 0.25)
"""Tried for `NAMED`."""
QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("out"), help="output folder of a finished run")
    parser.add_argument("--entities", type=int, default=120, help="questions, one an entity")
    given = parser.parse_args()
    manifest = read_manifest(given.out)
    if manifest is None or not manifest.shardlist:
        raise CatalogError(f"{given.out} has no shards: run `tracemill run --out {given.out}` first")
    samples = [sample for source in training(given.out, manifest) for sample in source.read()]
    with measured() as taken:
        figures = measure(samples, given.entities, BlobStore(given.out / "blobs"))
    report("judge", {"arguments": vars(given) | {"out": str(given.out)}, "seconds": taken.seconds, **figures})


def measure(samples: Sequence[Sample], entities: int, blobs: BlobStore) -> dict[str, Any]:
    """Grades of the four arms, and the measurements beneath them."""
    asked = _asked(samples, entities)
    judge = EmbeddedJudge(ImageTextWorker(), OcrWorker())
    grades: dict[str, dict[str, dict[str, float]]] = {arm: {} for arm in ARMS}
    for arm, sample, drawing in _arms(asked, samples):
        (answer,) = judge.answer([_question(sample, drawing)])
        if isinstance(answer, str):
            grades[arm][sample.key] = read_reply(answer, factip.INSTRUCTION.fields).values
    domains = {sample.key: sample.row.domain for sample in asked}
    return {
        "questions": {arm: len(found) for arm, found in grades.items()},
        "means": {
            arm: {name: _mean([one[name] for one in found.values()]) for name in factip.WEIGHTS}
            for arm, found in grades.items()
        },
        "auc": {
            "relevance": {
                arm: _by_domain(grades, arm, "text_relevance_ip", domains) for arm in ("sibling", "stranger")
            },
            "content": {arm: _by_domain(grades, arm, "content_quality", domains) for arm in ARMS[1:]},
        },
        "measurements": _measurements(asked, blobs),
    }


def _asked(samples: Sequence[Sample], entities: int) -> list[Sample]:
    """The first trajectory of each of so many entities, by the hash of their ids."""
    first: dict[str, Sample] = {}
    for sample in sorted(samples, key=lambda sample: sample.key):
        first.setdefault(sample.row.entity_id, sample)
    return sorted(first.values(), key=lambda sample: digest(sample.row.entity_id))[:entities]


def _arms(asked: Sequence[Sample], samples: Sequence[Sample]) -> Iterator[tuple[str, Sample, bytes]]:
    for number, sample in enumerate(asked):
        row = sample.row
        after = [*asked[number + 1 :], *asked[:number]]
        others = {
            "own": [sample],
            "sibling": [one for one in after if one.row.domain == row.domain],
            "stranger": [one for one in after if one.row.domain != row.domain],
            "scene": [
                one
                for one in samples
                if one.row.entity_id == row.entity_id
                and one.row.place != row.place
                and one.row.light != row.light
            ],
        }
        for arm, found in others.items():
            if found:
                yield arm, sample, found[0].pictures["test"]


def _question(sample: Sample, drawing: bytes) -> Question:
    shown = {"truth_1": sample.pictures["target"], GENERATED: drawing}
    return Question(
        task=factip.SLUG,
        system="",
        text="",
        pictures=tuple(Shown(role=role, label="", sha256="", data=data) for role, data in shown.items()),
        fields=factip.INSTRUCTION.fields,
        subject=sample.row.prompt,
        language=sample.row.language,
        facts={},
    )


def _by_domain(
    grades: Mapping[str, Mapping[str, Mapping[str, float]]],
    arm: str,
    name: str,
    domains: Mapping[str, str],
) -> dict[str, float]:
    """AUC of the right drawings against those of an arm, in all and by category."""
    right: dict[str, list[float]] = defaultdict(list)
    wrong: dict[str, list[float]] = defaultdict(list)
    for found, values in ((grades["own"], right), (grades[arm], wrong)):
        for key, one in found.items():
            for domain in ("all", domains[key]):
                values[domain].append(one[name])
    return {domain: auc(right[domain], wrong[domain]) for domain in sorted(wrong)}


def auc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """Chance that one of `right` is above one of `wrong`, ties counting half."""
    one, other = np.asarray(right)[:, None], np.asarray(wrong)[None, :]
    return round(float((one > other).mean() + (one == other).mean() / 2), 3)


def _measurements(asked: Sequence[Sample], blobs: BlobStore) -> dict[str, Any]:
    model = ImageTextWorker().load()
    drawings = [sample.pictures["test"] for sample in asked]
    pictures = model.embed_images([decoded(data) for data in drawings])
    prompts = model.embed_texts([sample.row.prompt for sample in asked])
    cosines = prompts @ pictures.T
    own = np.diagonal(cosines)
    other = cosines[~np.eye(len(asked), dtype=bool)]
    regions = [find_regions(data) for data in drawings]
    truths = [find_regions(sample.pictures["target"]) for sample in asked]
    return {
        "cosine of prompt and own drawing": _spread(own),
        "cosine of prompt and another drawing": _spread(other),
        "cosine auc": auc(own.tolist(), other.tolist()),
        "subject's share of a drawing": _spread([one.mask.mean() for one in regions if not one.whole]),
        "subject's share of a true picture": _spread([one.mask.mean() for one in truths if not one.whole]),
        "colours by least share": _colours(regions, truths),
        "cosine of recaption and two drawings of it, difference": _spread(_noise(asked, blobs, model)),
    }


def _colours(regions: Sequence[Any], truths: Sequence[Any]) -> dict[str, Any]:
    """F1 of the colours named in drawing and true picture, of one subject and of two, by what names them."""
    drawn, true = (np.stack([_shares(one) for one in several]) for several in (regions, truths))
    found = {}
    for least in SHARES:
        ours, theirs = drawn >= least, true >= least
        both = (ours[:, None] & theirs[None]).sum(axis=2)
        f1 = 2 * both / np.maximum(ours.sum(axis=1)[:, None] + theirs.sum(axis=1)[None], 1)
        same = np.diagonal(f1)
        found[str(least)] = {
            "one subject": _mean(same),
            "two subjects": _mean(f1[~np.eye(len(f1), dtype=bool)]),
            "auc": auc(same.tolist(), f1[~np.eye(len(f1), dtype=bool)].tolist()),
            "named": _mean(ours.sum(axis=1)),
        }
    return found


def _shares(regions: Any) -> Any:
    return palette.shares(regions.pixels[regions.mask])


def _noise(asked: Sequence[Sample], blobs: BlobStore, model: Any) -> list[float]:
    """How far two seeds of one recaption lie apart in their cosine to it: a difference that says nothing."""
    apart = []
    for sample in asked:
        passed = [one for one in sample.document.tracemill.attempts if one.verdict.get("passed")]
        names = passed[-1].drawings if passed else []
        if len(names) > 1:
            pictures = model.embed_images([decoded(blobs.get(name)) for name in names[:2]])
            (text,) = model.embed_texts([sample.document.recaption])
            apart.append(abs(float((pictures[0] - pictures[1]) @ text)))
    return apart


def _spread(values: Any) -> dict[str, float]:
    quantiles = np.quantile(np.asarray(values, np.float64), QUANTILES)
    return {f"{q:.0%}": round(float(v), 4) for q, v in zip(QUANTILES, quantiles, strict=True)}


def _mean(values: Any) -> float:
    return round(float(np.mean(values)), 3) if len(values) else 0.0


if __name__ == "__main__":
    main()
