"""Static pages to look at what was made: one page a domain, pictures beside it, no script, no network.

gallery/index.html, gallery/<domain>.html, gallery/pictures/<sha256>.png
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogs.files import write_bytes, write_if_changed
from catalogs.pages import render
from catalogs.records import Attempt, Candidate, Picture
from catalogs.shards import extension
from catalogs.stage import Blobs


@dataclass(frozen=True)
class Exhibit:
    """One record to show, verified or not."""

    key: str
    outcome: str
    """In words: ``proven``, ``rejected by select: too-few-pictures``."""
    cells: Mapping[str, Any]
    """Decoded columns, as far as the record came; at least `prompt`."""


def write_gallery(directory: Path, pages: Mapping[str, Iterable[Exhibit]], blobs: Blobs) -> Path:
    """Write a page for each domain and an index; returns the index. Pages of other domains are removed."""
    pictures = _Pictures(directory / "pictures", blobs)
    counts = {}
    for domain, exhibits in sorted(pages.items()):
        views = [_view(exhibit, pictures) for exhibit in exhibits]
        counts[domain] = len(views)
        write_if_changed(
            directory / f"{domain}.html", render("gallery.html.j2", domain=domain, records=views)
        )
    write_if_changed(directory / "index.html", render("gallery_index.html.j2", counts=counts))
    for page in directory.glob("*.html"):
        if page.stem != "index" and page.stem not in counts:
            page.unlink()
    return directory / "index.html"


class _Pictures:
    """Pictures as files by content, each written once."""

    def __init__(self, folder: Path, blobs: Blobs) -> None:
        self._folder = folder
        self._blobs = blobs
        self._known: dict[str, str | None] = {}

    def __call__(self, picture: Picture) -> dict[str, Any]:
        """The picture for the template; `src` is None for bytes that a browser should not be handed."""
        if picture.sha256 not in self._known:
            self._known[picture.sha256] = self._written(picture.sha256)
        return {
            "src": self._known[picture.sha256],
            "width": picture.width,
            "height": picture.height,
            "of": picture,
        }

    def _written(self, sha256: str) -> str | None:
        data = self._blobs.get(sha256)
        ending = extension(data)
        if ending is None:
            return None
        path = self._folder / f"{sha256}.{ending}"
        if not path.exists():
            write_bytes(path, data)
        return f"{self._folder.name}/{path.name}"


def _view(exhibit: Exhibit, pictures: _Pictures) -> dict[str, Any]:
    cells = exhibit.cells
    text, images, selection = (cells.get(name) for name in ("text_trace", "image_trace", "selection"))
    attempts: Sequence[Attempt] = cells.get("attempts") or []
    return {
        "key": exhibit.key,
        "outcome": exhibit.outcome,
        "prompt": cells["prompt"],
        "entity": cells.get("entity"),
        "gap": cells.get("gap"),
        "turns": [turn for trace in (text, images) if trace for turn in trace.turns],
        "evidence": text.evidence if text else [],
        "references": [
            {"picture": pictures(r.candidate.picture), "reference": r}
            for r in (selection.references if selection else [])
        ],
        "candidates": _candidates(images.candidates if images else [], selection, pictures),
        "truth": [pictures(picture) for picture in (cells.get("ground_truth") or [])[:1]],
        "attempts": [
            {
                "attempt": attempt,
                "drawings": [(d, pictures(d.picture), _match(attempt, d.seed)) for d in attempt.drawings],
            }
            for attempt in attempts
        ],
    }


def _candidates(candidates: Sequence[Candidate], selection: Any, pictures: _Pictures) -> list[dict[str, Any]]:
    """All candidates with the decision on each; candidates of equal bytes are told apart by their place."""
    decisions = selection.decisions if selection else []
    aligned = len(decisions) == len(candidates)
    by_content = {decision.sha256: decision for decision in reversed(decisions)}
    return [
        {
            "candidate": candidate,
            "picture": pictures(candidate.picture),
            "decision": decisions[number] if aligned else by_content.get(candidate.picture.sha256),
        }
        for number, candidate in enumerate(candidates)
    ]


def _match(attempt: Attempt, seed: int) -> Any:
    matches = attempt.proof.matches if attempt.proof else []
    return next((match for match in matches if match.seed == seed), None)
