"""The published trajectory format: markup, tools, reading replies, writing turns, checking recaptions."""

from catalogs.trajectory.language import guess_language
from catalogs.trajectory.markup import FOREIGN_TAGS, SPECIAL_TOKENS, TAGS, find_markup, neutralise
from catalogs.trajectory.published import published
from catalogs.trajectory.recaptions import validate_recaption
from catalogs.trajectory.rendering import (
    render_call,
    render_failure,
    render_hits,
    render_observation,
    render_opening,
    render_pictures,
    render_recaption,
    render_references,
    tools_in,
)
from catalogs.trajectory.replies import ParsedReply, ToolCall, parse_reply
from catalogs.trajectory.tools import (
    ARGUMENTS,
    BROWSE,
    HOME,
    IMAGE_SEARCH,
    PUBLISHED,
    SCHEMAS,
    TEXT_SEARCH,
    Arguments,
    BrowseArguments,
    ImageSearchArguments,
    TextSearchArguments,
    schemas_of,
)

__all__ = [
    "ARGUMENTS",
    "BROWSE",
    "FOREIGN_TAGS",
    "HOME",
    "IMAGE_SEARCH",
    "PUBLISHED",
    "SCHEMAS",
    "SPECIAL_TOKENS",
    "TAGS",
    "TEXT_SEARCH",
    "Arguments",
    "BrowseArguments",
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
    "render_failure",
    "render_hits",
    "render_observation",
    "render_opening",
    "render_pictures",
    "render_recaption",
    "render_references",
    "schemas_of",
    "tools_in",
    "validate_recaption",
]
