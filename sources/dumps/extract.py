"""A dump, read once: every range becomes a part on disk, many at a time, and what is there is not read again.

Parts are written by tasks of Ray where this process belongs to a cluster (`RAY_ADDRESS`), else by processes
of this machine. A part is called after what it was cut from, so that an extraction that goes on with other
cuts (an index of streams came or went, ranges are larger) takes over the parts of equal cuts and no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from catalogs.digests import digest, digest_of
from catalogs.files import write_bytes
from sources.dumps.article import ARTICLE, REDIRECT, Article, read_article
from sources.dumps.categories import category_of, table_revision
from sources.dumps.enterprise_html import BadDocumentError, Document, article_of, lines_of, read_document
from sources.dumps.export_xml import BadPageError, ExportPage, is_article, parse_page, split_pages
from sources.dumps.files import BZ2, HTML, DumpFile, content_of
from sources.dumps.parts import Page, Tally, parts_of, tally_of, write_part
from sources.dumps.reading import RangeReader
from sources.dumps.site import Site
from sources.dumps.spread import spread
from sources.dumps.streams import RANGE_BYTES, Damage, Range, ranges, with_titles
from sources.dumps.words import words_revision
from sources.errors import DumpError

CODE_VERSION = "4"
"""Raised whenever the same dump gives other pages, texts or entities."""

LINES, LINE_BYTES = 500, 16 * 2**20
"""Documents of an Enterprise dump a part, and bytes after which it takes no more: a tar.gz cannot be entered
in its middle, so it is read through, and what takes the time, taking HTML apart, is divided."""


class Task(msgspec.Struct, frozen=True):
    """One part that is to be written: a range of a file, or documents of an archive; neither stands for the
    rest of an archive that cannot be read."""

    file: DumpFile
    part: str
    range: Range | None = None
    lines: tuple[bytes, ...] = ()


class Facts(msgspec.Struct, frozen=True):
    """What holds for a dump that was read."""

    sites: dict[str, Site]
    """By `Site.edition`."""
    editions: dict[str, str]
    """Name of a file -> `Site.edition` of its wiki."""
    pages: int
    passed_over: int
    damage: tuple[Damage, ...]


def revision_of(files: list[DumpFile]) -> str:
    """Changes with the content of the files, and with what is made of it."""
    return digest("/".join((CODE_VERSION, words_revision(), table_revision(), content_of(files))))[:12]


def extract(folder: Path, files: list[DumpFile], size: int = RANGE_BYTES) -> Facts:
    """Write all parts of a dump that are missing under `folder`; `facts.json` comes last.

    Damage is kept with the facts, and told by `tracemill`; raises `DumpError` where nothing at all can be
    read.
    """
    done = folder / "facts.json"
    if done.is_file():
        return msgspec.json.decode(done.read_bytes(), type=Facts)
    named: list[Path] = []
    spread(_missing(_tasks(folder / "parts", files, size), named))
    for part in set(parts_of(folder)).difference(named):
        part.unlink(missing_ok=True)  # of other cuts: its pages stand in those, too
    facts = _facts(named, files)
    if not facts.pages and facts.damage:
        first = facts.damage[0]
        raise DumpError(f"{first.file} cannot be read ({first.reason}: {first.detail}); fetch it again")
    write_bytes(done, msgspec.json.encode(facts))
    return facts


def read_part(task: Task) -> None:
    """Read a range and write its part. Runs anywhere that sees the dump and the folder."""
    tally = Tally(damage=[])
    if not task.range and not task.lines:
        lost = "the archive ends before its end, or is damaged"
        tally.damage.append(Damage(Path(task.file.path).name, 0, "truncated", lost))
    pages = _of_range(task, tally) if task.range else _of_lines(task, tally)
    write_part(Path(task.part), pages, tally)


def _missing(tasks: Iterable[Task], named: list[Path]) -> Iterator[Task]:
    """The tasks whose parts are not there; `named` learns the parts of all."""
    for task in tasks:
        path = Path(task.part)
        named.append(path)
        if not path.exists():
            yield task


def _tasks(parts: Path, files: list[DumpFile], size: int) -> Iterator[Task]:
    """All parts of a dump, in its order."""
    for number, file in enumerate(files):
        if file.form == HTML:
            yield from _line_tasks(parts, number, file)
            continue
        for one in ranges(Path(file.path), compressed=file.form == BZ2, size=size):
            yield Task(file, _part(parts, number, one.start, digest_of(one)), one)


def _line_tasks(parts: Path, number: int, file: DumpFile) -> Iterator[Task]:
    lines = lines_of(Path(file.path))
    place = 0
    while True:
        damaged = False
        batch: list[bytes] = []
        size = 0
        try:
            while len(batch) < LINES and size < LINE_BYTES and (line := next(lines, b"")):
                batch.append(line)
                size += len(line)
        except (OSError, EOFError):
            damaged = True
        if batch:
            yield Task(file, _part(parts, number, place, digest(b"".join(batch))), lines=tuple(batch))
            place += len(batch)
        if damaged:
            yield Task(file, _part(parts, number, place, digest("damaged")))
        if damaged or not batch:
            return


def _part(parts: Path, number: int, place: int, cut: str) -> str:
    """Where a part is written: sorted by file and place, found by what it was cut from."""
    return str(parts / f"{number:03}-{place:015}-{cut[:12]}.parquet")


def _of_range(task: Task, tally: Tally) -> Iterator[Page]:
    assert task.range is not None
    path, site = Path(task.file.path), task.file.site
    reader = RangeReader(path, task.range, tally.damage)
    for chunks in reader.chunks():
        for found in split_pages(chunks):
            if isinstance(found, bytes) and not is_article(found) and b"<ns>" in found[:4096]:
                tally.passed_over += 1
                continue
            try:
                if isinstance(found, BadPageError):
                    raise found
                page = parse_page(found)
            except BadPageError as problem:
                tally.damage.append(Damage(path.name, task.range.start, "bad-page", str(problem)))
                continue
            if page.namespace != 0 or page.model != "wikitext" or not page.title:
                tally.passed_over += 1
                continue
            tally.pages += 1
            tally.newest = max(tally.newest, page.timestamp)
            yield _page(page, site)


def _page(page: ExportPage, site: Site) -> Page:
    article = read_article(page.title, page.text, site)
    if page.redirect:  # as the wiki files it, but without the section
        section = article.target.partition("#")[2]
        target = f"{page.redirect}#{section}" if section else page.redirect
        article = Article(kind=REDIRECT, target=target)
    return _described(site, page_id=page.page_id, title=page.title, revision=page.revision, article=article)


def _of_lines(task: Task, tally: Tally) -> Iterator[Page]:
    site = task.file.site
    for line in task.lines:
        try:
            document = read_document(line)
        except BadDocumentError as problem:
            tally.damage.append(Damage(Path(task.file.path).name, 0, "bad-page", str(problem)))
            continue
        if document.namespace.identifier != 0:
            tally.passed_over += 1
            continue
        tally.pages += 1
        tally.newest = max(tally.newest, document.date_modified)
        yield from _of_document(document, site)


def _of_document(document: Document, site: Site) -> Iterator[Page]:
    """The page, and one for each of its redirects, as an XML export has them."""
    yield _described(
        site,
        page_id=document.identifier,
        title=document.name,
        revision=str(document.version.identifier or ""),
        article=article_of(document),
        version=document.version.identifier,
    )
    for one in document.redirects:
        if one.name:
            leads = Article(kind=REDIRECT, target=document.name)
            yield _described(site, page_id=0, title=one.name, revision="", article=leads)


def _described(
    site: Site, *, page_id: int, title: str, revision: str, article: Article, version: int = 0
) -> Page:
    category = category_of(title, article, site.language)
    english = article.languages.get("en", "") if site.is_wikipedia and site.code != "en" else ""
    return Page(
        edition=site.edition,
        page_id=page_id,
        title=title,
        revision=revision,
        canonical=f"wikipedia:en:{english}" if english else site.canonical_name(title),
        domain=category.domain,
        rule=category.rule,
        noun=category.noun if article.kind == ARTICLE else "",
        version=version,
        article=article,
    )


def _facts(parts: list[Path], files: list[DumpFile]) -> Facts:
    tallies = [(part.name, tally_of(part)) for part in parts]
    sites: dict[str, Site] = {}
    damage: list[Damage] = []
    for number, file in enumerate(files):
        own = [tally for name, tally in tallies if name.startswith(f"{number:03}-")]
        newest = max((tally.newest for tally in own), default="")
        known = sites.get(file.site.edition, file.site)
        sites[file.site.edition] = msgspec.structs.replace(known, date=known.date or newest[:10])
        lost = [one for tally in own for one in tally.damage]
        damage += with_titles(Path(file.path), lost) if file.form == BZ2 else lost
    return Facts(
        sites=sites,
        editions={Path(file.path).name: file.site.edition for file in files},
        pages=sum(tally.pages for _, tally in tallies),
        passed_over=sum(tally.passed_over for _, tally in tallies),
        damage=tuple(damage),
    )
