"""Which Wikipedia is in which language. Mostly its name says so; where it does not, titles are filed under
the name (``nowiki``, ``no.wikipedia.org``) and texts under the language (``nb``)."""

from __future__ import annotations

from catalogs.records import Language

NOT_WIKIPEDIAS = frozenset(
    {
        "commonswiki", "specieswiki", "metawiki", "wikidatawiki", "mediawikiwiki", "sourceswiki",
        "wikimaniawiki", "simplewiki", "outreachwiki", "incubatorwiki", "foundationwiki",
        "wikifunctionswiki", "testwiki", "test2wiki",
    }
)  # fmt: skip
"""Databases that end like a Wikipedia's. Simple English is one, but has no language of its own."""

_LANGUAGES = {
    "als": "gsw", "bat-smg": "sgs", "be-x-old": "be-tarask", "fiu-vro": "vro", "no": "nb", "roa-rup": "rup",
    "zh-classical": "lzh", "zh-min-nan": "nan", "zh-yue": "yue",
}  # fmt: skip
"""Wikipedias whose name is not the code of their language."""

_CODES = {language: code for code, language in _LANGUAGES.items() if code != "be-x-old"}
"""The reverse. The old name of be-tarask lives on in that of its database alone."""


def language_of_wiki(site: str) -> Language:
    """``enwiki`` -> ``en``; empty for sites that are no Wikipedia of a language."""
    if not site.endswith("wiki") or site in NOT_WIKIPEDIAS:
        return ""
    return language_of_code(site.removesuffix("wiki").replace("_", "-"))


def language_of_code(code: str) -> Language:
    """``no`` -> ``nb``: the language of ``no.wikipedia.org``."""
    return _LANGUAGES.get(code, code)


def code_of(language: Language) -> str:
    """``nb`` -> ``no``: what the address of its Wikipedia begins with, and its titles are filed under."""
    return _CODES.get(language, language)
