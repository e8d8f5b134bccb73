"""What is taken out of a journal is gone, and what it has cost is not."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from workers.endpoint.errors import EndpointError
from workers.endpoint.journal import Journal, Recorded
from workers.endpoint.removal import remove_calls

SECRET = Recorded(b"a secret", 3, 4, 50, at=9)


def test_a_call_goes_with_its_digest_and_its_price_stays(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(b"a" * 16, Recorded(b"kept", 1, 2, 3, at=8))
    journal.append(b"b" * 16, SECRET)
    journal.append(b"c" * 16, Recorded(b"a secret, refused", 5, status=400, at=9, refused=True))
    before = journal.total
    assert remove_calls(tmp_path, lambda _, reply: b"secret" in reply) == 2
    (path,) = tmp_path.iterdir()
    assert b"secret" not in path.read_bytes()
    assert b"b" * 16 not in path.read_bytes()
    after = Journal(tmp_path)
    assert after.total == before
    assert (len(after), after.find(b"a" * 16)) == (1, Recorded(b"kept", 1, 2, 3, at=8))
    assert after.find(b"b" * 16) is None
    assert remove_calls(tmp_path, lambda _, reply: b"secret" in reply) == 0


def test_files_that_hold_none_are_left_as_they_are(tmp_path: Path) -> None:
    for number in range(2):
        Journal(tmp_path).append(bytes([number]) * 16, SECRET)
    before = {path: path.stat().st_ino for path in tmp_path.iterdir()}
    assert remove_calls(tmp_path, lambda digest, _: digest == bytes(16)) == 1
    assert sum(path.stat().st_ino == inode for path, inode in before.items()) == 1


def test_a_file_that_another_process_is_writing_is_not_replaced_under_it(tmp_path: Path) -> None:
    Journal(tmp_path).append(b"a" * 16, SECRET)
    (path,) = tmp_path.iterdir()
    began = path.stem.rsplit("-", 1)[1]
    path = path.rename(tmp_path / f"{socket.gethostname()}-{os.getppid()}-{began}.calls")
    with pytest.raises(EndpointError, match="is being written"):
        remove_calls(tmp_path, lambda *_: True)
    path.rename(tmp_path / f"elsewhere-{os.getppid()}-{began}.calls")
    assert remove_calls(tmp_path, lambda *_: True) == 1
