"""What endpoints and the web answered about something goes with it, and nothing that others rest on."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from catalogs.blobs import BlobStore
from catalogs.digests import sha256
from catalogs.ledger import Ledger
from catalogs.results import KEPT
from catalogs.tombstones import Tombstone, Tombstones
from pipelines.folder import OutputFolder
from pipelines.runners import Job
from pipelines.upkeep.answers import drop_answers
from pipelines.upkeep.forget import foresee, forget
from pipelines.upkeep.naming import Naming
from sources.fetching.seen import FETCHED, REFUSED, Seen, SeenLog
from tests.fakes import Fake, serving
from tests.pipelines.endpoints import bring_up, buckets_of, forget_clients, graph_over
from tests.pipelines.slices import files_of
from tests.pipelines.test_endpoint import ends
from tests.pipelines.test_forget import killed_after
from workers.endpoint.frames import frames_in, read_at
from workers.endpoint.journal import Journal, Recorded


def replies(folder: Path) -> list[bytes]:
    found = []
    for path in sorted(folder.glob("*.calls")):
        with path.open("rb") as file:
            found += [read for frame in frames_in(path) if (read := read_at(file, frame.start))]
    return [reply for reply, _ in found]


def resting(out: Path) -> dict[tuple[str, str], set[bytes]]:
    """(Stage, key) -> calls that the result rests on."""
    ledger = OutputFolder(out).ledger
    found = {}
    for place in ledger.segments():
        segment = ledger.alone(*place)
        found |= {(place[0], entry.key): segment.asked(entry) for entry in segment.entries()}
    return found


def evidence_of(job: Job, title: str) -> tuple[str, set[str]]:
    """A page that a trajectory rests on, and the keys of all that do."""
    pages: dict[str, set[str]] = {}
    flow = job.flow(lambda *_: None)
    for bucket in buckets_of(3):
        for record in flow.plan(bucket).records:
            for hit in record.value("text_trace").hits:
                pages.setdefault(hit.passage.origin.url, set()).add(record.key)
    url = next(url for url in sorted(pages) if title in url)
    return url, pages[url]


@pytest.mark.parametrize("renames", [None, 1, 2, 5])
def test_a_page_leaves_the_journal_with_all_that_was_asked_about_it(
    tmp_path: Path, renames: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    buckets = buckets_of(3)
    with serving(Fake()) as fake:
        graph = graph_over(fake.address, out)
        job = bring_up(graph, buckets, out, "first")
        before, rested, spent = ends(job, buckets), resting(out), Journal(out / "calls").total
        url, keys = evidence_of(job, "zorb1")
        assert keys
        assert len(keys) < len(before)
        stones = [Tombstone(kind="url", value=url, why="", laid="")]
        if renames is not None:
            with killed_after(renames, monkeypatch):
                forget(OutputFolder(out), graph, stones, "killed")
        held = files_of(out)
        foreseen = foresee(OutputFolder(out), graph, stones)
        assert files_of(out) == held, "a dry run changes nothing"
        report = forget(OutputFolder(out), graph, stones, "forget")
        assert foreseen.answers == report.answers
        assert (foreseen.results, foreseen.micros) == (report.results, report.micros)
        assert report.answers.untold == report.answers.resting == 0
        if renames is None:
            assert report.micros > 0
            assert report.answers.calls > 8
        assert not [reply for reply in replies(out / "calls") if url.encode() in reply]
        after = Journal(out / "calls")
        assert after.total == spent, "what they have cost stays in the account"
        left_over = set().union(*resting(out).values())
        assert all(after.find(digest) for digest in left_over)
        gone = set().union(*(rested[stage, key] for stage, key in rested if key in keys and stage == "draw"))
        assert gone
        assert not any(after.find(digest) for digest in gone - left_over)

        replayed = tmp_path / "replayed"
        closed = graph_over(fake.address, replayed, folder=out / "calls", replay=True)
        found = ends(bring_up(closed, buckets, replayed, "replay"), buckets)
    assert {key: end for key, end in found.items() if key not in keys} == {
        key: end for key, end in before.items() if key not in keys
    }
    assert {found[key][2] for key in keys} == {"NotRecordedError"}


def test_a_picture_that_was_fetched_and_one_that_was_drawn_leave_by_their_content(tmp_path: Path) -> None:
    out, buckets = tmp_path / "out", buckets_of(2)
    with serving(Fake()) as fake:
        graph = graph_over(fake.address, out)
        job = bring_up(graph, buckets, out, "first")
        forget_clients()
    (record, *_) = job.flow(lambda *_: None).plan(buckets[0]).records
    fetched = record.value("image_trace").candidates[0].picture.sha256
    drawn = record.value("drawings")[0].picture.sha256
    naming = Naming(Tombstones(sha256s=frozenset({drawn})))
    assert sum(map(naming.found_in, replies(out / "calls"))) == 1
    for name in (fetched, drawn):
        forget(OutputFolder(out), graph, [Tombstone(kind="sha256", value=name, why="", laid="")], "forget")
        gone = Naming(Tombstones(sha256s=frozenset({name})))
        assert not any(map(gone.found_in, replies(out / "calls")))
    assert [end for end in ends_left(out) if end == KEPT]


def ends_left(out: Path) -> list[str]:
    ledger = OutputFolder(out).ledger
    return [
        entry.outcome
        for place in ledger.segments()
        if place[0] == "draw"
        for entry in ledger.alone(*place).entries()
    ]


URL = "https://en.example.org/wiki/Caf%C3%A9_noir"


@pytest.mark.parametrize(
    "reply",
    [
        json.dumps({"fullurl": URL}),
        json.dumps({"url": "http://en.example.org/wiki/Café_noir#History"}),
        json.dumps({"url": "http://en.example.org/wiki/Café_noir"}, ensure_ascii=False),
        json.dumps({"url": URL}).replace("/", "\\/"),
        '<link rel="dc:isVersionOf" href="//en.example.org/wiki/Caf%C3%A9_noir"/>',
        f"Read {URL}.",
    ],
)
def test_an_address_is_found_however_a_server_writes_it(reply: str) -> None:
    assert Naming(Tombstones(urls=frozenset({URL}))).found_in(reply.encode())


@pytest.mark.parametrize("more", ["s", "/Talk", "_2", ".png", "%20x", "\\/Talk", "é"])
def test_a_longer_address_is_another_one(more: str) -> None:
    reply = f'{{"url": "{URL}{more}"}} {{"url": "https://not{URL.partition("://")[2]}"}}'
    assert not Naming(Tombstones(urls=frozenset({URL}))).found_in(reply.encode())


def test_what_the_web_answered_goes_and_its_address_is_not_asked_for_again(tmp_path: Path) -> None:
    web, picture = tmp_path / "index" / "web", "https://files.example.org/a.png"
    pages = Journal(web / "calls")
    pages.append(b"a" * 16, Recorded(json.dumps({"pages": [{"fullurl": URL}]}).encode()))
    pages.append(b"b" * 16, Recorded(b'{"pages": []}'))
    blobs = BlobStore(web / "blobs")
    own, shared = blobs.put(b"one picture"), blobs.put(b"the same at two addresses")
    SeenLog(web / "seen").add(
        Seen(url=picture, outcome=FETCHED, sha256=own, at="2026-01-01"),
        Seen(url=f"{picture}?2", outcome=FETCHED, sha256=shared, at="2026-01-01"),
        Seen(url="https://other.example.org/b.png", outcome=FETCHED, sha256=shared, at="2026-01-01"),
    )
    stones = Tombstones(urls=frozenset({URL, picture, f"{picture}?2"}))
    ledger = Ledger(tmp_path / "ledger")
    report = drop_answers(tmp_path, ledger, lambda *_: False, stones)
    assert (report.pages, report.pictures) == (1, 1)
    assert Journal(web / "calls").find(b"a" * 16) is None
    assert Journal(web / "calls").find(b"b" * 16) is not None
    assert set(blobs.names()) == {shared}
    log = SeenLog(web / "seen")
    for url in (picture, f"{picture}?2"):
        seen = log.find(url)
        assert seen is not None
        assert (seen.outcome, seen.kind, seen.sha256) == (REFUSED, "forgotten", "")
    assert (again := drop_answers(tmp_path, ledger, lambda *_: False, stones)) == type(again)()
    by_content = Tombstones(sha256s=frozenset({sha256(b"the same at two addresses")}))
    assert drop_answers(tmp_path, ledger, lambda *_: False, by_content).pictures == 1
    assert not list(blobs.names())
    assert all(msgspec.json.decode(line) for path in (web / "seen").iterdir() for line in path.open("rb"))
