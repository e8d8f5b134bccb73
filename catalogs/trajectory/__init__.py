"""The published trajectory format: markup, tools, reading replies, writing turns, checking recaptions."""

from catalogs.trajectory.language import guess_language
from catalogs.trajectory.markup import FOREIGN_TAGS, SPECIAL_TOKENS, TAGS, find_markup, neutralise
from catalogs.trajectory.published import published
from catalogs.trajectory.recaptions import validate_recaption
from catalogs.trajectory.rendering import (
    render_call,
    render_hits,
    render_observation,
    render_opening,
    render_pictures,
    render_recaption,
    render_references,
)
from catalogs.trajectory.replies import ParsedReply, ToolCall, parse_reply
from catalogs.trajectory.tools import (
    IMAGE_SEARCH,
    SCHEMAS,
    TEXT_SEARCH,
    ImageSearchArguments,
    TextSearchArguments,
)

__all__ = [
    "FOREIGN_TAGS",
    "IMAGE_SEARCH",
    "SCHEMAS",
    "SPECIAL_TOKENS",
    "TAGS",
    "TEXT_SEARCH",
    "ImageSearchArguments",
    "ParsedReply",
    "TextSearchArguments",
    "ToolCall",
    "find_markup",
    "guess_language",
    "neutralise",
    "parse_reply",
    "published",
    "render_call",
    "render_hits",
    "render_observation",
    "render_opening",
    "render_pictures",
    "render_recaption",
    "render_references",
    "validate_recaption",
]
