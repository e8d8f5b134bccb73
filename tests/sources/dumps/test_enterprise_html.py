"""Enterprise HTML dumps, as the data dictionary of the API describes them."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from sources.dumps.entities import write_entities
from sources.dumps.extract import extract
from sources.dumps.files import HTML, dump_files
from sources.dumps.parts import pages_of

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
    page, redirect = pages_of(tmp_path / "extract" / "parts" / "000-000000.parquet")
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


def hash_of(number: int) -> str:
    """Something that does not compress."""
    from catalogs.digests import digest

    return "".join(digest(f"{number}/{part}") for part in range(20))
