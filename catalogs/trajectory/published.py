"""One finished record as the published trajectory JSON (Unify-Agent stage 2), with our own block beside it.

The published keys are exact, so that the released SFT loader reads the document as it is. What the release
does not record (where evidence and pictures come from, models, scores, earlier attempts) stands under the one
further key ``tracemill``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from catalogs.records import (
    Attempt,
    Gap,
    ImageTrace,
    ProcessJudgement,
    Prompt,
    Proof,
    ProofJudgement,
    Recaption,
    Reference,
    Selection,
    TextTrace,
    ToolBenefit,
    Turn,
    Verdict,
)

STAGE_TEXT, STAGE_IMAGE, STAGE_RECAPTION = 1, 2, 3
"""The published state of the dialogue at the start of a turn."""


def published(
    *,
    prompt: Prompt,
    domain: str,
    gap: Gap,
    text_trace: TextTrace,
    image_trace: ImageTrace,
    selection: Selection,
    recaption: Recaption,
    proof: Proof | None = None,
    verdict: Verdict | None = None,
    attempts: Sequence[Attempt] = (),
    proof_judgement: ProofJudgement | None = None,
    benefit: ToolBenefit | None = None,
    process: ProcessJudgement | None = None,
    judges: Mapping[str, str] = {},
) -> dict[str, Any]:
    """The document of one trajectory: plain data, keys in the published order.

    ``turns`` holds every turn. ``full_response``, which is what the loader trains on, leaves out turns that
    were refused and repaired, and gives the repair the input of the turn that it repairs. `judges` are those
    of `catalogs.judges`.
    """
    turns = [*text_trace.turns, *image_trace.turns, *recaption.refused, recaption.turn]
    return {
        "ip_index": prompt.key,
        "ip_name": prompt.subject,
        "image_prompt": prompt.text,
        "language": prompt.language,
        "country": "",
        "turns": [_turn(turn, selection, recaption) for turn in turns],
        "recaption": recaption.text,
        "full_response": full_response(turns),
        "tracemill": {
            "domain": domain,
            "prompt": {
                "form": prompt.form,
                "noun": prompt.noun,
                "scene": _plain(prompt.scene),
                **({"path": _plain(prompt.path)} if prompt.path else {}),
            },
            "gap": {"needs_search": gap.needs_search, "unknowns": gap.unknowns, "statement": gap.statement},
            "queries": {"text": text_trace.queries, "image": image_trace.queries},
            "evidence": _plain(text_trace.evidence),
            "references": [_reference(reference) for reference in selection.references],
            "decisions": _plain(selection.decisions),
            "attempt": recaption.attempt,
            "problems": recaption.problems,
            "proof": _plain(proof),
            "verdict": _plain(verdict),
            "attempts": [_attempt(attempt) for attempt in attempts],
            **({"proof_judgement": _plain(proof_judgement)} if proof_judgement else {}),
            **({"benefit": _plain(benefit)} if benefit else {}),
            **({"process": _plain(process)} if process else {}),
            "models": {
                "prompt": prompt.model,
                "gap": gap.model,
                "text_trace": text_trace.model,
                "image_trace": image_trace.model,
                "recaption": recaption.model,
                "proof": proof.model if proof else "",
                **judges,
            },
        },
    }


def full_response(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """The turns to learn from, numbered from 0: exactly turn, input, response_text, tool_output.

    A refused turn has no place here, because the loader puts a loss on every reply. The reply that repaired
    it answers the question that was first put.
    """
    kept: list[dict[str, Any]] = []
    question: str | None = None
    for turn in turns:
        question = turn.input if question is None else question
        if not turn.ok:
            continue
        kept.append(
            {
                "turn": len(kept),
                "input": question,
                "response_text": turn.response_text,
                "tool_output": turn.tool_output or None,
            }
        )
        question = None
    return kept


def _turn(turn: Turn, selection: Selection, recaption: Recaption) -> dict[str, Any]:
    document: dict[str, Any] = {
        "turn": turn.turn,
        "stage": turn.stage,
        "input": turn.input,
        "response_text": turn.response_text,
        "tool_output": turn.tool_output or None,
    }
    if turn.stage == STAGE_IMAGE and turn.ok:
        document["image_judge_results"] = _judge_results(selection)
    if turn.stage == STAGE_RECAPTION and turn.ok:
        document["recaption"] = recaption.text
    if not turn.ok:
        document["error"] = turn.problem
    return document


def _judge_results(selection: Selection) -> list[dict[str, Any]]:
    """The published list over all candidates; a picture is named by its content, not by a place on a disk."""
    return [
        {
            "path": decision.sha256,
            "score": decision.rank_score,
            "reason": decision.reason,
            "is_text_heavy": "text" in decision.reason,
            "has_watermark": "watermark" in decision.reason,
        }
        for decision in selection.decisions
    ]


def _reference(reference: Reference) -> dict[str, Any]:
    candidate = reference.candidate
    return {
        "label": reference.label,
        "title": candidate.title,
        "page_url": candidate.page_url,
        "query": candidate.query,
        "rank": candidate.rank,
        "picture": _plain(candidate.picture),
        "judgement": reference.judgement,
        "description": reference.description,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "attempt": attempt.recaption.attempt,
        "recaption": attempt.recaption.text,
        "think": attempt.recaption.think,
        "input": attempt.recaption.turn.input,
        "response_text": attempt.recaption.turn.response_text,
        "verdict": _plain(attempt.verdict),
        "drawings": [drawing.picture.sha256 for drawing in attempt.drawings],
    }


def _plain(value: Any) -> Any:
    """Records as plain data."""
    return msgspec.to_builtins(value)
