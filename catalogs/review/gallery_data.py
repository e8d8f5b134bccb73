"""What a page of the gallery says of a record.

A *row* is what the list shows of a record and filters by; a *body* is everything else, drawn when somebody
opens the record.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from catalogs.judges import judges_of
from catalogs.records import Attempt, Match, Picture, PictureScores, Prompt
from catalogs.review.exhibits import Exhibit, attempts_of, candidates_of, origins_of, references_of, turns_of

Shown = Callable[[Picture], str | None]
"""The address of a picture's file beside the page; None for bytes that a browser should not be handed."""


def row_of(exhibit: Exhibit, shown: Shown) -> dict[str, Any]:
    """What the list shows and filters by."""
    cells = exhibit.cells
    prompt: Prompt | None = cells.get("prompt")
    truth = cells.get("ground_truth") or []
    drawn = [drawing.picture for drawing, _ in _best_match(attempts_of(cells))]
    return {
        "key": exhibit.key,
        "title": exhibit.title,
        "prompt": prompt.text if prompt else "",
        "language": prompt.language if prompt else "",
        "verdict": exhibit.verdict,
        "outcome": exhibit.outcome,
        "detail": exhibit.detail,
        "scores": _scores(cells),
        "reasons": _reasons(exhibit),
        "licences": sorted({origin.licence or "unknown" for _, origin in origins_of(cells)}),
        "words": folded(" ".join(_words(exhibit))),
        "target": shown(truth[0]) if truth else None,
        "drawing": shown(drawn[0]) if drawn else None,
    }


def body_of(exhibit: Exhibit, shown: Shown, least: Mapping[str, float] = {}) -> dict[str, Any]:
    """What opening the record shows, in the fields of `catalogs.records`; files of pictures go by content.

    `least` are the thresholds of the proof, by the names of its measurements.

    The input of a turn is left out: it repeats the instruction and what the turn before brought.
    """
    cells = exhibit.cells
    text = cells.get("text_trace")
    candidates = list(candidates_of(cells))
    attempts = attempts_of(cells)
    truth = list(cells.get("ground_truth") or [])[:1]
    pictures = [item["candidate"].picture for item in candidates] + truth
    pictures += [reference.candidate.picture for reference in references_of(cells)]
    pictures += [drawing.picture for attempt in attempts for drawing in attempt.drawings]
    return {
        "prompt": cells.get("prompt"),
        "split": cells["reservation"].split if cells.get("reservation") else "",
        "gap": cells.get("gap"),
        "evidence": text.evidence if text else [],
        "turns": [msgspec.structs.replace(turn, input="") for turn in turns_of(cells)],
        "candidates": [
            {"candidate": item["candidate"], "decision": item["decision"], "notes": _notes(item["scores"])}
            for item in candidates
        ],
        "measures": _measures([item["scores"] for item in candidates]),
        "references": references_of(cells),
        "truth": truth,
        "attempts": [_attempt(attempt) for attempt in attempts],
        "origins": list(origins_of(cells)),
        "judges": judges_of(cells),
        "least": least,
        "pictures": {picture.sha256: shown(picture) for picture in pictures},
    }


def _notes(scores: Mapping[str, PictureScores]) -> dict[str, str]:
    return {f"{name}: {what}": note for name, given in scores.items() for what, note in given.notes.items()}


def _measures(scores: Sequence[Mapping[str, PictureScores]]) -> dict[str, list[float | None]]:
    """``filter: name`` -> a value for each candidate; this way round, names do not fill the page."""
    values = [
        {
            f"{filter_}: {name}": value
            for filter_, given in one.items()
            for name, value in given.values.items()
        }
        for one in scores
    ]
    return {
        name: [one.get(name) for one in values] for name in sorted({name for one in values for name in one})
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    """Without the turns of the recaption, which stand among all others."""
    recaption = attempt.recaption
    return {
        "number": recaption.attempt,
        "text": recaption.text,
        "think": recaption.think,
        "problems": recaption.problems,
        "model": recaption.model,
        "drawings": attempt.drawings,
        "matches": attempt.proof.matches if attempt.proof else [],
        "verdict": attempt.verdict,
    }


def folded(text: str) -> str:
    """As the page folds what is searched for: small letters, without accents."""
    bare = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in bare if not unicodedata.combining(sign)).lower()


def _words(exhibit: Exhibit) -> Iterator[str]:
    cells = exhibit.cells
    yield from (exhibit.key, exhibit.title, exhibit.reason, exhibit.detail)
    if prompt := cells.get("prompt"):
        yield from (prompt.subject, prompt.text)
    if text := cells.get("text_trace"):
        yield from (f"{used.title} {used.sentence}" for used in text.evidence)
    yield from (reference.candidate.title for reference in references_of(cells))
    yield from (attempt.recaption.text for attempt in attempts_of(cells)[-1:])


def _scores(cells: Mapping[str, Any]) -> dict[str, float]:
    """Of the best drawing and, of the judge's, the lower of both references."""
    scores: dict[str, float] = {}
    for reference in references_of(cells):
        for name, value in reference.judgement.items():
            label = f"judge: {name}"
            scores[label] = min(value, scores.get(label, value))
    for _, match in _best_match(attempts_of(cells)):
        scores |= {"similarity": match.similarity, "margin": match.margin}
        scores |= {f"check: {name}": value for name, value in match.checks.items()}
    return scores


def _best_match(attempts: Sequence[Attempt]) -> list[tuple[Any, Match]]:
    """The drawing of the last attempt that is most like the ground truth, if one was compared."""
    if not attempts or attempts[-1].proof is None:
        return []
    matches = sorted(attempts[-1].proof.matches, key=lambda match: (-match.similarity, match.seed))
    drawings = {drawing.seed: drawing for drawing in attempts[-1].drawings}
    return [(drawings[match.seed], match) for match in matches if match.seed in drawings][:1]


def _reasons(exhibit: Exhibit) -> list[str]:
    """Why the record, a recaption or a candidate was not kept, as ``what: reason``."""
    reasons = {f"record: {exhibit.reason}"} if exhibit.reason else set()
    for attempt in attempts_of(exhibit.cells):
        reasons |= {f"recaption: {reason}" for reason in attempt.verdict.reasons}
    for item in candidates_of(exhibit.cells):
        if item["decision"] and not item["decision"].kept:
            reasons.add(f"candidate: {item['decision'].reason}")
    return sorted(reasons)
