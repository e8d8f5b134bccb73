"""Whether a device is there and has room, asked before anything is loaded."""

from __future__ import annotations

import os

from workers.errors import ModelLoadError

HEADROOM = 1.2
"""Memory of inference over that of the weights (EleutherAI, "Transformer Math 101": at most 20 % more)."""


def check_device(device: str) -> None:
    """Raise `ModelLoadError` for a GPU that torch does not see."""
    import torch

    if device.startswith("cuda") and not torch.cuda.is_available():
        raise ModelLoadError(f"Device {device!r} was asked for, but torch sees no GPU: use device=cpu.")


def check_fits(name: str, weights_gib: float, device: str) -> None:
    """Raise `ModelLoadError` where a model and a fifth more is larger than the free memory of its device.

    The driver of a cluster may have no GPU: with RAY_ADDRESS set, the actors find out.
    """
    import psutil
    import torch

    if device.startswith("cuda"):
        if not torch.cuda.is_available() and os.environ.get("RAY_ADDRESS"):
            return
        check_device(device)
        free = torch.cuda.mem_get_info(device)[0] / 2**30
    else:
        free = psutil.virtual_memory().available / 2**30
    needed = weights_gib * HEADROOM
    if needed > free:
        raise ModelLoadError(
            f"{name} needs {needed:.1f} GiB and {device} has {free:.1f} GiB free: use a smaller model, a "
            f"half type (dtype=bfloat16), another device, or a server"
        )
