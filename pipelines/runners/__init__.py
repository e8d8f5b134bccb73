"""Where a graph runs: in this process (`local`) or on Ray (`ray`), with equal results."""

from pipelines.runners.interface import Job, Runner
from pipelines.runners.local import LocalRunner
from pipelines.runners.on_ray import RayRunner

RUNNERS: dict[str, type[Runner]] = {"local": LocalRunner, "ray": RayRunner}

__all__ = ["RUNNERS", "Job", "LocalRunner", "RayRunner", "Runner"]
