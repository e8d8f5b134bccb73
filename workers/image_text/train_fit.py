"""Fitting the head: a contrastive loss for the shared space, discriminant analysis for identity."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workers.image_text.head import TEXT_GAIN, Head, standardise, unit
from workers.image_text.towers import LATE_DIM, TEXT_DIM, TextTower
from workers.image_text.train_features import PseudoPhotographs
from workers.image_text.train_texts import Named

DIM = 512
HIDDEN = 1024
FEATURE_DIM = 512
STEPS = 1800
DRAWINGS_A_STEP = 384
CLASSES_A_STEP = 192
RATE, DECAY = 4e-3, 0.05
DROP_IMAGE, DROP_TEXT = 0.3, 0.03
"""More of either helps photographs and unseen names a little, and costs French and Spanish names a lot."""
TEMPERATURE = 0.05
"""Starting point; it is trained along."""
SYNONYM = 0.7
"""Cosine of two names in MiniLM from which they are not negatives ("man frowning", "woman frowning")."""
WITHIN_SHRINK = 1.0
"""Share of the mean variance added to the variance within a drawing (of 0.1 and 1.0)."""


def embed_all(texts: Sequence[str], cache: Path) -> Any:
    """float32 [n, 384], MiniLM embeddings in padded batches of 64 (equal to single passes up to rounding)."""
    key = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
    file = cache / f"texts-{key}.npy"
    if file.is_file():
        return np.load(file)
    tower = TextTower()
    out = np.empty((len(texts), TEXT_DIM), np.float32)
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    for start in range(0, len(order), 64):
        rows = order[start : start + 64]
        out[rows] = tower.batch([texts[row] for row in rows])
    cache.mkdir(parents=True, exist_ok=True)
    np.save(file, out)
    return out


class Pairs:
    """Training pairs: feature rows and text rows of every thing, and which things are near-synonyms."""

    def __init__(self, things: Sequence[Named], cache: Path) -> None:
        import torch

        texts: list[str] = []
        self.pools: list[range] = []
        for thing in things:
            self.pools.append(range(len(texts), len(texts) + len(thing.texts)))
            texts += thing.texts
        names = [thing.name for thing in things]
        embedded = torch.from_numpy(embed_all(texts + names, cache))
        self.texts, self.names = embedded[: len(texts)], embedded[len(texts) :]

    def draw(self, things: Any, rng: np.random.Generator) -> Any:
        """One text embedding a thing, [n, 384]."""
        return self.texts[[rng.choice(self.pools[thing]) for thing in things]]

    def synonyms(self, things: Any) -> Any:
        """bool [n, n], off the diagonal: not to be used as negatives."""
        import torch

        names = self.names[things]
        return (names @ names.T > SYNONYM) & ~torch.eye(len(things), dtype=torch.bool)


def fit_head(features: Any, keep: Any, identity_keep: Any, pairs: Pairs, seed: int) -> Head:
    """Train a head.

    ``features``: float32 [n, views, 1392], NaN where a view is missing. ``keep``: indices of the drawings
    to train the shared space on. ``identity_keep``: indices for the identity projection. ``pairs``: of n
    drawings and then the 1000 ImageNet classes.
    """
    import torch
    from torch.nn.functional import cross_entropy, dropout, gelu

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    late = features[..., :LATE_DIM]
    present = ~np.isnan(late[..., 0])
    seen = late[keep][present[keep]]
    photographs = PseudoPhotographs(seen)
    mean = torch.from_numpy(seen.mean(axis=0))
    scale = torch.from_numpy(seen.std(axis=0) + 0.05)
    image, text = torch.nn.Linear(LATE_DIM, DIM), torch.nn.Linear(TEXT_DIM, DIM, bias=False)
    hidden, out = torch.nn.Linear(TEXT_DIM, HIDDEN), torch.nn.Linear(HIDDEN, DIM)
    torch.nn.init.orthogonal_(text.weight)
    sharpness = torch.nn.Parameter(torch.tensor(math.log(1.0 / TEMPERATURE)))
    modules = torch.nn.ModuleList([image, text, hidden, out])
    optimizer = torch.optim.AdamW([*modules.parameters(), sharpness], lr=RATE, weight_decay=DECAY)
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / 20) * 0.5 * (1.01 + math.cos(math.pi * step / STEPS))
        things = rng.choice(keep, min(DRAWINGS_A_STEP, len(keep)), replace=False)
        chosen = [rng.choice(np.flatnonzero(present[thing])) for thing in things]
        classes = rng.choice(1000, CLASSES_A_STEP, replace=False)
        rows = np.concatenate([late[things, chosen], photographs.sample(classes, rng)])
        ids = np.concatenate([things, len(features) + classes])
        x = dropout(standardise(torch.from_numpy(rows), mean, scale), DROP_IMAGE)
        e = unit(dropout(pairs.draw(ids, rng), DROP_TEXT))
        y = text(e) + out(dropout(gelu(hidden(TEXT_GAIN * e)), DROP_TEXT))
        logits = unit(image(x)) @ unit(y).T * sharpness.exp().clamp(max=50.0)
        logits = logits.masked_fill(pairs.synonyms(ids), -1e4)
        target = torch.arange(len(ids))
        loss = (cross_entropy(logits, target) + cross_entropy(logits.T, target)) / 2
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    identity_mean, identity_weight = fit_identity(features, identity_keep)
    return Head(
        {
            "late_mean": mean,
            "late_scale": scale,
            "image.weight": image.weight.detach(),
            "image.bias": image.bias.detach(),
            "text.weight": text.weight.detach(),
            "text_hidden.weight": hidden.weight.detach(),
            "text_hidden.bias": hidden.bias.detach(),
            "text_out.weight": out.weight.detach(),
            "text_out.bias": out.bias.detach(),
            "identity_mean": torch.from_numpy(identity_mean),
            "identity.weight": torch.from_numpy(identity_weight),
        }
    )


def fit_identity(features: Any, keep: Any) -> tuple[Any, Any]:
    """Linear discriminant analysis over drawings: mean [1392] and weight [512, 1392].

    Directions in which views of one drawing differ (place, size, ground, JPEG) are scaled down, then the 512
    directions in which drawings differ most are kept.
    """
    from workers.image_text.drawings import IDENTITY_VIEWS, VIEWS

    groups = [features[keep][:, :IDENTITY_VIEWS], features[keep][:, VIEWS : VIEWS + IDENTITY_VIEWS - 1]]
    groups[1] = groups[1][~np.isnan(groups[1][:, 0, 0])]
    mean = np.concatenate([group.reshape(-1, group.shape[-1]) for group in groups]).mean(axis=0)
    centres = np.concatenate([group.mean(axis=1) for group in groups]).astype(np.float64) - mean
    spread = np.concatenate(
        [(group - group.mean(axis=1, keepdims=True)).reshape(-1, group.shape[-1]) for group in groups]
    ).astype(np.float64)
    variances, axes = np.linalg.eigh(spread.T @ spread / len(spread))
    whiten = axes / np.sqrt(variances + WITHIN_SHRINK * variances.mean())
    between = centres @ whiten
    _, directions = np.linalg.eigh(between.T @ between / len(between))
    weight = (whiten @ directions[:, ::-1][:, :FEATURE_DIM]).T
    return mean.astype(np.float32), np.ascontiguousarray(weight / np.abs(weight).max(), dtype=np.float32)
