"""``tracemill score``: a benchmark's scorer over pictures, or over score files that were made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import console, errors
from pipelines.commands.score_options import JudgedSetting, Setting, with_setting

if TYPE_CHECKING:
    from pipelines.scoring.bench import Bench, Scored

score = typer.Typer(
    no_args_is_help=True, help="Score pictures as published benchmarks do; resumable, with intervals."
)

Images = Annotated[
    Path | None,
    typer.Option(
        "--images",
        exists=True,
        file_okay=False,
        help="Folder of generated pictures; drawn here where absent.",
    ),
]
Scores = Annotated[
    list[Path] | None,
    typer.Option(
        "--scores", help="Score files of the published scorer instead of pictures; nothing is judged."
    ),
]


@score.command("factip")
@with_setting
def factip(
    setting: JudgedSetting,
    split: Annotated[
        Path | None, typer.Option(help="Folder of the split. Default: OUT/splits/factip.")
    ] = None,
    images: Images = None,
    trajectories: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            help="What an agent left (an export as unify-agent, or the published inference): drawn here from "
            "its recaptions and references, not from the ground truth.",
        ),
    ] = None,
    scores: Scores = None,
) -> None:
    """FactIP: clarity, content quality, aesthetics and relevance; categories, groups, micro and macro."""
    from pipelines.scoring.scorers import from_files, score_factip
    from verifiers.scorers import factip as formulas

    if images and trajectories:
        raise typer.BadParameter("give --images or --trajectories, not both", param_hint="--trajectories")
    with setting.bench(None if scores else setting.judge) as bench:
        if scores:
            found = [item for folder in scores for item in formulas.read_scores(folder)]
            scored = from_files(bench, formulas.SLUG, found, formulas.lines(found))
        else:
            scored = score_factip(bench, split or setting.out / "splits" / "factip", images, trajectories)
    _print(scored, bench)


@score.command("unified-bench")
@with_setting
def unified_bench(
    setting: Setting,
    sources: Annotated[
        Path | None, typer.Option(help="Folder of source pictures. Default: OUT/splits/unified-bench/images.")
    ] = None,
    images: Images = None,
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
) -> None:
    """Unified-Bench: cosines of source and reconstruction by several backbones, and their mean."""
    from pipelines.scoring.scorers import score_unified_bench
    from workers.backbones.handle import chosen_backbones

    chosen = chosen_backbones(backbones, weights or [], device)
    with setting.bench() as bench:
        folder = sources or setting.out / "splits" / "unified-bench" / "images"
        scored = score_unified_bench(bench, folder, images, chosen, skip_unloadable)
    _print(scored, bench)


@score.command("wise")
@with_setting
def wise(
    setting: JudgedSetting,
    prompts: Annotated[
        list[Path] | None, typer.Option(help="Prompt file; may be repeated: WISE has three.")
    ] = None,
    images: Images = None,
    scores: Scores = None,
    version: Annotated[str, typer.Option(help="legacy, verified, or auto: by the files.")] = "auto",
) -> None:
    """WISE: WiScore of the first release, or the binary score of WISE_Verified."""
    from pipelines.scoring.scorers import from_files, score_wise
    from verifiers.scorers import wise as formulas

    with setting.bench(None if scores else setting.judge) as bench:
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
@with_setting
def kitten(
    setting: JudgedSetting,
    results: Annotated[
        Path, typer.Argument(help="JSON or JSON lines: prompt, entity, domain, image, references.")
    ],
) -> None:
    """KITTEN: alignment with the prompt and with the entity, 1 to 5."""
    from pipelines.scoring.scorers import score_kitten

    with setting.bench(setting.judge) as bench:
        scored = score_kitten(bench, results)
    _print(scored, bench)


@score.command("knowgen")
@with_setting
def knowgen(
    setting: JudgedSetting,
    results: Annotated[
        Path, typer.Argument(help="results.json of the published runner, or an evaluated one.")
    ],
    scores: Annotated[
        bool, typer.Option("--scores", help="The file is evaluated already; nothing is judged.")
    ] = False,
) -> None:
    """KnowGen: K-score, two groups and their mean."""
    from pipelines.scoring.scorers import from_files, score_knowgen
    from verifiers.scorers import knowgen as formulas

    with setting.bench(None if scores else setting.judge) as bench:
        if scores:
            found = formulas.read_scores(results)
            scored = from_files(bench, formulas.SLUG, found, formulas.lines(found))
        else:
            scored = score_knowgen(bench, results)
    _print(scored, bench)


@score.command("pairwise")
@with_setting
def pairwise(
    setting: JudgedSetting,
    images: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of the pictures.")],
    a: Annotated[Path, typer.Option(help="Captions of the one model: an object or a list, by picture.")],
    b: Annotated[Path, typer.Option(help="Captions of the other.")],
) -> None:
    """Captions in pairs, by three criteria, in both orders: how often A wins, ties, loses."""
    from pipelines.scoring.scorers import score_pairwise

    with setting.bench(setting.judge, captions=True) as bench:
        scored = score_pairwise(bench, images, a, b)
    _print(scored, bench)


def _print(scored: Scored, bench: Bench) -> None:
    from pipelines.scoring.tables import published_tables, score_table, unscored_table

    report, items = scored
    console.print(score_table(report))
    for table in (
        unscored_table(items),
        *(table for one in report.published for table in published_tables(report, one)),
    ):
        if table is not None:
            console.print(table)
    for name, revision in report.judges.items():
        console.print(f"by {name} {revision}", markup=False, highlight=False, soft_wrap=True)
    if report.instruction:
        console.print(f"instruction {report.instruction}", highlight=False)
    for note in report.notes:
        errors.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"written to {bench.home(report.benchmark)}", markup=False, highlight=False, soft_wrap=True)
