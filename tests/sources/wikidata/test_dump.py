"""Items of a dump as an encyclopedia: which there are, what is known of them, and going on after a kill."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from sources.errors import DumpMissingError, NotADumpError
from sources.wikidata.dump import index, reading
from sources.wikidata.dump.closure import closure
from sources.wikidata.dump.decoding import extract
from sources.wikidata.dump.encyclopedia import WikidataDump
from sources.wikidata.dump.index import build_items
from sources.wikidata.wikis import code_of, language_of_code, language_of_wiki
from tests.sources.wikidata.dumps import WORLD, item, statement, write_dump


def opened(path: Path, tmp_path: Path, processes: int = 1) -> WikidataDump:
    return WikidataDump(str(path), str(build_items(path, tmp_path / "index", processes)))


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> WikidataDump:
    folder = tmp_path_factory.mktemp("dump")
    return opened(write_dump(folder / "all.json.bz2"), folder)


def by_title(dump: WikidataDump) -> dict[str, EntityRef]:
    return {ref.title: ref for ref in dump.survey()}


def test_items_under_a_class_of_the_table_are_surveyed_however_deep(dump: WikidataDump) -> None:
    refs = by_title(dump)
    assert {title: ref.domain for title, ref in refs.items()} == {
        "katsudon": "food",
        "Sakana-kun": "celebrity",
        "Thor": "mythology",
    }
    katsudon = refs["katsudon"]
    assert katsudon.identifiers == {"wikidata": "Q1001", "babelnet": "bn:00077777n", "enwiki": "Katsudon"}
    assert (katsudon.country, katsudon.sitelinks, katsudon.languages) == ("JP", 4, ["en", "fr"])
    assert katsudon.entity_id == entity_id("wikipedia:en:Katsudon")
    assert refs["Sakana-kun"].entity_id == entity_id("wikidata:Q1002")


def test_what_is_not_surveyed_is_counted_with_its_reason(dump: WikidataDump) -> None:
    passed_over = dump.passed_over
    assert passed_over == {"no-class": 4, "no-category": 2, "no-label": 1, "no-picture-no-page": 1}
    items = sum(one["type"] == "item" for one in WORLD)
    assert sum(passed_over.values()) + len(by_title(dump)) == items


def test_an_item_has_names_in_all_languages(dump: WikidataDump) -> None:
    refs = by_title(dump)
    found = dump.harvest(refs["katsudon"]).entity
    assert [(name.language, name.title, name.aliases) for name in found.names] == [
        ("en", "katsudon", ["pork cutlet bowl"]),
        ("fr", "katsudon", []),
        ("ja", "カツ丼", []),
    ], "a variant that says the same is left out"
    fish = dump.harvest(refs["Sakana-kun"]).entity
    assert [(name.language, name.title) for name in fish.names] == [("ja", "Sakana-kun")]
    assert fish.articles[0].text == "Sakana-kun: Japanese fish expert."
    assert fish.articles[0].origin.licence == "CC0-1.0"


def test_the_rule_that_decided_is_told_with_what_else_fits(dump: WikidataDump) -> None:
    thor = dump.harvest(by_title(dump)["Thor"]).entity
    assert thor.category_rule == "wikidata:Q178885 deity"
    assert thor.category_conflicts == ["game by wikidata:Q1569167 video game character"]


@pytest.mark.parametrize("suffix", [".json", ".json.bz2", ".json.gz", ".json.zst"])
def test_any_compression_and_any_number_of_pieces_gives_the_same_items(
    suffix: str, dump: WikidataDump, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE_BYTES", dict.fromkeys(reading.PIECE_BYTES, 900))
    other = opened(write_dump(tmp_path / f"all{suffix}"), tmp_path)
    assert list(other.survey()) == list(dump.survey())
    assert other.passed_over == dump.passed_over


def test_processes_share_the_pieces(
    dump: WikidataDump, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE_BYTES", dict.fromkeys(reading.PIECE_BYTES, 4_000))
    other = opened(write_dump(tmp_path / "all.json"), tmp_path, processes=2)
    assert list(other.survey()) == list(dump.survey())


def test_a_killed_reading_goes_on_with_what_is_missing(
    dump: WikidataDump, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE_BYTES", dict.fromkeys(reading.PIECE_BYTES, 900))
    path = write_dump(tmp_path / "all.json")
    write, written = index.write_part, list[int]()

    def stops_at(number: int) -> None:
        def instead(piece: reading.Piece, parts: Path) -> int:
            if piece.number == number:
                raise KeyboardInterrupt
            written.append(piece.number)
            return write(piece, parts)

        monkeypatch.setattr(index, "write_part", instead)

    stops_at(3)
    with pytest.raises(KeyboardInterrupt):
        opened(path, tmp_path)
    stops_at(-1)
    assert list(opened(path, tmp_path).survey()) == list(dump.survey())
    assert written == sorted(set(written)), "no piece was read twice"


def test_another_table_of_classes_does_not_read_the_dump_again(
    dump: WikidataDump, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_dump(tmp_path / "all.json")
    first = build_items(path, tmp_path / "index", 1)
    monkeypatch.setattr(index, "table_revision", lambda: "another")
    monkeypatch.setattr(index, "pieces", None)
    assert build_items(path, tmp_path / "index", 1).read_bytes() == first.read_bytes()


def test_a_file_without_items_is_no_dump(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text("<mediawiki>\n</mediawiki>\n")
    with pytest.raises(NotADumpError, match="JSON dump of Wikidata"):
        build_items(path, tmp_path, 1)


def test_a_dump_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(DumpMissingError, match=r"latest-all\.json\.bz2"):
            build_items(path, tmp_path / "index", 1)


def test_a_damaged_line_costs_only_itself(tmp_path: Path) -> None:
    path = write_dump(tmp_path / "all.json")
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:3], b'{"id": "Q9", "type":', *lines[3:]]))
    dump = opened(path, tmp_path)
    assert len(by_title(dump)) == 3
    assert dump.passed_over["unreadable"] == 1


def test_preferred_values_come_first_and_deprecated_ones_never() -> None:
    given = item("Q1", {"en": "x"})
    given["claims"]["P31"] = [
        statement("P31", "Q2", "deprecated"),
        statement("P31", None),
        statement("P31", "Q3"),
        statement("P31", "Q4", "preferred"),
    ]
    found = extract(json.dumps(given).encode())
    assert found is not None
    assert found.classes == [4, 3]


def test_older_dumps_name_items_by_number_alone() -> None:
    given = item("Q1", {"en": "x"}, claims={"P31": ["Q5"]})
    del given["claims"]["P31"][0]["mainsnak"]["datavalue"]["value"]["id"]
    found = extract(json.dumps(given).encode())
    assert found is not None
    assert found.classes == [5]


@pytest.mark.parametrize("line", [b"[", b"]", b"", b"  ", b'{"type":"property","id":"P31"},'])
def test_lines_without_an_item(line: bytes) -> None:
    assert extract(line) is None


def test_a_line_that_is_no_json_says_so() -> None:
    with pytest.raises(msgspec.DecodeError):
        extract(b'{"id": "Q1", "labels": 3}')


def test_which_sites_are_wikipedias_of_a_language() -> None:
    assert [language_of_wiki(site) for site in ("enwiki", "be_x_oldwiki", "nowiki", "zh_min_nanwiki")] == [
        "en",
        "be-tarask",
        "nb",
        "nan",
    ]
    assert not any(map(language_of_wiki, ("commonswiki", "enwikiquote", "simplewiki")))


def test_circles_of_classes_fall_under_what_any_of_them_does() -> None:
    edges = np.array([(2, 1), (3, 2), (2, 3), (4, 9), (3, 9)])
    assert closure(edges, [1, 9]) == {1: 1, 2: 3, 3: 3, 9: 2, 4: 2}
    assert closure(np.empty((0, 2), dtype=np.int64), [1]) == {1: 1}


def test_what_a_kill_has_left_half_written_is_no_part(tmp_path: Path) -> None:
    path = write_dump(tmp_path / "all.json.bz2")
    parts = tmp_path / "index" / f"wikidata-{index.revision_of(path)}" / "parts"
    parts.mkdir(parents=True)
    (parts / ".tmp-1-2-000000.zst").write_bytes(b"torn")
    assert len(list(opened(path, tmp_path).survey())) == 3


@pytest.mark.parametrize(
    ("code", "language"), [("no", "nb"), ("zh-yue", "yue"), ("en", "en"), ("als", "gsw")]
)
def test_titles_are_filed_under_the_name_of_their_wiki(code: str, language: str) -> None:
    assert (language_of_code(code), code_of(language), code_of(code)) == (language, code, code)


def test_titles_are_told_as_a_dump_of_that_wiki_tells_them() -> None:
    """A dump is asked by the language of its text, an archive by the code of its language."""
    item = msgspec.convert({"qid": 1, "articles": {"nb": "Tiger"}}, type=_Titles)
    for asked in ("nb", "no"):
        source = WikidataDump("", "", wikis=(asked,))
        assert source._identifiers(item)["nowiki"] == "Tiger"  # type: ignore[arg-type]


class _Titles(msgspec.Struct):
    qid: int
    articles: dict[str, str]
    identifiers: dict[str, str] = {}
