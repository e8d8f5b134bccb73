"""What the driver of a run and its actors tell one another, without the processes between them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.runners import board as board_module
from pipelines.runners.board import Board, Caller, quiet


class Remote:
    """An actor in this process: what is asked of it is answered at once."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def __getattr__(self, name: str) -> Any:
        return SimpleNamespace(remote=getattr(self._actor, name))


RAY = SimpleNamespace(get=lambda answer: answer)


def test_an_actor_that_comes_too_late_begins_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two looks at the board, too: nobody waits for a call that begins after the end."""
    stopped: list[bool] = []
    monkeypatch.setattr(board_module, "CLIENTS", SimpleNamespace(stop=lambda: stopped.append(True)))
    monkeypatch.setattr(Caller, "_look", lambda _: None)
    board = Board()
    caller = Caller(RAY, Remote(board))
    with caller.calling():
        assert board.calling() == 1
        assert not stopped
    quiet(RAY, Remote(board))
    with caller.calling():
        assert stopped
        assert board.calling() == 0


def test_quiet_is_waited_for_as_long_as_a_call_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reasoning teacher has ten minutes for an answer; it is paid for when the run is interrupted, too."""

    async def at_once() -> None: ...

    clients = SimpleNamespace(stop=lambda: None, quiet=at_once, longest=600.0)
    monkeypatch.setattr(board_module, "CLIENTS", clients)
    look = Caller._look
    monkeypatch.setattr(Caller, "_look", lambda _: None)
    board = Board()
    assert board.longest() == 200
    caller = Caller(RAY, Remote(board))
    board.stop()
    look(caller)
    assert board.longest() == 620
