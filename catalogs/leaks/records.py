"""What is compared, with which thresholds, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalogs.records import Entity, Record


class Thresholds(Record, frozen=True, kw_only=True):
    """From which likeness on two things are the same."""

    gram_share: float = 0.7
    """Share 0..1 of the shorter prompt's runs of eight words that the other holds (PaLM, Chowdhery et al.
    2022, section 8)."""
    prompt_similarity: float = 0.8
    """Jaccard similarity 0..1 of the prompts' shingles (Lee et al., 2022, section 4.2). Prompts about two
    things that a rule-based teacher wrote after one pattern reach 0.775 at most, in 205 against 544."""
    hash_distance: int = 8
    """Bits 0..64 between the hashes of a picture and of a crop, to propose a pair. Of 40 drawings, cropped to
    60..100 % a side, scaled and sent through JPEG, 8 bits find all and 6 bits 97 %."""
    correlation: float = 0.95
    """Correlation -1..1 of two pictures laid over each other, to confirm a pair. The same drawings reach
    0.967 and more, drawings of two different things 0.923 at most."""
    recoloured: float = 0.97
    """Correlation -1..1 to confirm a pair once saturation, brightness, contrast and gamma were fitted, too.
    Of 3,722 pairs of drawings of two things whose hashes lie near, the best reaches 0.958; grey copies reach
    0.999, copies with a gamma of 0.5 to 2.2 reach 0.971."""
    cosine: float = 0.95
    """Cosine -1..1 of image features. With the embedded model different views of one drawing reach 0.947 at
    most (1,899 pairs), near copies 0.97 in the median, and the most alike of two different things 0.775."""


class Leak(Record, frozen=True, kw_only=True):
    """Something of ours that stands in another collection as well."""

    level: str
    """``entity``, ``prompt`` or ``picture``."""
    kind: str
    """How it was found: ``same-entity``, ``same-name``, ``named-there``, ``names-theirs``; ``same-text``,
    ``reordered``, ``n-grams``, ``minhash``; ``same-bytes``, ``same-picture``, ``mirrored``, ``turned``,
    ``crop``, ``mirrored-crop``, ``turned-crop``, ``tilted``, ``collage``, ``features``."""
    ours: str
    """Id of an entity, key of a prompt, or name of a picture, by the level; the key of a prompt for
    ``names-theirs``."""
    theirs: str
    """The same in the other collection; the key of a prompt for ``named-there``."""
    against: str
    """Name of the other collection."""
    measure: float
    """Likeness by the kind's own measure, at most 1."""
    detail: str = ""
    """The name or the text that was found."""


NOTED = frozenset({"names-theirs"})
"""Kinds that are reported and remove nothing: a benchmark prompt about a lion "in a red desert" names an
entity that training knows, but it is not what the prompt is about."""


class Compared(Record, frozen=True, kw_only=True):
    """One collection that was searched, and how much of it could be."""

    against: str
    entities: int
    prompts: int
    pictures: int
    unreadable: list[str]
    """Pictures that do not decode: they were compared by their bytes alone."""
    features: int
    """Pictures that were compared by features as well."""
    by_eye: bool = True
    """False: of pictures only the bytes were compared, neither hashes nor features."""


@dataclass(frozen=True)
class Item:
    """One prompt of a collection."""

    key: str
    prompt: str
    language: str = ""
    """ISO 639-1 code; empty where it is not told."""
    entity_id: str = ""
    texts: tuple[str, ...] = ()
    """Texts besides the prompt in which names are looked for: the recaption."""
    pictures: tuple[str, ...] = ()


def _nothing(name: str) -> bytes:
    raise KeyError(name)


@dataclass(frozen=True)
class Collection:
    """A split, the training set, or an external list."""

    name: str
    items: Sequence[Item] = ()
    entities: Mapping[str, Entity] = field(default_factory=dict)
    """Entities that the items are about, by id, as far as they are known."""
    pictures: Sequence[str] = ()
    """Pictures of the items, and others that belong to none."""
    load: Callable[[str], bytes] = _nothing
    """Encoded bytes of a picture."""
    vectors: Mapping[str, Any] = field(default_factory=dict)
    """Picture -> float32 [v, f], each of length 1: features of the picture and, if wanted, of its mirror
    image."""
