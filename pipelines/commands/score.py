"""``tracemill score``: a benchmark's scorer over pictures, or over score files that were made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import Out, console, errors

if TYPE_CHECKING:
    from pipelines.scorers import Bench, Scored

score = typer.Typer(
    no_args_is_help=True, help="Score pictures as published benchmarks do; resumable, with intervals."
)

Images = Annotated[
    Path | None, typer.Option("--images", help="Folder of generated pictures; drawn here where absent.")
]
To = Annotated[
    Path | None, typer.Option("--to", help="Scoring folder: ledger and results. Default: OUT/scores.")
]
Model = Annotated[
    str, typer.Option("--model", help="Name of what is scored; its results go into a folder of that name.")
]
JudgeSpec = Annotated[
    str,
    typer.Option("--judge", help="embedded, openai:MODEL@BASE_URL, or chat: the endpoint of the profile."),
]
JudgeProfile = Annotated[
    str,
    typer.Option(
        "--profile", help="Names the endpoint of --judge chat, and who draws where there is no picture."
    ),
]
Retry = Annotated[bool, typer.Option("--retry", help="Judge again, too, what failed in several runs.")]
Scores = Annotated[
    list[Path] | None,
    typer.Option(
        "--scores", help="Score files of the published scorer instead of pictures; nothing is judged."
    ),
]


@score.command("factip")
def factip(
    split: Annotated[
        Path | None, typer.Option(help="Folder of the split. Default: OUT/splits/factip.")
    ] = None,
    images: Images = None,
    scores: Scores = None,
    model: Model = "model",
    judge: JudgeSpec = "embedded",
    profile: JudgeProfile = "embedded",
    retry: Retry = False,
    out: Out = Path("out"),
    to: To = None,
) -> None:
    """FactIP: clarity, content quality, aesthetics and relevance; categories, groups, micro and macro."""
    from pipelines.scorers import from_files, score_factip
    from verifiers.scorers import factip as formulas

    with _bench(out, to, model, None if scores else judge, profile, retry=retry) as bench:
        if scores:
            found = [item for folder in scores for item in formulas.read_scores(folder)]
            scored = from_files(bench, formulas.SLUG, found, formulas.lines(found))
        else:
            scored = score_factip(bench, split or out / "splits" / "factip", images)
    _print(scored, bench)


@score.command("unified-bench")
def unified_bench(
    sources: Annotated[
        Path | None, typer.Option(help="Folder of source pictures. Default: OUT/splits/unified-bench/images.")
    ] = None,
    images: Images = None,
    model: Model = "model",
    backbones: Annotated[
        str, typer.Option(help="embedded, published (all four), or names with commas: CLIP,DINO-v2.")
    ] = "embedded",
    weights: Annotated[
        list[str] | None, typer.Option(help="Weights of a backbone: --weights CLIP=/models/clip-vit-l-14")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, or cuda:0.")] = "cpu",
    skip_unloadable: Annotated[
        bool, typer.Option("--skip-unloadable", help="Leave out backbones that do not load, and say so.")
    ] = False,
    retry: Retry = False,
    profile: JudgeProfile = "embedded",
    out: Out = Path("out"),
    to: To = None,
) -> None:
    """Unified-Bench: cosines of source and reconstruction by several backbones, and their mean."""
    from pipelines.scorers import score_unified_bench
    from workers.backbones.handle import chosen_backbones

    chosen = chosen_backbones(backbones, weights or [], device)
    with _bench(out, to, model, None, profile, retry=retry) as bench:
        folder = sources or out / "splits" / "unified-bench" / "images"
        scored = score_unified_bench(bench, folder, images, chosen, skip_unloadable)
    _print(scored, bench)


@score.command("wise")
def wise(
    prompts: Annotated[
        list[Path] | None, typer.Option(help="Prompt file; may be repeated: WISE has three.")
    ] = None,
    images: Images = None,
    scores: Scores = None,
    version: Annotated[str, typer.Option(help="legacy, verified, or auto: by the files.")] = "auto",
    model: Model = "model",
    judge: JudgeSpec = "embedded",
    profile: JudgeProfile = "embedded",
    retry: Retry = False,
    out: Out = Path("out"),
    to: To = None,
) -> None:
    """WISE: WiScore of the first release, or the binary score of WISE_Verified."""
    from pipelines.scorers import from_files, score_wise
    from verifiers.scorers import wise as formulas

    with _bench(out, to, model, None if scores else judge, profile, retry=retry) as bench:
        if scores:
            release, found = formulas.read_scores(scores, version)
            slug = f"{formulas.SLUG}-{release.name}"
            scored = from_files(bench, slug, found, formulas.lines(release, found))
        elif prompts and images:
            scored = score_wise(bench, prompts, images, version)
        else:
            raise typer.BadParameter("give --prompts and --images, or --scores")
    _print(scored, bench)


@score.command("kitten")
def kitten(
    results: Annotated[
        Path, typer.Argument(help="JSON or JSON lines: prompt, entity, domain, image, references.")
    ],
    model: Model = "model",
    judge: JudgeSpec = "embedded",
    profile: JudgeProfile = "embedded",
    retry: Retry = False,
    out: Out = Path("out"),
    to: To = None,
) -> None:
    """KITTEN: alignment with the prompt and with the entity, 1 to 5."""
    from pipelines.scorers import score_kitten

    with _bench(out, to, model, judge, profile, retry=retry) as bench:
        scored = score_kitten(bench, results)
    _print(scored, bench)


@score.command("knowgen")
def knowgen(
    results: Annotated[
        Path, typer.Argument(help="results.json of the published runner, or an evaluated one.")
    ],
    scores: Annotated[
        bool, typer.Option("--scores", help="The file is evaluated already; nothing is judged.")
    ] = False,
    model: Model = "model",
    judge: JudgeSpec = "embedded",
    profile: JudgeProfile = "embedded",
    retry: Retry = False,
    out: Out = Path("out"),
    to: To = None,
) -> None:
    """KnowGen: K-score, two groups and their mean."""
    from pipelines.scorers import from_files, score_knowgen
    from verifiers.scorers import knowgen as formulas

    with _bench(out, to, model, None if scores else judge, profile, retry=retry) as bench:
        if scores:
            found = formulas.read_scores(results)
            scored = from_files(bench, formulas.SLUG, found, formulas.lines(found))
        else:
            scored = score_knowgen(bench, results)
    _print(scored, bench)


@score.command("pairwise")
def pairwise(
    images: Annotated[Path, typer.Option(help="Folder of the pictures.")],
    a: Annotated[Path, typer.Option(help="Captions of the one model: an object or a list, by picture.")],
    b: Annotated[Path, typer.Option(help="Captions of the other.")],
    model: Model = "model",
    judge: JudgeSpec = "embedded",
    profile: JudgeProfile = "embedded",
    retry: Retry = False,
    out: Out = Path("out"),
    to: To = None,
) -> None:
    """Captions in pairs, by three criteria, in both orders: how often A wins, ties, loses."""
    from pipelines.scorers import score_pairwise

    with _bench(out, to, model, judge, profile, captions=True, retry=retry) as bench:
        scored = score_pairwise(bench, images, a, b)
    _print(scored, bench)


@contextmanager
def _bench(
    out: Path,
    to: Path | None,
    model: str,
    judge: str | None,
    profile: str,
    *,
    retry: bool,
    captions: bool = False,
) -> Iterator[Bench]:
    from pipelines.folder import open_folder
    from pipelines.judges import judge_of
    from pipelines.models import calls_of
    from pipelines.profile import load_profile
    from pipelines.progress import shown
    from pipelines.scorers import Bench
    from workers.drawing.handle import drawer_worker

    if Path(model).name != model:
        raise typer.BadParameter(f"{model!r} cannot name a folder", param_hint="--model")
    folder = open_folder((to or out / "scores").resolve(), create=True)
    loaded = load_profile(profile)
    chosen = judge_of(judge, loaded, folder, captions=captions) if judge else None
    drawer = drawer_worker(loaded.drawing, calls_of(loaded, folder.root))
    with shown(errors) as observe:
        yield Bench(folder, model, observe, chosen, drawer, retry)


def _print(scored: Scored, bench: Bench) -> None:
    from pipelines.score_tables import published_table, score_table, unscored_table

    report, items = scored
    console.print(score_table(report))
    for table in (unscored_table(items), *(published_table(report, t) for t in report.published)):
        if table is not None:
            console.print(table)
    for name, revision in report.judges.items():
        console.print(f"by {name} {revision}", markup=False, highlight=False, soft_wrap=True)
    if report.instruction:
        console.print(f"instruction {report.instruction}", highlight=False)
    for note in report.notes:
        errors.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"written to {bench.home(report.benchmark)}", markup=False, highlight=False, soft_wrap=True)
