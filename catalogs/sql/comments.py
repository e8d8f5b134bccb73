"""What the tables and columns of the catalog mean: the comments in ``catalog.duckdb``.

A column that is a field of a record is described by that record's own docstrings; the rest stands here.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from textwrap import dedent

import msgspec

from catalogs import records as r
from catalogs.manifest import ShardEntry
from catalogs.sidecar import PictureRow, TrajectoryRow
from catalogs.sql.run_tables import QuotaDay

TABLE_COMMENTS = {
    "build": "What this file was made from; another digest makes it anew.",
    "candidates": "Every picture that a picture search brought, with the decision on it.",
    "changes": "What a finished run declared otherwise than the finished one before it.",
    "closed_book": "Scores of every drawing from a bare prompt, where it was asked whether search is needed.",
    "costs": "Calls, tokens and seconds by stage, domain and run, and their share of each proven trajectory.",
    "dead_letters": "Records whose last attempt at a stage failed, with the last error.",
    "declarations": "What each stage of each run declared: version, columns, parameters, models.",
    "entities": "Every surveyed entity, and how far it came.",
    "evidence": "Sentences that a text trace used, with where they come from.",
    "funnel": "Records by stage, domain, outcome and reason.",
    "images": "Pictures inside the shards: place in the tar, size, where they come from.",
    "lineage": "From a member of a shard to the pages and files it was made from.",
    "measurements": "What one filter says of one picture: all its values, and words beside them.",
    "outcomes": "One row a record and stage: what became of it, and what that cost.",
    "picture_uses": "Wherever a picture is used: in shards, as candidate, drawing or ground truth.",
    "process": "What a language model says of every turn of proven trajectories, where one was asked.",
    "prompts": "Every prompt with its gap, and how far it came.",
    "proofs": "Scores of every test drawing of every recaption that was proven.",
    "quotas": "What each day spent and left of a service that answers so many requests a day.",
    "recaptions": "Every recaption that was written, those that failed their proof among them.",
    "reserved": "Documents of prompts that are kept out of training: what the benchmark splits are made of.",
    "runs": "One row a run that computed or wrote something, whether it came to its end or not.",
    "scores": "Measurements, one a row.",
    "shards": "The current shards, as the manifest names them.",
    "traces": "Every turn of every trace, in the published fields.",
    "trajectories": "Proven trajectories, one row each: the sidecars of the shards.",
    "yields": "What became of the prompts of each domain, and which share of those for training was proven.",
}

_COLUMNS = {
    "answers_critique": "What the failed proof of the attempt before said; empty for the first.",
    "articles": "Where the lead text comes from, one a language.",
    "attempt": "Number of the recaption, from 1.",
    "attempts": "How often the stage tried this record.",
    "author": "Who is to be credited, in the words that the licence asks for.",
    "benefit_margin": "Margin of the accepted drawing minus that of the best one from the bare prompt.",
    "benefit_similarity": "The same of the cosine to the ground truth.",
    "bucket": "Prefix of the entity id's hash that cuts the domain; names the shard.",
    "bytes": "Bytes of the file.",
    "calls": "Calls of models.",
    "calls_per_trajectory": "Calls over the domain's proven trajectories; adds up over stages and runs.",
    "caption": "What the source says the picture shows.",
    "computed": "Results that stages computed in the run.",
    "critique": "What the proof held against it; empty when it was passed.",
    "detail": "The reason in words: of a rejection, or the message of an error.",
    "domain": "FactIP category slug, or uncategorised.",
    "drawing": "SHA-256 of the test drawing.",
    "entity_id": "16 hex digits from the entity's canonical name.",
    "fetched": "ISO 8601 time of fetching, or the archive's own date.",
    "filter": "Which filter measured: a column of the flow.",
    "finished": "When the run ended, UTC; NULL for one that was killed, or is still at work.",
    "gap": "What is not known, in a sentence.",
    "grain": "What the stage counts: entity or prompt.",
    "ground_truth": "SHA-256 of the entity's own pictures, the first being the target.",
    "height": "Pixels.",
    "input": "What the turn was given.",
    "inputs": "Digest of everything that the file was made from.",
    "key": "Key of the record: the trajectory's in the shard, or the entity id at stages of entities.",
    "known": "Whether the generator draws the subject right without any search.",
    "label": "image_1 or image_2 for a chosen reference; NULL for others.",
    "language": "ISO 639-1 code.",
    "languages": "Languages in which the entity has a name.",
    "last_error": "Message of the last error.",
    "last_run": "The run that tried last.",
    "licence": "SPDX identifier where there is one; empty when unknown.",
    "media_type": "By content, never by name.",
    "micros": "Millionths of the profile's currency that its calls to endpoints have cost.",
    "model": "Who wrote it: name and revision of the worker.",
    "money": "What its calls to endpoints have cost, in the currency of the profile's prices.",
    "money_per_trajectory": "Money over the domain's proven trajectories; adds up over stages and runs.",
    "name": "Name of the member in the tar.",
    "names": "How the entity is named, one a language.",
    "needs_search": "Whether the gap analysis asked for a search at all.",
    "outcome": "kept, passed (a later round was not needed), rejected or failed.",
    "page_url": "The page on which the picture was found.",
    "passed": "Whether the proof was passed; NULL for a recaption that was never proven.",
    "phash": "64-bit perceptual hash; NULL for a file that is no clean picture.",
    "picture_queries": "What the picture searches asked for.",
    "place": "Key into workers.scenes.PLACES.",
    "light": "Key into workers.scenes.LIGHTS.",
    "action": "What the subject does; empty where nothing is asked.",
    "position": "Place of the stage in the graph, from 0.",
    "previous": "The run before.",
    "problems": "What the validator found in it; empty when it is well-formed.",
    "profile": "Settings of the run, as JSON.",
    "prompt": "The prompt.",
    "query": "Which picture query found it: 1 for the first.",
    "rank": "Place among the results of that query.",
    "rank_score": "What the policy ordered the pictures by.",
    "reasoning": "How it came to its judgement.",
    "reason": "Slug of the rejection, class of the error, or empty.",
    "reasons": "Rules of the proof that it broke; empty when it was passed.",
    "recaption": "The accepted recaption.",
    "nearest_similarity": "Cosine to the nearest hard negative.",
    "nsamples": "Trajectories inside.",
    "problem": "Why the turn was malformed or refused; empty for one that was neither.",
    "records": "How many records.",
    "seed": "Seed of the test drawing.",
    "sidecar_sha256": "SHA-256 of the sidecar.",
    "turn": "Number of the turn in the trace, from 0.",
    "response_text": "What the teacher said in the turn.",
    "revision": "Revision id of the page, or version of the package or archive.",
    "rewritten": "Buckets that the run wrote, as JSON.",
    "run": "The run that computed it.",
    "seconds": "Seconds of work.",
    "seconds_per_trajectory": "Seconds over the domain's proven trajectories; adds up over stages and runs.",
    "sentence": "The sentence that was used.",
    "sha256": "SHA-256 of the bytes.",
    "shard": "Tar in which it rests, relative to the manifest.",
    "size": "Bytes of the member's data.",
    "split": "train or benchmark; NULL for an entity that came to no prompt.",
    "stage": "Label of the stage, with its round from the second on.",
    "started": "When the run began, UTC.",
    "subject": "The entity's title in the prompt's language.",
    "text": "The text itself.",
    "text_queries": "What the text searches asked for.",
    "think": "The reasoning that led to it.",
    "title": "Title of the entity, page or result.",
    "tokens_in": "Tokens that models read.",
    "tokens_out": "Tokens that models wrote.",
    "tokens_per_trajectory": "Tokens read and written over the domain's proven trajectories; adds up.",
    "tool_output": "What the tool answered in the turn.",
    "unknowns": "What is not known, item by item.",
    "url": "Address of the page or file.",
    "version": "Version of what is named.",
    "width": "Pixels.",
}
"""Columns that mean the same wherever they stand."""

_OWN = {
    "candidates": {"position": "Place in the trace, from 1.", "kept": "Whether it became a reference."},
    "changes": {
        "name": "What was declared, with dots into nested fields: models.model, parameters.policy.x.",
        "before": "Its value in the run before; NULL where it was not declared.",
        "after": "Its value in this run; NULL where it is no longer declared.",
    },
    "dead_letters": {"error": "Class of the last error."},
    "declarations": {
        "name": "What is declared, with dots into nested fields: version, models.model, parameters.policy.x.",
        "value": "Its value; JSON where it is no text.",
    },
    "entities": {
        "stage": "The last stage that it entered itself; prompts go on by themselves.",
        "outcome": "What became of it there: kept, rejected or failed.",
    },
    "lineage": {
        "member": "Name of the member in the tar.",
        "part": "Role of a picture (ref1, ref2, target, test), or evidence for a sentence inside the JSON.",
        "title": "Title of the page, or the picture's caption.",
    },
    "measurements": {"values": "Measure -> value.", "notes": "Words beside the numbers."},
    "picture_uses": {
        "used_as": "ref1, ref2, target or test in a shard; or candidate, drawing, ground truth.",
        "key": "Of the prompt; NULL for the ground truth of an entity.",
        "reason": "Of a candidate: kept, or why it was not.",
        "shard": "NULL for what is in no shard.",
    },
    "prompts": {
        "stage": "The last stage that it entered.",
        "outcome": "What became of it there: kept (proven), rejected or failed.",
    },
    "proofs": {
        "negatives": "Titles of the hard negatives, nearest first.",
        "spread": "Disagreement of the judge's votes on the drawing: the largest minus the smallest on "
        "same_subject, identity and scene_followed; NULL where no judge saw it.",
    },
    "reserved": {
        "entity": "JSON of the entity.",
        "prompt": "JSON of the prompt.",
        "ground_truth": "JSON of the entity's own pictures.",
    },
    "scores": {"measure": "Which measurement; see the filter.", "value": "Its value."},
    "shards": {"url": "Of the tar, relative to the manifest.", "run": "The run that wrote the shard."},
    "traces": {
        "part": "text, images or recaption.",
        "stage": "As published: 1 text, 2 images, 3 recaption.",
    },
    "yields": {
        "prompts": "Prompts that were written.",
        "reserved": "Those kept out of training for the benchmark splits.",
        "proven": "Those in the shards.",
        "rejected": "Those that ended for another reason than being reserved.",
        "failed": "Those whose last stage failed.",
        "unfinished": "Those on their way, where a run stopped.",
        "yield": "Share of the prompts for training that was proven, 0..1.",
    },
}
"""Columns that mean something of their own in one table."""

_RECORDS: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "candidates": (r.Decision,),
    "evidence": (r.Evidence, r.Origin),
    "entities": (r.Entity, r.EntityRef),
    "images": (PictureRow, r.Origin),
    "prompts": (r.Prompt, r.Scene, r.Gap),
    "closed_book": (r.Match,),
    "process": (r.TurnJudgement, r.ProcessJudgement),
    "proofs": (r.Match,),
    "quotas": (QuotaDay,),
    "recaptions": (r.Recaption, r.Verdict),
    "shards": (ShardEntry,),
    "traces": (r.Turn,),
    "trajectories": (TrajectoryRow,),
}
"""Records whose fields a table holds."""


def comments(table: str, column: str | None = None) -> str:
    """What a table, or one of its columns, means; empty for a column that is not known here."""
    if column is None:
        return TABLE_COMMENTS.get(table, "")
    described: dict[str, str] = {}
    for record in _RECORDS.get(table, ()):
        described |= _documented(record)
    return _OWN.get(table, {}).get(column) or described.get(column) or _COLUMNS.get(column, "")


@cache
def _documented(record: type[msgspec.Struct]) -> dict[str, str]:
    """Field -> the docstring below it, on one line and without the marks of code."""
    (definition,) = ast.parse(dedent(inspect.getsource(record))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, after in zip(definition.body, definition.body[1:], strict=False):
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
            found[field.target.id] = " ".join(str(after.value.value).split()).replace("`", "")  # type: ignore[attr-defined]
    return found
