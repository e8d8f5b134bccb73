"""Static pages to look at what was made, with pictures beside them; they open from disk and ask no network.

gallery/index.html, gallery/<domain>.html, gallery/<domain>-2.html, gallery/pictures/<2 hex>/<sha256>.png

A page holds its data: rows of the list as HTML, and the rest of every record as a line of JSON that is drawn
when the record is opened, so that a page of 2,000 records stays light.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from catalogs.files import storing, temporary_beside, write_if_changed
from catalogs.records import Picture
from catalogs.review.exhibits import Exhibit
from catalogs.review.gallery_data import body_of, row_of
from catalogs.review.pages import island, render
from catalogs.shards import extension
from catalogs.stage import Blobs

PAGE = 2000
"""Records on a page. `tests.catalogs.review.test_gallery_in_chromium` holds such a page to few nodes and
images."""

_MOST_PIXELS = 178_956_970
"""Larger pictures are not handed to a browser: Pillow takes twice its `MAX_IMAGE_PIXELS` for an attack."""


def write_gallery(
    directory: Path, domains: Mapping[str, Iterable[Exhibit]], blobs: Blobs, least: Mapping[str, float] = {}
) -> Path:
    """Write the pages of every domain and an index; returns the index.

    `least` are thresholds of the proof, shown beside what they are compared with.

    Exhibits are taken a page at a time. Pages and pictures that nothing shows any more are removed.
    """
    pictures = _Pictures(directory, blobs)
    counts: dict[str, list[tuple[str, Counter[str]]]] = {}
    for domain, exhibits in sorted(domains.items()):
        pages = counts.setdefault(domain, [])
        for number, (page, more) in enumerate(_pages(exhibits), start=1):
            name = _page_name(domain, number)
            document = render(
                "gallery.html.j2",
                domain=domain,
                number=number,
                previous=_page_name(domain, number - 1) if number > 1 else "",
                following=_page_name(domain, number + 1) if more else "",
                **_contents(page, pictures, least),
            )
            write_if_changed(directory / name, document)
            pages.append((name, Counter(exhibit.verdict for exhibit in page)))
    index = directory / "index.html"
    verdicts = sorted({verdict for pages in counts.values() for _, count in pages for verdict in count})
    write_if_changed(index, render("gallery_index.html.j2", domains=counts, verdicts=verdicts))
    kept = {index.name, *(name for pages in counts.values() for name, _ in pages)}
    _remove(path for path in directory.glob("*.html") if path.name not in kept)
    pictures.remove_others()
    return index


def _page_name(domain: str, number: int) -> str:
    return f"{domain}.html" if number == 1 else f"{domain}-{number}.html"


def _pages(exhibits: Iterable[Exhibit]) -> Iterator[tuple[list[Exhibit], bool]]:
    """Pages of exhibits, by title, each with whether another follows; at least one, also of nothing."""
    rest = iter(exhibits)
    following = list(islice(rest, PAGE))
    while True:
        page, following = following, list(islice(rest, PAGE))
        yield sorted(page, key=lambda exhibit: (exhibit.title.casefold(), exhibit.key)), bool(following)
        if not following:
            return


def _contents(page: list[Exhibit], pictures: _Pictures, least: Mapping[str, float]) -> dict[str, Any]:
    rows = [row_of(exhibit, pictures) for exhibit in page]
    reasons = Counter(reason for row in rows for reason in row["reasons"])
    return {
        "rows": rows,
        "bodies": [island(body_of(exhibit, pictures, least)) for exhibit in page],
        "verdicts": Counter(row["verdict"] for row in rows),
        "languages": Counter(row["language"] for row in rows if row["language"]),
        "licences": Counter(licence for row in rows for licence in row["licences"]),
        "scores": sorted({name for row in rows for name in row["scores"]}, key=_score_order),
        "reasons": {
            group: [
                (reason, reason.removeprefix(f"{group}: "), reasons[reason])
                for reason in sorted(reasons)
                if reason.startswith(f"{group}: ")
            ]
            for group in ("record", "recaption", "candidate")
        },
    }


def _score_order(name: str) -> tuple[bool, bool, str]:
    """Similarity first, margin next: they decide; then what was checked and judged."""
    return name != "similarity", name != "margin", name


class _Pictures:
    """Pictures as files by content, each written once, in folders of the first two hex digits."""

    def __init__(self, directory: Path, blobs: Blobs) -> None:
        self._folder = directory / "pictures"
        self._blobs = blobs
        self._known: dict[str, str | None] = {}

    def __call__(self, picture: Picture) -> str | None:
        """Where the picture lies, as seen from the page."""
        if picture.sha256 not in self._known:
            self._known[picture.sha256] = self._written(picture)
        return self._known[picture.sha256]

    def _written(self, picture: Picture) -> str | None:
        data = self._blobs.get(picture.sha256)
        ending = extension(data)
        if ending is None or picture.width * picture.height > _MOST_PIXELS:
            return None
        path = self._folder / picture.sha256[:2] / f"{picture.sha256}.{ending}"
        # No flush to disk: what a power cut leaves too short is written again.
        if not path.exists() or path.stat().st_size != len(data):
            with storing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = temporary_beside(path)
                temporary.write_bytes(data)
                temporary.replace(path)
        return f"{self._folder.name}/{path.parent.name}/{path.name}"

    def remove_others(self) -> None:
        """Delete what no page shows, also what a killed run left: what was taken down must not stay here."""
        shown = {Path(place).name for place in self._known.values() if place}
        _remove(path for path in self._folder.glob("*/*") if path.name not in shown)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink()
