"""Telling a refusal from other replies that do nothing, so that it is counted as what it is.

In the published pipeline a refusal that contains the word "recaption" ends a dialogue as if it were one.
"""

from __future__ import annotations

import re

_DECLINED = re.compile(
    r"\b(?:I(?:['’]m| am) (?:very )?(?:sorry|unable|not able)"
    r"|I (?:can(?:['’]t|not| not)|won['’]t|must decline)"
    r"|as an AI\b|je (?:suis désolée?|ne (?:peux|puis) pas)|désolée?, (?:mais )?je"
    r"|lo siento|no puedo (?:ayudar|hacer|cumplir|escribir))",
    re.I,
)

_OPENING = 200
"""Characters in which a refusal declares itself; later ones are about something else."""


def is_refusal(reply: str) -> bool:
    """Whether a reply begins by declining, in English, French or Spanish."""
    return _DECLINED.search(reply.strip()[:_OPENING]) is not None
