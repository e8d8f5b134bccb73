"""Loading without bars of the libraries: a run shows its own progress."""

from __future__ import annotations

import sys
from importlib import import_module

_WITH_BARS = ("transformers", "diffusers")


def hide_bars() -> None:
    """Switch off the bars of those libraries that this process has imported."""
    for name in _WITH_BARS:
        if name in sys.modules:
            import_module(f"{name}.utils.logging").disable_progress_bar()
