"""A FactIP-style split: prompts about reserved entities, stratified by category, two true pictures each.

    test.json                                {index: {index, ip_name, image_prompt, source_category,
                                             country, language}}
    images/<category>/<index>/seed1.png      ground truth, in the bytes and the type in which it was found
    images/<category>/<index>/seed2.png
    items.parquet                            the same with entity, pictures, licences
    report.json                              what was asked, what is held, what is empty

The published scorer takes `images` as its ``FACTIP_GT_DIR``; it accepts png, jpg, jpeg and webp.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from catalogs.arrow import to_table
from catalogs.categories import FACTIP
from catalogs.digests import digest, digest_of, encode
from catalogs.errors import SplitError
from catalogs.folders import replacing_folder
from catalogs.records import Entity, Picture, Prompt, Record
from catalogs.shards import extension
from catalogs.stage import Blobs

PICTURES = 2
"""Ground-truth pictures an item: the published scorer drops an item with fewer (eval/score_factip.py)."""
PUBLISHED_TOTAL = sum(count for _, _, count in FACTIP.values())
"""2,462 prompts (FactIP card)."""


class BenchmarkItem(Record, frozen=True, kw_only=True):
    """A prompt about a reserved entity, with what is known to show it."""

    entity: Entity
    prompt: Prompt
    ground_truth: list[Picture]


class PublishedItem(Record, frozen=True, kw_only=True):
    """One item, as ``test.json`` holds it: the published fields in the published order."""

    index: str
    ip_name: str
    image_prompt: str
    source_category: str
    country: str = ""
    """Empty: an encyclopedia does not tell it reliably."""
    language: str


class ItemRow(Record, frozen=True, kw_only=True):
    """One item, as ``items.parquet`` holds it."""

    item: PublishedItem
    entity_id: str
    pictures: list[str]
    """Files, relative to the split."""
    ground_truth: list[Picture]


class CategoryReport(Record, frozen=True, kw_only=True):
    """How one category was filled."""

    published: int
    available: int
    """Prompts of reserved entities with two usable pictures."""
    asked: int
    """Share of the total by the published proportions (largest remainder)."""
    held: int
    """Never more than there are: a category that cannot be filled is not padded."""


class FactipReport(Record, frozen=True, kw_only=True):
    """What the split is, and what it is not."""

    inputs: str
    """Digest of everything that the split was made from."""
    asked: int
    held: int
    categories: dict[str, CategoryReport]
    empty: list[str]
    """Published names of the categories that the world cannot fill at all."""
    without_pictures: int
    """Prompts left out because their entity has fewer than two usable pictures."""
    training_entities: int
    """Entities in training; none of them is in the split, or the split is not written."""


def write_factip(
    directory: Path,
    items: Iterable[BenchmarkItem],
    training: Set[str],
    blobs: Blobs,
    total: int = PUBLISHED_TOTAL,
) -> FactipReport:
    """Write the split of at most `total` items; left untouched where nothing changed.

    `training` holds the ids of all entities in training shards. Raises `SplitError` where the two share one,
    whether or not it would have been chosen.
    """
    pool = sorted(items, key=lambda item: item.prompt.key)
    _check_disjoint(pool, training)
    usable = [
        item
        for item in pool
        if item.entity.domain in FACTIP and len(_distinct(item.ground_truth)) >= PICTURES
    ]
    by_category: dict[str, list[BenchmarkItem]] = {slug: [] for slug in FACTIP}
    for item in usable:
        by_category[item.entity.domain].append(item)
    available = {slug: len(found) for slug, found in by_category.items()}
    asked = quotas(
        {slug: FACTIP[slug][2] for slug, count in available.items() if count}, min(total, len(usable))
    )
    chosen = [item for slug, found in by_category.items() for item in _spread(found)[: asked.get(slug, 0)]]
    categories = {
        slug: CategoryReport(
            published=count,
            available=available[slug],
            asked=asked.get(slug, 0),
            held=min(asked.get(slug, 0), available[slug]),
        )
        for slug, (_, _, count) in FACTIP.items()
    }
    report = FactipReport(
        inputs=digest_of(
            [[item.entity, item.prompt, item.ground_truth] for item in chosen] + [categories, len(training)]
        ),
        asked=total,
        held=len(chosen),
        categories=categories,
        empty=[FACTIP[slug][0] for slug, count in available.items() if not count],
        without_pictures=sum(item.entity.domain in FACTIP for item in pool) - len(usable),
        training_entities=len(training),
    )
    if not is_current(directory, report):
        with replacing_folder(directory) as folder:
            _write(folder, chosen, report, blobs)
    return report


def training_entities(sidecars: Iterable[Path]) -> set[str]:
    """Ids of all entities in the shards that these sidecars belong to."""
    found: set[str] = set()
    for path in sidecars:
        found.update(pq.read_table(path, columns=["entity_id"])["entity_id"].to_pylist())
    return found


def quotas(weights: Mapping[str, int], total: int) -> dict[str, int]:
    """`total` shared out in proportion to `weights` by largest remainder; ties go to the earlier name.

    >>> quotas({"a": 3, "b": 1}, 6)
    {'a': 5, 'b': 1}
    """
    whole = sum(weights.values())
    shares = {name: divmod(weight * total, whole) for name, weight in weights.items()}
    left = total - sum(share for share, _ in shares.values())
    order = sorted(shares, key=lambda name: -shares[name][1])
    return {name: share + (name in order[:left]) for name, (share, _) in shares.items()}


def is_current(directory: Path, report: msgspec.Struct) -> bool:
    """True where the folder holds this very report; it is the last file that goes into a split."""
    path = directory / "report.json"
    return path.exists() and path.read_bytes() == pretty(report)


def pretty(value: object) -> bytes:
    """Indented JSON for files that people open."""
    return msgspec.json.format(encode(value), indent=2) + b"\n"


def folder_name(category: str) -> str:
    """A published category name as a folder; two have a slash: ``Animal/Plant`` -> ``Animal_Plant``."""
    return category.replace("/", "_")


def _check_disjoint(pool: Sequence[BenchmarkItem], training: Set[str]) -> None:
    shared = sorted({item.entity.entity_id for item in pool} & training)
    if shared:
        raise SplitError(
            f"{len(shared)} entities are in training and in the benchmark ({', '.join(shared[:3])}): the "
            "benchmark share was changed between runs; run all domains again with one share"
        )


def _distinct(pictures: Sequence[Picture]) -> list[Picture]:
    """Pictures of a type that the scorer reads, each content once."""
    readable = ("image/png", "image/jpeg", "image/webp")
    return list({picture.sha256: picture for picture in pictures if picture.media_type in readable}.values())


def _spread(items: Sequence[BenchmarkItem]) -> list[BenchmarkItem]:
    """One prompt of every entity, then a second one of every entity, ...; both orders by hash."""
    turns: dict[str, int] = {}
    ranked = []
    for item in sorted(items, key=lambda item: digest(item.prompt.key)):
        turn = turns[item.entity.entity_id] = turns.get(item.entity.entity_id, 0) + 1
        ranked.append((turn, digest(item.prompt.key), item))
    return [item for _, _, item in sorted(ranked, key=lambda entry: entry[:2])]


def _write(folder: Path, chosen: Sequence[BenchmarkItem], report: FactipReport, blobs: Blobs) -> None:
    rows = []
    for item in sorted(chosen, key=lambda item: item.prompt.key):
        category, index = FACTIP[item.entity.domain][0], item.prompt.key
        home = Path("images") / folder_name(category) / index
        (folder / home).mkdir(parents=True)
        pictures = _distinct(item.ground_truth)[:PICTURES]
        files = []
        for number, picture in enumerate(pictures, start=1):
            data = blobs.get(picture.sha256)
            files.append(home / f"seed{number}.{extension(data) or 'png'}")
            (folder / files[-1]).write_bytes(data)
        rows.append(
            ItemRow(
                item=PublishedItem(
                    index=index,
                    ip_name=item.prompt.subject,
                    image_prompt=item.prompt.text,
                    source_category=category,
                    language=item.prompt.language,
                ),
                entity_id=item.entity.entity_id,
                pictures=[file.as_posix() for file in files],
                ground_truth=pictures,
            )
        )
    (folder / "test.json").write_bytes(pretty({row.item.index: row.item for row in rows}))
    pq.write_table(to_table(rows, ItemRow), folder / "items.parquet", compression="zstd")
    (folder / "report.json").write_bytes(pretty(report))
