"""Errors of what is kept on disk.

CatalogError
├── FolderError     the output folder cannot be used: not writable, holds something else, in use
│   └── StorageError    the disk refuses a write: full, over quota, read-only, not permitted
├── LedgerError     a ledger file is damaged
├── BlobError       a blob is missing or damaged
├── ShardError      a shard, sidecar or manifest is damaged
├── SplitError      a split would leak, or cannot be made
├── StoreError      a store (a bucket, another disk) refuses, cannot be reached, or holds something else
└── FunnelError     records vanished between two stages (catalogs.funnel)

Each message names the file and says what to do next.
"""

from __future__ import annotations


class CatalogError(Exception):
    """Base of all errors of what is kept."""


class FolderError(CatalogError):
    """The output folder cannot be used."""


class StorageError(FolderError):
    """The disk refuses a write (see `catalogs.files.storing`).

    No record is at fault, so a stage in which it comes up has not failed: the run ends, and the same command
    goes on once there is room.
    """


class LedgerError(CatalogError):
    """A ledger file is damaged."""


class BlobError(CatalogError):
    """A blob is missing or damaged."""


class ShardError(CatalogError):
    """A shard, sidecar or manifest is damaged."""


class SplitError(CatalogError):
    """A split would leak, or cannot be made."""


class StoreError(CatalogError):
    """A store refuses, cannot be reached, or holds something else than was asked for (`catalogs.store`)."""
