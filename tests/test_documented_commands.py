"""Every `tracemill` command in the README and the docs exists, with every option that is shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from pipelines.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = re.compile(r"(?:^ {4}|`|; |&& )tracemill ([a-z][^`]*)", re.M)
"""In an indented block to the end of the line, or between backticks."""


def shown(page: Path) -> list[str]:
    text = page.read_text().replace("\\\n", " ")
    return [re.split(r"\s{3,}|\n(?! +--)", found)[0] for found in SHOWN.findall(text)]


def problem(command: str) -> str:
    """What is wrong with a command as it is shown; empty where nothing is."""
    words = command.replace("[", " ").replace("]", " ").split()
    at: Any = get_command(app)
    while words and hasattr(at, "commands") and words[0] in at.commands:
        at = at.commands[words.pop(0)]
    if at.name is None or (hasattr(at, "commands") and words and not words[0].startswith("-")):
        return f"no command {words[0]!r}"
    known = {name for parameter in at.params for name in parameter.opts}
    unknown = [word for word in words if re.fullmatch("--[a-z][a-z-]*", word.partition("=")[0])]
    return ", ".join(
        f"no option {word}" for word in unknown if word.partition("=")[0] not in {*known, "--help"}
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_tells_to_type_can_be_typed(page: Path) -> None:
    wrong = {command: said for command in shown(page) if (said := problem(command))}
    assert not wrong


def test_commands_are_found_at_all() -> None:
    assert sum(len(shown(page)) for page in PAGES) > 40
    assert problem("run --domian food") == "no option --domian"
    assert problem("rum --domain food") == "no command 'rum'"
