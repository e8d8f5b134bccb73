"""``text_search`` by the full-text index that an archive brings: nothing to build, whatever its size.

libzim asks its index (Xapian) for articles that have *all* words of a query. A teacher's question seldom
stands word for word in an article, so where too few are found the query is loosened: it is asked again
without each of its words in turn, and word by word, and the answers are fused by reciprocal rank, each
weighted by how rare the words are that it holds to (the inverse document frequency, as in BM25)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from catalogs.digests import digest, rounded
from catalogs.records import Hit, Language, Passage
from sources.passages import whole_article
from sources.search import words
from sources.zim.archive import Article, open_archive
from sources.zim.encyclopedia import passages_of
from sources.zim.facts import facts_of
from sources.zim.parts import checksum_of
from workers.meter import count_call

CODE_VERSION = "2"
"""Raised whenever the same archive and query give other hits."""

_LONGEST_QUERY = 16
"""Words of a query that count: each is asked for twice where a query is loosened, at some milliseconds."""
_DEPTH = 50
"""Articles of each answer that are fused."""
_RRF = 60
"""The constant k of reciprocal rank fusion, as published (Cormack, Clarke and Büttcher, SIGIR 2009)."""


@dataclass(frozen=True)
class ZimSearch:
    """A `TextSearch` over the index inside the archive at `path`, which must have one."""

    path: str

    @property
    def name(self) -> str:
        return "zim-xapian"

    @property
    def revision(self) -> str:
        """From the archive's own checksum: moving or renaming the file changes nothing."""
        return digest(f"{CODE_VERSION}/{words.VERSION}/{checksum_of(Path(self.path))}")[:12]

    def search(self, query: str, language: Language, top_k: int) -> list[Hit]:
        """The `top_k` best articles, each with the passage that has most words of the query, the first of
        equals.

        Articles that have all words come first, in the order of the archive's index; it tells no scores, so a
        score is the reciprocal of the rank. Nothing is found in another language than the archive's.
        """
        count_call()
        facts = facts_of(self.path)
        if language != facts.language or top_k <= 0:
            return []
        asked = list(dict.fromkeys(words.split(query)))[:_LONGEST_QUERY]
        passages = (self._best(path, query) for path in self._ranked(asked, top_k)[: top_k + _DEPTH])
        found: list[Hit] = []
        for passage in passages:
            if passage and len(found) < top_k:
                rank = len(found) + 1
                found.append(Hit(rank=rank, score=rounded(1 / rank), passage=passage))
        return found

    def page(self, url: str) -> Passage | None:
        """The whole article at an address, its passages joined by blank lines; None where there is none.

        An anchor in the address (``...#History``) is passed over.
        """
        address = url.partition("#")[0]
        article = _article_at(self.path, address)
        passages = list(passages_of(self.path, article)) if article else []
        return whole_article(passages, address) if passages else None

    def _ranked(self, asked: Sequence[str], wanted: int) -> list[str]:
        """Paths of articles, best first, at least `wanted` where there are as many."""
        archive = open_archive(self.path)
        alone = {word: archive.search(word, _DEPTH) for word in asked} if len(asked) > 1 else {}
        # A word that stands nowhere would leave nothing of a query that wants them all.
        known = [word for word in asked if not alone or alone[word][0]]
        exact = archive.search(" ".join(known), wanted + _DEPTH)[0] if known else []
        if len(exact) >= wanted or len(known) < 2:
            return exact
        total = archive.count
        rarity = {word: math.log(1 + total / (1 + alone[word][1])) for word in known}
        sums: dict[str, float] = defaultdict(float)
        for word in known:
            rest = [other for other in known if other != word]
            answers = {(word,): alone[word][0], tuple(rest): archive.search(" ".join(rest), _DEPTH)[0]}
            for held, paths in answers.items():
                weight = sum(rarity[one] for one in held)
                for rank, path in enumerate(paths, start=1):
                    sums[path] += weight / (_RRF + rank)
        loose = sorted(sums.keys() - set(exact), key=lambda path: (-round(sums[path], 9), path))
        return [*exact, *loose]

    def _best(self, path: str, query: str) -> Passage | None:
        """The passage of an article that has most distinct words of the query; None where it has no text."""
        language = facts_of(self.path).language
        article = open_archive(self.path).article(path)
        asked = set(words.words(query, language))
        best: tuple[int, Passage] | None = None
        for passage in passages_of(self.path, article) if article else ():
            met = len(asked & set(words.told(f"{passage.title} {passage.headed}", language)))
            if best is None or met > best[0]:
                best = met, passage
        return best[1] if best else None


def _article_at(path: str, address: str) -> Article | None:
    """The article that `Facts.page_url` gives an address to."""
    archive, facts = open_archive(path), facts_of(path)
    if address.startswith("zim:"):
        return archive.article(address.removeprefix("zim:"))
    site, _, title = address.partition("/wiki/")
    if not facts.is_wikipedia or site != f"https://{facts.code}.wikipedia.org":
        return None
    return archive.article_of(unquote(title).replace("_", " "))
