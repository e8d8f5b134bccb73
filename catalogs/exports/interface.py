"""What a format of export is: a name, a way to write one sample, and a validator that reads as its target
does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from catalogs.exports.budget import DEFAULT_LIMIT
from catalogs.records import Record

if TYPE_CHECKING:
    from catalogs.exports.parts import Part, Parts
    from catalogs.exports.samples import Sample


class Settings(Record, frozen=True, kw_only=True):
    """What the user chooses; part of the fingerprint of every part."""

    split: Literal["train", "factip"] = "train"
    """Training shards, or the benchmark, which must never be trained on."""
    target: Literal["drawing", "ground-truth"] = "drawing"
    """The picture to learn to draw: the proven drawing, which shows the scene of the recaption (as the images
    of the published stage 3 do), or the ground truth, which shows who the subject is and no scene."""
    max_tokens: int = DEFAULT_LIMIT
    """Tokens a sample from which the target's packer skips it (`max_num_tokens_per_sample`)."""
    resize: bool = False
    """Shrink pictures of samples over `max_tokens`; otherwise such samples are left out, and counted."""


class Problem(Record, frozen=True, kw_only=True):
    """A sample that the target would drop or mangle, or a file that is not what was written."""

    file: str
    """Relative to the export."""
    what: str


Facts = dict[str, Any]
"""What the line of a sample in ``samples/`` says beside its key, licences and credits."""
Write = Callable[["Sample"], Facts]
"""Writes one sample; raises `LeftOutError`."""


class Format(ABC):
    """One target. Instances hold no state: a part is written by whoever takes it up."""

    name: ClassVar[str]
    version: ClassVar[str]
    """Changes when the bytes do: parts of another version are written anew."""

    @abstractmethod
    def writing(self, part: Part) -> AbstractContextManager[Write]:
        """Open the files of a part; the value writes one sample into them."""

    def finish(self, root: Path, parts: Parts) -> dict[str, Iterable[bytes]]:
        """Files that speak of the export as a whole (cards, indexes): name -> pieces of its bytes."""
        return {}

    @abstractmethod
    def check(self, root: Path, settings: Settings) -> Iterator[Problem | str]:
        """Read the export as the target would: the key of each sample that it takes, a problem for each
        other.

        A sample with a problem is not yielded as taken, so that the two can be counted against the index.
        """
