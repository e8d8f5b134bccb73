"""Which call fails how: by seed, content of the call and number of the try, so that order decides nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from catalogs.digests import digest, unit_interval

OVER_HTTP = ("429", "500", "cut", "half", "html", "trickle")
"""Too many requests, an error of the server, no answer, half of one, a page instead, one without end."""

OF_MODELS = ("empty", "refusal", "malformed", "unknown-tool", "repeated", "language")
"""What a chat model answers instead of what it was asked for."""

_PORT = re.compile(rb"(?<=//127\.0\.0\.1):\d+")


def _portless(call: bytes) -> str:
    """The digest of a call whatever port the server was given: what it found before is named in it."""
    return digest(_PORT.sub(b"", call))


@dataclass
class Faults:
    """`rate` of all calls fail over HTTP, `mischief` of the chat replies are of no use; both 0..1."""

    rate: float = 0.0
    mischief: float = 0.0
    refusals: Mapping[str, float] = field(default_factory=dict)
    """Words of a call -> 0..1, how many of those calls are refused for what they hold, each time anew."""
    seed: int = 0
    kinds: tuple[str, ...] = OVER_HTTP
    retry_after: str = "0.05"
    seen: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(words, digest) of each call that was refused for what it holds -> how often it came."""

    def next(self, call: bytes) -> str:
        """The fault of this try of a call; empty for none."""
        what = _portless(call)
        self.seen[what] += 1
        parts = (str(self.seed), what, str(self.seen[what]))
        if unit_interval(*parts) >= self.rate:
            return ""
        kind = self.kinds[int(unit_interval(*parts, "kind") * len(self.kinds))]
        self.made[kind] += 1
        return kind

    def refuses(self, call: bytes) -> bool:
        """Whether a call goes against the policy of who is called."""
        words = next((words for words in self.refusals if words.encode() in call), "")
        what = _portless(call)
        if not words or unit_interval(str(self.seed), what, "policy") >= self.refusals[words]:
            return False
        self.refused[words, what] += 1
        return True

    def of_model(self, call: bytes) -> str:
        """What is wrong with the reply to a call; the same for each try."""
        parts = (str(self.seed), _portless(call), "mischief")
        if unit_interval(*parts) >= self.mischief:
            return ""
        kind = OF_MODELS[int(unit_interval(*parts, "kind") * len(OF_MODELS))]
        self.made[kind] += 1
        return kind
