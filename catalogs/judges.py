"""Who judged a record, for everybody who reads it: in shards, sidecars, and the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogs.records import PictureScores, ProofJudgement


def judges_of(cells: Mapping[str, Any]) -> dict[str, str]:
    """``judge`` of the references and ``proof_judge`` of the newest drawings, where models were asked.

    Each as ``name@revision#digest of what it was told``. Rules that measure stand in the ledger's
    declarations alone.
    """
    judges = {}
    chosen = {one.candidate.picture.sha256 for one in cells.get("references") or []}
    scores: list[PictureScores] = [one for one in cells.get("judge") or [] if one.sha256 in chosen]
    named = {_named(one.notes["judge"], one.notes["instruction"]) for one in scores if "judge" in one.notes}
    if named:
        judges["judge"] = ", ".join(sorted(named))
    judgement: ProofJudgement | None = cells.get("proof_judgement")
    if judgement is not None and judgement.judge:
        judges["proof_judge"] = _named(judgement.judge, judgement.instruction)
    return judges


def _named(judge: str, instruction: str) -> str:
    return f"{judge}#{instruction}"
