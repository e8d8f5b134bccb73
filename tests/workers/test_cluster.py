"""A cluster that is not there is named in one line, and not waited for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

JOIN = """
from workers.cluster import start_ray
from workers.errors import ClusterError
try:
    start_ray()
except ClusterError as error:
    print(error)
"""


def said_at(address: str) -> str:
    """What a process of its own, in which no Ray runs yet, is told."""
    environment = {**os.environ, "RAY_ADDRESS": address}
    done = subprocess.run([sys.executable, "-c", JOIN], env=environment, capture_output=True, check=True)
    return done.stdout.decode()


def closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_at_which_nothing_listens(scheme: str) -> None:
    said = said_at(f"{scheme}127.0.0.1:{closed_port()}")
    assert "no cluster answers there" in said
    assert "unset RAY_ADDRESS" in said


def test_an_address_that_is_none() -> None:
    said = said_at("head-node")
    assert said.startswith("RAY_ADDRESS=head-node: ")
    assert "--runner local" in said
