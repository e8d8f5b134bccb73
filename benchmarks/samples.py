"""Verified trajectories with random bytes for pictures, as nested as those of the sample world."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from catalogs import records as r
from catalogs.digests import entity_id, sha256
from catalogs.shards import Sample
from catalogs.sidecar import ROLES

_TEXT = "A small red kite with a forked tail turns over the harbour wall while two boats come in at noon. "
_JPEG = b"\xff\xd8\xff"


def samples(count: int, picture_bytes: int, json_bytes: int, seed: int = 0) -> Iterator[Sample]:
    """`count` samples in ascending order of keys, each with four pictures of `picture_bytes` bytes."""
    chance = random.Random(seed)
    ids = sorted(entity_id(f"bench:{number}") for number in range(count))
    for name in ids:
        pictures = {role: _JPEG + chance.randbytes(picture_bytes - len(_JPEG)) for role in ROLES}
        key = f"{name}-en-0"
        trajectory = (_TEXT * (json_bytes // len(_TEXT) + 1))[:json_bytes].encode()
        yield Sample(key=key, trajectory=trajectory, pictures=pictures, cells=_cells(name, key, pictures))


def _cells(name: str, key: str, pictures: dict[str, bytes]) -> dict[str, Any]:
    """What `catalogs.sidecar.row_of` reads: evidence from five pages, seven turns, two drawings."""
    origins = [
        r.Origin(
            url=f"https://encyclopedia.example/{name}/{number}",
            revision=f"{number}",
            licence="CC-BY-SA-4.0",
            author=f"Author {number}",
            fetched="2024-01-01T00:00:00Z",
        )
        for number in range(5)
    ]
    found = {
        role: r.Picture(
            sha256=sha256(data),
            media_type="image/jpeg",
            width=512,
            height=512,
            bytes=len(data),
            origin=origins[0],
            caption=_TEXT,
        )
        for role, data in pictures.items()
    }
    turns = [r.Turn(turn=n, stage=1, input=_TEXT, response_text=_TEXT, tool_output=_TEXT) for n in range(6)]
    references = [
        r.Reference(
            label=f"image_{number}",
            candidate=r.Candidate(
                query=1, rank=number, title=name, page_url="", picture=found[f"ref{number}"]
            ),
            judgement={"identity": 9.0, "quality": 8.0, "scene": 7.0},
            description=_TEXT,
        )
        for number in (1, 2)
    ]
    match = r.Match(
        seed=1,
        similarity=0.81,
        nearest="Kite",
        nearest_similarity=0.5,
        margin=0.31,
        checks={"count": 1.0, "light": 0.8, "place": 0.9},
    )
    attempt = r.Attempt(
        recaption=r.Recaption(
            think=_TEXT, text=_TEXT * 4, language="en", attempt=1, turn=turns[0], model="rules@1"
        ),
        drawings=[r.Drawing(seed=1, picture=found["test"], model="compositor@1")],
        proof=r.Proof(matches=[match], negatives=["Kite"] * 8, model="lit@1"),
        verdict=r.Verdict(passed=True, reasons=[], critique=""),
    )
    return {
        "entity": r.Entity(
            entity_id=name, title=name, domain="toy", category_rule="table", names=[], articles=[]
        ),
        "ground_truth": [found["target"]],
        "prompt": r.Prompt(
            key=key,
            language="en",
            text=_TEXT,
            form="descriptive",
            subject=name,
            noun="a kite",
            scene=r.Scene(count=2, place="harbour", light="noon"),
            model="rules@1",
        ),
        "gap": r.Gap(needs_search=True, unknowns=["colour"], statement=_TEXT, model="rules@1"),
        "text_trace": r.TextTrace(
            queries=[_TEXT],
            hits=[],
            evidence=[r.Evidence(sentence=_TEXT, title=name, origin=origin) for origin in origins],
            turns=turns[:4],
            model="rules@1",
        ),
        "image_trace": r.ImageTrace(queries=[_TEXT], turns=turns[4:], candidates=[], model="rules@1"),
        "selection": r.Selection(references=references, decisions=[]),
        "attempts": [attempt],
    }
