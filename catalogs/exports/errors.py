"""Errors of exports.

CatalogError
└── ExportError     an export cannot be made, or cannot be checked
LeftOutError        one sample has no place in a format; never leaves `catalogs.exports`
"""

from __future__ import annotations

from catalogs.errors import CatalogError


class ExportError(CatalogError):
    """An export cannot be made, or cannot be checked."""


class LeftOutError(Exception):
    """A sample has no place in a format: the target would drop or mangle it. Counted under `reason`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
