"""Ctrl-C is heard at once, whatever the main thread waits for."""

from __future__ import annotations

import signal


def hear_interrupts() -> None:
    """Let a Ctrl-C end the waits of the main thread that have no limit of time.

    Polars takes SIGINT over when it is imported, and asks the kernel to take up again what a signal cuts
    short (SA_RESTART): a wait for a thread or a future would then sleep on, and Python raise
    `KeyboardInterrupt` only when the work is done. So Polars is imported here, and then SIGINT is told to cut
    waits short again.
    """
    import polars  # noqa: F401

    signal.siginterrupt(signal.SIGINT, True)
