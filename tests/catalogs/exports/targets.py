"""What the targets do with an export, written anew from the published facts: each returns what it would take.

None of this shares code with the validators that it is compared with.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tiff", ".jfif")


def unify_agent(root: Path) -> Iterator[dict[str, Any]]:
    """The sequences that the published SFT loader yields: sample by sample, items in order with their
    loss."""
    for category in sorted(root.iterdir()):
        if not all((category / name).is_dir() for name in ("traj", "intermediate", "images")):
            continue
        for path in sorted((category / "traj").glob("*_trajectory.json")):
            item = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(item.get("recaption"), str) or not item["recaption"].strip():
                continue
            folder = category / "intermediate" / item["ip_index"]
            references = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in PICTURES)[:2]
            drawn = [p for p in (category / "images").iterdir() if p.stem == f"{item['ip_index']}_0"]
            if len(references) < 2 or not drawn:
                continue
            plan: list[tuple[str, int]] = []
            for number, turn in enumerate(item["full_response"]):
                plan += [(text, loss) for text, loss in _texts(turn) if text]
                if number == len(item["full_response"]) - 2:
                    for name in references:
                        Image.open(folder / name).convert("RGB")
                        plan += [(f"vae:{name}", 0), (f"vit:{name}", 0)]
            plan.append((item["recaption"], 0))
            Image.open(drawn[0]).convert("RGB")
            plan.append((f"draw:{drawn[0].name}", 1))
            yield {"id": item["ip_index"], "plan": plan}


def _texts(turn: dict[str, Any]) -> list[tuple[str, int]]:
    return [(turn["input"], 0), (turn["response_text"], 1)]


def llama_factory(
    row: dict[str, Any], folder: Path, *, ranking: bool = False
) -> list[tuple[str, str]] | None:
    """The aligned messages of a row, None where it is dropped; raises where training would stop."""
    accepted = (("user", "observation"), ("assistant", "function"))
    aligned = []
    for number, message in enumerate(row["messages"]):
        if message["role"] not in accepted[number % 2]:
            return None
        aligned.append((message["role"], message["content"]))
    if (len(aligned) % 2 == 0) == ranking:
        return None
    if ranking:
        aligned += [("chosen", row["chosen"]["content"]), ("rejected", row["rejected"]["content"])]
    told = aligned[:-2] if ranking else aligned
    for mark, media in (("<image>", row["images"]), ("<video>", []), ("<audio>", [])):
        if sum(content.count(mark) for _, content in told) != len(media):
            raise ValueError(f"{mark}: {len(media)}")
    for image in row["images"]:
        assert (folder / image).is_file()
        Image.open(folder / image).convert("RGB")
    return aligned


def bagel_edit(row: dict[str, Any]) -> list[str | bytes]:
    """The items of a row of two pictures: what is seen, what is said, what is drawn."""
    assert len(row["image_list"]) == 2
    for data in row["image_list"]:
        Image.open(io.BytesIO(data)).convert("RGB")
    return [row["image_list"][0], row["instruction_list"][0][0], row["image_list"][1]]


def bagel_vlm(row: dict[str, Any]) -> list[tuple[str, int]]:
    """The items of a dialogue with their loss."""
    items: list[tuple[str, int]] = []
    for one in row["conversations"]:
        if one["from"] == "gpt":
            items.append((one["value"], 1))
            continue
        pieces = one["value"].split("<image>")
        for number, text in enumerate(pieces):
            if text.strip():
                items.append((text.strip(), 0))
            if number != len(pieces) - 1 and number < len(row["image"]):
                items.append(("<image>", 0))
    return items
