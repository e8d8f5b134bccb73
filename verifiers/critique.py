"""What a failed proof tells the writer of the next recaption: what is wrong, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from catalogs.records import Match

_ADVICE = {
    "count": "State the number of subjects in words, in the sentence that tells the scene.",
    "place": "Name the place in the words of the prompt, and no other place.",
    "light": "Name the light in the words of the prompt, and no other light.",
    "colours": "Name the main colours that the references show, and no others.",
    "similarity": "Say which reference is the main model for the subject, and that its outline is kept.",
    "margin": "Say which reference is the main model, and name what tells the subject from its look-alike.",
    "judged_same": "Name what the references show and the text tells that tells the subject from others.",
    "judged_identity": "Say which reference is the main model for the subject, and name its marks.",
    "judged_scene": "Tell the scene in the words of the prompt, and no other scene.",
}

_SHOWN = {"1": "the subject", "2": "the drawing"}
"""What a judge is shown as image_1 and image_2; to the writer these are names of references."""
_LABEL = re.compile(r"\bimage[_ ]?([12])\b", re.I)


def critique_of(
    matches: Sequence[Match],
    failures: Sequence[Sequence[str]],
    refuted: Sequence[Match],
    words: Mapping[int, str] = {},
) -> str:
    """Sentences on each drawing that failed, then one piece of advice for each kind of failure.

    `words` are a judge's, by the seed of the drawing; they follow what was measured.
    """
    found = [
        f"Drawing {number} (seed {match.seed}): {'; '.join(_said(reason, match) for reason in failed)}."
        + (f" Who looked at it says: {_resolved(words[match.seed])}." if words.get(match.seed) else "")
        for number, (match, failed) in enumerate(zip(matches, failures, strict=True), start=1)
        if failed
    ]
    gone = sorted({match.nearest for match in refuted if match not in matches})
    if gone:
        found.append(
            f"An earlier drawing showed {', '.join(gone)}: one of the references is of something else."
        )
    kinds = dict.fromkeys(reason for failed in failures for reason in failed)
    return " ".join([*found, *(_ADVICE[kind] for kind in kinds)])


def _resolved(words: str) -> str:
    """A judge's words, with the pictures called what they are."""
    plain = _LABEL.sub(lambda label: _SHOWN[label[1]], words.strip().rstrip("."))
    return plain[:1].upper() + plain[1:]


def _said(reason: str, match: Match) -> str:
    if reason == "margin":
        scores = f"{match.nearest_similarity:.3f} against {match.similarity:.3f}"
        return f"it resembles {match.nearest} too much (similarity {scores} to the subject)"
    if reason == "similarity":
        return f"the subject is hardly recognisable (similarity {match.similarity:.3f})"
    if reason == "judged_same":
        return "it is held for something else than the subject"
    if reason == "judged_identity":
        return f"its likeness is graded {10 * match.checks.get(reason, 0.0):g} of 10"
    if reason == "judged_scene":
        return "the scene of the prompt is not found in it"
    verb = "do" if reason == "colours" else "does"
    return f"the {reason} {verb} not agree (score {match.checks.get(reason, 0.0):.2f})"
