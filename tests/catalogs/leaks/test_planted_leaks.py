"""Leaks that were planted are found, all of them, and sound items stay."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from catalogs.leaks import Collection, Found, Item, find_leaks, read_external, removals
from catalogs.records import Entity, Redirects

SOUND = "A lighthouse by the blue sea at dusk"
OWN = "In a snowy field, the Eiffel Tower seen from far away on a clear morning."
BICUBIC = Image.Resampling.BICUBIC
GAMMA = [round(255 * (level / 255) ** 2.0) for level in range(256)]


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two pictures of one size, side by side."""
    both = Image.new("RGB", (2 * left.width, left.height))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    return both


def above(upper: Image.Image, lower: Image.Image) -> Image.Image:
    both = Image.new("RGB", (upper.width, 2 * upper.height))
    both.paste(upper, (0, 0))
    both.paste(lower, (0, upper.height))
    return both


@pytest.fixture
def pictures(paint: Any, encode: Callable[..., bytes]) -> dict[str, bytes]:
    """Two pictures of the split, and what became of the first in training."""
    image = paint("tower")
    cropped = image.crop((41, 13, 297, 229))
    return {
        "tower": encode(image),
        "lighthouse": encode(paint("lighthouse")),
        "re-encoded": encode(image.resize((250, 188)), "JPEG", quality=45),
        "mirrored": encode(ImageOps.mirror(image), "WEBP", quality=70),
        "cropped": encode(cropped, "JPEG", quality=60),
        "flipped and cropped": encode(ImageOps.mirror(cropped).resize((190, 160)), "JPEG", quality=60),
        "turned": encode(image.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=60),
        "upside down": encode(image.transpose(Image.Transpose.ROTATE_180).resize((250, 188)), "JPEG"),
        "turned mirror image": encode(image.transpose(Image.Transpose.TRANSPOSE), "WEBP", quality=70),
        "framed": encode(ImageOps.expand(image, 30, "black"), "JPEG", quality=60),
        "on a page": encode(ImageOps.expand(image, (20, 180), "white"), "JPEG", quality=60),
        "cropped on a page": encode(ImageOps.expand(cropped, (0, 120), "white"), "JPEG", quality=60),
        "grey": encode(image.convert("L"), "JPEG", quality=60),
        "pale": encode(ImageEnhance.Color(image).enhance(0.3), "JPEG", quality=60),
        "glaring": encode(ImageEnhance.Color(image).enhance(1.8), "JPEG", quality=60),
        "toned": encode(ImageOps.colorize(image.convert("L"), "#201008", "#fff0d8"), "JPEG"),
        "dark": encode(image.point(GAMMA * 3), "JPEG", quality=60),
        "cropped and grey": encode(ImageOps.mirror(cropped).convert("L"), "JPEG", quality=60),
        "tilted": encode(image.rotate(-4, BICUBIC, expand=True, fillcolor="black"), "JPEG", quality=60),
        "tilted in place": encode(image.rotate(6, BICUBIC, fillcolor="white"), "JPEG", quality=60),
        "tilted and cut": encode(ImageOps.mirror(image).rotate(10, BICUBIC).crop((30, 22, 290, 218)), "JPEG"),
        "beside another": encode(beside(image, paint("stranger")), "JPEG", quality=60),
        "one of four": encode(
            above(beside(paint("x"), paint("y")), beside(paint("z"), ImageOps.mirror(image))), "WEBP"
        ),
        "one of four on a page": encode(
            ImageOps.expand(
                above(
                    beside(ImageOps.expand(image, 6, "white"), ImageOps.expand(paint("y"), 6, "white")),
                    beside(*(ImageOps.expand(paint(seed), 6, "white") for seed in "zx")),
                ),
                9,
                "white",
            ),
            "JPEG",
            quality=60,
        ),
        "strangers": encode(above(paint("stranger"), paint("x")).convert("L"), "JPEG"),
        "stranger": encode(paint("stranger")),
        "turned stranger": encode(paint("stranger").transpose(Image.Transpose.ROTATE_270)),
        "broken": b"<html>",
    }


@pytest.fixture
def split(entity: Callable[..., Entity], pictures: dict[str, bytes]) -> Collection:
    tower = entity(
        "Eiffel Tower",
        ("fr", "Tour Eiffel", "la tour Eiffel", "dame de fer"),
        ("ru", "Эйфелева башня", "Эйфелева башня"),
        noun="the Eiffel Tower",
    )
    tower = msgspec.structs.replace(tower, redirects=[Redirects(language="en", titles=["Iron lady", "Bolt"])])
    lighthouse = entity("Lighthouse")
    return Collection(
        name="split",
        items=[
            Item(key="t", prompt=OWN, language="en", entity_id=tower.entity_id, pictures=("tower",)),
            Item(
                key="l", prompt=SOUND, language="en", entity_id=lighthouse.entity_id, pictures=("lighthouse",)
            ),
        ],
        entities={e.entity_id: e for e in (tower, lighthouse)},
        pictures=["tower", "lighthouse"],
        load=pictures.__getitem__,
    )


def search(split: Collection, held: dict[str, bytes], *items: Item, **fields: Any) -> Found:
    training = Collection(name="training", items=items, load=held.__getitem__, **fields)
    return find_leaks(split, [training])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Draw the eiffel tower at night, with fireworks", "named-there"),
        ("La Dame de Fer sous la pluie, vue du pont", "named-there"),
        (OWN.upper(), "same-text"),
        (f"Please: {OWN}", "n-grams"),
        ("In a snowy field, the Eiffel Towers seen from far away on a clear morning.", "minhash"),
        ("Ｄｒａｗ ｔｈｅ Ｅｉｆｆｅｌ Ｔｏｗｅｒ at night", "named-there"),
        ("Draw the 𝐄𝐢𝐟𝐟𝐞𝐥 𝐓𝐨𝐰𝐞𝐫 at night", "named-there"),
        ("Draw the Eif\u00adfel\u200b Tow\u2060er at night", "named-there"),
        ("Draw the EiffelTower at night", "named-there"),
        ("The old ironlady of Paris", "named-there"),
        ("Une peinture de l’Eyfeleva bashnya", "named-there"),
        ("A clear morning seen from the Eiffel far away on snowy Tower, in a field.", "reordered"),
    ],
)
def test_a_paraphrase_and_a_translated_alias(
    split: Collection, pictures: dict[str, bytes], text: str, kind: str
) -> None:
    found = search(split, pictures, Item(key="x", prompt=text))
    assert kind in {leak.kind for leak in found.leaks}
    assert [removal.what for removal in removals(split, found).removed_items] == ["t"]


def test_a_name_in_a_recaption_is_a_leak(split: Collection, pictures: dict[str, bytes]) -> None:
    item = Item(key="x", prompt="A tall tower", language="en", texts=("It is the Eiffel Tower of image_1",))
    assert [leak.detail for leak in search(split, pictures, item).leaks] == ["eiffel tower"]


def test_the_entity_under_its_own_id_or_under_a_redirect(
    split: Collection, pictures: dict[str, bytes], entity: Callable[..., Entity]
) -> None:
    twin = entity("Iron Lady", ("fr", "Dame de fer", "la dame de fer"))
    tower = split.entities[split.items[0].entity_id]
    found = search(split, pictures, entities={e.entity_id: e for e in (twin, tower)})
    assert {(leak.kind, leak.ours) for leak in found.leaks} == {
        ("same-entity", tower.entity_id),
        ("same-name", tower.entity_id),
    }


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ("tower", "same-bytes"),
        ("re-encoded", "same-picture"),
        ("mirrored", "mirrored"),
        ("cropped", "crop"),
        ("flipped and cropped", "mirrored-crop"),
        ("turned", "turned"),
        ("upside down", "turned"),
        ("turned mirror image", "turned"),
        ("framed", "same-picture"),
        ("on a page", "same-picture"),
        ("cropped on a page", "crop"),
        ("grey", "same-picture"),
        ("pale", "same-picture"),
        ("glaring", "same-picture"),
        ("toned", "same-picture"),
        ("dark", "same-picture"),
        ("cropped and grey", "mirrored-crop"),
        ("tilted", "tilted"),
        ("tilted in place", "tilted"),
        ("tilted and cut", "tilted"),
        ("beside another", "collage"),
        ("one of four", "collage"),
        ("one of four on a page", "collage"),
    ],
)
def test_a_picture_that_was_changed(
    split: Collection, pictures: dict[str, bytes], planted: str, kind: str
) -> None:
    found = search(split, pictures, pictures=[planted, "strangers", "stranger", "turned stranger"])
    assert [(leak.kind, leak.ours, leak.theirs) for leak in found.leaks] == [(kind, "tower", planted)]
    assert [removal.what for removal in removals(split, found).removed_pictures] == ["tower"]


def test_the_split_may_hold_the_crop(split: Collection, pictures: dict[str, bytes]) -> None:
    """The other way round: training has the whole picture, the split a part of it."""
    for cut, kind in (("cropped", "crop"), ("flipped and cropped", "mirrored-crop")):
        ours = Collection(name="split", pictures=[cut], load=pictures.__getitem__)
        assert [leak.kind for leak in search(ours, pictures, pictures=["tower"]).leaks] == [kind]


@pytest.mark.parametrize(
    ("cut", "kind"),
    [("tilted and cut", "tilted"), ("one of four", "collage")],
)
def test_the_split_may_hold_the_changed_picture(pictures: dict[str, bytes], cut: str, kind: str) -> None:
    ours = Collection(name="split", pictures=[cut], load=pictures.__getitem__)
    found = search(ours, pictures, pictures=["tower", "lighthouse"]).leaks
    assert [(leak.kind, leak.theirs) for leak in found] == [(kind, "tower")]


def test_another_hue_is_another_picture(pictures: dict[str, bytes], encode: Callable[..., bytes]) -> None:
    """A red fish is no blue fish: only what has lost its colours matches any."""
    image = Image.open(io.BytesIO(pictures["tower"])).convert("HSV")
    hue, saturation, value = image.split()
    turned = Image.merge("HSV", [hue.point([(level + 90) % 256 for level in range(256)]), saturation, value])
    held = pictures | {"recoloured": encode(turned.convert("RGB"))}
    ours = Collection(name="split", pictures=["tower"], load=held.__getitem__)
    assert not search(ours, held, pictures=["recoloured"]).leaks


def test_like_features_are_a_leak(pictures: dict[str, bytes]) -> None:
    """What hashes cannot find: the mirror image of one of ours has the features of one of theirs."""
    ours = Collection(name="split", vectors={"a": np.eye(2), "b": -np.eye(2)})
    found = search(ours, pictures, vectors={"x": np.array([[0.1, 0.995]])})
    assert [(leak.kind, leak.ours, leak.theirs, leak.measure) for leak in found.leaks] == [
        ("features", "a", "x", 0.995)
    ]


def test_their_names_in_our_prompts_are_noted_and_remove_nothing(
    split: Collection, pictures: dict[str, bytes], entity: Callable[..., Entity]
) -> None:
    field = entity("Snowy field")
    found = search(split, pictures, entities={field.entity_id: field})
    assert [(leak.kind, leak.ours) for leak in found.leaks] == [("names-theirs", "t")]
    report = removals(split, found)
    assert report.noted == report.found == {"entity/names-theirs": 1}
    assert not report.removed_items


def test_nothing_is_found_where_nothing_leaks(split: Collection, pictures: dict[str, bytes]) -> None:
    found = search(split, pictures, Item(key="x", prompt="A red tractor in a meadow"), pictures=["stranger"])
    assert found.leaks == []


def test_the_report_says_what_was_compared(split: Collection, pictures: dict[str, bytes]) -> None:
    found = search(split, pictures, Item(key="x", prompt=OWN), pictures=["broken", "tower"])
    report = removals(split, found)
    (compared,) = report.compared
    assert (compared.against, compared.prompts, compared.pictures) == ("training", 1, 2)
    assert compared.unreadable == ["broken"]
    assert report.thresholds == found.thresholds
    (removal,) = report.removed_items
    assert (removal.what, removal.against, removal.theirs, removal.leaks) == ("t", "training", "x", 2)


def test_the_order_of_a_collection_does_not_show(split: Collection, pictures: dict[str, bytes]) -> None:
    items = [Item(key=k, prompt=p) for k, p in (("x", OWN), ("y", "the Eiffel Tower"), ("z", SOUND))]
    names = ["cropped", "re-encoded", "broken"]
    one = search(split, pictures, *items, pictures=names)
    other = search(split, pictures, *items[::-1], pictures=names[::-1])
    assert one == other


@pytest.mark.parametrize("data", [b"<html>", "flat"])
def test_bytes_are_compared_where_nothing_else_can_be(
    tmp_path: Path, encode: Callable[..., bytes], data: Any
) -> None:
    """A folder names its pictures by their paths, and a flat or broken one has no hash."""
    data = encode(Image.new("RGB", (90, 60), "red")) if data == "flat" else data
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "theirs.png").write_bytes(data)
    (tmp_path / "list" / "other.png").write_bytes(encode(Image.new("RGB", (90, 60), "blue")))
    ours = Collection(name="split", pictures=["a"], load={"a": data}.__getitem__)
    found = find_leaks(ours, [read_external(tmp_path / "list")])
    assert [(leak.kind, leak.ours, leak.theirs) for leak in found.leaks] == [
        ("same-bytes", "a", "theirs.png")
    ]
