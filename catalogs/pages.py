"""Static pages: templates beside this module, everything escaped, nothing loaded from elsewhere."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


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
    environment.tests["web"] = is_web
    return environment


def render(template: str, **values: Any) -> bytes:
    """A page in UTF-8; raises `jinja2.UndefinedError` for a value that the template misses."""
    return _environment().get_template(template).render(**values).encode()


def grouped(number: float, places: int = 0) -> str:
    """Thousands apart by narrow spaces, as both sides of the Atlantic can read."""
    return f"{number:,.{places}f}".replace(",", "\u202f")


def is_web(address: str) -> bool:
    """Whether an address may become a link: evidence must not smuggle in another scheme."""
    return address.startswith(("https://", "http://"))
