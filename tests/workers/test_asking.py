"""Every call is written down for the record that it was made for."""

from __future__ import annotations

import asyncio

from workers.asking import asked_for, for_record, for_records, for_requests, note_call, overheard
from workers.endpoint.loop import all_of, beside, start


def test_what_nobody_claims_is_of_the_whole_batch() -> None:
    with asked_for() as asked:
        note_call(b"a")
        with for_record(1):
            note_call(b"b")
    assert (asked.of(0), asked.of(1)) == ({b"a"}, {b"a", b"b"})
    note_call(b"nobody listens")


def test_what_is_awaited_for_a_record_is_its_own_through_tasks_and_threads() -> None:
    async def dialogue(place: int) -> None:
        with for_record(place):
            await asyncio.sleep(0)
            await all_of(beside(note_call, bytes([place, n])) for n in range(2))
            note_call(bytes([place]))

    with asked_for() as asked:
        start(all_of(dialogue(place) for place in range(3))).result()
    assert [asked.of(place) for place in range(3)] == [
        {bytes([place, 0]), bytes([place, 1]), bytes([place])} for place in range(3)
    ]


def test_a_worker_tells_which_request_it_asks_for_and_the_stage_whose_that_is() -> None:
    with asked_for() as asked:
        with for_records([[0], [0, 1]]):
            with for_requests(0):
                note_call(b"a")
            with for_requests(1):
                note_call(b"b")
            with for_requests(0, 1):
                note_call(b"c")
        with for_requests(0):
            note_call(b"d")
    assert (asked.of(0), asked.of(1)) == ({b"a", b"b", b"c", b"d"}, {b"b", b"c", b"d"})


def test_whoever_shares_an_answer_hears_which_calls_gave_it() -> None:
    with asked_for() as asked:
        with for_record(0), overheard() as calls:
            note_call(b"a")
        with for_record(1):
            note_call(*calls)
    assert (asked.of(0), asked.of(1)) == ({b"a"}, {b"a"})
