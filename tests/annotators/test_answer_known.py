"""The dialogue of a known subject: the prompt is asked, and given as the answer."""

from __future__ import annotations

from annotators.answer_known import AnswerKnown
from catalogs.records import Knowledge, Match, Proof
from catalogs.stage import Row
from catalogs.trajectory import parse_reply
from tests.annotators.cells import kept, prompted
from tests.annotators.world import run


def matched(seed: int, similarity: float) -> Match:
    return Match(seed=seed, similarity=similarity, nearest="", nearest_similarity=0.0, margin=similarity)


PROOF = Proof(matches=[matched(11, 0.9), matched(12, 0.75)], negatives=[], model="lit@1")


def test_the_prompt_is_question_and_recaption_and_nothing_is_called() -> None:
    prompt = prompted("fr")["prompt"]
    written = kept(
        run(AnswerKnown(), {"prompt": prompt, "closed_proof": PROOF, "knowledge": Knowledge(known=True)})
    )
    assert set(written) == set(AnswerKnown.writes)
    turn = written["recaption"].turn
    reply = parse_reply(turn.response_text)
    assert (turn.input, reply.recaption, reply.problem) == (prompt.text, prompt.text, "")
    assert prompt.subject in reply.think
    assert not written["gap"].needs_search
    assert "0.75 to 0.9" in written["gap"].statement
    assert written["selection"].references == written["references"] == []
    assert written["text_trace"].turns == written["image_trace"].turns == []


def test_nobody_else_is_answered_for() -> None:
    assert not AnswerKnown().needed(Row("key", {"knowledge": Knowledge(known=False)}))
