"""Current tables and sidecars of a world that does not exist, written by DuckDB from real documents.

One trajectory is made of `catalogs.records`; all others are its documents with other ids. Tables have the
columns, the stages and about the drop-out of the default world.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from catalogs import records as r
from catalogs.arrow import type_of
from catalogs.categories import CATEGORIES
from catalogs.digests import encode
from catalogs.manifest import Manifest, ShardEntry, manifest_of
from catalogs.records import EntityRef
from catalogs.sidecar import ROLES, Member, TrajectoryRow, row_of
from catalogs.sql.staging import structure

ENTITIES = 1000
"""A bucket; with three prompts each, a table of some 25,000 rows."""
LANGUAGES = ("en", "fr", "es")
CANDIDATES = 6
RESERVED = 10
"""Every tenth entity is kept out of training."""
ENTITY, KEY, HASH = "0123456789abcdef", "0123456789abcdef-en-0", "f" * 32
"""What is replaced: an entity's id, a prompt's key, and the first half of every content hash of a prompt."""

DROPOUT = {"gap": 0.98, "text_trace": 0.975, "references": 0.75, "attempts": 0.5}
"""Column -> share of prompts that are left after the stage that writes it."""

STAGES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("harvest", "entity", ("entity", "ground_truth")),
    ("prompts", "entity", ("prompts",)),
    ("reserve", "prompt", ("reservation",)),
    ("gap", "prompt", ("gap",)),
    ("search-text", "prompt", ("text_trace",)),
    ("search-images", "prompt", ("image_trace",)),
    ("duplicates", "prompt", ("duplicates",)),
    ("select", "prompt", ("selection", "references")),
    ("recaption", "prompt", ("recaption",)),
    ("verdict", "prompt", ("attempts",)),
)
"""Label, grain, columns."""


@dataclass(frozen=True)
class World:
    """What `catalogs.sql.database.build_database` is given."""

    current: list[Path]
    sidecars: list[Path]
    manifest: Manifest
    refs: list[EntityRef]
    runs: list[dict[str, Any]]


def write_world(root: Path, prompts: int, entities: int = ENTITIES) -> World:
    """At least `prompts` prompts, in whole buckets of so many entities."""
    for name in ("current", "shards"):
        (root / name).mkdir(parents=True, exist_ok=True)
    cells = _cells()
    entries: list[ShardEntry] = []
    refs: list[EntityRef] = []
    with duckdb.connect() as database:
        for number in range(-(-prompts // (entities * len(LANGUAGES)))):
            domain = CATEGORIES[number % len(CATEGORIES)]
            _name_records(database, number, entities)
            bucket = f"b{number:08b}"
            name = f"{domain}-{bucket}"
            _write_current(database, root / "current" / f"{name}.parquet", domain, bucket, cells)
            count = _write_sidecar(database, root / "shards" / f"{name}.parquet", domain, cells)
            entries.append(_entry(domain, bucket, count))
            refs += [
                EntityRef(entity_id=entity_id, domain=domain, title=f"Thing {entity_id}", locator=entity_id)
                for (entity_id,) in database.execute("SELECT entity_id FROM entities").fetchall()
            ]
    manifest = manifest_of(entries, "0")
    return World(
        current=sorted((root / "current").iterdir()),
        sidecars=[root / entry.sidecar for entry in manifest.shardlist],
        manifest=manifest,
        refs=refs,
        runs=[{"run": "r1", "stages": {label: {"version": "1"} for label, _, _ in STAGES}}],
    )


def _name_records(database: duckdb.DuckDBPyConnection, number: int, entities: int) -> None:
    """`entities` and `prompts` of one bucket; `luck`, 0..1, decides how far a prompt comes, the entity's id
    alone whether it is reserved."""
    database.execute(f"""
        CREATE OR REPLACE TABLE entities AS
        SELECT left(md5('{number}-' || i), 16) AS entity_id FROM range({entities}) t(i)""")
    database.execute(f"""
        CREATE OR REPLACE TABLE prompts AS
        SELECT entity_id, entity_id || '-' || language || '-0' AS key,
               hash(entity_id || language) / 18446744073709551615.0 AS luck,
               hash(entity_id) % {RESERVED} = 0 AS reserved
        FROM entities, (SELECT unnest({list(LANGUAGES)}) AS language)""")


def _write_current(
    database: duckdb.DuckDBPyConnection, path: Path, domain: str, bucket: str, cells: dict[str, Any]
) -> None:
    left, selects = 1.0, []
    for place, (label, grain, columns) in enumerate(STAGES):
        document = encode({column: cells[column] for column in columns}).decode()
        record = "entity_id" if grain == "entity" else "key"
        stays = min(DROPOUT.get(column, 1.0) for column in columns)
        kept = "true" if grain == "entity" else f"luck < {min(left, stays)}"
        entered = "true" if grain == "entity" else f"luck < {left}"
        written = _filled(document, record)
        if label == "reserve":
            kept = "NOT reserved"
            written = f"CASE WHEN reserved THEN replace({written}, 'train', 'benchmark') ELSE {written} END"
        elif grain == "prompt":
            entered += " AND NOT reserved"
        ended = "failed" if label == "search-text" else "rejected"
        selects.append(f"""
            SELECT {place + (grain == "prompt")}::INTEGER AS position, '{label}' AS stage, '{grain}' AS grain,
                   {record} AS key, entity_id, '{domain}' AS domain, '{bucket}' AS bucket,
                   CASE WHEN {kept} THEN 'kept' ELSE '{ended}' END AS outcome,
                   CASE WHEN {kept} THEN '' ELSE 'reason-' || (hash({record}) % 4) END AS reason,
                   '' AS detail, 1::INTEGER AS attempts, 1::BIGINT AS calls, 400::BIGINT AS tokens_in,
                   80::BIGINT AS tokens_out, round(luck, 6) AS seconds, 'r1' AS run,
                   CASE WHEN {kept} OR stage = 'reserve' THEN {written} ELSE '{{}}' END AS cells
            FROM {"(SELECT *, 0.5 AS luck FROM entities)" if grain == "entity" else "prompts"}
            WHERE {entered}""")
        left = min(left, stays) if grain == "prompt" else left
    rows = " UNION ALL ".join(selects)
    database.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def _write_sidecar(
    database: duckdb.DuckDBPyConnection, path: Path, domain: str, cells: dict[str, Any]
) -> int:
    members = {role: Member(name=f"{KEY}.{role}.jpg", offset=512, size=40_000) for role in ROLES}
    row = encode(row_of(cells, "b", members)).decode().replace('"domain":"food"', f'"domain":"{domain}"')
    form = json.dumps(structure(type_of(TrajectoryRow)))
    database.execute(f"""
        COPY (SELECT unnest(from_json({_filled(row, "key")}, '{form}'))
              FROM prompts WHERE luck < {min(DROPOUT.values())} AND NOT reserved ORDER BY key)
        TO '{path}' (FORMAT parquet, COMPRESSION zstd)""")
    found = database.execute(f"SELECT count(*) FROM '{path}'").fetchone()
    return int(found[0]) if found else 0


def _filled(document: str, record: str) -> str:
    """SQL for a document with the ids of a record in the place of the pattern's."""
    pattern = "'" + document.replace("'", "''") + "'"
    keyed = pattern if record == "entity_id" else f"replace({pattern}, '{KEY}', key)"
    return f"replace(replace({keyed}, '{ENTITY}', entity_id), '{HASH}', md5({record}))"


def _entry(domain: str, bucket: str, count: int) -> ShardEntry:
    name = f"{domain}-{bucket}"
    return ShardEntry(
        url=f"shards/{name}.tar",
        nsamples=count,
        filesize=0,
        domain=domain,
        bucket=bucket,
        digest="",
        sha256="",
        sidecar=f"shards/{name}.parquet",
        sidecar_sha256="",
    )


def _cells() -> dict[str, Any]:
    """Columns of one verified record of the usual size: some 20 KB of JSON."""
    page = r.Origin(
        url=f"https://encyclopedia.example/{ENTITY}", revision="7", licence="CC-BY-SA-4.0", author="Ed"
    )
    words = "A stone bridge of nine arches crosses the river below the old mill, red in the evening light. "
    passage = r.Passage(title=f"Thing {ENTITY}", language="en", text=words * 6, origin=page)
    pictures = [_picture(number, page) for number in range(CANDIDATES + 4)]
    found = [
        r.Candidate(query=1, rank=n + 1, title=f"Thing {n}", page_url=page.url, picture=pictures[n])
        for n in range(CANDIDATES)
    ]
    references = [
        r.Reference(
            label=f"image_{n + 1}", candidate=found[n], judgement={"identity": 9.0}, description="red"
        )
        for n in range(2)
    ]
    turns = [
        r.Turn(turn=n, stage=1, input=words, response_text=words * 3, tool_output=words * 8) for n in range(2)
    ]
    prompt = r.Prompt(
        key=KEY,
        language="en",
        text=words,
        form="descriptive",
        subject=f"Thing {ENTITY}",
        noun="a thing",
        scene=r.Scene(count=2, place="table", light="noon"),
        model="chat@1",
    )
    attempt = _attempt(words, pictures[CANDIDATES:], turns[0])
    return {
        "entity": r.Entity(
            entity_id=ENTITY,
            title=f"Thing {ENTITY}",
            domain="food",
            category_rule="table",
            names=[r.Name(language=code, title="Thing", noun="a thing") for code in LANGUAGES],
            articles=[passage],
        ),
        "ground_truth": pictures[-2:],
        "prompts": [_in_language(prompt, code) for code in LANGUAGES],
        "prompt": prompt,
        "reservation": r.Reservation(split="train"),
        "gap": r.Gap(needs_search=True, unknowns=["colour", "shape"], statement=words, model="chat@1"),
        "text_trace": r.TextTrace(
            queries=["thing"],
            hits=[r.Hit(rank=n, score=1.0, passage=passage) for n in range(3)],
            evidence=[r.Evidence(sentence=words, title=f"Thing {n}", origin=page) for n in range(2)],
            turns=turns,
            model="chat@1",
        ),
        "image_trace": r.ImageTrace(queries=["red thing"], turns=turns[:1], candidates=found, model="chat@1"),
        "duplicates": [
            r.PictureScores(
                sha256=one.picture.sha256,
                values={"min_hash_distance": 30.0, "max_similarity": 0.4},
                notes={"phash": f"{n:016x}"},
            )
            for n, one in enumerate(found)
        ],
        "selection": r.Selection(
            references=references,
            decisions=[
                r.Decision(
                    sha256=one.picture.sha256,
                    kept=n < 2,
                    reason="kept" if n < 2 else "surplus",
                    rank_score=0.5,
                )
                for n, one in enumerate(found)
            ],
        ),
        "references": references,
        "recaption": attempt.recaption,
        "attempts": [attempt],
    }


def _picture(number: int, page: r.Origin) -> r.Picture:
    return r.Picture(
        sha256=f"{HASH}{number:032x}",
        media_type="image/jpeg",
        width=512,
        height=384,
        bytes=40_000,
        origin=page,
    )


def _in_language(prompt: r.Prompt, code: str) -> r.Prompt:
    return msgspec.structs.replace(prompt, key=f"{ENTITY}-{code}-0", language=code)


def _attempt(words: str, drawn: Sequence[r.Picture], turn: r.Turn) -> r.Attempt:
    matches = [
        r.Match(
            seed=n, similarity=0.8, nearest="Pear", nearest_similarity=0.5, margin=0.3, checks={"count": 1.0}
        )
        for n in (1, 2)
    ]
    return r.Attempt(
        recaption=r.Recaption(
            think=words, text=words * 2, language="en", attempt=1, turn=turn, model="chat@1"
        ),
        drawings=[r.Drawing(seed=n, picture=drawn[n - 1], model="drawer@1") for n in (1, 2)],
        proof=r.Proof(matches=matches, negatives=[f"Other {n}" for n in range(8)], model="match@1"),
        verdict=r.Verdict(passed=True, reasons=[], critique=""),
    )
