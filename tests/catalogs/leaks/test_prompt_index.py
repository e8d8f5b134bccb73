"""Prompts that say the same are found; prompts that share a pattern are not."""

from __future__ import annotations

from catalogs.leaks.prompts import PromptIndex

HELD = [
    "At noon, in a snowy field, a volcano seen from a distance.",
    "A quiet picture of three coral reef fish pausing in mid-step in a green meadow at noon, with care.",
    "Un volcan vu de face, dans un désert rouge la nuit.",
]


def found(prompt: str) -> list[tuple[int, str]]:
    return [(near.row, near.kind) for _, near in PromptIndex(HELD, 0.7, 0.8).near([prompt])]


def test_case_accents_and_punctuation_do_not_matter() -> None:
    assert found("un VOLCAN vu de face dans un desert rouge, la nuit") == [(2, "same-text")]


def test_a_prompt_inside_a_longer_one() -> None:
    assert found(f"Draw this, please: {HELD[0]} Use watercolours, and sign it.") == [(0, "n-grams")]


def test_a_word_changed_here_and_there() -> None:
    assert found(
        "A quiet picture of three coral reef fish pausing in mid-step in the green meadow at noon, with care."
    ) == [(1, "minhash")]


def test_another_subject_in_the_same_pattern_is_another_prompt() -> None:
    assert found("At noon, in a snowy field, an elephant seen from behind.") == []
    assert found("") == []


def test_every_pair_is_told_once_and_in_order() -> None:
    pairs = list(PromptIndex([HELD[0], HELD[0]], 0.7, 0.8).near([HELD[2], HELD[0]]))
    assert [(position, near.row) for position, near in pairs] == [(1, 0), (1, 1)]
