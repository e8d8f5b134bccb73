"""Licences as Commons names them: which let pictures be used, and what SPDX calls them."""

from __future__ import annotations

import re

_FREE = re.compile(
    r"^(cc0([- ]1\.0)?|cc[- ]by([- ]sa)?[- ]\d(\.\d)?.*|public domain|pd([- ].*)?|gfdl.*|fal|attribution"
    r"|no restrictions)$",
    re.I,
)
"""Short names of licences that let pictures be used, changed and passed on: what Commons itself allows.
Licences with NC or ND, "fair use" and unknown ones do not fit."""

_SPDX = re.compile(r"^cc[- ](by(?:[- ]sa)?)[- ](\d\.\d)( [a-z]{2})?$", re.I)


def is_free(licence: str) -> bool:
    """Whether a licence, by short name or SPDX identifier, lets pictures be used, changed and passed on."""
    return bool(_FREE.match(licence)) and not re.search(r"\b(nc|nd)\b", licence, re.I)


def spdx(short_name: str) -> str:
    """``CC BY-SA 4.0`` -> ``CC-BY-SA-4.0``; names without an SPDX identifier stay as they are."""
    name = short_name.strip()
    found = _SPDX.match(name)
    if found:
        return (
            f"CC-{found[1].upper().replace(' ', '-')}-{found[2]}{(found[3] or '').upper().replace(' ', '-')}"
        )
    return {"cc0": "CC0-1.0", "cc0 1.0": "CC0-1.0"}.get(name.lower(), name)
