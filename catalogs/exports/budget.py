"""The token budget of a sample in the published SFT loader, and how to make a sample fit.

The loader (Unify-Agent, a BAGEL fork) scales every picture before it counts: for the VAE to a multiple of 16
with the short side at least 512 and the long side at most 1,024; for the ViT to a multiple of 14, 378 to 980
(agent_data.yaml). A token is one 16 x 16 or 14 x 14 patch. References are read by both, the target by the
VAE. A packer then skips every sample with ``tokens + 2 * items >= max_num_tokens_per_sample``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalogs.exports.pictures import shrunk, size_of
from catalogs.records import Record

DEFAULT_LIMIT = 16_384
"""The loader's own default for `max_num_tokens_per_sample`; its train.sh passes 40,240."""

BYTES_PER_TOKEN = 3.0
"""UTF-8 bytes a text token, on the safe side. See docs/exports.md for the measurement."""

_MOST_PIXELS = 14 * 14 * 9 * 1024
"""BAGEL's `max_pixels`: no picture is scaled above it."""

EDGES = (1024, 896, 768, 640, 512, 448, 378)
"""Long sides to which pictures are shrunk, in turn; 378 is the least that the ViT transform leaves alone."""
LEAST_TARGET = 512
"""The VAE transform enlarges a smaller target again, so that shrinking it further saves nothing."""


@dataclass(frozen=True)
class Scaling:
    """How a loader scales a picture: patch size, least short side, most long side, in pixels."""

    stride: int
    least: int
    most: int

    def tokens(self, width: int, height: int) -> int:
        """Patches of a picture after scaling."""
        width, height = self.scaled(width, height)
        return width * height // self.stride**2

    def scaled(self, width: int, height: int) -> tuple[int, int]:
        """Size after scaling: long side first, then short side, then the two upper bounds."""
        scale = min(self.most / max(width, height), 1.0)
        scale = max(scale, self.least / min(width, height))
        width, height = self._by(width, height, scale)
        if width * height > _MOST_PIXELS:
            width, height = self._by(width, height, _MOST_PIXELS / (width * height))
        if max(width, height) > self.most:
            width, height = self._by(width, height, self.most / max(width, height))
        return width, height

    def _by(self, width: int, height: int, scale: float) -> tuple[int, int]:
        return self._divisible(round(width * scale)), self._divisible(round(height * scale))

    def _divisible(self, value: int) -> int:
        return max(self.stride, round(value / self.stride) * self.stride)


VAE = Scaling(stride=16, least=512, most=1024)
VIT = Scaling(stride=14, least=378, most=980)


class Budget(Record, frozen=True, kw_only=True):
    """Tokens of one sample."""

    text: int
    """Estimated (`BYTES_PER_TOKEN`): the target's tokenizer is not at hand."""
    vae: int
    vit: int
    overhead: int
    """Two markers an item of the sequence."""

    @property
    def total(self) -> int:
        return self.text + self.vae + self.vit + self.overhead


Size = tuple[int, int]


def budget_of(texts: Iterable[str], references: Iterable[Size], target: Size) -> Budget:
    """Tokens of a sample with these texts (each an item) and pictures (width, height)."""
    texts, references = list(texts), list(references)
    items = len(texts) + 2 * len(references) + 1
    return Budget(
        text=sum(text_tokens(text) for text in texts),
        vae=sum(VAE.tokens(*size) for size in references) + VAE.tokens(*target),
        vit=sum(VIT.tokens(*size) for size in references),
        overhead=2 * items,
    )


def text_tokens(text: str) -> int:
    """Estimated tokens of a text, rounded up."""
    return -int(-len(text.encode()) // BYTES_PER_TOKEN)


def fitted(
    pictures: Mapping[str, bytes], texts: Iterable[str], references: Iterable[str], target: str, limit: int
) -> dict[str, bytes] | None:
    """Pictures that make the sample fit below `limit`, by role: those that had to be shrunk, none where it
    fits.

    References are shrunk first, both to the same long side, then the target. None where nothing helps.
    """
    texts, references = list(texts), list(references)
    sizes = {role: size_of(pictures[role]) for role in (*references, target)}
    ladder = [(max(EDGES[0], *(max(size) for size in sizes.values())),) * 2]
    ladder += [(edge, ladder[0][1]) for edge in EDGES]
    ladder += [(EDGES[-1], edge) for edge in EDGES if edge >= LEAST_TARGET]
    for reference_edge, target_edge in ladder:
        edges = dict.fromkeys(references, reference_edge) | {target: target_edge}
        trial = {role: within(size, edges[role]) for role, size in sizes.items()}
        if budget_of(texts, [trial[role] for role in references], trial[target]).total < limit:
            return {role: shrunk(pictures[role], size) for role, size in trial.items() if size != sizes[role]}
    return None


def within(size: Size, edge: int) -> Size:
    """A size scaled down, in proportion, to a long side of at most `edge`."""
    scale = min(1.0, edge / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
