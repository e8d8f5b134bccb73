"""``wikidata-dump:PATH`` as it stands on the command line, with what may follow the path."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

from sources.errors import UnknownSourceError
from sources.fetching.web import Web
from sources.wikidata.dump.encyclopedia import LANGUAGES, WikidataDump
from sources.wikidata.dump.index import build_items

SYNTAX = "wikidata-dump:PATH"
_OPTIONS = "wikidata-dump:PATH?languages=en,ar&pictures=none"


def open_wikidata_dump(argument: str, index_root: Path, web: Web) -> WikidataDump:
    """Makes the index of the dump under `index_root` the first time. Raises `SourceError`."""
    path, asked = _parts(argument)
    unknown = sorted(asked.keys() - {"languages", "pictures"})
    if not path or unknown or asked.get("pictures", "commons") not in ("commons", "none"):
        raise UnknownSourceError(
            f"the source 'wikidata-dump' was given {argument!r}; write: {SYNTAX}, or with options: {_OPTIONS}"
        )
    dump = Path(path).expanduser().absolute()
    return WikidataDump(
        path=str(dump),
        index=str(build_items(dump, index_root.absolute())),
        web=None if asked.get("pictures") == "none" else web,
        languages=tuple(asked["languages"].split(",")) if "languages" in asked else LANGUAGES,
    )


def _parts(argument: str) -> tuple[str, dict[str, str]]:
    """Path and options; a question mark that no ``=`` follows belongs to the path."""
    path, mark, options = argument.rpartition("?")
    return (path, dict(parse_qsl(options))) if mark and "=" in options else (argument, {})
