"""What a host allows: robots.txt as RFC 9309 has it, and opt-outs in the headers of an answer.

The standard library's parser takes the first rule that fits and knows no wildcards; RFC 9309 (2022) takes the
longest and has ``*`` and ``$``, which the robots.txt of most picture hosts use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

OPT_OUTS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
"""Directives of X-Robots-Tag that forbid our use; ``none`` is short for noindex with nofollow."""

MOST_BYTES = 500 * 1024
"""Of a robots.txt that are read (RFC 9309, section 2.5)."""

_WITH_VALUES = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
"""Directives of X-Robots-Tag that a colon follows, as it follows the name of an agent."""

_AGENT = re.compile(r"[a-z_*][a-z0-9_*. -]*")
_PRODUCT = re.compile(r"\*|[a-z_-]+")
"""Product token of a line: what follows it, such as a version, is none of it."""

_LINE = re.compile(r"^\s*([A-Za-z-]+)\s*:\s*([^#]*)")


@dataclass(frozen=True)
class Rules:
    """The rules of the group that is meant for us: (pattern, allowed)."""

    rules: tuple[tuple[str, bool], ...] = ()

    def allows(self, path: str) -> bool:
        """Whether a path with its query may be fetched: the longest pattern that fits decides, and among
        equals the one that allows."""
        path = _normal(path or "/")
        fitting = [(len(pattern), allowed) for pattern, allowed in self.rules if _fits(pattern, path)]
        return max(fitting)[1] if fitting else True


def parse_robots(text: str, token: str) -> Rules:
    """The rules for a product token, else those for ``*``. Groups that name the same agent are one."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    agents: list[str] = []
    in_rules = False
    for line in text.removeprefix("\ufeff").splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        key, value = found[1].lower(), found[2].strip()
        if key == "user-agent":
            agent = product[0] if (product := _PRODUCT.match(value.lower())) else ""
            agents = [*([] if in_rules else agents), agent]
            groups.setdefault(agent, [])
            in_rules = False
        elif key in ("allow", "disallow"):
            in_rules = True
            if value:  # an empty rule says nothing
                for agent in agents:
                    groups[agent].append((_normal(value), key == "allow"))
    return Rules(tuple(groups.get(token.lower(), groups.get("*", []))))


def opt_outs(headers: Iterable[str], token: str) -> list[str]:
    """Directives against us in X-Robots-Tag headers: ``noai``, or ``bot: noindex`` where we are that bot."""
    found = set()
    for header in headers:
        agent = ""
        for part in header.lower().split(","):
            named, colon, rest = part.partition(":")
            name = named.strip()
            if colon and name not in _WITH_VALUES and _AGENT.fullmatch(name):
                agent, part = name, rest  # which holds for all that follows
            if agent in ("", token, "*") and part.strip() in OPT_OUTS:
                found.add(part.strip())
    return sorted(found)


def _normal(path: str) -> str:
    """Percent-encoding made one: what need not be encoded is not."""
    return quote(unquote_to_bytes(path.encode("utf-8", "surrogatepass")), safe="/*$?&=:;,+@!~'()[]%")


def _fits(pattern: str, path: str) -> bool:
    """``*`` stands for anything, ``$`` at the end for the end. Parts are found from left to right, so that no
    pattern takes longer than its length times the path's."""
    anchored = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if not others:
        return not anchored or path == first
    place = len(first)
    for part in others[:-1]:
        place = path.find(part, place)
        if place < 0:
            return False
        place += len(part)
    last = others[-1]
    return path.endswith(last) and len(path) - len(last) >= place if anchored else path.find(last, place) >= 0
