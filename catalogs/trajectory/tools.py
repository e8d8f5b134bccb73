"""The two tools of the published format: their function schemas and their typed arguments."""

from __future__ import annotations

from typing import Any

import msgspec

TEXT_SEARCH = "text_search"
IMAGE_SEARCH = "search_image"


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


def _schema(name: str, description: str, properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": ["q"]}
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
