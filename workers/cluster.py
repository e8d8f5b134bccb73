"""Ray, started once a process: on this machine, or joined where a cluster is named."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parents[1]
_NOT_SHIPPED = [".git", ".venv", "out", "build", "tests", ".mypy_cache", ".ruff_cache", ".hypothesis"]


def is_clustered() -> bool:
    """Whether this process belongs to a cluster, or is told to join one (`RAY_ADDRESS`)."""
    if os.environ.get("RAY_ADDRESS"):
        return True
    ray = sys.modules.get("ray")
    return bool(ray and ray.is_initialized())


def start_ray() -> Any:
    """The module, initialised. Starts Ray on this machine, or joins the cluster that `RAY_ADDRESS` names."""
    # Ray prints its own complaint about every pool whose arguments it keeps in the object store.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    import ray

    logging.getLogger("ray.data").setLevel(logging.ERROR)  # it warns that we show progress ourselves
    if not ray.is_initialized():
        cluster = os.environ.get("RAY_ADDRESS")
        environment = {"working_dir": str(_PROJECT), "excludes": _NOT_SHIPPED} if cluster else None
        ray.init(
            address=cluster,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env=environment,
        )
    return ray
