"""What a dialogue asks for: a reply of the chat worker, or answers of tools, several at once where it can.

A dialogue is a generator: it yields what it asks for, is sent the answer, and returns what came of it. It
does not know whether the answer was computed here, in a batch with others, or awaited (`annotators.driving`).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from catalogs.records import Hit, Passage
from workers.chat.interface import ChatRequest
from workers.endpoint.loop import beside
from workers.tools import (
    ImageHit,
    ImageSearch,
    PageReader,
    RemoteImageSearch,
    RemotePageReader,
    RemoteTextSearch,
    TextSearch,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Use(Generic[T]):
    """One use of a tool, not begun yet."""

    here: Callable[[], T]
    """Gives the answer in the thread that calls."""
    awaited: Callable[[], Coroutine[Any, Any, T]] | None = None
    """Gives it on the loop, where the tool is behind a server."""

    async def there(self) -> T:
        """The answer, without holding up the loop."""
        return await (self.awaited() if self.awaited else beside(self.here))


Asked = ChatRequest | tuple[Use[Any], ...]

Asking = Generator[Asked, Any, T]
"""Something that asks, is answered, and returns a `T`. A chat request is answered by the reply's text, uses
of tools by as many answers; what goes wrong with them is raised where they were asked for."""


def say(request: ChatRequest) -> Asking[str]:
    """The text of a reply."""
    reply: str = yield request
    return reply


def use(tool: Use[T]) -> Asking[T]:
    """The answer of a tool."""
    return (yield from use_all([tool]))[0]


def use_all(tools: Iterable[Use[T]]) -> Asking[list[T]]:
    """The answers of several, in their order, asked for at once."""
    answers: list[T] = yield tuple(tools)
    return answers


def searching(search: TextSearch, query: str, language: str, top_k: int) -> Use[Sequence[Hit]]:
    """``text_search``."""
    awaited = (
        partial(search.asearch, query, language, top_k) if isinstance(search, RemoteTextSearch) else None
    )
    return Use(partial(search.search, query, language, top_k), awaited)


def looking(
    search: ImageSearch, query: str, language: str, num: int, exclude: frozenset[str], location: str = ""
) -> Use[Sequence[ImageHit]]:
    """``search_image``. What lies on this machine is the same wherever it is searched from."""
    what = (query, language, num, exclude)
    awaited = partial(search.asearch, *what, location) if isinstance(search, RemoteImageSearch) else None
    return Use(partial(search.search, *what), awaited)


def browsing(reader: PageReader, found: Passage) -> Use[Passage]:
    """``browse``."""
    awaited = partial(reader.aread, found) if isinstance(reader, RemotePageReader) else None
    return Use(partial(reader.read, found), awaited)
