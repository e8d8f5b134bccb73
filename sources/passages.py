"""Passages of one article put together."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from catalogs.records import Passage


def whole_article(passages: Sequence[Passage], address: str) -> Passage:
    """The article at an address from its passages, at least one: under their headings, with blank lines
    between."""
    first = passages[0]
    return msgspec.structs.replace(
        first,
        text="\n\n".join(passage.headed for passage in passages),
        heading="",
        origin=msgspec.structs.replace(first.origin, url=address),
    )
