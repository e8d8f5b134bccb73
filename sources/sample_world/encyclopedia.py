"""The sample world's encyclopedia: Wikipedia extracts and drawings, tied together by a hand-written table."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from catalogs.digests import digest
from catalogs.records import Entity, EntityRef, Language, Origin, Passage
from sources.interface import GroundTruth, Harvested, Unusable
from sources.sample_world import drawings, packages, table, views

CODE_VERSION = "1"
"""Raised whenever the same table and packages give other entities, texts or pictures."""


@dataclass(frozen=True)
class SampleEncyclopedia:
    """An `Encyclopedia` of about 500 things in English, French and Spanish, with two drawings each."""

    @property
    def name(self) -> str:
        return "sample-world"

    @property
    def revision(self) -> str:
        return digest("/".join((CODE_VERSION, table.revision(), packages.revision())))[:12]

    @property
    def languages(self) -> tuple[Language, ...]:
        return tuple(packages.LANGUAGES)

    def survey(self) -> Iterator[EntityRef]:
        for row in table.rows():
            yield EntityRef(entity_id=row.entity_id, domain=row.domain, title=row.title, locator=row.hexcode)

    def harvest(self, ref: EntityRef) -> Harvested:
        row = table.by_hexcode().get(ref.locator)
        if row is None:
            raise Unusable("not-in-table", f"the table has no drawing {ref.locator}")
        return Harvested(
            entity=Entity(
                entity_id=row.entity_id,
                title=row.title,
                domain=row.domain,
                category_rule=f"table:{table.PATH.name}",
                names=list(row.names),
                articles=[
                    passage(article, name.language)
                    for name in row.names
                    if (article := packages.articles(name.language).get(name.title))
                    and article.extract.strip()
                ],
            ),
            pictures=tuple(_picture(row, number) for number in range(2)),
        )

    def documents(self, language: Language) -> Iterator[Passage]:
        """All articles of the text package, by title; entities or not."""
        for _, article in sorted(packages.articles(language).items()):
            if article.extract.strip():
                yield passage(article, language)


def passage(article: packages.Article, language: Language) -> Passage:
    """An article as a passage, with runs of white space made one space."""
    return Passage(
        title=article.title,
        language=language,
        text=" ".join(article.extract.split()),
        origin=Origin(
            url=f"https://{language}.wikipedia.org/wiki/{quote(article.title.replace(' ', '_'))}",
            revision=f"{packages.TEXTS}/{packages.version(packages.TEXTS)}",
            licence="CC-BY-SA-4.0",
            author="Wikipedia contributors",
        ),
    )


def _picture(row: table.TableRow, number: int) -> GroundTruth:
    out = io.BytesIO()
    views.ground_truth(row.hexcode, number).save(out, "PNG")
    return GroundTruth(out.getvalue(), drawings.origin(row.hexcode), caption=row.title)
