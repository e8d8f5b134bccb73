"""Telling a refusal from other replies that do nothing, so that it is counted as what it is.

In the published pipeline a refusal that contains the word "recaption" ends a dialogue as if it were one.
"""

from __future__ import annotations

import re

from catalogs.scripts import START
from workers.languages import in_all

_DECLINED = re.compile(rf"{START}(?:{'|'.join(in_all('reading', 'refusals').values())})", re.I)

_OPENING = 200
"""Characters in which a refusal declares itself; later ones are about something else."""


def is_refusal(reply: str) -> bool:
    """Whether a reply begins by declining, in a language of `workers.languages`."""
    return _DECLINED.search(reply.strip()[:_OPENING]) is not None
