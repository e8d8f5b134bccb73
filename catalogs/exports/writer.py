"""Making an export: a part for each source, each part once, the index last.

<files of the format>        see the module of the format
samples/<part>.jsonl         a line a sample: key, tokens, licences, credits, where each picture comes from
report.json                  what was counted and what was left out, with reasons
export.json                  the index: what was exported with which settings; there when the export is whole
.tracemill/                  the journal of parts
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import msgspec

from catalogs.digests import digest_of, sha256_of
from catalogs.exports.errors import ExportError, LeftOutError
from catalogs.exports.interface import Format, Settings
from catalogs.exports.parts import Journal, Part
from catalogs.exports.report import REPORT, report_of
from catalogs.exports.rows import json_line, pretty
from catalogs.exports.samples import Sample, Source
from catalogs.files import TEMPORARY, replacing, write_if_changed
from catalogs.records import Record
from catalogs.stage import Blobs

INDEX = "export.json"


class IndexPart(Record, frozen=True, kw_only=True):
    """A part, as the index names it."""

    name: str
    """Of the shard that it was made from, or of the split."""
    samples: int
    files: int
    digest: str
    """Of the names and hashes of its files."""


class Index(Record, frozen=True, kw_only=True):
    """What an export is. Written last."""

    format: str
    version: str
    """Of the format."""
    tracemill: str
    settings: Settings
    samples: int
    left_out: dict[str, int]
    files: dict[str, str]
    """Files that belong to no part -> SHA-256."""
    parts: list[IndexPart]


def write_export(
    to: Path, sources: Iterable[Source], form: Format, settings: Settings, blobs: Blobs
) -> Index:
    """Bring the export at `to` up to date with its sources; parts that are whole are not written again.

    `blobs` is the store of the output folder that the sources belong to. The caller holds `to` for itself
    alone. Raises `ShardError` for a damaged shard, `SplitError` for a damaged split, and `ExportError`.
    """
    for leaving in to.glob(f"{TEMPORARY}*"):
        leaving.unlink()
    journal = Journal(to)
    planned = {source.name: (source, _inputs(source, form, settings)) for source in sources}
    stale = [name for name in journal.names() if not _is_current(journal, name, planned)]
    if stale or set(planned) - set(journal.names()):
        (to / INDEX).unlink(missing_ok=True)
    for name in stale:
        journal.remove(name)
    for name, (source, inputs) in sorted(planned.items()):
        if journal.find(name) is None:
            with journal.staged(name) as staging:
                part = Part(staging, name, settings, blobs)
                _write_samples(source.read(), form, part)
                journal.publish(staging, part.record(inputs))
    return _finish(to, journal, form, settings)


def read_index(to: Path) -> Index:
    """The index of an export; raises `ExportError` where the export is not whole."""
    try:
        return msgspec.json.decode((to / INDEX).read_bytes(), type=Index)
    except FileNotFoundError:
        raise ExportError(
            f"{to} holds no whole export (no {INDEX}): run `tracemill export` again, it goes on where it was"
        ) from None
    except msgspec.MsgspecError as error:
        raise ExportError(f"{to / INDEX} is damaged ({error}): delete it and run the export again") from error


def _inputs(source: Source, form: Format, settings: Settings) -> str:
    return digest_of([form.name, form.version, settings, source.digest])


def _is_current(journal: Journal, name: str, planned: dict[str, tuple[Source, str]]) -> bool:
    record = journal.find(name)
    if record is None or not record.moved or name not in planned or record.inputs != planned[name][1]:
        return False
    return all((journal.root / file).exists() for file in record.files)


def _write_samples(samples: Iterator[Sample], form: Format, part: Part) -> None:
    with part.lines(f"samples/{part.name}.jsonl") as lines, form.writing(part) as write:
        for sample in samples:
            try:
                facts = write(sample)
            except LeftOutError as error:
                part.leave_out(sample.key, error.reason)
            except msgspec.MsgspecError:
                part.leave_out(sample.key, "document-cannot-be-read")
            else:
                lines.write(json_line(part.keep(sample, facts)))


def _finish(to: Path, journal: Journal, form: Format, settings: Settings) -> Index:
    report = report_of(form.name, settings, journal)
    together = {**form.finish(to, journal), REPORT: [pretty(report)]}
    for name, pieces in together.items():
        with replacing(to / name) as temporary, temporary.open("wb") as file:
            file.writelines(pieces)
    index = Index(
        format=form.name,
        version=form.version,
        tracemill=version("tracemill"),
        settings=settings,
        samples=report.samples,
        left_out={reason: left.samples for reason, left in report.left_out.items()},
        files={name: sha256_of(to / name) for name in sorted(together)},
        parts=[
            IndexPart(
                name=part.name, samples=part.samples, files=len(part.files), digest=digest_of(part.files)
            )
            for part in journal
        ],
    )
    write_if_changed(to / INDEX, pretty(index))
    return index
