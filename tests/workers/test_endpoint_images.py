"""A drawing model behind the Images API."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import Fake, Faults, serving
from tests.fakes.routes import png
from workers.drawing.images_api import ImagesApi, ImagesEndpoint
from workers.drawing.interface import DrawingRequest
from workers.endpoint import Calls


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving(Fake()) as server:
        yield server


def drawer(fake: Fake, folder: Path, **settings: Any) -> ImagesApi:
    endpoint = ImagesEndpoint(base_url=f"{fake.address}/v1", model="brush", timeout=5.0, **settings)
    return ImagesApi(endpoint, Calls(str(folder)))


def requests(*seeds: int, references: tuple[bytes, ...] = (png("a"), png("b"))) -> list[DrawingRequest]:
    return [
        DrawingRequest(recaption="A tiger as in image_1.", language="en", references=references, seed=seed)
        for seed in seeds
    ]


def test_all_references_are_sent_in_the_order_of_the_recaption(fake: Fake, tmp_path: Path) -> None:
    made = drawer(fake, tmp_path, extra={"steps": 28}).load().draw(requests(11, 12))
    assert len(set(made)) == 2
    for asked in fake.heard:
        assert asked["files"] == [("image[]", png("a")), ("image[]", png("b"))]
        assert (asked["size"], asked["n"], asked["steps"]) == ("1024x1024", "1", "28")
    assert {asked["seed"] for asked in fake.heard} == {"11", "12"}


def test_a_drawing_is_paid_for_once_and_comes_back_in_order(fake: Fake, tmp_path: Path) -> None:
    first = drawer(fake, tmp_path).draw(requests(1, 2, 3))
    assert drawer(fake, tmp_path).draw(requests(3, 1)) == [first[2], first[0]]
    assert fake.calls["image"] == 3


def test_without_references_the_prompt_alone_is_drawn(fake: Fake, tmp_path: Path) -> None:
    drawer(fake, tmp_path, references=False).draw(requests(1))
    drawer(fake, tmp_path).draw(requests(2, references=()))
    assert all("files" not in asked and asked["prompt"] == "A tiger as in image_1." for asked in fake.heard)


def test_a_server_without_seeds_is_asked_once_for_as_many_pictures(fake: Fake, tmp_path: Path) -> None:
    made = drawer(fake, tmp_path, seeded=False).draw(requests(11, 12))
    assert len(set(made)) == 2
    (asked,) = fake.heard
    assert asked["n"] == "2"
    assert "seed" not in asked


def test_half_a_picture_is_asked_for_again(tmp_path: Path) -> None:
    with serving(Fake(faults=Faults(rate=0.5, kinds=("half", "html"), seed=1))) as fake:
        made = drawer(fake, tmp_path, tries=20).draw(requests(*range(16)))
    assert all(picture.startswith(b"\x89PNG") for picture in made)
    assert fake.faults.made


def test_the_revision_tells_size_and_steps_apart_and_not_servers(fake: Fake, tmp_path: Path) -> None:
    base = drawer(fake, tmp_path)
    assert drawer(fake, tmp_path, slots=3, price_call=0.04).revision == base.revision
    for change in ({"size": "512x512"}, {"extra": {"steps": 4}}, {"references": False}):
        assert drawer(fake, tmp_path, **change).revision != base.revision
    assert pickle.loads(pickle.dumps(base)) == base


def test_other_weights_under_the_same_name_draw_anew(fake: Fake, tmp_path: Path) -> None:
    for revision in ("a", "b", "b"):
        drawer(fake, tmp_path, model_revision=revision).draw(requests(1))
    assert fake.calls["image"] == 2


def test_references_that_no_server_takes_are_sent_as_png(fake: Fake, tmp_path: Path) -> None:
    import io

    from PIL import Image

    gif, large = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(gif, "GIF")
    Image.new("RGB", (2000, 20), (200, 30, 30)).save(large, "JPEG")
    drawer(fake, tmp_path).draw(requests(1, references=(gif.getvalue(), large.getvalue())))
    (_, first), (_, second) = fake.heard[0]["files"]
    assert first.startswith(b"\x89PNG")
    assert second == large.getvalue()


def test_references_are_sent_upright(fake: Fake, tmp_path: Path) -> None:
    import io

    from PIL import Image

    tagged, tag = io.BytesIO(), Image.Exif()
    tag[0x0112] = 6  # the camera stood on its side
    Image.new("RGB", (40, 30), (200, 30, 30)).save(tagged, "JPEG", exif=tag)
    drawer(fake, tmp_path).draw(requests(1, references=(tagged.getvalue(), png("b"))))
    (_, first), (_, second) = fake.heard[0]["files"]
    assert Image.open(io.BytesIO(first)).size == (30, 40)
    assert second == png("b")
