"""Options that all benchmarks of ``tracemill score`` take, written once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.options import Out, errors

if TYPE_CHECKING:
    from pipelines.scoring.bench import Bench


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Where a benchmark is scored, and who draws."""

    model: Annotated[
        str,
        typer.Option("--model", help="Name of what is scored; its results go into a folder of that name."),
    ] = "model"
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            help="Names the endpoint of --judge chat, and who draws where there is no picture.",
        ),
    ] = "embedded"
    retry: Annotated[bool, typer.Option("--retry", help="Judge again, too, what failed in several runs.")] = (
        False
    )
    out: Out = Path("out")
    to: Annotated[
        Path | None, typer.Option("--to", help="Scoring folder: ledger and results. Default: OUT/scores.")
    ] = None

    @contextmanager
    def bench(self, judge: str | None = None, *, captions: bool = False) -> Iterator[Bench]:
        """The bench to score at; without a judge where nothing is judged."""
        from pipelines.folder import open_folder
        from pipelines.models import calls_of
        from pipelines.profile import load_profile
        from pipelines.scoring.bench import Bench
        from pipelines.scoring.judges import judge_of
        from pipelines.terminal.progress import shown
        from workers.drawing.handle import drawer_worker

        if Path(self.model).name != self.model:
            raise typer.BadParameter(f"{self.model!r} cannot name a folder", param_hint="--model")
        folder = open_folder((self.to or self.out / "scores").resolve(), create=True)
        loaded = load_profile(self.profile)
        chosen = judge_of(judge, loaded, folder, captions=captions) if judge else None
        drawer = drawer_worker(loaded.drawing, calls_of(loaded, folder.root))
        with shown(errors) as observe:
            yield Bench(folder, self.model, observe, chosen, drawer, self.retry)


@dataclass(frozen=True, kw_only=True)
class JudgedSetting(Setting):
    """The same for a benchmark that a judge grades."""

    judge: Annotated[
        str,
        typer.Option(
            "--judge",
            help="embedded, openai:MODEL@BASE_URL, transformers:FOLDER, or chat: that of the profile.",
        ),
    ] = "embedded"


def with_setting(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes the fields of its first parameter, a `Setting`, as options of its own."""
    first, *own = inspect.signature(command, eval_str=True).parameters.values()
    shared = list(inspect.signature(first.annotation, eval_str=True).parameters.values())

    @wraps(command)
    def called(**given: Any) -> None:
        setting = first.annotation(**{one.name: given.pop(one.name) for one in shared})
        command(setting, **given)

    options = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *shared)]
    called.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in options}
    return called
