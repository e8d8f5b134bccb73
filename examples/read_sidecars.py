"""Sidecars in polars, lazily: only the columns and rows of the answer are read, the tars not at all.

python examples/read_sidecars.py out
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl


def scan(out: Path) -> pl.LazyFrame:
    """Rows of `catalogs.sidecar.TrajectoryRow` of the current shards, which the manifest names."""
    shards = json.loads((out / "manifest.json").read_text())["shardlist"]
    return pl.scan_parquet([out / shard["sidecar"] for shard in shards], hive_partitioning=False)


def main(out: Path) -> None:
    trajectories = scan(out)
    print(
        trajectories.group_by("domain", "language")
        .agg(pl.len().alias("trajectories"), pl.col("margin").min(), pl.col("turns").mean())
        .sort("domain", "language")
        .collect()
    )
    # One row a picture: where it rests, and who is to be credited for it.
    pictures = (
        trajectories.filter(pl.col("language") == "en")
        .select("key", "pictures")
        .explode("pictures")
        .unnest("pictures")
        .with_columns(pl.col("origin").struct.field("licence"), pl.col("origin").struct.field("author"))
    )
    print(
        pictures.group_by("role", "licence", "author")
        .agg(pl.len().alias("pictures"), pl.col("size").sum().alias("bytes"))
        .sort("role", "licence", "author")
        .collect()
    )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out"))
