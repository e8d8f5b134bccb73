"""Unified-Bench (UAE): how much of a picture comes back when a model captions it and draws its own caption.

Features of source and reconstruction by four backbones (CLIP ViT-L/14, LongCLIP-L, DINOv2-L, DINOv3-L) are
compared by cosine; the score is the plain mean of the four means. The code does not rescale; the paper prints
the numbers times 100. A missing pair is null and left out of the means, as published, and counted here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from catalogs.digests import rounded
from catalogs.records import Grades, ScoreItem
from catalogs.stage import Blobs, Kept, Outcome, Resources, Row, Stage
from verifiers.pictures import decoded
from verifiers.scorers.bootstrap import interval
from verifiers.scorers.files import PICTURE_TYPES, ScorerInputError
from verifiers.scorers.items import GENERATED, pictures_of
from verifiers.scorers.tally import SCORED, ItemScore, Line, counted, line, matrix
from workers.backbones.handle import BackboneWorker

SLUG = "unified-bench"
RECONSTRUCTION = "recon_"
"""Prefix of a reconstruction's stem (Score_i2i.py)."""
PLACES = 4
"""Similarities are kept to four places: the paper prints two of the number times 100."""


@dataclass(frozen=True)
class CompareFeatures(Stage):
    """Cosine -1..1 of source and reconstruction by one backbone. Fails for a picture that cannot be
    decoded."""

    name, version = "score-similarity", "1"
    reads: ClassVar = ("score_item",)
    optional: ClassVar = ("drawings",)
    writes: ClassVar = ("grades",)
    resources: ClassVar = Resources(cpus=1.0, memory_gib=4.0)

    backbone: BackboneWorker

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        images = []
        for row in rows:
            pictures = pictures_of(row)
            images += [decoded(blobs.get(pictures[role])) for role in ("truth_1", GENERATED)]
        features = self.backbone.load().features(images)
        cosines = (features[0::2].astype(np.float64) * features[1::2]).sum(axis=1)
        return [Kept({"grades": Grades(values={self.backbone.name: rounded(c, PLACES)})}) for c in cosines]


def items_of(sources: Path, images: Path | None, blobs: Blobs) -> list[ScoreItem]:
    """One item a source picture. `images` is searched, folders below included, for a file of the same name,
    of the same stem, or of the stem ``recon_<stem>``; without `images` they are left to be drawn."""
    files = _pictures(sources)
    if not files:
        raise ScorerInputError(f"{sources} holds no pictures: give the folder of the source pictures")
    made = {} if images is None else _by_name(_pictures(images))
    items = []
    for path in files:
        names = (path.name, path.stem, f"{RECONSTRUCTION}{path.stem}")
        found = next((made[name] for name in names if name in made), None)
        pictures = {"truth_1": blobs.put(path.read_bytes())}
        if found is not None:
            pictures[GENERATED] = blobs.put(found.read_bytes())
        items.append(
            ScoreItem(
                key=path.name,
                category="pictures",
                text="",
                pictures=pictures,
                missing="" if found is not None or images is None else "no-picture",
            )
        )
    return items


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ScorerInputError(f"{folder} is no folder: give a folder of pictures")
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_TYPES)


def _by_name(files: Sequence[Path]) -> dict[str, Path]:
    """Files by stem and by name; where two share one, the first by path."""
    found: dict[str, Path] = {}
    for path in files:
        found.setdefault(path.name, path)
        found.setdefault(path.stem, path)
    return found


def lines(items: Sequence[ItemScore], backbones: Sequence[str]) -> list[Line]:
    """One line: the mean by each backbone, and the mean of those means."""
    means = line("micro", "mean over pictures", items, backbones)
    values = matrix(items, backbones)
    if len(values):
        overall = interval([values], lambda m: m[..., 0, :].mean(axis=-1), "unified-bench/overall")
        means = counted(means.kind, means.name, items, {**means.scores, "overall": overall})
    return [means]


def published(items: Sequence[ItemScore], backbones: Mapping[str, str]) -> dict[str, Any]:
    """The published result document; `backbones` maps each name to its weights."""
    by_model = {
        name: {item.key: item.values.get(name) if item.outcome == SCORED else None for item in items}
        for name in backbones
    }
    statistics, averages = {}, {}
    for name, similarities in by_model.items():
        valid = [value for value in similarities.values() if value is not None]
        averages[name] = float(np.mean(valid)) if valid else None
        statistics[name] = {
            "total_images": len(similarities),
            "valid_pairs": len(valid),
            "average_similarity": averages[name],
            "min_similarity": min(valid) if valid else None,
            "max_similarity": max(valid) if valid else None,
        }
    known = {name: value for name, value in averages.items() if value is not None}
    return {
        "model_types": list(backbones),
        "similarities_by_model": by_model,
        "statistics_by_model": statistics,
        "summary": {
            "models_used": list(backbones),
            "average_scores_by_model": averages,
            "overall_average": float(np.mean(list(known.values()))) if known else None,
            "best_model": max(known, key=lambda name: known[name]) if known else None,
            "worst_model": min(known, key=lambda name: known[name]) if known else None,
        },
        "weights": dict(backbones),
    }
