"""The proof holds recaptions in every script to the same: right references pass, wrong ones fail."""

from __future__ import annotations

import msgspec
import pytest

from catalogs.records import Verdict
from tests.verifiers.test_match import proven
from tests.verifiers.test_scene_languages import recaption
from tests.verifiers.world import MemoryBlobs, cells, view
from verifiers.negatives import GalleryIndex
from verifiers.verdict import ProofPolicy, judge

OTHERS = ("ar", "hi", "ru", "zh")


def verdict(gallery: GalleryIndex, language: str, *shown: str) -> Verdict:
    blobs = MemoryBlobs()
    references = [view(title, number) for title, number in zip(shown, (0, 3), strict=True)]
    values = cells("Tiger", recaption(language), references, blobs)
    values["recaption"] = msgspec.structs.replace(values["recaption"], language=language)
    values = proven(values, gallery, blobs)
    return judge(values["recaption"], values["proof"], ProofPolicy(), [])


@pytest.mark.parametrize("language", OTHERS)
def test_right_references_and_a_faithful_recaption_pass(language: str, gallery: GalleryIndex) -> None:
    found = verdict(gallery, language, "Tiger", "Tiger")
    assert found.passed, found


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("shown", [("Leopard", "Leopard"), ("Tiger", "Horse"), ("Horse", "Tiger")])
def test_wrong_references_fail(language: str, shown: tuple[str, str], gallery: GalleryIndex) -> None:
    found = verdict(gallery, language, *shown)
    assert not found.passed
    assert {"similarity", "margin"} & set(found.reasons)
