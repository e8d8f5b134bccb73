"""The dialogue as messages of user and assistant with two pictures, for targets that have no tool turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalogs.exports.errors import LeftOutError
from catalogs.exports.pictures import flattened
from catalogs.exports.samples import Sample
from catalogs.exports.texts import must_be_plain, texts_of, trained_turns
from catalogs.shards import extension

REFERENCES = ("ref1", "ref2")
"""image_1 and image_2; the published loaders take exactly two."""

PICTURES = "image_1: <image>\nimage_2: <image>\n\n"
"""Stands before the question of the recaption turn: the point at which the agent is shown its references."""

Message = dict[str, str]


def messages_of(sample: Sample) -> list[Message]:
    """Alternating user and assistant, refused turns left out, a placeholder for each reference; none for a
    dialogue that needed no search.

    Raises `LeftOutError` for a dialogue that a loader would drop or misread.
    """
    searched = sample.document.searched
    if searched:
        must_have_references(sample)
    turns = trained_turns(sample.document)
    must_be_plain(texts_of(turns), placeholders=True)
    messages = []
    for turn in turns:
        shown = PICTURES if searched and turn is turns[-1] else ""
        messages.append({"role": "user", "content": shown + turn.input})
        messages.append({"role": "assistant", "content": turn.response_text})
    return messages


def turns_of(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The inverse of `messages_of`: (input, response) of each turn."""
    contents = [str(message["content"]) for message in messages]
    questions = [content.removeprefix(PICTURES) for content in contents[::2]]
    return list(zip(questions, contents[1::2], strict=True))


def must_have_references(sample: Sample) -> None:
    """Raises `LeftOutError` for a trajectory without two references, such as one that needed no search: it is
    told apart from one whose dialogue is at fault."""
    if any(role not in sample.pictures for role in REFERENCES):
        raise LeftOutError("not-two-references")


def references_of(sample: Sample) -> dict[str, bytes]:
    """Both references, opaque: file name -> bytes; raises `LeftOutError` where there are not two."""
    must_have_references(sample)
    named = {}
    for number, role in enumerate(REFERENCES, start=1):
        data = flattened(sample.pictures[role])
        named[f"{sample.key}.image_{number}.{extension(data)}"] = data
    return named


def shown_of(sample: Sample) -> dict[str, bytes]:
    """What the dialogue shows: both references, or nothing where no search was needed; raises `LeftOutError`
    where it should show them and there are not two."""
    return references_of(sample) if sample.document.searched else {}


def target_of(sample: Sample, target: str) -> str:
    """Role of the picture to learn to draw; raises `LeftOutError` where the sample lacks it."""
    role = "test" if target == "drawing" else "target"
    if role not in sample.pictures:
        raise LeftOutError(f"no-{target}")
    return role
