"""Archives made for tests, with libzim's own writer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_archive(
    path: Path,
    pages: Mapping[str, str],
    redirects: Mapping[str, str],
    *,
    indexed: bool,
    about: Mapping[str, str] | None = None,
) -> Path:
    """An English archive without namespaces: title -> HTML of its body, other title -> title. `about` is what
    else it says of itself."""
    from libzim.writer import Creator, Hint, Item, StringProvider

    class Page(Item):  # type: ignore[misc]
        def __init__(self, title: str, body: str) -> None:
            super().__init__()
            self._title, self._body = title, body

        def get_path(self) -> str:
            return self._title.replace(" ", "_")

        def get_title(self) -> str:
            return self._title

        def get_mimetype(self) -> str:
            return "text/html"

        def get_contentprovider(self) -> Any:
            head = f"<html><head><title>{self._title}</title></head>"
            return StringProvider(f"{head}<body>{self._body}</body></html>")

        def get_hints(self) -> dict[Any, int]:
            return {Hint.FRONT_ARTICLE: True}

    told = {"Language": "eng", "Creator": "Wikipedia", "Date": "2024-05-01", "Title": "Made"} | (about or {})
    with Creator(str(path)).config_indexing(indexed, "eng") as creator:
        for key, value in told.items():
            creator.add_metadata(key, value)
        for title, body in pages.items():
            creator.add_item(Page(title, body))
        for other, title in redirects.items():
            creator.add_redirection(other.replace(" ", "_"), other, title.replace(" ", "_"), {})
    return path
