"""Errors of workers.

WorkerError
├── ClusterError      (with StopRun) Ray does not start, or the cluster is not there
├── ModelLoadError    (with StopRun) a model or package is missing, or does not fit; says what to do
└── ModelReplyError   a model answered something that cannot be used
"""

from __future__ import annotations

from catalogs.stage import StopRun


class WorkerError(Exception):
    """Base of all errors of workers."""


class ClusterError(WorkerError, StopRun):
    """Ray could not be started or joined."""


class ModelLoadError(WorkerError, StopRun):
    """A model could not be loaded. No record is to blame, so the run ends."""


class ModelReplyError(WorkerError):
    """A model's reply could not be used."""
