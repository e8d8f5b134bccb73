"""A survey of millions of entities and a sample of it: entities a second, and memory that does not grow.

    make bench CASE=survey           python -m benchmarks.survey --refs 500000

Entities are made up, seeded: categories, countries and languages as uneven as those of Wikidata, sitelinks by
Zipf's law. Quotas are those of the example in docs/harvest.md.

Baseline in the same run: all entities in a list that is sorted and chosen from, as a survey was read before
it was kept in order. It is asked for fewer of them, and so is the survey again: both take the same.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.measure import measured, report
from catalogs.categories import CATEGORIES, UNCATEGORISED
from catalogs.digests import entity_id
from catalogs.records import EntityRef, Passage
from pipelines.harvesting.sampling import Chosen, Sampling, choose
from pipelines.harvesting.surveys import survey
from sources.interface import Harvested, Unusable

DOMAINS = (*CATEGORIES, *([UNCATEGORISED] * len(CATEGORIES)))
"""Half of what an encyclopedia lists falls under no category."""
COUNTRIES = ("", "", "US", "FR", "JP", "DE", "IN", "BR")
LANGUAGES = (["en"], ["en", "fr"], ["sw"], ["en", "hi"], [])
LIMIT = 35_000
"""Entities of a category: 456,000 prompts over twelve categories and some left to rejections."""
SAMPLING = Sampling(
    band={"head": 2_000},
    country={"US": 3_000, "*": 6_000},
    language={"sw": 5_000, "hi": 5_000, "en": 20_000},
)


@dataclass(frozen=True)
class Synthetic:
    """An `Encyclopedia` that can only be surveyed."""

    refs: int
    name: str = "synthetic"
    revision: str = "1"
    languages: tuple[str, ...] = ("en", "fr", "hi", "sw")

    def survey(self) -> Iterator[EntityRef]:
        for number in range(self.refs):
            drawn = int(sha256(b"%d" % number).hexdigest()[:12], 16)
            title = f"An entity of some name {number}"
            yield EntityRef(
                entity_id=entity_id(f"wikipedia:en:{title}"),
                domain=DOMAINS[drawn % len(DOMAINS)],
                title=title,
                locator=title.replace(" ", "_"),
                identifiers={"enwiki": title, "wikidata": f"Q{number}"},
                languages=LANGUAGES[drawn % 7 % len(LANGUAGES)],
                country=COUNTRIES[drawn % 11 % len(COUNTRIES)],
                sitelinks=min(300, 2**24 // (1 + (drawn >> 8) % 2**24)),
            )

    def harvest(self, ref: EntityRef) -> Harvested:
        raise Unusable("synthetic")

    def documents(self, language: str) -> Iterator[Passage]:
        yield from ()


def on_disk(folder: Path, source: Synthetic) -> dict[str, Any]:
    with measured() as listing:
        listed = survey(folder, source)
    with measured() as choosing:
        taken = digest_of(choose(listed, LIMIT, SAMPLING, source.languages))
    return {
        "refs": source.refs,
        "listed_per_second": round(source.refs / listing.seconds),
        "chosen_per_second": round(source.refs / choosing.seconds),
        "list_peak_mib": round(listing.peak_mib),
        "choose_peak_mib": round(choosing.peak_mib),
        "disk_mib": round(listed.path.stat().st_size / 2**20),
        **taken,
    }


def in_memory(folder: Path, source: Synthetic) -> dict[str, Any]:
    """Written as the source lists, read whole, sorted."""
    path = folder / "unordered.jsonl"
    with measured() as listing, path.open("wb") as file:
        file.writelines(msgspec.json.encode(ref) + b"\n" for ref in source.survey())
    with measured() as choosing:
        refs = [msgspec.json.decode(line, type=EntityRef) for line in path.read_bytes().splitlines()]
        refs.sort(key=lambda ref: (ref.domain, ref.entity_id))
        taken = digest_of(choose(refs, LIMIT, SAMPLING, source.languages))
    return {
        "refs": source.refs,
        "listed_per_second": round(source.refs / listing.seconds),
        "chosen_per_second": round(source.refs / choosing.seconds),
        "list_peak_mib": round(listing.peak_mib),
        "choose_peak_mib": round(choosing.peak_mib),
        **taken,
    }


def digest_of(chosen: Iterator[Chosen]) -> dict[str, Any]:
    """How many are taken, and a digest of who."""
    found, count = sha256(), 0
    for one in chosen:
        if not one.left_out:
            found.update(one.ref.entity_id.encode())
            count += 1
    return {"taken": count, "taken_digest": found.hexdigest()[:16]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--refs", type=int, default=5_000_000)
    parser.add_argument("--baseline-refs", type=int, default=500_000, help="Held in memory: 1.6 KB each.")
    parser.add_argument("--at", type=Path, help="A folder with room: 1 KB an entity; default: temporary.")
    given = parser.parse_args()
    ways: dict[str, tuple[Callable[[Path, Synthetic], dict[str, Any]], int]] = {
        "on disk": (on_disk, given.refs),
        "on disk, reduced": (on_disk, given.baseline_refs),
        "in memory, reduced": (in_memory, given.baseline_refs),
    }
    figures: dict[str, Any] = {}
    for name, (way, refs) in ways.items():
        with tempfile.TemporaryDirectory(dir=given.at) as folder:
            figures[name] = way(Path(folder), Synthetic(refs))
    if figures["on disk, reduced"]["taken_digest"] != figures["in memory, reduced"]["taken_digest"]:
        raise SystemExit("the two ways do not take the same entities")
    report("survey", figures)


if __name__ == "__main__":
    main()
