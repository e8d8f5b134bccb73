"""What the embedded teacher writes in a language, the compositor draws; a wrong recaption is drawn wrong."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from catalogs.records import Scene
from catalogs.trajectory import parse_reply
from tests.verifiers.world import truth, view
from tests.workers.test_languages import answer, facts_of
from verifiers.regions import find_regions
from verifiers.scene import scene_checks
from verifiers.verdict import ProofPolicy
from workers.drawing.compositor import Compositor
from workers.drawing.interface import DrawingRequest
from workers.languages import languages

SCENE = Scene(count=1, place="beach", light="noon")
LEAST = {name: getattr(ProofPolicy(), name) for name in ("count", "place", "light", "colours")}


def recaption(
    language: str,
    place: str = "beach",
    light: str = "noon",
    count: int = 1,
    colours: str = "orange,black,white",
) -> str:
    """Of a tiger, by the embedded teacher."""
    facts = facts_of(language, place, light, count, "key")
    for reference in facts["references"]:
        reference["description"] = colours
    facts["action"] = json.loads(answer("prompts", facts))["action"]
    return str(parse_reply(answer("recaption", facts)).recaption)


def failed(text: str, language: str, scene: Scene = SCENE) -> set[str]:
    """Checks that a drawing of right references fails."""
    request = DrawingRequest(
        recaption=text, language=language, references=(view("Tiger", 0), view("Tiger", 3)), seed=11
    )
    drawing = find_regions(Compositor().draw([request])[0])
    checks = scene_checks(drawing, find_regions(truth("Tiger")), scene)
    return {name for name, least in LEAST.items() if checks[name] < least}


@pytest.mark.parametrize("language", languages())
def test_a_faithful_recaption_is_drawn_as_the_prompt_asks(language: str) -> None:
    assert not failed(recaption(language), language)
    for count in (2, 3, 4):
        scene = msgspec.structs.replace(SCENE, count=count, place="desert", light="dusk")
        assert not failed(recaption(language, "desert", "dusk", count), language, scene)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ({"place": "snow"}, "place"),
        ({"light": "night"}, "light"),
        ({"count": 2}, "count"),
        ({"colours": "green,blue"}, "colours"),
    ],
)
def test_a_wrong_recaption_fails_the_check_of_its_part(
    language: str, wrong: dict[str, Any], check: str
) -> None:
    assert check in failed(recaption(language, **wrong), language)


@pytest.mark.parametrize("language", [one for one in languages() if one != "en"])
def test_a_recaption_in_another_language_than_the_prompts_is_not_drawn(language: str) -> None:
    assert {"place", "light"} <= failed(recaption("en"), language)
    assert {"place", "light"} <= failed(recaption(language), "en")
