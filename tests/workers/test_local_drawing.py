"""Local drawing models: a tiny Stable Diffusion 3 and a tiny FLUX.2 from folders."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.workers import tiny
from workers.drawing.diffusers_drawer import DiffusersDrawer
from workers.drawing.handle import drawer_worker
from workers.drawing.interface import DrawingRequest
from workers.drawing.references import PIPELINES
from workers.endpoint import Calls
from workers.errors import ModelLoadError, ModelReplyError
from workers.meter import metered

SMALL = "size=32x32&steps=2&guidance=3"


@pytest.fixture(scope="module")
def sd3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.stable_diffusion_3(tmp_path_factory.mktemp("sd3"))


@pytest.fixture(scope="module")
def flux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.flux_2_klein(tmp_path_factory.mktemp("flux"))


def drawer_of(checkpoint: Path | str, settings: str = "") -> DiffusersDrawer:
    drawer = drawer_worker(f"diffusers:{checkpoint}?{SMALL}{settings}", Calls(""))
    assert isinstance(drawer, DiffusersDrawer)
    return drawer


def reference(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 64), colour).save(out, "PNG")
    return out.getvalue()


def request(seed: int, recaption: str = "A tiger as in image_1.", *colours: str) -> DrawingRequest:
    pictures = tuple(reference(colour) for colour in colours)
    return DrawingRequest(recaption=recaption, language="en", references=pictures, seed=seed)


def test_a_text_to_image_pipeline_draws_a_batch_of_seeds(sd3: Path) -> None:
    drawer = drawer_of(sd3, "&references=false&batch=2").load()
    with metered() as spent:
        drawn = drawer.draw([request(11), request(12), request(11)])
    assert spent.calls == 3
    assert [Image.open(io.BytesIO(data)).size for data in drawn] == [(32, 32)] * 3
    assert drawn[0] == drawn[2] != drawn[1]
    assert drawer.draw([request(11, "A lion.")]) != [drawn[0]]


def test_a_pipeline_without_references_must_be_told_so_before_the_run(sd3: Path) -> None:
    with pytest.raises(ModelLoadError, match="add references=false"):
        drawer_of(sd3).check()
    drawer_of(sd3, "&references=false").check()


def test_both_references_are_sent(flux: Path) -> None:
    handle = drawer_of(flux)
    handle.check()
    drawer = handle.load()
    text = "The cat of image_1 with the hat of image_2."
    first, other, swapped = (
        drawer.draw([request(11, text, *colours), request(12, text, *colours)])
        for colours in (("red", "blue"), ("red", "green"), ("blue", "red"))
    )
    assert first[0] != first[1]
    assert len({first[0], other[0], swapped[0]}) == 3
    assert drawer.draw([request(12, text, "red", "blue")]) == [first[1]]


def test_a_reference_is_turned_upright(flux: Path) -> None:
    halves = Image.new("RGB", (80, 64), "red")
    halves.paste("blue", (0, 0, 40, 64))
    tag = Image.Exif()
    tag[0x0112] = 8  # the camera stood on its side: a viewer turns the pixels a quarter to the left
    plain, tagged = io.BytesIO(), io.BytesIO()
    halves.save(plain, "PNG")
    halves.transpose(Image.Transpose.ROTATE_270).save(tagged, "PNG", exif=tag)
    asked = [
        DrawingRequest(recaption="As in image_1.", language="en", references=(one.getvalue(),), seed=1)
        for one in (plain, tagged)
    ]
    drawn = drawer_of(flux).load().draw(asked)
    assert drawn[0] == drawn[1]


def test_a_model_reads_its_own_names_of_the_references() -> None:
    text = "The cat of image_1, the hat of image_2, no image_12x."
    assert (
        PIPELINES["QwenImageEditPlusPipeline"]
        .worded(text)
        .startswith("The cat of Picture 1, the hat of Picture 2")
    )
    assert "image 2" in PIPELINES["Flux2Pipeline"].worded(text)


def test_a_reference_that_cannot_be_decoded_is_named(flux: Path) -> None:
    broken = DrawingRequest(recaption="x", language="en", references=(b"<html>",), seed=1)
    with pytest.raises(ModelReplyError, match="cannot be decoded"):
        drawer_of(flux).load().draw([broken])


def test_size_steps_and_guidance_are_in_the_revision(sd3: Path) -> None:
    base = drawer_of(sd3, "&references=false")
    assert base.revision.startswith("32x32-2steps-guidance3-text-float32-")
    assert base.revision == drawer_of(sd3, "&references=false&batch=1").revision
    assert base.load().revision == base.revision


@pytest.mark.parametrize(
    ("spec", "advice"),
    [
        ("diffusers:/no/such", "give an existing folder"),
        ("diffusers:owner/none", "hf download owner/none"),
        ("diffusers:x?size=big", "size"),
    ],
)
def test_what_cannot_be_had_says_what_to_do(
    spec: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelLoadError, match=advice):
        drawer_worker(spec, Calls("")).check()  # type: ignore[attr-defined]


def test_a_folder_that_is_no_pipeline_or_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match=r"model_index\.json"):
        drawer_of(tmp_path).check()
    (tmp_path / "model_index.json").write_text('{"_class_name": "TomorrowPipeline"}', encoding="utf-8")
    with pytest.raises(ModelLoadError, match="knows no TomorrowPipeline"):
        drawer_of(tmp_path).check()
