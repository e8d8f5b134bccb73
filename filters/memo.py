"""A bounded per-process memory of results of models, so that neighbouring rows and stages share them.

Whatever is remembered is a pure function of its key: it can only save time, never change a result.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memo(Generic[Value]):
    """Keeps the `size` results used last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def get_all(
        self, keys: Sequence[Hashable], compute: Callable[[list[int]], Sequence[Value]]
    ) -> list[Value]:
        """The values of `keys`, in order; `compute` gets the indices of the keys that are missing, each key
        once."""
        found = {key: self._values[key] for key in keys if key in self._values}
        missing = {key: index for index, key in enumerate(keys) if key not in found}
        if missing:
            found.update(zip(missing, compute(list(missing.values())), strict=True))
        for key in keys:
            self._values[key] = found[key]
            self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._values.popitem(last=False)
        return [found[key] for key in keys]
