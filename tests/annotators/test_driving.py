"""Dialogues in step with a local model, and on the loop with one behind a server: equal outcomes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from annotators.dialogue import converse
from annotators.requests import Asking, Use, say, use, use_all
from catalogs.errors import StorageError
from catalogs.stage import Failed, Kept, Outcome, Rejected, StopRun
from workers.chat.interface import ChatReply, ChatRequest, Message, RemoteChat
from workers.errors import ModelReplyError
from workers.meter import count_call, metered


def request(text: str) -> ChatRequest:
    return ChatRequest(task="echo", messages=(Message("user", text),), facts={})


@dataclass(frozen=True)
class Here:
    """A chat worker that repeats, in batches."""

    name: str = "here"
    revision: str = "1"
    batches: list[int] = field(default_factory=list)

    def complete(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        self.batches.append(len(requests))
        return [ChatReply(text=one.messages[0].text) for one in requests]


@dataclass(frozen=True)
class There(Here):
    """One that is awaited; some texts are errors."""

    slots: int = 4
    at_once: list[int] = field(default_factory=lambda: [0, 0])

    async def acomplete(self, request: ChatRequest) -> ChatReply:
        text = request.messages[0].text
        self.at_once[0] += 1
        self.at_once[1] = max(self.at_once)
        await asyncio.sleep(0.01)
        self.at_once[0] -= 1
        count_call()
        if text == "stop":
            raise StopRun("the budget is spent")
        if text == "busy":
            raise TimeoutError("no answer")
        return ChatReply(text=text)


def fetching(word: str, *, remote: bool) -> Use[str]:
    async def awaited() -> str:
        await asyncio.sleep(0)
        return word.upper()

    return Use(word.upper, awaited if remote else None)


def talk(words: Sequence[str], *, remote: bool) -> Asking[Outcome]:
    said = yield from say(request(words[0]))
    found = yield from use_all(fetching(word, remote=remote) for word in words)
    again = yield from say(request(f"{said} {' '.join(found)}"))
    return Rejected(again)


@pytest.mark.parametrize("remote", [True, False])
@pytest.mark.parametrize("chat", [Here(), There()])
def test_every_dialogue_gets_its_own_answers_in_order(chat: Any, remote: bool) -> None:
    talks = [talk([f"a{number}", "b"], remote=remote) for number in range(40)]
    assert converse(chat, talks) == [Rejected(f"a{number} A{number} B") for number in range(40)]


def test_a_local_model_sees_full_batches_whatever_tools_are_used_between() -> None:
    chat = Here()
    converse(chat, [talk(["a"], remote=number % 2 == 0) for number in range(9)])
    assert chat.batches == [9, 9]


def test_behind_a_server_nobody_waits_for_anybody_else() -> None:
    chat = There()
    assert isinstance(chat, RemoteChat)
    converse(chat, [talk(["a"], remote=True) for _ in range(50)])
    assert chat.at_once[1] == 50


def broken(what: Callable[[], Any]) -> Asking[Outcome]:
    yield from say(request("a"))
    yield from use(Use(what))
    return Kept({})


def raising(error: Exception) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


@pytest.mark.parametrize("chat", [Here(), There()])
def test_what_goes_wrong_in_one_dialogue_is_the_end_of_that_one(chat: Any) -> None:
    dialogues = [
        broken(raising(TimeoutError("late"))),
        broken(raising(ModelReplyError("twice"))),
        broken(lambda: None),
    ]
    assert converse(chat, dialogues) == [
        Failed("TimeoutError", "late"),
        Rejected("unusable-reply", "twice"),
        Kept({}),
    ]


def test_an_error_of_the_server_fails_its_own_record() -> None:
    outcomes = converse(There(), [talk([word], remote=True) for word in ("a", "busy", "b")])
    assert [type(outcome) for outcome in outcomes] == [Rejected, Failed, Rejected]


@pytest.mark.parametrize("chat", [Here(), There()])
@pytest.mark.parametrize("error", [StopRun("enough"), StorageError("disk full")])
def test_what_no_record_is_to_blame_for_is_passed_on(chat: Any, error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        converse(chat, [broken(raising(error)), broken(lambda: None)])


def test_who_wants_to_stop_is_obeyed_and_calls_in_flight_come_to_their_end() -> None:
    ended = []

    def slow(number: int) -> Asking[Outcome]:
        yield from say(request("a"))
        ended.append(number)
        yield from say(request("a"))
        raise AssertionError("nothing new begins")

    def stopping() -> Asking[Outcome]:
        yield from say(request("stop"))
        raise AssertionError("the run is over")

    with pytest.raises(StopRun, match="budget"):
        converse(There(), [stopping(), *(slow(number) for number in range(5))])
    assert sorted(ended) == [0, 1, 2, 3, 4]


def test_calls_on_the_loop_are_metered_where_they_were_asked_for() -> None:
    with metered() as spent:
        converse(There(), [talk(["a"], remote=True) for _ in range(3)])
    assert spent.calls == 6


def test_a_dialogue_too_long_for_a_local_model_leaves_the_others_in_their_batches() -> None:
    """Begun anew one by one, all that the model has written so far would be written once more."""

    @dataclass(frozen=True)
    class Short(Here):
        def complete(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
            replies = super().complete(requests)
            if any(len(one.text) > 20 for one in replies):
                raise ModelReplyError("the dialogue has 21 tokens and the model reads 20")
            return replies

    chat = Short()
    outcomes = converse(chat, [talk(["long enough" if n == 2 else "a"], remote=False) for n in range(5)])
    assert [type(one) for one in outcomes] == [Rejected] * 5
    assert outcomes[2] == Rejected("unusable-reply", "the dialogue has 21 tokens and the model reads 20")
    assert outcomes[0] == outcomes[4] == Rejected("a A")
    assert chat.batches == [5, 5, 1, 1, 1, 1, 1]
