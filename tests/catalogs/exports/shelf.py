"""An output folder with whatever text and pictures a test puts into its shards."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from catalogs import records as r
from catalogs.blobs import BlobStore
from catalogs.digests import digest
from catalogs.exports import Index, Settings, format_of, training, write_export
from catalogs.manifest import manifest_of, read_manifest, remove_unlisted, write_manifest
from catalogs.shards import sample_of, write_shard
from catalogs.trajectory import published
from catalogs.trajectory.rendering import render_call, render_observation, render_opening, render_recaption

MakeCells = Callable[..., dict[str, Any]]
DOCUMENT = signature(published).parameters.keys() - {"domain"}
"""Columns that the published document is made from."""


def picture(seed: str, size: tuple[int, int] = (64, 48), form: str = "PNG", mode: str = "RGB") -> bytes:
    """A picture in one colour; in mode RGBA it is half transparent."""
    colour = tuple(bytes.fromhex(digest(seed)[:6])) + ((128,) if mode == "RGBA" else ())
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, form)
    return buffer.getvalue()


def dialogue(word: str) -> list[r.Turn]:
    """Text search, picture search and recaption in the published spelling."""
    calls = [
        render_call("why", "text_search", {"q": word, "hl": "en", "top_k": 5}),
        render_call("how", "search_image", {"q": word, "hl": "en", "num": 8}),
        render_recaption("image_1 shows it", f"A {word} as in image_1 and image_2."),
    ]
    outputs = [f"Tool execution result:\n{word} is red.", f"Tool execution result:\n[1] {word}", ""]
    inputs = [
        render_opening(f"Prepare a generator for {word}."),
        render_observation(outputs[0], "Now call search_image."),
        render_observation(f"image_1: {word}\nimage_2: {word}", "Write the recaption."),
    ]
    return [
        r.Turn(turn=number, stage=number + 1, input=asked, response_text=said, tool_output=output)
        for number, (asked, said, output) in enumerate(zip(inputs, calls, outputs, strict=True))
    ]


class Shelf:
    """Builds an output folder and exports from it."""

    def __init__(self, out: Path, make_cells: MakeCells, blobs: Any) -> None:
        self.out = out
        self.blobs = blobs
        self.store = BlobStore(out / "blobs")
        self._make_cells = make_cells
        (out / "shards").mkdir(parents=True)

    def cells(
        self,
        title: str,
        *,
        turns: list[r.Turn] | None = None,
        attempts: int = 1,
        pictures: Mapping[str, bytes] = {},
        **changes: Any,
    ) -> dict[str, Any]:
        """A record whose dialogue is `turns`; `pictures` replaces ref1, ref2, target or test by role."""
        cells = self._make_cells(title, attempts=attempts) | changes
        turns = turns or dialogue(title)
        accepted = next(a for a in cells["attempts"] if a.verdict.passed)
        spoken = [turn for turn in turns if turn.stage == 3]
        recaption = msgspec.structs.replace(
            accepted.recaption, turn=spoken[-1], refused=[turn for turn in spoken if not turn.ok]
        )
        cells["attempts"] = [
            msgspec.structs.replace(a, recaption=recaption) if a is accepted else _failed(a, turns[-1])
            for a in cells["attempts"]
        ]
        cells["text_trace"] = msgspec.structs.replace(
            cells["text_trace"], turns=[turn for turn in turns if turn.stage == 1]
        )
        cells["image_trace"] = msgspec.structs.replace(
            cells["image_trace"], turns=[turn for turn in turns if turn.stage == 2]
        )
        cells |= {"recaption": recaption, "proof": accepted.proof, "verdict": accepted.verdict}
        return self._with_pictures(cells, pictures)

    def put(self, records: Iterable[dict[str, Any]], domain: str = "food", bucket: str = "b") -> None:
        """Write a shard and name it in the manifest; an earlier shard of the bucket goes."""
        samples = [sample_of(cells, self._document(cells, domain), self.blobs) for cells in records]
        samples.sort(key=lambda sample: sample.key)
        entry = write_shard(self.out / "shards", domain, bucket, samples)
        before = read_manifest(self.out)
        others = [e for e in before.shardlist if (e.domain, e.bucket) != (domain, bucket)] if before else []
        manifest = manifest_of([*others, entry], "test")
        write_manifest(self.out, manifest)
        remove_unlisted(self.out, manifest)
        for name, data in self.blobs.held.items():
            assert self.store.put(data) == name

    def export(self, name: str, to: Path, **settings: Any) -> Index:
        manifest = read_manifest(self.out)
        assert manifest is not None
        return write_export(
            to, training(self.out, manifest), format_of(name), Settings(**settings), self.store
        )

    def _document(self, cells: dict[str, Any], domain: str) -> bytes:
        return msgspec.json.encode(published(domain=domain, **{k: cells[k] for k in DOCUMENT & cells.keys()}))

    def _with_pictures(self, cells: dict[str, Any], pictures: Mapping[str, bytes]) -> dict[str, Any]:
        if "target" in pictures:
            truth = self._replaced(cells["ground_truth"][0], pictures["target"])
            cells["ground_truth"] = [truth, *cells["ground_truth"][1:]]
        references = list(cells["selection"].references)
        for number, role in enumerate(("ref1", "ref2")):
            if role in pictures:
                candidate = references[number].candidate
                shown = self._replaced(candidate.picture, pictures[role])
                candidate = msgspec.structs.replace(candidate, picture=shown)
                references[number] = msgspec.structs.replace(references[number], candidate=candidate)
        cells["selection"] = msgspec.structs.replace(cells["selection"], references=references)
        if "test" in pictures:
            cells["attempts"] = [
                msgspec.structs.replace(
                    attempt,
                    drawings=[
                        msgspec.structs.replace(one, picture=self._replaced(one.picture, pictures["test"]))
                        for one in attempt.drawings
                    ],
                )
                for attempt in cells["attempts"]
            ]
        return cells

    def _replaced(self, old: r.Picture, data: bytes) -> r.Picture:
        image = Image.open(io.BytesIO(data))
        return msgspec.structs.replace(
            old,
            sha256=self.blobs.put(data),
            media_type=f"image/{str(image.format).lower()}",
            width=image.width,
            height=image.height,
            bytes=len(data),
        )


def _failed(attempt: r.Attempt, asked: r.Turn) -> r.Attempt:
    text = f"A poor {attempt.recaption.text}"
    said = msgspec.structs.replace(asked, response_text=render_recaption("too short", text))
    return msgspec.structs.replace(
        attempt, recaption=msgspec.structs.replace(attempt.recaption, text=text, turn=said)
    )
