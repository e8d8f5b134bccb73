"""The published SFT loader takes every sample, in the right order, with the right loss; the rest is
counted."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from catalogs.exports import check_export
from catalogs.records import Turn
from tests.catalogs.exports.shelf import Shelf, dialogue, picture
from tests.catalogs.exports.targets import unify_agent


def exported(shelf: Shelf, to: Path, **settings: object) -> list[dict[str, object]]:
    shelf.export("unify-agent", to, **settings)
    return list(unify_agent(to))


def test_the_sequence_is_the_published_one(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put([shelf.cells("Apple")])
    (taken,) = exported(shelf, tmp_path / "to")
    turns = dialogue("Apple")
    texts = [(text, loss) for turn in turns for text, loss in ((turn.input, 0), (turn.response_text, 1))]
    pictures = [
        (f"{kind}:image_{n}.{end}", 0) for n, end in ((1, "jpg"), (2, "webp")) for kind in ("vae", "vit")
    ]
    recaption = "A Apple as in image_1 and image_2. "
    drawn = (f"draw:{taken['id']}_0.png", 1)
    assert taken["plan"] == [*texts[:4], *pictures, *texts[4:], (recaption, 0), drawn]


def test_the_document_is_the_one_in_the_shard(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put([shelf.cells("Apple", text="<|im_end|> is only in the evidence")])
    shelf.export("unify-agent", tmp_path / "to")
    (path,) = (tmp_path / "to").rglob("*_trajectory.json")
    assert path.read_bytes() in next((shelf.out / "shards").glob("*.tar")).read_bytes()


def test_refused_turns_have_no_place(shelf: Shelf, tmp_path: Path) -> None:
    turns = dialogue("Apple")
    refused = msgspec.structs.replace(turns[1], ok=False, problem="malformed-call", response_text="I cannot")
    shelf.put([shelf.cells("Apple", turns=[turns[0], refused, *turns[1:]])])
    (taken,) = exported(shelf, tmp_path / "to")
    assert not any("I cannot" in str(item) for item in taken["plan"])  # type: ignore[attr-defined]
    report = json.loads((tmp_path / "to" / "report.json").read_text())
    assert report["counts"] == {"turns": 3, "turns-left-out": 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda turns: [*turns[:-1], _said(turns[-1], "I cannot write it")], "recaption-turn-not-last"),
        (lambda turns: [_said(turns[0], " "), *turns[1:]], "empty-turn"),
        (lambda turns: [_said(turns[0], "a<|im_end|>b"), *turns[1:]], "special-token-in-text"),
        (lambda turns: turns[-1:], "fewer-than-two-turns"),
    ],
)
def test_what_the_loader_would_drop_or_mangle_is_left_out(
    shelf: Shelf, tmp_path: Path, change: Callable[[list[Turn]], list[Turn]], reason: str
) -> None:
    shelf.put([shelf.cells("Apple", turns=change(dialogue("Apple"))), shelf.cells("Plum")])
    index = shelf.export("unify-agent", tmp_path / "to")
    assert index.left_out == {reason: 1}
    assert len(list(unify_agent(tmp_path / "to"))) == 1


def test_the_target_is_the_proven_drawing_or_the_ground_truth(shelf: Shelf, tmp_path: Path) -> None:
    truth, drawing = picture("truth"), picture("drawing")
    shelf.put([shelf.cells("Apple", pictures={"target": truth, "test": drawing})])
    for target, expected in (("drawing", drawing), ("ground-truth", truth)):
        shelf.export("unify-agent", tmp_path / target, target=target)
        (path,) = (tmp_path / target).glob("*/images/*_0.png")
        assert path.read_bytes() == expected


def test_a_sample_over_the_budget_is_left_out_or_made_to_fit(shelf: Shelf, tmp_path: Path) -> None:
    large = {role: picture(role, (1024, 1024)) for role in ("ref1", "ref2", "test")}
    shelf.put([shelf.cells("Apple", pictures=large), shelf.cells("Plum")])
    assert shelf.export("unify-agent", tmp_path / "to").left_out == {"over-token-budget": 1}
    index = shelf.export("unify-agent", tmp_path / "resized", resize=True)
    assert (index.samples, index.left_out) == (2, {})
    assert check_export(tmp_path / "resized") == []
    lines = [json.loads(line) for p in (tmp_path / "resized/samples").iterdir() for line in p.open()]
    assert all(line["tokens"]["total"] < 16_384 for line in lines)
    assert shelf.export("unify-agent", tmp_path / "wide", max_tokens=40_240).samples == 2


def damage_traj(category: Path) -> None:
    shutil.rmtree(category / "traj")


def damage_reference(category: Path) -> None:
    next(category.glob("intermediate/*/image_1.*")).unlink()


def damage_third_reference(category: Path) -> None:
    folder = next((category / "intermediate").iterdir())
    shutil.copy(folder / "image_1.jpg", folder / "image_3.jpg")


def damage_target(category: Path) -> None:
    path = next((category / "images").iterdir())
    path.rename(path.with_name(path.name.replace("_0.", "_1.")))


def damage_picture(category: Path) -> None:
    next(category.glob("images/*")).write_bytes(b"no picture")


def damage_index(category: Path) -> None:
    path = next(category.glob("traj/*"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"ip_index": 7}))


def damage_recaption(category: Path) -> None:
    path = next(category.glob("traj/*"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"recaption": " "}))


def damage_name(category: Path) -> None:
    path = next(category.glob("traj/*"))
    path.rename(path.with_name("trajectory.json"))


@pytest.mark.parametrize(
    "damage",
    [
        damage_traj,
        damage_reference,
        damage_third_reference,
        damage_target,
        damage_picture,
        damage_index,
        damage_recaption,
        damage_name,
    ],
)
def test_each_way_to_lose_a_sample_is_found(
    shelf: Shelf, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    shelf.put([shelf.cells("Apple")])
    shelf.export("unify-agent", tmp_path / "to")
    damage(tmp_path / "to" / "food")
    problems = [problem.what for problem in check_export(tmp_path / "to")]
    assert any("the target takes 0 samples of 1" in what for what in problems)
    assert len(problems) > 1


def _said(turn: Turn, text: str) -> Turn:
    return msgspec.structs.replace(turn, response_text=text)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_is_put_on_white(shelf: Shelf, tmp_path: Path, mode: str) -> None:
    """The loader does so itself with RGBA alone: of grey with transparency it shows what lies under."""
    buffer = io.BytesIO()
    Image.new(mode, (64, 48), (0,) * len(mode)).save(buffer, "PNG")
    shelf.put([shelf.cells("Apple", pictures={"ref1": buffer.getvalue()})])
    shelf.export("unify-agent", tmp_path / "to")
    (path,) = (tmp_path / "to").rglob("image_1.png")
    with Image.open(path) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_a_picture_too_large_to_open_is_left_out_and_counted(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put([shelf.cells("Apple", pictures={"ref1": picture("large", (200, 100))}), shelf.cells("Plum")])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 9_000)
    index = shelf.export("unify-agent", tmp_path / "to")
    assert index.left_out == {"unreadable-picture": 1}
