"""Prompts that say the same: word for word, in other order, in long runs of words, or in most characters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from catalogs.digests import rounded
from catalogs.leaks.text import jaccard, ngrams, shingles, words

GRAM = 8
"""Words a gram, as PaLM's contamination check takes them (Chowdhery et al., 2022, section 8)."""
PERMUTATIONS = 128
"""Of MinHash: the estimate is off by 1 / sqrt(128) = 0.09, and what it proposes is counted in full."""
RECALL_MARGIN = 0.3
"""By so much lower than the threshold MinHash proposes. At 0.5 it makes 25 bands of 5: of the pairs that
reach 0.8 it proposes 1 - (1 - 0.8 ** 5) ** 25 = 99.995 %."""


@dataclass(frozen=True)
class NearPrompt:
    """A prompt of the index that says what another says."""

    row: int
    kind: str
    """``same-text``, ``reordered``, ``n-grams`` or ``minhash``: the first that holds."""
    measure: float
    """1 for the same words; share of the shorter prompt's grams; Jaccard similarity of the shingles."""


class PromptIndex:
    """Prompts, looked up by what they say."""

    def __init__(self, prompts: Sequence[str], gram_share: float, similarity: float) -> None:
        from datasketch import MinHashLSH

        self._gram_share, self._similarity = gram_share, similarity
        self._words = [words(prompt) for prompt in prompts]
        self._same: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._bags: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._grams: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._near: Any = MinHashLSH(max(0.1, similarity - RECALL_MARGIN), num_perm=PERMUTATIONS)
        for row, (tokens, sketch) in enumerate(zip(self._words, _sketches(self._words), strict=True)):
            if tokens:
                self._same[tuple(tokens)].append(row)
                self._bags[tuple(sorted(tokens))].append(row)
                self._near.insert(row, sketch)
            for gram in ngrams(tokens, GRAM):
                self._grams[gram].append(row)

    def near(self, prompts: Sequence[str]) -> Iterable[tuple[int, NearPrompt]]:
        """Position of a prompt and a prompt of the index like it, for all such pairs, in order."""
        asked = [words(prompt) for prompt in prompts]
        for position, (tokens, sketch) in enumerate(zip(asked, _sketches(asked), strict=True)):
            if tokens:
                found = self._alike(tokens, sketch)
                yield from ((position, found[row]) for row in sorted(found))

    def _alike(self, tokens: Sequence[str], sketch: Any) -> dict[int, NearPrompt]:
        found: dict[int, NearPrompt] = {}
        mine = shingles(tokens)
        for row in self._near.query(sketch):
            similarity = rounded(jaccard(mine, shingles(self._words[row])))
            if similarity >= self._similarity:
                found[row] = NearPrompt(row, "minhash", similarity)
        grams = ngrams(tokens, GRAM)
        shared = Counter(row for gram in grams for row in self._grams.get(gram, ()))
        for row, count in shared.items():
            share = rounded(count / min(len(grams), len(ngrams(self._words[row], GRAM))))
            if share >= self._gram_share:
                found[row] = NearPrompt(row, "n-grams", share)
        for row in self._bags.get(tuple(sorted(tokens)), ()):
            found[row] = NearPrompt(row, "reordered", 1.0)
        for row in self._same.get(tuple(tokens), ()):
            found[row] = NearPrompt(row, "same-text", 1.0)
        return found


def _sketches(texts: Sequence[Sequence[str]]) -> Iterable[Any]:
    from datasketch import MinHash

    encoded = ([shingle.encode() for shingle in sorted(shingles(tokens))] for tokens in texts)
    return MinHash.generator(encoded, num_perm=PERMUTATIONS, seed=1)  # type: ignore[no-any-return]
