"""HTML as a list of its elements, by one regular expression, because a wiki has millions of pages.

What MediaWiki writes is well formed, and is read as any parser reads it. Anything else is read as Beautiful
Soup reads it with the parser of the standard library: an end tag closes the innermost element of its name
with all that is open inside it, and nothing where none is open; what is open at the end ends there.

Every piece of markup is passed once, so that time is linear in the length of a page, whatever stands in it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from html import unescape

_MARKUP = re.compile(
    r"""<(?:
      (?P<raw>(?i:script|style))(?=[\s/>])[^>]*+>.*?(?:</(?i:(?P=raw))(?=[\s/>])[^>]*+(?:>|\Z)|\Z)
    | (?P<start>[a-zA-Z][^\s/>]*+)(?P<attributes>(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+)(?:>|\Z)
    | /(?P<end>[a-zA-Z][^\s/>]*+)[^>]*+(?:>|\Z)
    | !--.*?(?:-->|\Z)
    | [!?/][^>]*+(?:>|\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
"""Scripts and style sheets with what they hold; a start tag; an end tag; a comment; a declaration. Every
alternative also ends with the page, so that none is tried again further on."""
_ATTRIBUTE = re.compile(
    r"""([^\s/>="'][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?""", re.VERBOSE
)
_CLOSED = re.compile(r"""(?:^|[\s"'])/$""")
_VOID = frozenset(
    {"area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen"}
    | {"link", "meta", "param", "source", "track", "wbr"}
)
"""Elements that hold nothing and have no end tag (HTML, "Serializing HTML fragments")."""
_SILENT = frozenset({"rt", "rp", "template"})
"""Elements whose text is not part of what stands around them: readings of signs, and what is not shown."""
_DEEPEST = 512
"""Elements that are open at a time; further ones are beside the innermost, as browsers have them (Blink)."""

Attributes = dict[str, str]


class Element:
    """One element: `place` among the elements of its page, and the texts and elements inside it."""

    __slots__ = ("attributes", "end", "name", "parent", "place", "text_end", "text_start")

    def __init__(self, name: str, attributes: Attributes, parent: Element | None) -> None:
        self.name = name
        self.attributes = attributes
        self.parent = parent
        self.place = self.end = self.text_start = self.text_end = 0

    @property
    def classes(self) -> Sequence[str]:
        return self.attributes.get("class", "").split()

    def is_within(self, names: frozenset[str]) -> bool:
        """Whether it stands in an element of one of these names."""
        outer = self.parent
        while outer is not None:
            if outer.name in names:
                return True
            outer = outer.parent
        return False


class Tree:
    """The elements of a page in their order. Those that `skip` says are left out, with all inside them."""

    def __init__(self, html: str, skip: Callable[[str, Attributes], bool]) -> None:
        self.elements: list[Element] = []
        self._texts: list[str] = []
        self._here = Element("", {}, None)  # around all, not one of them
        self._here.place = -1
        self._open: dict[str, int] = defaultdict(int)
        self._depth = self._silent = 0
        self._skipped: Element | None = None
        last = 0
        for found in _MARKUP.finditer(html):
            self._say(html[last : found.start()])
            last = found.end()
            _, start, attributes, end = found.groups()
            if start:
                self._begin(start.lower(), attributes, skip)
            elif end:
                self._close(end.lower())
        self._say(html[last:])
        while self._here.parent is not None:
            self._leave()

    def inside(self, element: Element) -> list[Element]:
        """All elements inside one, in their order."""
        return self.elements[element.place + 1 : element.end]

    def text(self, element: Element) -> str:
        """All text inside an element as it stands."""
        return "".join(self._texts[element.text_start : element.text_end])

    def _say(self, text: str) -> None:
        if text and self._skipped is None and not self._silent:
            self._texts.append(unescape(text) if "&" in text else text)

    def _begin(self, name: str, written: str, skip: Callable[[str, Attributes], bool]) -> None:
        attributes: Attributes = {}
        for key, double, single, bare in _ATTRIBUTE.findall(written):
            value = double or single or bare
            attributes[key.lower()] = unescape(value) if "&" in value else value
        element = Element(name, attributes, self._here)
        is_skipped = self._skipped is None and skip(name, attributes)
        if self._skipped is None and not is_skipped:
            element.place = len(self.elements)
            element.end = element.place + 1
            element.text_start = element.text_end = len(self._texts)
            self.elements.append(element)
        if name in _VOID or self._depth >= _DEEPEST or _CLOSED.search(written):
            return
        if is_skipped:
            self._skipped = element
        self._here = element
        self._depth += 1
        self._open[name] += 1
        self._silent += name in _SILENT

    def _close(self, name: str) -> None:
        if self._open[name]:
            while self._leave() != name:
                pass

    def _leave(self) -> str:
        """Close the innermost element; its name."""
        element = self._here
        assert element.parent is not None
        if self._skipped is None:
            element.end, element.text_end = len(self.elements), len(self._texts)
        elif self._skipped is element:
            self._skipped = None
        self._silent -= element.name in _SILENT
        self._open[element.name] -= 1
        self._depth -= 1
        self._here = element.parent
        return element.name
