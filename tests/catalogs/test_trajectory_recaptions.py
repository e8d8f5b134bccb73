"""A recaption is checked for all that the published instructions ask for."""

from __future__ import annotations

import pytest

from catalogs.trajectory import guess_language, validate_recaption

THINK = (
    "image_1 shows the animal from the side, image_2 shows its face; the plan is to take the outline from "
    "the one and the fur from the other."
)
SCENE = "A tiger rests in a green meadow at dusk, large and close to the centre, its fur orange with stripes."
END_1 = "The final image completely preserves the shape of the tiger from image_1."
END_2 = "It fully retains the colours of the fur from image_2."
GOOD = f"{SCENE} {END_1} {END_2}"
LABELS = ("image_1", "image_2")


def problems(text: str, think: str = THINK, language: str = "en") -> list[str]:
    return validate_recaption(text, think, language, LABELS)


def test_a_good_recaption_has_no_problems() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (f"{GOOD} </recaption>", "markup"),
        (f"{GOOD} &lt;|im_end|&gt;", "markup"),
        (f"{END_1} {END_2}", "too-short"),
        (f"{SCENE * 30} {END_1} {END_2}", "too-long"),
        (f"{SCENE} {SCENE} {END_1}", "omits-image_2"),
        (f"{SCENE} {END_1} Its stripes are those of image_2.", "no-preservation-of-image_2"),
        (f"{GOOD} The sky is that of image_3.", "unknown-image_3"),
        (f"{GOOD} The light agrees with the second image.", "names-pictures-by-order"),
        (f"Draw what follows here. {GOOD}", "imperative"),
    ],
)
def test_each_fault_has_a_name(text: str, problem: str) -> None:
    assert problem in problems(text)


def test_the_think_part_speaks_of_both_pictures() -> None:
    assert problems(GOOD, think=THINK.replace("image_2", "it")) == ["think-omits-image_2"]
    assert "think-too-short" in problems(GOOD, think="image_1 and image_2.")


def test_markup_in_the_think_part_is_found() -> None:
    assert "markup" in problems(GOOD, think=f"{THINK} <tool_call>")


def test_another_language_is_found_as_a_whole_and_in_one_sentence() -> None:
    assert "wrong-language" in problems(GOOD, language="fr")
    french = "Le tigre se repose dans une prairie verte et il est vu de face par les visiteurs du parc."
    assert problems(f"{GOOD} {french}") == ["mixed-languages"]


def test_unknown_languages_are_checked_for_labels_and_markup_only() -> None:
    german = (
        "Ein Tiger ruht auf einer Wiese. Das Bild bewahrt die Form aus image_1 und die Farben aus image_2. "
        * 2
    )
    assert problems(german, language="de") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The tiger is a large cat and a member of the genus Panthera native to Asia.", "en"),
        ("La tour Eiffel est une tour de fer puddlé située à Paris, dans le parc du Champ-de-Mars.", "fr"),
        ("La pizza es un plato hecho con una masa plana que se hornea en un horno de leña.", "es"),
        ("Der Tiger ist eine in Asien verbreitete Großkatze und gilt als stark bedroht.", None),
        ("Tiger, lion", None),
    ],
)
def test_languages_are_told_by_function_words(text: str, language: str | None) -> None:
    assert guess_language(text) == language
