"""How an item enters scoring, and how a picture comes to an item that has none.

The engine starts a record from an `EntityRef`. For a benchmark the ref's locator is the digest of the item's
document in the blob store, so that an item whose text or pictures change is another input, and one that
does not is never judged again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from catalogs.digests import encode, entity_id
from catalogs.records import Drawing, EntityRef, Origin, ScoreItem
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Resources, Row, Stage
from verifiers.scorers.agents import RECAPTION, REFERENCE
from verifiers.scorers.files import ScorerInputError
from workers.drawing.interface import DrawerHandle, DrawingRequest
from workers.pictures import picture_of

GENERATED = "generated"
"""Role of the picture that is judged."""
TRUTH = "truth_"
"""Prefix of the roles of pictures that it is judged against: truth_1, truth_2, ..."""


class DuplicateItemError(ScorerInputError):
    """Two items of one input have the same id."""


def refs_of(benchmark: str, items: Iterable[ScoreItem], blobs: Blobs) -> list[EntityRef]:
    """Refs that lead to these items; raises `DuplicateItemError` where two have one key."""
    refs: dict[str, EntityRef] = {}
    for item in items:
        ref = EntityRef(
            entity_id=entity_id(f"{benchmark}:{item.key}"),
            domain=benchmark,
            title=item.key,
            locator=blobs.put(encode(item)),
        )
        if ref.entity_id in refs:
            raise DuplicateItemError(
                f"{benchmark}: two items are called {item.key!r}: give each an id of its own"
            )
        refs[ref.entity_id] = ref
    return list(refs.values())


@dataclass(frozen=True)
class TakeUp(Stage):
    """The item of a ref. Rejects an item that cannot be scored, with its reason: it is counted and shown."""

    name, version = "score-take-up", "1"
    reads: ClassVar = ("ref",)
    writes: ClassVar = ("score_item",)
    resources: ClassVar = Resources(cpus=0.25, memory_gib=0.25)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        item = msgspec.json.decode(blobs.get(row["ref"].locator), type=ScoreItem)
        writes = {"score_item": item}
        return Rejected(item.missing, item.key, writes) if item.missing else Kept(writes)


@dataclass(frozen=True)
class DrawMissing(Stage):
    """Draws an item that came without a picture.

    Where an agent left a recaption and references, from those: that is how the agent does. Where there are
    none, the prompt, from the ground truth itself: what is scored then is how faithfully the drawer renders
    what it was given, an upper bound for this drawer and not the score of a generator. Reports say so.
    """

    name, version = "score-draw", "2"
    reads: ClassVar = ("score_item",)
    writes: ClassVar = ("drawings",)
    resources: ClassVar = Resources(cpus=1.0, memory_gib=0.5)

    drawer: DrawerHandle
    seed: int = 11

    def needed(self, row: Row) -> bool:
        return GENERATED not in row["score_item"].pictures

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        requests = [self._request(row["score_item"], blobs) for row in rows]
        model = f"{self.drawer.name}@{self.drawer.revision}"
        outcomes: list[Outcome] = []
        for data in self.drawer.load().draw(requests):
            blobs.put(data)
            origin = Origin(url=f"drawing:{model}/seed-{self.seed}", revision=model)
            drawing = Drawing(seed=self.seed, picture=picture_of(data, origin), model=model)
            outcomes.append(Kept({"drawings": [drawing]}))
        return outcomes

    def _request(self, item: ScoreItem, blobs: Blobs) -> DrawingRequest:
        prefix = REFERENCE if RECAPTION in item.facts else TRUTH
        roles = sorted(role for role in item.pictures if role.startswith(prefix))
        return DrawingRequest(
            recaption=item.facts.get(RECAPTION, item.text),
            language=item.language,
            references=tuple(blobs.get(item.pictures[role]) for role in roles),
            seed=self.seed,
        )


def pictures_of(row: Row) -> dict[str, str]:
    """Role -> SHA-256 of an item's pictures, with the drawing where one was made for it."""
    pictures: dict[str, str] = dict(row["score_item"].pictures)
    drawings: list[Drawing] | None = row.get("drawings")
    if drawings:
        pictures[GENERATED] = drawings[0].picture.sha256
    return pictures
