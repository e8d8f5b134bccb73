"""A dump is read once, in ranges; what is damaged is told and costs only itself."""

from __future__ import annotations

import bz2
from pathlib import Path

import pytest

from benchmarks.generated_dump import editions, write_edition
from catalogs.records import EntityRef
from sources.dumps.encyclopedia import DumpEncyclopedia
from sources.dumps.entities import write_entities
from sources.dumps.extract import Facts, extract, read_part, revision_of
from sources.dumps.files import dump_files
from sources.dumps.parts import Page, pages_of, parts_of
from sources.dumps.site import Site
from sources.dumps.streams import Damage, ranges
from sources.errors import DumpError, DumpMissingError, NotADumpError
from sources.fetching.web import Web
from sources.interface import Unusable
from sources.wikidata.sites import Sites

WHOLE = 2**30


@pytest.fixture(scope="module")
def multistream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_edition(tmp_path_factory.mktemp("dump"), editions(2000, 0)[1])


def read(path: Path, folder: Path, size: int = WHOLE) -> tuple[Facts, list[Page]]:
    facts = extract(folder, dump_files(path), size)
    return facts, [page for part in sorted((folder / "parts").iterdir()) for page in pages_of(part)]


@pytest.fixture(scope="module")
def known(multistream: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Page]:
    return read(multistream, tmp_path_factory.mktemp("known"))[1]


def test_plain_bz2_and_multistream_give_the_same_pages(
    multistream: Path, known: list[Page], tmp_path: Path
) -> None:
    xml = bz2.decompress(multistream.read_bytes())
    plain, single = tmp_path / "ruwiki.xml", tmp_path / "ruwiki.xml.bz2"
    plain.write_bytes(xml)
    single.write_bytes(bz2.compress(xml))
    assert len(known) == 400 * 87 // 100
    assert read(plain, tmp_path / "a")[1] == known
    assert read(single, tmp_path / "b")[1] == known


def test_ranges_cover_a_file_with_and_without_its_index(multistream: Path, tmp_path: Path) -> None:
    alone = tmp_path / multistream.name
    alone.write_bytes(multistream.read_bytes())
    for path in (multistream, alone):
        found = ranges(path, compressed=True, size=1)
        assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
        assert (found[0].start, found[-1].end) == (0, path.stat().st_size)
        assert len(found) == 6  # the head, four streams of a hundred pages, the end


def test_finished_ranges_are_not_read_again(multistream: Path, known: list[Page], tmp_path: Path) -> None:
    path = tmp_path / multistream.name
    path.write_bytes(multistream.read_bytes())
    folder = tmp_path / "extract"
    read(path, folder, 30_000)
    parts = sorted((folder / "parts").iterdir())
    assert len(parts) > 2
    (folder / "facts.json").unlink()
    parts[1].unlink()  # as after a kill
    kept = {part: part.stat().st_mtime_ns for part in parts if part.exists()}
    assert read(path, folder, 30_000)[1] == known
    assert {part: part.stat().st_mtime_ns for part in kept} == kept


@pytest.mark.parametrize("killed_at", [1, 3])
def test_an_extraction_that_goes_on_with_other_cuts_doubles_and_drops_nothing(
    killed_at: int, multistream: Path, known: list[Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ranges are of another size, or the index of streams came or went."""
    monkeypatch.setattr("sources.dumps.extract.spread", lambda tasks: list(map(read_part, tasks)))
    path = tmp_path / multistream.name
    path.write_bytes(multistream.read_bytes())
    index = tmp_path / multistream.name.replace("multistream.xml", "multistream-index.txt")
    lines = bz2.decompress((multistream.parent / index.name).read_bytes()).splitlines()
    offsets = sorted({int(line.split(b":")[0]) for line in lines})
    coarse = "".join(f"{offset}:1:A\n" for offset in offsets[::2])
    folder = tmp_path / "extract"
    for size, listed in ((30_000, ""), (WHOLE, ""), (60_000, coarse), (30_000, coarse), (1, "")):
        index.unlink(missing_ok=True)
        if listed:
            index.write_bytes(bz2.compress(listed.encode()))
        facts, found = read(path, folder, size)
        assert found == known
        assert facts.pages == len(known)
        (folder / "facts.json").unlink()
        for part in parts_of(folder)[killed_at:]:
            part.unlink()


def test_an_index_that_comes_later_names_what_was_lost(multistream: Path, tmp_path: Path) -> None:
    path = tmp_path / multistream.name
    third = ranges(multistream, compressed=True, size=1)[2]
    data = bytearray(multistream.read_bytes())
    data[third.start + 2000] ^= 0xFF
    path.write_bytes(data)
    facts, _ = read(path, tmp_path / "extract", 1)
    assert [one.titles for one in facts.damage] == [()]
    (tmp_path / "extract" / "facts.json").unlink()
    index = multistream.name.replace("multistream.xml", "multistream-index.txt")
    (tmp_path / index).write_bytes((multistream.parent / index).read_bytes())
    facts, _ = read(path, tmp_path / "extract", 1)
    assert [len(one.titles) for one in facts.damage] == [100]


def test_a_damaged_stream_loses_its_pages_and_says_which(
    multistream: Path, known: list[Page], tmp_path: Path
) -> None:
    path = tmp_path / multistream.name
    index = multistream.name.replace("multistream.xml", "multistream-index.txt")
    (tmp_path / index).write_bytes((multistream.parent / index).read_bytes())
    third = ranges(multistream, compressed=True, size=1)[2]
    data = bytearray(multistream.read_bytes())
    data[third.start + 2000] ^= 0xFF
    path.write_bytes(data)
    facts, found = read(path, tmp_path / "extract")
    (lost,) = facts.damage
    assert (lost.reason, lost.offset, len(lost.titles)) == ("corrupt", third.start, 100)
    assert {page.title for page in known} - {page.title for page in found} <= set(lost.titles)
    assert len(found) == len(known) - 87

    write_entities(tmp_path / "extract", facts)
    source = encyclopedia(tmp_path / "extract")
    refs = {ref.title: ref for ref in source.survey()}
    with pytest.raises(Unusable) as refused:
        source.harvest(refs[lost.titles[0]])
    assert refused.value.reason == "damaged-dump"


def test_an_unfinished_download(multistream: Path, tmp_path: Path) -> None:
    path = tmp_path / multistream.name
    index = multistream.name.replace("multistream.xml", "multistream-index.txt")
    (tmp_path / index).write_bytes((multistream.parent / index).read_bytes())
    data = multistream.read_bytes()
    path.write_bytes(data[: ranges(multistream, compressed=True, size=1)[3].start + 100])
    facts, found = read(path, tmp_path / "extract")
    assert {lost.reason for lost in facts.damage} == {"truncated"}
    assert sum(len(lost.titles) for lost in facts.damage) == 200
    assert len(found) == 2 * 87


def test_nothing_that_can_be_read_is_an_error(multistream: Path, tmp_path: Path) -> None:
    path = tmp_path / "ruwiki.xml.bz2"
    head = multistream.read_bytes()[: ranges(multistream, compressed=True, size=1)[1].start]
    path.write_bytes(head + b"BZh91AY&SY" + b"\x00" * 99)
    with pytest.raises(DumpError, match="fetch it again"):
        extract(tmp_path / "extract", dump_files(path))


def test_the_index_of_another_dump(multistream: Path, tmp_path: Path) -> None:
    path = tmp_path / multistream.name
    path.write_bytes(multistream.read_bytes())
    wrong = "".join(f"{offset}:1:A\n" for offset in range(50, 5000, 77))
    index = tmp_path / multistream.name.replace("multistream.xml", "multistream-index.txt")
    index.write_bytes(bz2.compress(wrong.encode()))
    with pytest.raises(DumpError, match="index of another dump"):
        ranges(path, compressed=True)


def test_the_place_of_a_dump_does_not_count(multistream: Path, tmp_path: Path) -> None:
    moved = tmp_path / "other-20260101.xml.bz2"
    moved.write_bytes(multistream.read_bytes())
    assert revision_of(dump_files(moved)) == revision_of(dump_files(multistream))


@pytest.mark.parametrize(
    "content", [b"", b"<html>not found</html>", b"BZh9 and no more", b"\x1f\x8b\x08 cut"]
)
def test_another_file_is_no_dump(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.xml.bz2"
    path.write_bytes(content)
    with pytest.raises(NotADumpError):
        dump_files(path)
    with pytest.raises(DumpMissingError):
        dump_files(tmp_path / "none.xml")


def test_a_title_that_stands_twice_is_read_at_its_later_place(tiny: Path, tmp_path: Path) -> None:
    facts, _ = read(tiny, tmp_path)
    write_entities(tmp_path, facts)
    source = encyclopedia(tmp_path)
    refs: dict[str, EntityRef] = {ref.title: ref for ref in source.survey()}
    assert sorted(refs) == [
        "Big Page",
        "Bodmin",
        "Disambiguation page",
        "Duplicate title",
        "Hello",
        "Toronto",
    ]
    harvested = source.harvest(refs["Duplicate title"]).entity
    assert harvested.articles[0].text == "this duplicate should stay"
    with pytest.raises(Unusable) as refused:
        source.harvest(refs["Disambiguation page"])
    assert refused.value.reason == "disambiguation"
    assert isinstance(facts.damage, tuple)
    assert not [one for one in facts.damage if isinstance(one, Damage)]


def encyclopedia(folder: Path) -> DumpEncyclopedia:
    """Without pictures of its own, and with nobody to ask for others."""
    return _Alone(str(folder), "1", None, Sites(Web(str(folder / "web"))))


class _Alone(DumpEncyclopedia):
    def _of_commons(self, names: list[str]) -> tuple[()]:
        return ()


def export(host: str, *pages: str, dbname: str = "") -> bytes:
    """A small export of a wiki, of pages as they stand in it."""
    info = f"<dbname>{dbname}</dbname><base>https://{host}/wiki/Main</base>"
    return f'<mediawiki xml:lang="en"><siteinfo>{info}</siteinfo>{"".join(pages)}</mediawiki>'.encode()


def xml_page(number: int, title: str, text: str, redirect: str = "") -> str:
    leads = f'<redirect title="{redirect}" />' if redirect else ""
    revision = f"<revision><id>{number}</id><text>{text}</text></revision>"
    return f"<page><title>{title}</title><ns>0</ns><id>{number}</id>{leads}{revision}</page>"


def test_what_a_kill_has_left_half_written_is_no_part(multistream: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / ".tmp-1-2-000-000000.parquet").write_bytes(b"torn")
    facts = extract(tmp_path, dump_files(multistream))
    write_entities(tmp_path, facts)
    source = encyclopedia(tmp_path)
    assert len(list(source.survey())) == len({ref.entity_id for ref in source.survey()}) > 0
    assert list(source.documents("ru"))


def test_a_redirect_leads_where_its_wiki_says(tmp_path: Path) -> None:
    """Its text may write the target with a small letter; one to a section is no name of the whole."""
    path = tmp_path / "wiki.xml"
    path.write_bytes(
        export(
            "en.wikipedia.org",
            xml_page(1, "Tiger", "The tiger is a [[cat]]."),
            xml_page(2, "Tigris", "#REDIRECT [[tiger]]", "Tiger"),
            xml_page(3, "Tiger hunt", "#REDIRECT [[Tiger#Hunt]]", "Tiger"),
            xml_page(4, "Panthera tigris", "{{moved}} #REDIRECT [[tiger]]", "Tiger"),
        )
    )
    write_entities(tmp_path / "x", extract(tmp_path / "x", dump_files(path)))
    source = encyclopedia(tmp_path / "x")
    (ref,) = source.survey()
    (redirects,) = source.harvest(ref).entity.redirects
    assert redirects.titles == ["Panthera tigris", "Tigris"]


def test_projects_of_one_language_keep_their_pages_apart(tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.mkdir()
    for project in ("wikipedia", "wiktionary"):
        path = dump / f"{project}-20260101.xml"
        page = xml_page(1, "Tiger", f"A tiger in {project}.")
        path.write_bytes(export(f"en.{project}.org", page, dbname=f"en{project}"))
    write_entities(tmp_path / "x", extract(tmp_path / "x", dump_files(dump)))
    source = encyclopedia(tmp_path / "x")
    found = {passage.text: passage.origin.url for passage in source.documents("en")}
    assert found == {
        f"A tiger in {project}.": f"https://en.{project}.org/wiki/Tiger"
        for project in ("wikipedia", "wiktionary")
    }
    assert len({ref.entity_id for ref in source.survey()}) == 2


def test_damage_is_told_of_the_wiki_whose_dump_has_it(multistream: Path, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.mkdir()
    (dump / "aa.xml").write_bytes(export("en.wikipedia.org", xml_page(1, "Tiger", "A tiger.")))
    index = multistream.name.replace("multistream.xml", "multistream-index.txt")
    third = ranges(multistream, compressed=True, size=1)[2]
    data = bytearray(multistream.read_bytes())
    data[third.start + 2000] ^= 0xFF
    (dump / multistream.name).write_bytes(data)
    listed = bz2.decompress((multistream.parent / index).read_bytes())
    listed += f"{third.start}:99:Tiger &amp;amp; Co\n{third.start}:98:Tiger\n".encode().replace(
        b"amp;amp", b"amp"
    )
    (dump / index).write_bytes(bz2.compress(listed))
    write_entities(tmp_path / "x", extract(tmp_path / "x", dump_files(dump)))
    refs = list(encyclopedia(tmp_path / "x").survey())
    assert len({ref.entity_id for ref in refs}) == len(refs), "none is taken for a page of the other wiki"
    assert "Tiger & Co" in {ref.title for ref in refs}


@pytest.mark.parametrize(
    ("host", "licence"),
    [("en.wikipedia.org", "CC-BY-SA-4.0"), ("www.mediawiki.org", "CC-BY-SA-4.0"), ("notwikipedia.org", "")],
)
def test_terms_are_those_of_the_host_itself(host: str, licence: str) -> None:
    assert Site(base=f"https://{host}/wiki/Main", date="2026-01-01").licence == licence
