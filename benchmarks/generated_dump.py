"""A made-up world as multistream dumps of five Wikipedias, in Latin, Cyrillic, Arabic, Han and Devanagari.

    python -m benchmarks.generated_dump FOLDER --pages 200000 --drawn 12

writes ``FOLDER/dump/<code>wiki-20260101-pages-articles-multistream.xml.bz2`` with their indexes, and
``FOLDER/pictures`` with OpenMoji drawings for the `--drawn` entities of each category that a run with that
``--limit`` takes. Equal arguments give equal bytes.
"""

from __future__ import annotations

import argparse
import bz2
import random
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from catalogs.digests import entity_id
from sources.sample_world import drawings, table, views

EDITIONS = ("en", "ru", "ar", "zh", "hi")
KINDS = (
    "animal-plant", "food", "landmark", "game", "mythology", "festival", "toy", "cultural-relic-art",
    "celebrity",
)  # fmt: skip
"""Categories of the entities; the last has no drawings."""
SHARES = (("article", 62), ("redirect", 20), ("disambiguation", 3), ("list", 2), ("other", 13))
"""Of a hundred pages. Real dumps hold more redirects and talk pages, which cost nobody anything."""
PER_STREAM = 100
"""Pages a stream, as in Wikimedia's dumps."""
VIEWS = 4
"""Pictures of an entity besides the one that leads its page."""
_DATE = "20260101"
_BOXES = ("taxobox", "food", "monument", "game", "deity", "holiday", "toy", "instrument", "person")


@dataclass(frozen=True)
class Concept:
    """One made-up entity, the same in every edition that has a page about it."""

    number: int
    kind: int
    hexcode: str
    thing: str
    """What it looks like, with its article: ``a fly agaric``; empty for people."""

    def name(self, code: str) -> str:
        """Four syllables that tell all numbers apart, in the script of an edition."""
        syllables = words(code)["syllables"].split()
        code_number = (self.number * 1_234_577 + 917) % 40**4
        said = "".join(syllables[code_number // 40**place % 40] for place in range(4))
        return said[:1].upper() + said[1:]

    def title(self, code: str) -> str:
        """In English with what it looks like, so that a prompt about it says more than a name."""
        bare = self.thing.partition(" ")[2]
        return f"{self.name(code)} {bare}" if code == "en" and bare else self.name(code)

    def file(self, view: int) -> str:
        return f"{self.name('en')} {self.number} {view}.jpg"


@lru_cache(maxsize=8)
def words(code: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(Path(__file__).with_name("dump_words.toml").read_text("utf-8"))[
        code
    ]
    return found


@lru_cache(maxsize=1)
def _drawn() -> dict[str, list[table.TableRow]]:
    found = defaultdict(list)
    for row in table.rows():
        found[row.domain].append(row)
    return dict(found)


@lru_cache(maxsize=4096)
def concept(number: int, seed: int) -> Concept:
    dice = random.Random(seed * 10_000_019 + number)
    kind = dice.randrange(len(KINDS))
    rows = _drawn().get(KINDS[kind])
    row = rows[dice.randrange(len(rows))] if rows else None
    return Concept(number, kind, row.hexcode if row else "", row.names[0].noun if row else "")


@dataclass(frozen=True)
class Edition:
    """One wiki of the world: concepts `first` to `first` + `articles`, and pages of other kinds."""

    code: str
    pages: int
    first: int
    shared: int
    """Concepts below this number have an English page."""
    seed: int

    @property
    def articles(self) -> int:
        return self.pages * SHARES[0][1] // 100

    def concepts(self) -> Iterator[Concept]:
        for number in range(self.first, self.first + self.articles):
            yield concept(number, self.seed)

    def wikitexts(self) -> Iterator[tuple[str, int, str, str]]:
        """(title, namespace, wikitext, title that it leads to) of all pages."""
        said = words(self.code)
        for number in range(self.pages):
            place = number % 100
            nth = number // 100 * SHARES[0][1]
            if place < 62:
                yield self._article(concept(self.first + nth + place, self.seed))
            elif place < 82:
                goal = concept(self.first + nth + place - 62, self.seed)
                title = f"{goal.name(self.code)} ({number})"
                target = goal.title(self.code)
                yield title, 0, f"#{said['redirect']} [[{target}]]", target
            elif place < 85:
                some = [concept(self.first + nth + step, self.seed).title(self.code) for step in range(4)]
                lines = "\n".join(f"* [[{title}]]" for title in some)
                text = f"'''{some[0]}''':\n{lines}\n{{{{{said['disambiguation']}}}}}"
                yield f"{some[0]} ({said['disambiguation']} {number})", 0, text, ""
            elif place < 87:
                title = said["list"].format(w=number)
                some = [concept(self.first + nth + step, self.seed).title(self.code) for step in range(30)]
                yield title, 0, f"'''{title}'''\n" + "\n".join(f"* [[{one}]]" for one in some), ""
            else:
                space, number_of = (("template", 10), ("talk", 1), ("category", 14))[place % 3]
                yield f"{said[space]}:{number}", number_of, "{{{1|}}} <noinclude>" + "text " * 80, ""

    def _article(self, about: Concept) -> tuple[str, int, str, str]:
        said, code = words(self.code), self.code
        dice = random.Random(self.seed * 10_000_019 + about.number * 8 + EDITIONS.index(code))
        title = about.title(code)

        def sentence(pattern: str) -> str:
            other = concept(self.first + dice.randrange(self.articles), self.seed)
            shown = "" if dice.random() < 0.6 else f"|{other.name(code)}"
            link = f"[[{other.title(code)}{shown}]]"
            text = pattern.format(
                n=about.name(code),
                l=link,
                y=dice.randrange(1400, 2025),
                k=dice.randrange(9, 9999),
                w=_word(dice, code),
            )
            return text + (_footnote(dice) if dice.random() < 0.35 else "")

        def paragraph() -> str:
            return " ".join(sentence(dice.choice(said["sentences"])) for _ in range(dice.randrange(2, 6)))

        seen = said["seen"].format(n=title, w=_word(dice, code))
        box = (
            f"{{{{{said['infobox']} {_BOXES[about.kind]}\n| {said['name']} = {title}\n| {said['picture']} = "
            f"{about.file(0)}\n| {said['caption']} = {seen}\n"
            + "".join(
                f"| {_word(dice, code)} = {sentence('{l}, {y}')}\n" for _ in range(dice.randrange(2, 7))
            )
            + "}}\n"
        )
        of = said["of"][about.kind].format(t=about.thing)
        called = f"'''{title}''' ({{{{lang-en|{about.name('en')}}}}})"
        opening = f"{called} {_IS[code]} {of} {_IN[code]} [[{_word(dice, code)}]]"
        parts = [
            "{{Short description|made up}}\n<!-- drawn from a seed -->\n", box,
            f"{opening}{_STOP[code]} {sentence(said['lead'])}\n\n{paragraph()}\n",
        ]  # fmt: skip
        for number, heading in enumerate(said["sections"]):
            parts.append(f"\n== {heading} ==\n")
            if number < VIEWS:
                place = said["seen"].format(n=title, w=f"[[{_word(dice, code)}]]")
                parts.append(f"[[{said['file']}:{about.file(number + 1)}|{said['options']}|{place}]]\n")
            parts += [f"{paragraph()}\n\n" for _ in range(dice.randrange(1, 3))]
            if number == 1 and dice.random() < 0.3:
                rows = "".join(f"|-\n| {_word(dice, code)} || {dice.randrange(999)}\n" for _ in range(6))
                parts.append(f'{{| class="wikitable"\n! a !! b\n{rows}|}}\n')
        parts.append(f"\n== {said['end'][1]} ==\n{{{{reflist}}}}\n\n== {said['end'][2]} ==\n")
        parts.append(f"* [https://example.org/{about.number} {_word(dice, code)}]\n{{{{navbox}}}}\n")
        parts.append(f"[[{said['category']}:{said['categories'][about.kind]} {_word(dice, code)}]]\n")
        if code != "en" and about.number < self.shared:
            parts.append(f"[[en:{about.title('en')}]]\n")
        return title, 0, "".join(parts), ""


_IS = {"en": "is", "ru": "—", "ar": "هو", "zh": "是", "hi": "है"}
_IN = {"en": "in", "ru": "в", "ar": "في", "zh": "在", "hi": "में"}
_STOP = {"en": ".", "ru": ".", "ar": ".", "zh": "。", "hi": "।"}


def _word(dice: random.Random, code: str) -> str:
    syllables = words(code)["syllables"].split()
    return "".join(dice.choices(syllables, k=dice.randrange(2, 4)))


def _footnote(dice: random.Random) -> str:
    number = dice.randrange(10**6)
    return (
        f"<ref>{{{{cite web |url=https://example.org/{number} |title=Report {number} |publisher=Press "
        f"|date={dice.randrange(1990, 2025)} |access-date=2025-01-01}}}}</ref>"
    )


def editions(pages: int, seed: int) -> list[Edition]:
    """Equal shares; each but the English begins a third further on, so that pages of one entity overlap."""
    each = pages // len(EDITIONS)
    shared = each * SHARES[0][1] // 100
    return [Edition(code, each, place * shared // 3, shared, seed) for place, code in enumerate(EDITIONS)]


def write_dump(folder: Path, pages: int, seed: int = 0, drawn: int = 0) -> Path:
    """The folder of the dumps; pictures of `drawn` entities a category go to ``pictures`` beside it."""
    (folder / "dump").mkdir(parents=True, exist_ok=True)
    made = editions(pages, seed)
    for one in made:
        write_edition(folder / "dump", one)
    if drawn:
        write_pictures(folder / "pictures", made, drawn)
    return folder / "dump"


def write_edition(folder: Path, edition: Edition) -> Path:
    """A multistream file and its index."""
    path = folder / f"{edition.code}wiki-{_DATE}-pages-articles-multistream.xml.bz2"
    index: list[str] = []
    with path.open("wb") as file:
        file.write(bz2.compress(_head(edition.code).encode()))
        stream: list[str] = []
        titles: list[tuple[int, str]] = []
        for number, page in enumerate(edition.wikitexts(), start=1):
            stream.append(_page(number, *page))
            titles.append((number, page[0]))
            if len(stream) == PER_STREAM or number == edition.pages:
                index += [f"{file.tell()}:{one}:{title}\n" for one, title in titles]
                file.write(bz2.compress("".join(stream).encode()))
                stream, titles = [], []
        file.write(bz2.compress(b"</mediawiki>\n"))
    listed = path.with_name(path.name.replace("multistream.xml", "multistream-index.txt"))
    listed.write_bytes(bz2.compress("".join(index).encode()))
    return path


def write_pictures(folder: Path, made: list[Edition], drawn: int) -> None:
    """Drawings of the entities of each kind that have the smallest ids: a run with a limit takes those."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "LICENCE.txt").write_text(f"{drawings.LICENCE}\n{drawings.AUTHOR}\n")
    ids: dict[int, dict[str, Concept]] = defaultdict(dict)
    for edition in made:
        for one in edition.concepts():
            code = "en" if one.number < edition.shared else edition.code
            ids[one.kind][entity_id(f"wikipedia:{code}:{one.title(code)}")] = one
    for kind in sorted(ids):
        for _, one in sorted(ids[kind].items())[:drawn]:
            if one.hexcode:
                _draw(folder, one)


def _draw(folder: Path, one: Concept) -> None:
    views.ground_truth(one.hexcode, 1).save(folder / one.file(0), "JPEG", quality=90)
    for number in range(1, VIEWS + 1):
        dice = random.Random(one.number * 8 + number)
        views.view(one.hexcode, number, dice).save(folder / one.file(number), "JPEG", quality=90)


def _head(code: str) -> str:
    said = words(code)
    spaces = {0: "", 1: said["talk"], 6: said["file"], 10: said["template"], 14: said["category"]}
    listed = "".join(
        f'      <namespace key="{key}" case="first-letter">{escape(name)}</namespace>\n'
        for key, name in spaces.items()
    )
    version = "0.11" if code == "en" else "0.10"
    schema = f"http://www.mediawiki.org/xml/export-{version}/"
    return (
        f'<mediawiki xmlns="{schema}" version="{version}" xml:lang="{code}">\n'
        f"  <siteinfo>\n    <sitename>Wikipedia</sitename>\n    <dbname>{code}wiki</dbname>\n"
        f"    <base>https://{code}.wikipedia.org/wiki/Main_Page</base>\n    <generator>made up</generator>\n"
        f"    <case>first-letter</case>\n    <namespaces>\n{listed}    </namespaces>\n  </siteinfo>\n"
    )


def _page(number: int, title: str, space: int, text: str, target: str) -> str:
    day = number % 28 + 1
    leads = f'    <redirect title="{escape(target, {chr(34): "&quot;"})}" />\n' if target else ""
    return (
        f"  <page>\n    <title>{escape(title)}</title>\n    <ns>{space}</ns>\n    <id>{number}</id>\n{leads}"
        f"    <revision>\n      <id>{number + 10**6}</id>\n      <timestamp>2025-12-{day:02}T00:00:00Z"
        f"</timestamp>\n      <contributor><username>Nobody</username><id>7</id></contributor>\n"
        f"      <model>wikitext</model>\n      <format>text/x-wiki</format>\n"
        f'      <text bytes="{len(text.encode())}" xml:space="preserve">{escape(text)}</text>\n'
        f"      <sha1>0</sha1>\n    </revision>\n  </page>\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=200_000)
    parser.add_argument("--drawn", type=int, default=0, help="entities a category with pictures")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(write_dump(given.folder, given.pages, given.seed, given.drawn))


if __name__ == "__main__":
    main()
