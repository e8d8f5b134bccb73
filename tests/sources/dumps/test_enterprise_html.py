"""Enterprise HTML dumps, as the data dictionary of the API describes them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from catalogs.digests import entity_id
from sources.dumps.encyclopedia import DumpEncyclopedia
from sources.dumps.entities import write_entities
from sources.dumps.extract import extract
from sources.dumps.files import HTML, dump_files
from sources.dumps.parts import pages_of, parts_of
from sources.fetching.web import Web
from sources.wikidata.sites import Sites

BODY = """<html><body><section><table class="infobox"><tr><th>Cuisine</th></tr></table>
<figure typeof="mw:File/Thumb"><img width="250"
 src="//upload.wikimedia.org/wikipedia/commons/thumb/a/ab/Borscht_1.jpg/250px-B.jpg">
<figcaption>A bowl</figcaption></figure><p><b>Borscht</b> is a soup<sup class="reference">[1]</sup> with
<a href="./Beetroot">beetroot</a>.</p></section><section><h2>Making</h2><p>It is boiled.</p></section>
</body></html>"""


def document(name: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "identifier": number,
        "url": f"https://en.wikipedia.org/wiki/{name}",
        "date_modified": "2026-02-01T00:00:00Z",
        "version": {"identifier": 99},
        "namespace": {"identifier": 0},
        "in_language": {"identifier": "en"},
        "is_part_of": {"identifier": "enwiki", "name": "Wikipedia"},
        "main_entity": {"identifier": "Q43164"},
        "categories": [{"name": "Category:Ukrainian soups"}],
        "redirects": [{"name": "Borsch"}],
        "article_body": {"html": BODY},
    } | more


def archive(path: Path, lines: list[str], cut: int = 0) -> Path:
    data = "\n".join(lines).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        member = tarfile.TarInfo("enwiki_0.ndjson")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    path.write_bytes(out.getvalue()[: len(out.getvalue()) - cut])
    return path


def test_a_document_is_a_page(tmp_path: Path) -> None:
    lines = [
        json.dumps(document("Borscht", 1)),
        "no json",
        json.dumps(document("Talk", 2, namespace={"identifier": 1})),
    ]
    path = archive(tmp_path / "enwiki-NS0-20260201-ENTERPRISE-HTML.json.tar.gz", lines)
    (file,) = dump_files(path)
    assert (file.form, file.site.language, file.site.date) == (HTML, "en", "2026-02-01")
    facts = extract(tmp_path / "extract", [file])
    assert (facts.pages, facts.passed_over, [lost.reason for lost in facts.damage]) == (1, 1, ["bad-page"])
    (part,) = parts_of(tmp_path / "extract")
    page, redirect = pages_of(part)
    assert page.article.lead == "Borscht is a soup with beetroot."
    assert page.article.sections == (("Making", "It is boiled."),)
    assert (page.article.images[0].file, page.article.images[0].caption) == ("Borscht 1.jpg", "A bowl")
    assert (page.domain, page.canonical, page.article.item) == ("food", "wikipedia:en:Borscht", "Q43164")
    assert (redirect.title, redirect.article.target) == ("Borsch", "Borscht")
    assert write_entities(tmp_path / "extract", facts).is_file()


def test_a_cut_archive_gives_what_can_be_read(tmp_path: Path) -> None:
    lines = [
        json.dumps(document(f"Page {number}", number, noise=str(hash_of(number)))) for number in range(400)
    ]
    path = archive(tmp_path / "enwiki.json.tar.gz", lines, cut=3000)
    facts = extract(tmp_path / "extract", dump_files(path))
    assert 0 < facts.pages < 400
    assert [lost.reason for lost in facts.damage] == ["truncated"]


def test_an_archive_may_be_packed_in_pieces(tmp_path: Path) -> None:
    """As programs do that pack with several processors: gzip files one behind the other."""
    lines = [json.dumps(document(f"Page {number}", number)) for number in range(30)]
    path = archive(tmp_path / "enwiki.json.tar.gz", lines)
    tar = gzip.decompress(path.read_bytes())
    path.write_bytes(b"".join(gzip.compress(tar[at : at + 999]) for at in range(0, len(tar), 999)))
    facts = extract(tmp_path / "extract", dump_files(path))
    assert (facts.pages, facts.damage) == (30, ())


@pytest.mark.parametrize("place", [0.3, 0.9])
def test_a_flipped_byte_in_an_archive_is_damage(place: float, tmp_path: Path) -> None:
    lines = [json.dumps(document(f"Page {number}", number, noise=hash_of(number))) for number in range(400)]
    path = archive(tmp_path / "enwiki.json.tar.gz", lines)
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 0xFF
    path.write_bytes(data)
    assert extract(tmp_path / "extract", dump_files(path)).damage


def hash_of(number: int) -> str:
    """Something that does not compress."""
    from catalogs.digests import digest

    return "".join(digest(f"{number}/{part}") for part in range(20))


def test_a_page_that_is_there_in_two_revisions_is_read_in_its_later_one(tmp_path: Path) -> None:
    """As dumps hold some: whichever stands first, no text of the earlier one is indexed."""
    new, old = BODY, BODY.replace("is a soup", "was a soup")
    lines = [
        json.dumps(document("Borscht", 1, version={"identifier": 7}, article_body={"html": new})),
        json.dumps(document("Borscht", 1, version={"identifier": 5}, article_body={"html": old})),
        json.dumps(document("List of soups", 2, redirects=[])),
    ]
    path = archive(tmp_path / "enwiki.json.tar.gz", lines)
    facts = extract(tmp_path / "extract", dump_files(path))
    write_entities(tmp_path / "extract", facts)
    source = DumpEncyclopedia(str(tmp_path / "extract"), "1", None, Sites(Web(str(tmp_path / "web"))))
    leads = [one.text for one in source.documents("en") if one.title == "Borscht" and not one.heading]
    assert leads == ["Borscht is a soup with beetroot."]
    refs = {ref.title: ref for ref in source.survey()}
    refusal = source.refusal(refs["List of soups"])
    assert refusal is not None
    assert refusal.reason == "list-article"
    assert source.article(refs["Borscht"])[0].text == leads[0]
    assert list(source.redirect_ids(refs["Borscht"])) == [entity_id("wikipedia:en:Borsch")]


def test_an_archive_that_is_cut_otherwise_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [json.dumps(document(f"Page {number}", number, redirects=[])) for number in range(60)]
    path = archive(tmp_path / "enwiki.json.tar.gz", lines)
    for lines_a_part in (25, 20, 60):
        monkeypatch.setattr("sources.dumps.extract.LINES", lines_a_part)
        facts = extract(tmp_path / "extract", dump_files(path))
        found = [page.title for part in parts_of(tmp_path / "extract") for page in pages_of(part)]
        assert (found, facts.pages) == ([f"Page {number}" for number in range(60)], 60)
        (tmp_path / "extract" / "facts.json").unlink()  # as a kill leaves it
