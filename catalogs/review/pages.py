"""Static pages: templates beside this module, everything escaped, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from catalogs.digests import encode

_INERT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
"""Signs that could end a script element or open a comment in it; in JSON they only stand inside strings."""


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["grouped"] = grouped
    environment.filters["island"] = island
    environment.filters["csp_hash"] = csp_hash
    environment.tests["web"] = is_web
    environment.globals["inline"] = inline
    return environment


def render(template: str, **values: Any) -> bytes:
    """A page in UTF-8; raises `jinja2.UndefinedError` for a value that the template misses."""
    return _environment().get_template(template).render(**values).encode()


def inline(*templates: str) -> Markup:
    """Style sheets or scripts of ours, joined, to stand inside one element of a page."""
    return Markup("").join(Markup(_environment().get_template(name).render()) for name in templates)


def csp_hash(text: str) -> str:
    """How a Content-Security-Policy names the one inline script or style sheet that may act (CSP level 2)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def island(value: Any) -> Markup:
    """Canonical JSON on one line, to stand inside a script element: nothing in it can end the element."""
    return Markup(encode(value).decode().translate(_INERT))


def grouped(number: float, places: int = 0) -> str:
    """Thousands apart by narrow spaces, as both sides of the Atlantic can read."""
    return f"{number:,.{places}f}".replace(",", "\u202f")


def is_web(address: str) -> bool:
    """Whether an address may become a link: evidence must not smuggle in another scheme."""
    return address.startswith(("https://", "http://"))
