"""A cluster that is not there is named in one line, and not waited for."""

from __future__ import annotations

import socket

import pytest

from workers.cluster import start_ray
from workers.errors import ClusterError


def _closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_at_which_nothing_listens(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", f"{scheme}127.0.0.1:{_closed_port()}")
    with pytest.raises(ClusterError, match=r"no cluster answers there.*unset RAY_ADDRESS"):
        start_ray()


def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "head-node")
    with pytest.raises(ClusterError, match=r"RAY_ADDRESS=head-node: .*--runner local"):
        start_ray()
