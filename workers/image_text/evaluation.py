"""Measurements of a head: do texts find their pictures, and is a picture told from its look-alikes?"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from workers.image_text import drawings
from workers.image_text.head import Head
from workers.image_text.towers import LATE_DIM
from workers.image_text.train_features import encode
from workers.image_text.train_texts import Named, bare

Record = dict[str, Any]


def pair_auc(pictures: Any, texts: Any) -> float:
    """Chance that a matching pair scores above a pair of different things; row i matches row i."""
    scores = pictures @ texts.T
    others = np.sort(scores[~np.eye(len(scores), dtype=bool)])
    return round(float(np.searchsorted(others, np.diag(scores)).mean() / len(others)), 4)


def texts_find_pictures(head: Head, late: Any, things: Sequence[Named], texts: Any, rows: Any) -> Record:
    """Pair AUC and top-1 of ``late`` [n, 1280] with names; ``texts[language][rows[i]]`` names picture i."""
    found: Record = {"pictures": len(rows)}
    images = head.image(late)
    for language in ("en", "fr", "es"):
        have = [i for i, row in enumerate(rows) if language in things[row].names]
        named = head.text(np.stack([texts[language][rows[i]] for i in have]))
        found[f"auc_{language}"] = pair_auc(images[have], named)
        found[f"top1_{language}"] = _share((images[have] @ named.T).argmax(axis=1) == np.arange(len(have)))
    return found


def style_features(icons: Path, wanted: Sequence[Named]) -> tuple[Any, list[int]]:
    """Features of another drawing style, and for each the row of ``wanted`` that it shows.

    ``icons``: an Iconify ``icons.json`` with ``chars.json`` beside it, as in the npm package
    ``@iconify-json/noto`` (Noto Emoji, Apache-2.0).
    """
    sheet = json.loads(icons.read_text(encoding="utf-8"))
    characters = json.loads(icons.with_name("chars.json").read_text(encoding="utf-8"))
    names = {bare(code): name for code, name in characters.items()}
    features, rows = [], []
    for row, thing in enumerate(wanted):
        icon = sheet["icons"].get(names.get(bare(thing.key), ""))
        if icon is None:
            continue
        width, height = icon.get("width", sheet["width"]), icon.get("height", sheet["height"])
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
        )
        features.append(encode(drawings.plain(drawings.rasterise(svg))))
        rows.append(row)
    return np.stack(features), rows


def photographs(table: Path) -> tuple[Any, list[str], list[str]]:
    """Features, captions and groups of photographs: a CSV with columns path, caption and, if wanted, group.

    Paths are relative to the table. Pictures of one group are not each other's wrong answers.
    """
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    features = []
    for row in rows:
        with Image.open(table.parent / row["path"]) as picture:
            features.append(encode(picture))
    return (
        np.stack(features),
        [row["caption"] for row in rows],
        [row.get("group") or row["path"] for row in rows],
    )


def captions_find_photographs(head: Head, late: Any, captions: Any, groups: Sequence[str]) -> Record:
    """Pair AUC of photographs with MiniLM embeddings of their captions, over pairs of different groups."""
    scores = head.image(late) @ head.text(captions).T
    group = np.array(groups)
    others = np.sort(scores[group[:, None] != group[None]])
    auc = float(np.searchsorted(others, np.diag(scores)).mean() / len(others))
    return {"pictures": len(group), "auc_en": round(auc, 4)}


def identity(head: Head, features: Any, subjects: Any) -> Record:
    """Views of ``subjects`` against the plain drawings of all.

    ``features``: float32 [n, views, 1392]; view 0 plain, views 1..3 flipped, scaled 0.6-1.0, on other
    grounds, mostly through JPEG q70. A query is one of those views; its look-alike is the plain drawing of
    another thing that scores best.
    """
    late, middle = features[..., :LATE_DIM], features[..., LATE_DIM:]
    plain = head.identity(late[:, 0], middle[:, 0])
    queries = slice(1, drawings.IDENTITY_VIEWS)
    seen = head.identity(late[subjects][:, queries], middle[subjects][:, queries])
    owner = np.repeat(subjects, seen.shape[1])
    scores = seen.reshape(-1, plain.shape[1]) @ plain.T
    same = scores[np.arange(len(owner)), owner].copy()
    scores[np.arange(len(owner)), owner] = -2.0
    every, rivals = scores.max(axis=1), scores[:, subjects].max(axis=1)
    pairs = (
        head.identity(late[subjects, 1], middle[subjects, 1])
        @ head.identity(late[subjects, 2], middle[subjects, 2]).T
    )
    own = np.diag(pairs).copy()
    np.fill_diagonal(pairs, -2.0)
    levels = [round(float(level), 2) for level in np.arange(0.40, 0.86, 0.05)]
    return {
        "subjects": len(subjects),
        "queries": len(owner),
        "gallery": len(plain),
        "top1_among_subjects": _share(same > rivals),
        "top1_among_gallery": _share(same > every),
        "top1_view_against_view": _share(own > pairs.max(axis=1)),
        "cosine_same_drawing": _percentiles(same),
        "cosine_same_drawing_view_against_view": _percentiles(own),
        "cosine_nearest_look_alike_among_subjects": _percentiles(rivals),
        "cosine_nearest_look_alike_in_gallery": _percentiles(every),
        "cosine_random_other_subject": _percentiles(scores[:, subjects][scores[:, subjects] > -2.0]),
        "margin_over_nearest_look_alike_among_subjects": _percentiles(same - rivals),
        "at_cosine": {
            str(level): {
                "same_drawing_below": _share(same < level),
                "nearest_look_alike_at_or_above": _share(rivals >= level),
            }
            for level in levels
        },
    }


def _share(flags: Any) -> float:
    return round(float(np.mean(flags)), 4)


def _percentiles(values: Any) -> dict[str, float]:
    return {f"p{p}": round(float(np.percentile(values, p)), 3) for p in (1, 5, 25, 50, 75, 95, 99)}
