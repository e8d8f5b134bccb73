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

_SPDX = re.compile(r"^cc[- ](by(?:[- ]sa)?)[- ](\d\.\d)(?: ([a-z]{2,3}))?$", re.I)
_PORTED = frozenset(
    {
        "CC-BY-2.5-AU", "CC-BY-3.0-AT", "CC-BY-3.0-AU", "CC-BY-3.0-DE", "CC-BY-3.0-IGO", "CC-BY-3.0-NL",
        "CC-BY-3.0-US", "CC-BY-SA-2.0-UK", "CC-BY-SA-2.1-JP", "CC-BY-SA-3.0-AT", "CC-BY-SA-3.0-DE",
        "CC-BY-SA-3.0-IGO",
    }
)  # fmt: skip
"""Licences of one country that SPDX lists; Commons knows dozens."""


def is_free(licence: str) -> bool:
    """Whether a licence, by short name or SPDX identifier, lets pictures be used, changed and passed on."""
    return bool(_FREE.match(licence)) and not re.search(r"\b(nc|nd)\b", licence, re.I)


def spdx(short_name: str) -> str:
    """``CC BY-SA 4.0`` -> ``CC-BY-SA-4.0``; names without an SPDX identifier stay as they are."""
    name = short_name.strip()
    found = _SPDX.match(name)
    if found:
        general = f"CC-{found[1].upper().replace(' ', '-')}-{found[2]}"
        ported = f"{general}-{found[3].upper()}" if found[3] else general
        return ported if ported == general or ported in _PORTED else name
    return {"cc0": "CC0-1.0", "cc0 1.0": "CC0-1.0"}.get(name.lower(), name)
