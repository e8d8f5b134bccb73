"""Stage ``path``: two to four links that lead to an entity, told without its name.

The rules are those published for OpenSearch-VL: hops 2, 3 and 4 with probability 0.4, 0.4 and 0.2, hubs
skipped (`sources.entities.links.HUB`), ten tries, and an answer that no text on the way names. A path is
walked backwards from the entity, because here it is given and the rest is open. All of it is told in one
language, that of its last link.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from catalogs.digests import unit_interval
from catalogs.records import THAT_ONE, THIS_ONE, Entity, EntityRef, Hop, Language
from catalogs.stage import Blobs, Kept, Outcome, Row, Stage
from sources.entities.links import HUB, LinkedEncyclopedia, LinkGraph

_HOPS = ((0.4, 2), (0.8, 3), (1.0, 4))
"""Cumulative shares of path lengths."""
TRIES = 10

_WORDS = (5, 45)
"""Words of a clue, least and most: the article's sentence as it stands. A choice: three clues make a prompt
that a person can still read."""
_LEAST_LETTERS = 3
"""Names shorter than this stand in any text by chance, and are looked for as whole words all the same."""
_TELLING_LETTERS = 4
"""Letters from which a word of a title gives it away: "Eiffel" without "Tower". Shorter ones are mostly
articles and prepositions."""

_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:No|St|Dr|Mr|Jr|vs|ca)\.)\s+|(?<=[。！？।])\s*")
"""Not behind an initial or one of the abbreviations that stand most in articles: "No. 1" is one sentence."""
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]")
"""Signs of Thai, Japanese and Chinese, which set no words apart: two count as a word."""
_BRACKETS = re.compile(r"\s*\([^()]*\)$")


@dataclass(frozen=True)
class FindPath(Stage):
    """A path for a share of the entities; empty for the others and where none can be found."""

    name, version = "path", "2"
    reads: ClassVar = ("entity",)
    writes: ClassVar = ("path",)

    encyclopedia: LinkedEncyclopedia
    graph: LinkGraph
    share: float
    """0..1, of the entities, chosen by their ids."""

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        entity: Entity = row["entity"]
        wanted = unit_interval(entity.entity_id, "multi-hop") < self.share
        return Kept({"path": find_path(self.encyclopedia, self.graph, entity) if wanted else []})


def find_path(encyclopedia: LinkedEncyclopedia, graph: LinkGraph, entity: Entity) -> list[Hop]:
    """From an entity that the prompt names to the one before `entity`; empty where ten tries find none."""
    answer = graph.place(entity.entity_id)
    if answer is None:
        return []
    names = names_of(entity)
    for number in range(TRIES):
        seed = (entity.entity_id, "path", str(number))
        share = unit_interval(*seed, "hops")
        path = _walk(encyclopedia, graph, answer, next(h for most, h in _HOPS if share < most), seed)
        if path and not is_named(names, path) and not _names_itself(path):
            return path
    return []


def names_of(entity: Entity) -> list[str]:
    """Everything that the entity is called, in any language, redirects included."""
    names = [entity.title]
    for name in entity.names:
        names += [name.title, name.noun, *name.aliases]
    names += [title for one in entity.redirects for title in one.titles]
    bare = [_BRACKETS.sub("", name).strip() for name in names]
    return sorted({one for one in (*names, *bare) if one})


def is_named(names: Sequence[str], path: Sequence[Hop]) -> bool:
    """Whether a title on the way or a clue holds one of the names."""
    return any(_holds(names, text) for hop in path for text in (hop.title, hop.clue))


def _names_itself(path: Sequence[Hop]) -> bool:
    """Whether what is told names something on the way beside its beginning."""
    on_the_way = [hop.title for hop in path[1:]]
    return any(_holds(on_the_way, text) for text in (path[0].title, *(hop.clue for hop in path)))


def _holds(names: Sequence[str], text: str) -> bool:
    return any(_pattern(name).search(text) for name in names)


def _walk(
    encyclopedia: LinkedEncyclopedia, graph: LinkGraph, answer: int, hops: int, seed: Sequence[str]
) -> list[Hop]:
    """Hops in the order in which they are told; empty where the way back ends too soon."""
    path: list[Hop] = []
    language: Language | None = None
    goal, goal_ref, seen = answer, graph.ref(answer), {answer}
    for step in range(hops):
        open_ways = [one for one in graph.incoming(goal) if one not in seen and graph.in_degree(one) <= HUB]
        open_ways.sort(key=lambda one: unit_interval(*seed, str(step), str(one)))
        for place in open_ways[:TRIES]:
            ref = graph.ref(place)
            hop = _hop(encyclopedia, ref, goal_ref, language, is_first=step == hops - 1)
            if hop:
                path.insert(0, hop)
                goal, goal_ref, language = place, ref, hop.language
                seen.add(place)
                break
        else:
            return []
    return path


def _hop(
    encyclopedia: LinkedEncyclopedia,
    ref: EntityRef,
    goal: EntityRef,
    language: Language | None,
    *,
    is_first: bool,
) -> Hop | None:
    """The first sentence of an article that names the goal and can be told with the name masked."""
    for passage in encyclopedia.article(ref):
        if language in (None, passage.language):
            own, wanted = _title(ref, passage.language), _title(goal, passage.language)
            for sentence in _SENTENCE_END.split(passage.text):
                if clue := _clue(sentence.strip(), own, wanted, is_first=is_first):
                    return Hop(
                        title=own, target=wanted, clue=clue, language=passage.language, origin=passage.origin
                    )
    return None


def _clue(sentence: str, own: str, wanted: str, *, is_first: bool) -> str:
    """A sentence with its names masked; empty where it tells nothing, or something of a name still stands."""
    words = len(sentence.split()) + len(_UNSPACED.findall(sentence)) // 2
    if not _WORDS[0] <= words <= _WORDS[1] or THIS_ONE in sentence or THAT_ONE in sentence:
        return ""
    clue = _pattern(wanted).sub(THIS_ONE, sentence)
    if clue == sentence:
        return ""
    masked = [wanted]
    if not is_first:
        clue = _pattern(own).sub(THAT_ONE, clue)
        masked.append(own)
    telling = [word for name in masked for word in name.split() if len(word) >= _TELLING_LETTERS]
    return "" if _holds(telling, clue) else clue


def _title(ref: EntityRef, language: Language) -> str:
    """As an article of this language calls it, without brackets."""
    return _bare(ref.identifiers.get(f"{language}wiki", ref.title))


def _bare(title: str) -> str:
    return _BRACKETS.sub("", title).strip()


def _pattern(name: str) -> re.Pattern[str]:
    """The name in any case; between word boundaries where its ends are letters of scripts that have them."""
    bounded = name.isascii() or len(name) < _LEAST_LETTERS
    words = r"\s+".join(re.escape(word) for word in name.split())
    return re.compile(rf"(?<!\w){words}(?!\w)" if bounded else words, re.I)
