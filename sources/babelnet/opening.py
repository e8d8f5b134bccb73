"""``babelnet:PATH``, with ``/languages=en,fr``, ``/kinds=1`` and ``/named-by=WIKI`` after it: a file with a
word a line."""

from __future__ import annotations

import re
from pathlib import Path

from sources.babelnet.api import BabelNet
from sources.babelnet.encyclopedia import BabelNetEncyclopedia
from sources.babelnet.quota import Quota
from sources.errors import UnknownSourceError
from sources.fetching.web import Web

_SPEC = re.compile(
    r"(?P<path>.+?)(/languages=(?P<languages>[a-z]{2}(,[a-z]{2})*))?(/kinds=(?P<kinds>\d))?"
    r"(/named-by=(?P<named_by>[A-Z_]+(,[A-Z_]+)*))?"
)


def open_babelnet(argument: str, web: Web, quota: Quota) -> BabelNetEncyclopedia:
    """Raises `UnknownSourceError` with the way to write it."""
    found = _SPEC.fullmatch(argument)
    path = Path(found["path"] if found else "").expanduser()
    if found is None or not path.is_file():
        raise UnknownSourceError(
            f"there is no file {argument!r}; write: babelnet:PATH, of a file with a word a line, in several "
            "languages: babelnet:PATH/languages=en,fr, with kinds of what they mean: babelnet:PATH/kinds=1, "
            "of what these sources name alone: babelnet:PATH/named-by=WIKI,WIKIDATA"
        )
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UnknownSourceError(
            f"{path} is not UTF-8 ({error.reason} at byte {error.start}): save it as UTF-8"
        ) from None
    words = dict.fromkeys(line.strip() for line in lines if line.strip())
    if not words:
        raise UnknownSourceError(f"{path} holds no word: write one a line")
    languages = tuple(dict.fromkeys((found["languages"] or "en").split(",")))
    named_by = tuple(sorted(set(found["named_by"].split(",")))) if found["named_by"] else ()
    return BabelNetEncyclopedia(
        BabelNet(web, quota), tuple(words), languages, int(found["kinds"] or 0), named_by
    )
