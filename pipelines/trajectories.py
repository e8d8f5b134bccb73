"""The stage graph: what happens to an entity on its way to a proven trajectory.

    p(y, c, t, v, g | x) = p(g | x) · p(t, v | x, g) · p(c | x, g, t, v) · p(y | c, v)

Rounds are loops unrolled: a second picture query and a second recaption are further stages over the
records that need them.
"""

from __future__ import annotations

from annotators.answer_known import AnswerKnown
from annotators.gap import FindGap
from annotators.image_search import SearchImages
from annotators.process import AskProcess, ReadProcess
from annotators.prompts import WritePrompts
from annotators.recaption import WriteRecaption
from annotators.text_search import SearchText
from catalogs.stage import Stage
from filters.ask_judge import AskJudge
from filters.duplicates import Duplicates
from filters.hygiene import Hygiene
from filters.judge import CountBallots, JudgePictures
from filters.leakage import Leakage
from filters.relevance import Relevance
from filters.reserve import Reserve
from filters.rules import Rules
from filters.select import Select
from filters.text_tokens import TextTokens
from pipelines.engine.graph import Graph, Unfold
from pipelines.models import Models
from pipelines.profile import Profile
from pipelines.searching import Searching
from sources.entities.links import LinkedEncyclopedia, LinkGraph
from sources.entities.paths import FindPath
from sources.harvest import Harvest
from sources.interface import World
from verifiers.benefit import Benefit
from verifiers.closed_book import DrawClosed, Known, MatchClosed
from verifiers.draw import DrawTests
from verifiers.match import MatchTruth
from verifiers.negatives import GalleryIndex
from verifiers.proof_judge import AskProofJudge, CountProofBallots
from verifiers.prove_known import ProveKnown
from verifiers.see_truth import SeeTruth
from verifiers.verdict import Decide, DecideJudged
from workers.judging.panel import Panel


def harvest_graph(world: World) -> Graph:
    """The first part of every graph: entities and their ground truth."""
    return Graph([Harvest(world.encyclopedia)])


def gallery_graph(world: World, models: Models) -> Graph:
    """The same, and what each ground truth looks like: what a new gallery is built from."""
    return Graph([Harvest(world.encyclopedia), SeeTruth(models.image_text)])


def trajectory_graph(world: World, models: Models, gallery: GalleryIndex, profile: Profile) -> Graph:
    return Graph(
        [
            Harvest(world.encyclopedia),
            *way(world, profile),
            WritePrompts(
                models.chat, languages=profile.languages, any_language=models.drawer.draws_from_text
            ),
            Unfold("prompts", into="prompt"),
            Reserve(profile.benchmark_share),
            *closed_book(models, gallery, profile),
            *where_needed(search(world, models, gallery, profile), profile),
            *([AskProcess(models.process_judge), ReadProcess()] if models.process_judge else []),
        ]
    )


def way(world: World, profile: Profile) -> list[Stage]:
    """How an entity is reached over links, for prompts that do not name it."""
    if not isinstance(world.links, LinkGraph) or not isinstance(world.encyclopedia, LinkedEncyclopedia):
        return []
    return [FindPath(world.encyclopedia, world.links, profile.multi_hop)]


def closed_book(models: Models, gallery: GalleryIndex, profile: Profile) -> list[Stage]:
    """What the generator draws without any search, and so whether the search is for anything. What it knows
    is left out, or is a trajectory after these stages."""
    if profile.closed_book == "off":
        return []
    return [
        DrawClosed(models.drawer),
        MatchClosed(models.image_text, gallery),
        Known(profile.proof, drop=profile.closed_book == "drop"),
        *([AnswerKnown(), ProveKnown()] if profile.closed_book == "no-search" else []),
    ]


def search(world: World, models: Models, gallery: GalleryIndex, profile: Profile) -> list[Stage]:
    """From what is not known to the proof of what was found."""
    return [
        FindGap(models.chat),
        SearchText(models.chat, world.text_search, world.reader),
        *picture_round(1, world, models, profile),
        *picture_round(2, world, models, profile, last=True),
        *proof_round(1, models, gallery, profile),
        *proof_round(2, models, gallery, profile, last=True),
        *([Benefit()] if profile.closed_book != "off" else []),
    ]


def where_needed(stages: list[Stage], profile: Profile) -> list[Stage]:
    """The same stages, passed by records that came to their proof without a search."""
    return [Searching(stage) for stage in stages] if profile.closed_book == "no-search" else stages


def picture_round(
    number: int, world: World, models: Models, profile: Profile, *, last: bool = False
) -> list[Stage]:
    """Search, score from cheap to dear, then let the policy choose the two references."""
    return [
        SearchImages(models.chat, world.image_search, num=profile.image_hits, round=number),
        Hygiene(round=number),
        Leakage(round=number),
        Rules(round=number),
        TextTokens(models.ocr, round=number),
        Relevance(models.image_text, round=number),
        Duplicates(models.image_text, round=number),
        *judging(number, models),
        Select(profile.pictures, last=last, round=number),
    ]


def judging(number: int, models: Models) -> list[Stage]:
    """By rules, or by a panel: what it answers is one stage, counting its votes another."""
    if isinstance(models.judge, Panel):
        return [
            AskJudge(models.judge, round=number),
            CountBallots(model=models.image_text, round=number),
        ]
    return [JudgePictures(models.judge, models.image_text, round=number)]


def proof_round(
    number: int, models: Models, gallery: GalleryIndex, profile: Profile, *, last: bool = False
) -> list[Stage]:
    """Write, draw from what was written, compare with the ground truth, decide."""
    return [
        WriteRecaption(models.chat, round=number),
        DrawTests(models.drawer, round=number),
        MatchTruth(models.image_text, gallery, round=number),
        *deciding(number, models, profile, last=last),
    ]


def deciding(number: int, models: Models, profile: Profile, *, last: bool) -> list[Stage]:
    """By measurements, and by what a panel says of the drawings where the profile names one."""
    if models.proof_judge is None:
        return [Decide(profile.proof, last=last, round=number)]
    return [
        AskProofJudge(models.proof_judge, round=number),
        CountProofBallots(round=number),
        DecideJudged(profile.proof, last=last, judged=profile.judged_proof, round=number),
    ]
