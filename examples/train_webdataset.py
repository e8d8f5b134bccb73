"""Training input: samples are chosen in the sidecars, and only those are read from the tars.

    python examples/train_webdataset.py out --domain toy --language en --margin 0.1

polars pushes the filter down into the Parquet files. Shards without a chosen sample are never opened; in the
others webdataset skips the members of all other samples before their bytes are read or decoded.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import webdataset as wds


def chosen(out: Path, where: pl.Expr) -> dict[str, set[str]]:
    """Tar -> keys of trajectories that `where` holds for; columns as in `catalogs.sidecar.TrajectoryRow`."""
    shards = json.loads((out / "manifest.json").read_text())["shardlist"]
    tars = {str(out / shard["sidecar"]): str(out / shard["url"]) for shard in shards}
    rows = pl.scan_parquet(list(tars), include_file_paths="sidecar", hive_partitioning=False)
    found: dict[str, set[str]] = {}
    for key, sidecar in rows.filter(where).select("key", "sidecar").collect().iter_rows():
        found.setdefault(tars[sidecar], set()).add(key)
    return found


def samples(keys_of: dict[str, set[str]], batch: int, shuffle: int = 0) -> Iterator[list[dict[str, Any]]]:
    """Batches of {key, prompt, recaption, references, target}; pictures are uint8 arrays [height, width, 3].

    A trajectory that needed no search has no references, any other has two.
    """
    keys = set().union(*keys_of.values())
    dataset = (
        wds.WebDataset(
            sorted(keys_of),
            select_files=lambda member: member.partition(".")[0] in keys,
            shardshuffle=len(keys_of) if shuffle else False,
        )
        .shuffle(shuffle)
        .decode("rgb8")
        .map(_sample)
        .batched(batch, collation_fn=list)
    )
    yield from dataset


def _sample(sample: dict[str, Any]) -> dict[str, Any]:
    pictures = {name.partition(".")[0]: value for name, value in sample.items() if "." in name}
    document = sample["json"]
    return {
        "key": sample["__key__"],
        "prompt": document["image_prompt"],
        "recaption": document["recaption"],
        "references": [pictures[role] for role in ("ref1", "ref2") if role in pictures],
        "target": pictures["target"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="?", default=Path("out"))
    parser.add_argument("--domain")
    parser.add_argument("--language")
    parser.add_argument("--margin", type=float, default=0.0, help="of the proof, at least")
    parser.add_argument("--batch", type=int, default=8)
    asked = parser.parse_args()
    where = pl.col("margin") >= asked.margin
    for column in ("domain", "language"):
        if value := getattr(asked, column):
            where &= pl.col(column) == value
    keys_of = chosen(asked.out, where)
    print(f"{sum(map(len, keys_of.values()))} trajectories in {len(keys_of)} shards")
    for batch in samples(keys_of, asked.batch):
        for sample in batch:
            shapes = [picture.shape for picture in (*sample["references"], sample["target"])]
            print(sample["key"], *shapes, sample["recaption"][:60].replace("\n", " "))


if __name__ == "__main__":
    main()
