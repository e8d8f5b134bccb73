"""The journal of calls survives kills and is shared by processes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogs.errors import StorageError
from tests.disk import file_limit
from workers.endpoint.errors import EndpointError
from workers.endpoint.journal import Journal, Recorded, journal_of

RECORDED = st.builds(
    Recorded,
    st.binary(max_size=200),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**40),
    st.integers(100, 599),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)


@given(
    calls=st.dictionaries(st.binary(min_size=16, max_size=16), RECORDED, max_size=8), cut=st.integers(1, 60)
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_kill_tears_the_last_call_at_most(
    calls: dict[bytes, Recorded], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("calls")
    journal = Journal(folder)
    for digest, call in calls.items():
        journal.append(digest, call)
    assert {digest: Journal(folder).find(digest) for digest in calls} == calls
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-cut])
    torn = Journal(folder)
    found = [torn.find(digest) for digest in calls]
    whole = [call for call in found if call is not None]
    assert whole == list(calls.values())[: len(whole)]
    assert len(calls) - len(whole) <= 1 + cut // 46  # 46 bytes are the shortest frame


def test_what_another_process_finished_is_found(tmp_path: Path) -> None:
    one, other = Journal(tmp_path), Journal(tmp_path)
    one.append(b"a" * 16, Recorded(b"reply", 3, 4, 50))
    other.refresh()
    assert other.find(b"a" * 16) == Recorded(b"reply", 3, 4, 50)
    assert (other.total.calls, other.total.tokens, other.total.micros) == (1, 7, 50)


def test_a_refusal_is_found_until_it_is_withdrawn_and_then_what_came_after(tmp_path: Path) -> None:
    """Files are read in the order of their names: the retrying process may come first or last in it."""
    refused, other = Recorded(b"no", 9, status=400, at=5, refused=True), b"b" * 16
    for digest, names in ((b"a" * 16, ("a", "b", "c")), (b"c" * 16, ("c", "b", "a"))):
        folder = tmp_path / names[0]
        first = Journal(folder)
        first.append(digest, refused)
        first.append(other, Recorded(b"gone", status=404, at=5))
        assert (len(first), first.total.refused, first.total.tokens) == (2, 1, 9)

        retrying = Journal(folder)
        retrying.withdraw(digest, until=5)
        assert (retrying.find(digest), len(retrying)) == (None, 1)
        assert retrying.find(other) is not None, "a picture that could not be had is no refusal"

        Journal(folder).append(digest, Recorded(b"yes", at=7))
        for path, name in zip(
            sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns), names, strict=True
        ):
            path.rename(folder / f"{name}.calls")
        last = Journal(folder)
        assert last.find(digest) == Recorded(b"yes", at=7)
        assert (len(last), last.total.calls, last.total.refused) == (2, 3, 1)


def test_what_follows_a_disk_that_was_full_is_found(tmp_path: Path) -> None:
    """A run goes on in the same process: nothing may come after half a frame."""
    journal = Journal(tmp_path)
    journal.append(b"a" * 16, Recorded(b"before"))
    (path,) = tmp_path.iterdir()
    with file_limit(path.stat().st_size + 20), pytest.raises(StorageError, match="cannot be written"):
        journal.append(b"b" * 16, Recorded(b"lost"))
    journal.append(b"c" * 16, Recorded(b"after"))
    for reader in (journal, Journal(tmp_path)):
        found = [reader.find(letter * 16) for letter in (b"a", b"b", b"c")]
        assert found == [Recorded(b"before"), None, Recorded(b"after")]


def test_a_damaged_reply_counts_as_not_made(tmp_path: Path) -> None:
    Journal(tmp_path).append(b"a" * 16, Recorded(b"a long enough reply"))
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(bytes(data))
    assert Journal(tmp_path).find(b"a" * 16) is None


def test_a_replay_writes_nothing_and_wants_a_journal(tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="replayed"):
        Journal(tmp_path, read_only=True).append(b"a" * 16, Recorded(b""))
    with pytest.raises(EndpointError, match="holds no journal"):
        journal_of(str(tmp_path), replay=True)


def test_looking_for_what_others_wrote_takes_a_small_part_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Journal(tmp_path).append(b"a" * 16, Recorded(b"another process"))
    now, looks = [100.0], []

    def slow(_: Journal, path: Path) -> None:
        looks.append(path)
        now[0] += 2.0

    monkeypatch.setattr("workers.endpoint.journal.time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(Journal, "_take_in", slow)
    journal = Journal(tmp_path)
    for seconds, expected in ((10, 1), (35, 2), (10, 2)):
        now[0] += seconds
        journal.find(b"b" * 16)
        assert len(looks) == expected
