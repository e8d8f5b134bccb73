"""Options that several commands take, and where their answers go."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from pipelines.profile import Profile

DEFAULT = "embedded"
"""The profile of commands that are given none."""

console = Console()
errors = Console(stderr=True)

Out = Annotated[Path, typer.Option("--out", help="The output folder.")]
ProfileName = Annotated[str, typer.Option("--profile", help="A shipped profile, or a .toml file.")]
LastProfileName = Annotated[
    str | None,
    typer.Option("--profile", help="As of `run`. Where no setting is given: as in the newest run."),
]
Source = Annotated[
    str | None,
    typer.Option(
        "--source", help="sample, zim:PATH, dump:PATH, list:PATH, ... (docs/harvest.md), or 'A + B'."
    ),
]
Domains = Annotated[list[str] | None, typer.Option("--domain", help="Only this domain; may be repeated.")]
Limit = Annotated[int | None, typer.Option("--limit", help="Entities a domain, at most; 0 takes all.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Of the sample web and of the test drawings.")]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any profile field: --set proof.margin=0.02; may be repeated."),
]


def profile_of(name: str, assignments: list[str] | None = None, **given: Any) -> Profile:
    """The profile of that name with `--set` and the options that were given laid over it."""
    from pipelines.profile import load_profile

    return load_profile(name, overrides(assignments, **given))


def profile_or_last(
    out: Path,
    name: str | None,
    assignments: list[str] | None,
    *,
    finished: bool = False,
    to: Console = console,
    **given: Any,
) -> Profile:
    """The profile that is asked for; where nothing is, all as in the newest run of the output folder, which
    is said in one line. With `finished` a run that was killed counts only where no other is on record."""
    from pipelines.folder import OutputFolder
    from pipelines.settings import last_run, profile_of_last_run, told_of

    asked = name or assignments or any(value is not None for value in given.values())
    folder = OutputFolder(out)
    run = None if asked else last_run(folder, finished=finished)
    last = None if run is None else profile_of_last_run(folder, finished=finished)
    if run is None or last is None:
        return profile_of(name or DEFAULT, assignments, **given)
    to.print(told_of(run), markup=False, highlight=False, soft_wrap=True)
    return last


def overrides(assignments: list[str] | None, **given: Any) -> dict[str, Any]:
    """Of ``field=value`` with the value in TOML (a bare word is a string), and of options that were given."""
    from pipelines.profile import ProfileError

    parsed: dict[str, Any] = {}
    for assignment in assignments or []:
        name, found, value = assignment.partition("=")
        if not found or not name:
            raise ProfileError(f"--set {assignment}: write it as field=value")
        try:
            parsed[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            parsed[name] = value
    return parsed | {name: value for name, value in given.items() if value is not None}
