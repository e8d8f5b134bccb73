"""Ray, started once a process: on this machine, or joined where a cluster is named."""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
from pathlib import Path
from typing import Any

from workers.errors import ClusterError

_PROJECT = Path(__file__).resolve().parents[1]
_NOT_SHIPPED = [".git", ".venv", "out", "build", "tests", ".mypy_cache", ".ruff_cache", ".hypothesis"]

_CONNECTING = 5.0
"""Seconds until a head node must have taken a connection; Ray itself waits for it for minutes."""


def is_clustered() -> bool:
    """Whether this process belongs to a cluster, or is told to join one (`RAY_ADDRESS`)."""
    if os.environ.get("RAY_ADDRESS"):
        return True
    ray = sys.modules.get("ray")
    return bool(ray and ray.is_initialized())


def start_ray() -> Any:
    """The module, initialised. Starts Ray on this machine, or joins the cluster that `RAY_ADDRESS` names.

    Raises `ClusterError` where there is none at that address, or Ray gives up.
    """
    # Ray prints its own complaint about every pool whose arguments it keeps in the object store.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ.setdefault("RAY_DATA_LOG_LEVEL", "ERROR")  # it warns that we show progress ourselves
    import ray

    if not ray.is_initialized():
        cluster = os.environ.get("RAY_ADDRESS")
        environment = {"working_dir": str(_PROJECT), "excludes": _NOT_SHIPPED} if cluster else None
        _must_answer(cluster or "")
        try:
            ray.init(
                address=cluster,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env=environment,
            )
        except Exception as error:  # Ray raises it bare where a node is too slow to start
            where = f"RAY_ADDRESS={cluster}" if cluster else "Ray did not start on this machine"
            said = str(error).partition("\n")[0]
            raise ClusterError(f"{where}: {said}: give the command again, or add --runner local") from error
    return ray


def _must_answer(address: str) -> None:
    """Raise `ClusterError` where nothing listens at ``host:port``; Ray reads the other forms of address."""
    place = re.fullmatch(r"(?:ray://)?\[?([^/]+?)\]?:(\d+)", address)
    if not place:
        return
    try:
        socket.create_connection((place[1], int(place[2])), timeout=_CONNECTING).close()
    except OSError as error:
        raise ClusterError(
            f"RAY_ADDRESS={address}: no cluster answers there ({error}): name the head node as host:port, or "
            "unset RAY_ADDRESS to run on this machine"
        ) from error
