"""Exports in all formats, beside a plain read of the same shards with webdataset: ``make bench CASE=export``.

Every measurement runs in a fresh process, at two sizes, so that its peak memory is its own and shows whether
memory grows with the number of trajectories. Pictures are decodable JPEGs of about the size of the sample
world's; a tenth of the trajectories have a failed attempt before the accepted one. Writing and checking (the
reading back as the target reads) are timed apart.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image

from benchmarks.measure import measured, report
from benchmarks.samples import samples
from catalogs.blobs import BlobStore
from catalogs.exports import FORMATS, Settings, check_export, format_of, training, write_export
from catalogs.manifest import manifest_of, read_manifest, write_manifest
from catalogs.shards import Sample, write_shard
from catalogs.sidecar import ROLES
from catalogs.trajectory.rendering import render_call, render_observation, render_opening, render_recaption

POOL = 64
"""Different pictures; the exports do not look for repetition."""
SHARD = 50
"""Trajectories a shard, as in the default world (526 in 15)."""
_TEXT = "A small red kite with a forked tail turns over the harbour wall while two boats come in at noon. "


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trajectories", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--formats", nargs="+", default=sorted(FORMATS), choices=sorted(FORMATS))
    parser.add_argument("--side", type=int, default=400, help="pixels of a picture's side")
    parser.add_argument("--folder", type=Path, help="where to write; by default the temporary folder")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="export-", dir=given.folder))
    figures: dict[str, Any] = {"arguments": vars(given) | {"folder": str(given.folder or "")}}
    try:
        for count in given.trajectories:
            out = folder / f"out-{count}"
            _apart(make_output, out, count, given.side)
            megabytes = sum(path.stat().st_size for path in (out / "shards").iterdir()) / 1e6
            rows: dict[str, Any] = {"shard_megabytes": round(megabytes)}
            rows["baseline: webdataset reads the shards"] = _apart(read_plainly, out, count)
            for name in given.formats:
                rows[name] = _apart(export_once, out, folder / name, name)
            figures[f"{count} trajectories"] = rows
            shutil.rmtree(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report("export", figures)


def make_output(out: Path, count: int, side: int) -> None:
    """An output folder with shards of `SHARD` trajectories, a manifest and the blobs of the drawings."""
    pool = [_picture(number, side) for number in range(POOL)]
    store = BlobStore(out / "blobs")
    names = [store.put(data) for data in pool]
    entries, held = [], []
    for number, sample in enumerate(_trajectories(count, pool, names), start=1):
        held.append(sample)
        if len(held) == SHARD or number == count:
            entries.append(write_shard(out / "shards", "toy", f"b{len(entries):010b}", held))
            held = []
    write_manifest(out, manifest_of(entries, "bench"))


def read_plainly(out: Path, count: int) -> dict[str, Any]:
    """Every member of every shard into memory, one sample at a time."""
    import webdataset

    with measured() as taken:
        shards = [str(path) for path in sorted((out / "shards").glob("*.tar"))]
        read = sum(1 for _ in webdataset.WebDataset(shards, shardshuffle=False))
    assert read == count
    return {"rows_per_s": round(count / taken.seconds, 1), "peak_mib": round(taken.peak_mib)}


def export_once(out: Path, to: Path, name: str) -> dict[str, Any]:
    """Write an export and check it; its folder is removed afterwards."""
    manifest = read_manifest(out)
    assert manifest is not None
    with measured() as writing:
        sources, blobs = training(out, manifest), BlobStore(out / "blobs")
        index = write_export(to, sources, format_of(name), Settings(), blobs)
    with measured() as checking:
        problems = check_export(to)
    assert problems == []
    size = sum(path.stat().st_size for path in to.rglob("*") if path.is_file())
    shutil.rmtree(to)
    rows = manifest.trajectories
    return {
        "rows": rows,
        "samples": index.samples,
        "megabytes": round(size / 1e6),
        "rows_per_s": round(rows / writing.seconds, 1),
        "checked_per_s": round(rows / checking.seconds, 1),
        "peak_mib": round(writing.peak_mib),
        "check_peak_mib": round(checking.peak_mib),
    }


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, *arguments).result()


def _picture(number: int, side: int) -> bytes:
    """Soft noise: about 25 kB at 400 pixels, as the photographs and drawings of the sample world."""
    dice = np.random.default_rng(number)
    coarse = Image.fromarray(dice.integers(0, 256, (side // 16, side // 16, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    coarse.resize((side, side), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _trajectories(count: int, pool: list[bytes], names: list[str]) -> Iterator[Sample]:
    for number, sample in enumerate(samples(count, 64, 64)):
        picks = [(4 * number + offset) % POOL for offset in range(len(ROLES))]
        pictures = {role: pool[pick] for role, pick in zip(ROLES, picks, strict=True)}
        document = _document(sample.key, names[picks[3]], names[picks[0]], failed=number % 10 == 0)
        yield msgspec.structs.replace(
            sample,
            trajectory=msgspec.json.encode(document),
            pictures=pictures,
            cells=_cells(sample.cells, [names[pick] for pick in picks]),
        )


def _cells(cells: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """The columns with the hashes of the pictures that are really there, in the order of `ROLES`."""
    replace = msgspec.structs.replace
    references = [
        replace(one, candidate=replace(one.candidate, picture=replace(one.candidate.picture, sha256=name)))
        for one, name in zip(cells["selection"].references, names, strict=False)
    ]
    (attempt,) = cells["attempts"]
    (drawing,) = attempt.drawings
    drawn = replace(drawing, picture=replace(drawing.picture, sha256=names[3]))
    return {
        **cells,
        "selection": replace(cells["selection"], references=references),
        "ground_truth": [replace(cells["ground_truth"][0], sha256=names[2])],
        "attempts": [replace(attempt, drawings=[drawn])],
    }


def _document(key: str, proven: str, other: str, *, failed: bool) -> dict[str, Any]:
    """A document as nested and about as long as those of the sample world."""
    outputs = [f"Tool execution result:\n{_TEXT * 20}", f"Tool execution result:\n{_TEXT * 10}", None]
    said = [
        render_call(_TEXT, "text_search", {"q": "kite", "hl": "en", "top_k": 5}),
        render_call(_TEXT, "search_image", {"q": "red kite", "hl": "en", "num": 8}),
        render_recaption(_TEXT * 3, _TEXT * 6),
    ]
    asked = [
        render_opening(_TEXT * 6),
        render_observation(outputs[0] or "", _TEXT),
        render_observation(_TEXT * 2, _TEXT * 8),
    ]
    turns = [
        {"turn": n, "stage": n + 1, "input": asked[n], "response_text": said[n], "tool_output": outputs[n]}
        for n in range(3)
    ]
    poor = render_recaption(_TEXT, _TEXT * 4)
    attempts = [
        _attempt(asked[2], poor, other, passed=False) if failed else None,
        _attempt(asked[2], said[2], proven, passed=True),
    ]
    return {
        "ip_index": key,
        "ip_name": "Kite",
        "image_prompt": _TEXT,
        "language": "en",
        "country": "",
        "turns": turns,
        "recaption": _TEXT * 6,
        "full_response": [{k: v for k, v in turn.items() if k != "stage"} for turn in turns],
        "tracemill": {
            "attempts": [attempt for attempt in attempts if attempt],
            "proof": {"matches": [{"seed": 1, "similarity": 0.81}]},
        },
    }


def _attempt(asked: str, said: str, drawing: str, *, passed: bool) -> dict[str, Any]:
    return {
        "attempt": 1,
        "recaption": _TEXT,
        "think": _TEXT,
        "input": asked,
        "response_text": said,
        "verdict": {"passed": passed, "reasons": [], "critique": ""},
        "drawings": [drawing],
    }


if __name__ == "__main__":
    main()
