"""A format of export is one class and its line in `catalogs.exports.formats`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from catalogs.exports import check_export
from catalogs.exports.dialogue import messages_of
from catalogs.exports.formats import FORMATS
from catalogs.exports.interface import Facts, Format, Problem, Settings, Write
from catalogs.exports.parts import Part
from catalogs.exports.rows import files_in, json_line, read_lines
from catalogs.exports.samples import Sample
from tests.catalogs.exports.shelf import Shelf


class Chats(Format):
    """Dialogues alone, a line each."""

    name, version = "chats", "1"

    @contextmanager
    def writing(self, part: Part) -> Iterator[Write]:
        with part.lines(f"chats/{part.name}.jsonl") as lines:

            def write(sample: Sample) -> Facts:
                lines.write(json_line({"id": sample.key, "messages": messages_of(sample)}))
                return {}

            yield write

    def check(self, root: Path, settings: Settings) -> Iterator[Problem | str]:
        for path in files_in(root / "chats"):
            for row in read_lines(path):
                yield row["id"] if row["messages"] else Problem(file=path.name, what="no dialogue")


def test_a_format_is_written_and_checked_by_its_name(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "chats", Chats())
    shelf.put([shelf.cells("Apple"), shelf.cells("Plum")])
    assert shelf.export("chats", tmp_path / "to").samples == 2
    assert check_export(tmp_path / "to") == []
    (written,) = (tmp_path / "to" / "chats").iterdir()
    assert all(json.loads(line)["messages"] for line in written.open())
