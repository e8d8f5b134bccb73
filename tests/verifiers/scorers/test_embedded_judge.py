"""The embedded judge: the right subject above a look-alike, a sharp picture above a soft one, no guesses."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image, ImageFilter

from catalogs.digests import sha256
from tests.verifiers.world import truth, view
from verifiers.scorers import factip, knowgen, pairwise
from verifiers.scorers.embedded_captions import EmbeddedCaptionJudge
from verifiers.scorers.embedded_judge import EmbeddedJudge
from verifiers.scorers.judged import Instruction
from workers.benchmark_judge.interface import Question, Shown
from workers.drawing.compositor import Compositor
from workers.drawing.interface import DrawingRequest
from workers.errors import WorkerError
from workers.image_text.handle import ImageTextWorker
from workers.judging.fields import Field
from workers.judging.reply import read_reply
from workers.ocr import OcrWorker

JUDGE = EmbeddedJudge(ImageTextWorker(), OcrWorker())
PROMPT = "Two tigers on a sandy beach at noon."


def question(
    instruction: Instruction, pictures: dict[str, bytes], text: str = PROMPT, **facts: str
) -> Question:
    return Question(
        task=instruction.task,
        system=instruction.system,
        text="",
        pictures=tuple(
            Shown(role=role, label="", sha256=sha256(data), data=data) for role, data in pictures.items()
        ),
        fields=instruction.fields,
        subject=text,
        language="en",
        facts=facts,
    )


def drawing(title: str, text: str = PROMPT) -> bytes:
    references = (view(title, 1), view(title, 2))
    request = DrawingRequest(recaption=text, language="en", references=references, seed=11)
    return Compositor().draw([request])[0]


def softened(data: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").filter(ImageFilter.GaussianBlur(5)).save(out, "PNG")
    return out.getvalue()


def grades(instruction: Instruction, generated: bytes, text: str = PROMPT) -> dict[str, float]:
    pictures = {"truth_1": truth("Tiger"), "truth_2": view("Tiger", 3), "generated": generated}
    (answer,) = JUDGE.answer([question(instruction, pictures, text)])
    assert isinstance(answer, str)
    return read_reply(answer, instruction.fields).values


def test_the_right_subject_is_graded_above_a_look_alike() -> None:
    right, wrong = (grades(factip.INSTRUCTION, drawing(title)) for title in ("Tiger", "Leopard"))
    assert right["text_relevance_ip"] >= 6
    assert right["text_relevance_ip"] > wrong["text_relevance_ip"]


def test_the_scene_of_the_prompt_counts() -> None:
    right = grades(factip.INSTRUCTION, drawing("Tiger"))
    other = grades(factip.INSTRUCTION, drawing("Tiger", "A tiger in a snowy field at night."))
    assert right["content_quality"] > other["content_quality"]


def test_a_soft_picture_is_less_clear() -> None:
    sharp = drawing("Tiger")
    assert (
        grades(factip.INSTRUCTION, sharp)["clarity"] > grades(factip.INSTRUCTION, softened(sharp))["clarity"]
    )


def test_equal_questions_get_equal_answers_in_any_batch() -> None:
    pictures = {"truth_1": truth("Tiger"), "generated": drawing("Tiger")}
    one = question(factip.INSTRUCTION, pictures)
    other = question(factip.INSTRUCTION, {**pictures, "generated": drawing("Fox")})
    assert JUDGE.answer([one, other]) == [*JUDGE.answer([one]), *JUDGE.answer([other])]


def test_its_words_say_that_it_measures() -> None:
    pictures = {"truth_1": truth("Tiger"), "generated": drawing("Tiger")}
    (answer,) = JUDGE.answer([question(factip.INSTRUCTION, pictures)])
    assert json.loads(str(answer))["rationale"].startswith("measured, not seen")


def test_text_that_nobody_asked_for_does_not_apply() -> None:
    values = grades(knowgen.INSTRUCTION, drawing("Tiger"))
    assert (values["text_accuracy_na"], values["text_accuracy"]) == (1.0, 0.5)
    wanted = grades(knowgen.INSTRUCTION, drawing("Tiger"), 'A tiger beside a sign that says "WELCOME".')
    assert (wanted["text_accuracy_na"], wanted["text_accuracy"]) == (0.0, 0.0)


@pytest.mark.parametrize("pictures", [{}, {"generated": b"<html>"}])
def test_what_cannot_be_judged_is_an_error(pictures: dict[str, bytes]) -> None:
    (answer,) = JUDGE.answer([question(factip.INSTRUCTION, pictures)])
    assert isinstance(answer, WorkerError)


def test_a_field_without_a_measurement_is_an_error() -> None:
    strange = Instruction(
        task="x", system="", text="", shows=(), fields=(Field(name="humour", low=0, high=10),)
    )
    (answer,) = JUDGE.answer([question(strange, {"generated": drawing("Tiger")})])
    assert isinstance(answer, WorkerError)
    assert "humour" in str(answer)


def test_captions_are_compared_alike_in_both_orders() -> None:
    good = "Two orange tigers with black stripes on a sandy beach at noon."
    bad = "A blue locomotive in a snowy field at night."
    judge = EmbeddedCaptionJudge(ImageTextWorker())

    def asked(first: str, second: str) -> Any:
        one = question(pairwise.INSTRUCTION, {"truth_1": drawing("Tiger")}, "", first=first, second=second)
        return read_reply(str(judge.answer([one])[0]), pairwise.INSTRUCTION.fields).notes

    ab, ba = asked(good, bad), asked(bad, good)
    for verdict in ("comprehensiveness", "insight", "overall"):
        assert (ab[verdict], ba[verdict]) == (pairwise.FIRST, pairwise.SECOND)
    assert ab["fluency"] == pairwise.TIE
    same = asked(good, good)
    assert {same[verdict] for verdict in pairwise.VERDICTS} == {pairwise.TIE}
