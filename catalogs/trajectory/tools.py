"""The tools of a dialogue: their function schemas and their typed arguments.

``text_search`` and ``search_image`` are those of the published format. ``browse`` has the name and the
address of its sibling (Gen-Searcher's ``browse(url, query)``), without a model that sums up the page; it
stands in an opening only where pages can be read.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

TEXT_SEARCH = "text_search"
IMAGE_SEARCH = "search_image"
BROWSE = "browse"

PUBLISHED = (TEXT_SEARCH, IMAGE_SEARCH)
"""The tools of the published format."""


class TextSearchArguments(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of ``text_search``, with the published defaults."""

    q: str
    hl: str = "en"
    top_k: int = 5


class ImageSearchArguments(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of ``search_image``, with the published defaults."""

    q: str
    location: str = "United States"
    hl: str = "en"
    num: int = 8


HOME = {
    "ar": "Egypt",
    "de": "Germany",
    "es": "Spain",
    "fr": "France",
    "hi": "India",
    "it": "Italy",
    "ja": "Japan",
    "ko": "South Korea",
    "pt": "Brazil",
    "ru": "Russia",
    "zh": "Taiwan",
}
"""Language -> a country to search from, as ``location`` names it: a large one that speaks it, where Google
answers. Others search from where the published default does."""


class BrowseArguments(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of ``browse``."""

    url: str


Arguments = TextSearchArguments | ImageSearchArguments | BrowseArguments

ARGUMENTS: dict[str, type[Arguments]] = {
    TEXT_SEARCH: TextSearchArguments,
    IMAGE_SEARCH: ImageSearchArguments,
    BROWSE: BrowseArguments,
}
"""Name of a tool -> what it takes."""


def _schema(name: str, description: str, properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": [next(iter(properties))]}
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


_LANGUAGE = {"type": "string", "description": "Language of the results, ISO 639-1.", "default": "en"}

SCHEMAS: tuple[dict[str, Any], ...] = (
    _schema(
        TEXT_SEARCH,
        "Search articles for facts about the subject. Returns ranked passages.",
        {
            "q": {"type": "string", "description": "The query."},
            "hl": _LANGUAGE,
            "top_k": {"type": "integer", "description": "How many passages to return.", "default": 5},
        },
    ),
    _schema(
        IMAGE_SEARCH,
        "Search pictures that show the subject. Returns ranked pictures with their pages.",
        {
            "q": {"type": "string", "description": "The query."},
            "location": {
                "type": "string",
                "description": "Where to search from.",
                "default": "United States",
            },
            "hl": _LANGUAGE,
            "num": {"type": "integer", "description": "How many pictures to return.", "default": 8},
        },
    ),
)
"""OpenAI-style schemas, as they stand between ``<tools>`` and ``</tools>`` in the opening message."""

_BROWSE_SCHEMA = _schema(
    BROWSE,
    "Read a page that text_search returned. Returns its text.",
    {"url": {"type": "string", "description": "The Source of one of the passages."}},
)


def schemas_of(tools: Collection[str]) -> list[dict[str, Any]]:
    """The schemas of some tools, the published ones first."""
    schemas = (*SCHEMAS, _BROWSE_SCHEMA)
    return [schema for schema in schemas if schema["function"]["name"] in tools]
