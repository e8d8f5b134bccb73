"""``sharegpt``: supervised fine-tuning with LLaMA-Factory, as Gen-Searcher and its siblings do it.

    data/<part>.jsonl         {"id", "messages": [{"role", "content"}], "images": [...]}
    no_search/<part>.jsonl    {"id", "messages"}: dialogues that needed no search and show no pictures
    images/<part>/            the references
    dataset_info.json         what to train by: ``dataset: tracemill,tracemill_no_search``,
                              ``dataset_dir: <this folder>``

Dialogues without pictures are a data set of their own, named where there are some: the columns of JSON lines
are read off the first file, and one in which all lists of images are empty stops `datasets` at the next.

Schemas of the tools stand in the first message and calls in the text of the replies, so no ``tools`` column.
The format has no mask for a single reply: refused turns are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalogs.exports.dialogue import messages_of, shown_of
from catalogs.exports.interface import Facts, Format, Problem, Settings, Write
from catalogs.exports.parts import Part, Parts
from catalogs.exports.pictures import is_transparent, problem_of
from catalogs.exports.rows import files_in, json_line, pretty, read_lines
from catalogs.exports.samples import Sample
from catalogs.exports.texts import PLACEHOLDER, SPECIAL_TOKEN, refused

SEARCHED, NO_SEARCH = "data", "no_search"
"""Folders of the dialogues with pictures, and of those without."""

TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


class ShareGpt(Format):
    """See the module."""

    name = "sharegpt"
    version = "1"

    @contextmanager
    def writing(self, part: Part) -> Iterator[Write]:
        with (
            part.lines(f"{SEARCHED}/{part.name}.jsonl") as searched,
            part.lines(f"{NO_SEARCH}/{part.name}.jsonl") as no_search,
        ):

            def write(sample: Sample) -> Facts:
                messages, pictures = messages_of(sample), shown_of(sample)
                images = [f"images/{part.name}/{name}" for name in pictures]
                for file, data in zip(images, pictures.values(), strict=True):
                    part.write(file, data)
                row = {"id": sample.key, "messages": messages}
                if sample.document.searched:
                    searched.write(json_line(row | {"images": images}))
                else:
                    no_search.write(json_line(row))
                    part.count("samples-without-search")
                part.count("turns", len(messages) // 2)
                part.count("turns-left-out", refused(sample.document))
                return {}

            yield write

    def finish(self, root: Path, parts: Parts) -> dict[str, Iterable[bytes]]:
        entries = {"tracemill": _entry(SEARCHED, "messages", "images")}
        if files_in(root / NO_SEARCH):
            entries["tracemill_no_search"] = _entry(NO_SEARCH, "messages")
        return {"dataset_info.json": [pretty(entries)]}

    def check(self, root: Path, settings: Settings) -> Iterator[Problem | str]:
        for path in (*files_in(root / SEARCHED), *files_in(root / NO_SEARCH)):
            file = path.relative_to(root).as_posix()
            for row in read_lines(path):
                problem = row_problem(row if path.parent.name == SEARCHED else {"images": []} | row, root)
                yield Problem(file=file, what=f"{row.get('id')}: {problem}") if problem else row["id"]


def _entry(folder: str, *columns: str) -> dict[str, Any]:
    named = {column: column for column in columns}
    return {"file_name": folder, "formatting": "sharegpt", "columns": named, "tags": TAGS}


def row_problem(row: Mapping[str, Any], root: Path, *, ranking: bool = False) -> str:
    """Why LLaMA-Factory drops or misreads a row; empty where it does not.

    With `ranking` the messages end with the user, and ``chosen`` and ``rejected`` are the two replies.
    """
    messages, images = row.get("messages"), row.get("images")
    if not isinstance(messages, list) or not isinstance(images, list):
        return "dropped: no list of messages, or of images"
    answers: list[Any] = [row.get("chosen"), row.get("rejected")] if ranking else []
    spoken = [*messages, *answers]
    if not all(isinstance(one, dict) and isinstance(one.get("content"), str) for one in spoken):
        return "dropped: a message without content"
    roles = [one["role"] for one in messages]
    if not messages or roles != [("user", "assistant")[number % 2] for number in range(len(roles))]:
        return "dropped: user and assistant do not alternate"
    if (len(messages) % 2 == 1) != ranking or any(one["role"] != "assistant" for one in answers):
        return "dropped: the last word is not the assistant's"
    if any(not one["content"].strip() for one in spoken):
        return "misread: an empty message"
    if ranking and answers[0]["content"] == answers[1]["content"]:
        return "nothing to prefer: both replies are the same"
    return _text_problem([one["content"] for one in spoken], len(images)) or _image_problem(images, root)


def _text_problem(contents: list[str], images: int) -> str:
    found = [match[0] for content in contents for match in PLACEHOLDER.finditer(content)]
    if others := sorted(set(found) - {"<image>"}):
        return f"raises: {', '.join(others)} in a text"
    if len(found) != images:
        return f"raises: {len(found)} times <image> for {images} images"
    tokens = [match[0] for content in contents for match in SPECIAL_TOKEN.finditer(content)]
    return f"misread: special token {tokens[0]} in a text" if tokens else ""


def _image_problem(images: list[str], root: Path) -> str:
    for image in images:
        path = root / image
        if not path.is_file():
            return f"raises: {image} is not there"
        data = path.read_bytes()
        if problem := problem_of(data):
            return f"raises: {image} cannot be decoded: {problem}"
        if is_transparent(data):
            return f"misread: {image} is transparent, and what lies under it would show"
    return ""
