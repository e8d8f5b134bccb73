"""Who holds a folder or a store: a process that can be named to others, and that may be gone."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """One process, as it stands in a lock."""

    host: str
    pid: int
    started: float
    """Seconds between the start of its host and its own, because its number may be another's by now. Times of
    day would not do: they move when somebody sets the clock."""
    since: str
    """When it took the lock: ISO 8601, to the second."""
    run: str = ""
    system: str = ""
    """Which start of which kernel, and which container: processes have numbers of their own in each. Empty
    where that cannot be told."""

    @property
    def is_gone(self) -> bool:
        """Whether it has ended. About a process that cannot be seen from here nothing can be told: False."""
        here = self.host == socket.gethostname() and not self.is_namesake
        return here and self.started != _started(self.pid)

    @property
    def is_namesake(self) -> bool:
        """Whether it runs, or ran, on a host of this name that is another one, another container, or was
        started anew since."""
        return self.host == socket.gethostname() and self.system not in ("", _system())


def this_process(run: str = "") -> Holder:
    pid = os.getpid()
    started = _started(pid)
    assert started is not None, "whoever asks is running"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Holder(host=socket.gethostname(), pid=pid, started=started, since=now, run=run, system=_system())


def new_run(now: datetime) -> str:
    """A name for a run. Runs sort by it as they began; processes of the same number, in containers of their
    own, that begin at the same moment differ in its end."""
    return f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(2)}"


def holder_in(document: bytes | None) -> Holder | None:
    """Who a lock names; None where there is none, or where it is torn or not written yet."""
    try:
        return msgspec.json.decode(document or b"", type=Holder)
    except msgspec.MsgspecError:
        return None


def _system() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> float | None:
    """None where there is no such process. Systems count in hundredths of a second."""
    try:
        return float(round(psutil.Process(pid).create_time() - psutil.boot_time(), 2))
    except psutil.NoSuchProcess:
        return None
