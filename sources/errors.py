"""Errors of sources.

SourceError
├── UnknownSourceError         no source goes by that name; lists those that do
├── MissingPackageError        a Python package that a source reads is not installed; says how to install it
├── BrokenTableError           a row of the sample world's table cannot be used; names the row
├── DumpError                  a dump cannot be read; says why and what to fetch
│   ├── DumpMissingError       there is no such file or folder, or no dump in it
│   └── NotADumpError          the file is something else
└── ArchiveError               an archive is damaged; says what to compare
    ├── ArchiveMissingError    there is no such file
    ├── NotAnArchiveError      the file is something else
    └── ArchiveTruncatedError  the file ends before its header says
"""

from __future__ import annotations


class SourceError(Exception):
    """Base of all errors of sources. The message says what to do."""


class UnknownSourceError(SourceError):
    """No source goes by that name."""


class MissingPackageError(SourceError):
    """A package that a source reads as data is not installed."""


class BrokenTableError(SourceError):
    """The table of the sample world does not agree with itself or with the packages that it points into."""


class ArchiveError(SourceError):
    """Something is wrong with a ZIM archive."""


class ArchiveMissingError(ArchiveError):
    """There is no file at the given path."""


class NotAnArchiveError(ArchiveError):
    """The file is no ZIM archive."""


class ArchiveTruncatedError(ArchiveError):
    """The archive is shorter than its header says: an unfinished download, mostly."""


class DumpError(SourceError):
    """Something is wrong with a dump of a wiki."""


class DumpMissingError(DumpError):
    """There is no dump at the given path."""


class NotADumpError(DumpError):
    """The file is no dump of a wiki."""
