"""The ledger finds what was finished, and nothing else, whatever happened to the process."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.errors import LedgerError, StorageError
from catalogs.ledger import Ledger
from catalogs.results import Entry
from tests.disk import file_limit


def entry(key: str, inputs: str = "i1", value: str = "x") -> Entry:
    document = msgspec.json.encode(value)
    return Entry(
        key=key, inputs=inputs, outcome="kept", cells={"gap": msgspec.Raw(document)}, digests={"gap": value}
    )


def test_result_is_found_for_the_same_inputs_only(tmp_path: Path) -> None:
    segment = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    segment.append([entry("a")])
    segment.commit()
    again = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    assert again.find("a", "i1") is not None
    assert again.find("a", "i2") is None
    assert Ledger(tmp_path).segment("gap", "f2", "food", "b").find("a", "i1") is None


def test_cells_come_back_from_parquet_and_from_the_journal(tmp_path: Path) -> None:
    segment = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    segment.append([entry("a", value="kept in parquet")])
    segment.commit()
    segment.append([entry("b", value="kept in the journal")])
    again = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    for key, value in (("a", b'"kept in parquet"'), ("b", b'"kept in the journal"')):
        found = again.find(key, "i1")
        assert found is not None
        assert bytes(again.cells(found)["gap"]) == value


def test_journal_survives_a_kill_and_a_torn_last_frame_is_dropped(tmp_path: Path) -> None:
    segment = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    segment.append([entry("a")])
    segment.append([entry("b")])
    journal = tmp_path / "gap/f1/food/b.journal"
    journal.write_bytes(journal.read_bytes()[:-3])
    again = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    assert again.find("a", "i1") is not None
    assert again.find("b", "i1") is None
    again.append([entry("c")])
    after = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    assert after.find("c", "i1") is not None, "what follows a torn frame must be readable"


@given(cut=st.integers(min_value=0, max_value=2000), count=st.integers(min_value=1, max_value=5))
def test_any_cut_of_the_journal_keeps_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, cut: int, count: int
) -> None:
    root = tmp_path_factory.mktemp("ledger")
    segment = Ledger(root).segment("gap", "f1", "food", "b")
    for number in range(count):
        segment.append([entry(f"k{number}")])
    journal = root / "gap/f1/food/b.journal"
    journal.write_bytes(journal.read_bytes()[:cut])
    found = [
        Ledger(root).segment("gap", "f1", "food", "b").find(f"k{n}", "i1") is not None for n in range(count)
    ]
    assert found == sorted(found, reverse=True)


def test_a_split_bucket_finds_results_in_its_parent(tmp_path: Path) -> None:
    parent = Ledger(tmp_path).segment("gap", "f1", "food", "b0")
    parent.append([entry("a")])
    parent.commit()
    assert Ledger(tmp_path).segment("gap", "f1", "food", "b01").find("a", "i1") is not None
    assert Ledger(tmp_path).segment("gap", "f1", "food", "b1").find("a", "i1") is None


def test_a_bucket_that_is_whole_again_finds_what_its_parts_made_of_earlier_failures(tmp_path: Path) -> None:
    failed = Entry(key="a", inputs="i1", outcome="failed", reason="TimeoutError", attempts=3)
    whole = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    whole.append([failed])
    whole.commit()
    part = Ledger(tmp_path).segment("gap", "f1", "food", "b1")
    part.append([entry("a")])
    part.commit()
    again = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    found = again.find("a", "i1")
    assert found is not None
    assert found.outcome == "kept"
    assert bytes(again.cells(found)["gap"]) == b'"x"'


def test_a_bucket_that_split_is_not_copied_into_its_parts(tmp_path: Path) -> None:
    """Each part files what is its own; what the whole one held is found there, and stays there alone."""
    ledger = Ledger(tmp_path)
    whole = ledger.segment("gap", "f1", "food", "b")
    whole.append([entry("a"), entry("c")])
    whole.commit()
    for bucket, key in (("b0", "d"), ("b1", "e")):
        part = ledger.segment("gap", "f1", "food", bucket)
        part.append([entry(key)])
        part.commit()
        assert [found.key for found in ledger.alone("gap", "f1", "food", bucket).entries()] == [key]
        again = Ledger(tmp_path).segment("gap", "f1", "food", bucket)
        assert {found.key for found in again.entries()} == {"a", "c", key}
        known = again.find("a", "i1")
        assert known is not None
        assert bytes(again.cells(known)["gap"]) == b'"x"'


def test_what_is_dropped_leaves_one_bucket_and_its_relatives_keep_theirs(tmp_path: Path) -> None:
    for bucket, key in (("b", "a"), ("b0", "c")):
        segment = Ledger(tmp_path).segment("gap", "f1", "food", bucket)
        segment.append([entry(key), entry(f"{key}-gone")])
        segment.commit()
    part = Ledger(tmp_path).alone("gap", "f1", "food", "b0")
    assert [gone.key for gone in part.drop(lambda entry: entry.key.endswith("gone"))] == ["c-gone"]
    left = Ledger(tmp_path).segment("gap", "f1", "food", "b0").entries()
    assert sorted(entry.key for entry in left) == ["a", "a-gone", "c"]


def test_results_are_on_disk_under_their_name_before_the_journal_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a power cut could take the rename and leave the removal."""
    done: list[str] = []
    flush, replace, unlink = os.fsync, Path.replace, Path.unlink

    def flushed(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        done.append(f"flush {name.rpartition('-')[2]}")
        flush(descriptor)

    def replaced(path: Path, target: Path) -> Path:
        done.append(f"name {target.name}")
        return replace(path, target)

    def unlinked(path: Path, missing_ok: bool = False) -> None:
        done.append(f"remove {path.name}")
        unlink(path, missing_ok)

    segment = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    segment.append([entry("a")])
    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", replaced)
    monkeypatch.setattr(Path, "unlink", unlinked)
    segment.commit()
    assert done == ["flush b.parquet", "name b.parquet", "flush food", "remove b.journal"]


def test_commit_with_nothing_new_writes_nothing(tmp_path: Path) -> None:
    segment = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    segment.append([entry("a")])
    assert segment.commit()
    before = (tmp_path / "gap/f1/food/b.parquet").stat().st_mtime_ns
    again = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    assert not again.commit()
    assert (tmp_path / "gap/f1/food/b.parquet").stat().st_mtime_ns == before


def test_damaged_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    segment = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    segment.append([entry("a")])
    segment.commit()
    path = tmp_path / "gap/f1/food/b.parquet"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(LedgerError, match="delete this file and run again"):
        Ledger(tmp_path).segment("gap", "f1", "food", "b")


def test_a_disk_that_is_full_is_told_and_what_comes_after_it_is_kept(tmp_path: Path) -> None:
    segment = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    segment.append([entry("a")])
    full = (tmp_path / "gap/f1/food/b.journal").stat().st_size + 20
    with file_limit(full), pytest.raises(StorageError, match=r"b\.journal cannot be written"):
        segment.append([entry("b")])
    segment.append([entry("c")])
    again = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    assert [again.find(key, "i1") is not None for key in "abc"] == [True, False, True]


def test_nothing_appended_leaves_no_file(tmp_path: Path) -> None:
    segment = Ledger(tmp_path).segment("gap", "f1", "food", "b")
    segment.append([])
    assert not segment.commit()
    assert list(tmp_path.iterdir()) == []
