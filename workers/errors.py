"""Errors of workers.

WorkerError
├── ModelLoadError    a model, checkpoint or package is missing or does not fit; says what to do
└── ModelReplyError   a model answered something that cannot be used
"""

from __future__ import annotations


class WorkerError(Exception):
    """Base of all errors of workers."""


class ModelLoadError(WorkerError):
    """A model could not be loaded."""


class ModelReplyError(WorkerError):
    """A model's reply could not be used."""
