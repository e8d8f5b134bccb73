"""A real language model on the real path: SmolLM2 out of its package writes a recaption."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotators.recaption import WriteRecaption
from annotators.transcript import EXPLANATIONS
from catalogs.stage import Kept, Rejected
from tests.annotators.cells import selected
from tests.annotators.world import run
from workers.chat.handle import chat_worker
from workers.chat.transformers_chat import TransformersChat
from workers.endpoint import Calls
from workers.meter import metered


@pytest.mark.slow
def test_smollm2_writes_and_whatever_it_writes_has_a_recorded_outcome(tmp_path: Path) -> None:
    """135 million weights seldom keep to the format; then the refusal and its reason are the result.

    Loading takes most of the time: transformers reads the header of a GGUF file three times. 16 tokens tell
    as much as more would."""
    chat = chat_worker("transformers:smollm2?temperature=0&max_tokens=16", Calls(""), tmp_path)
    assert isinstance(chat, TransformersChat)
    chat.check()
    cells = selected()
    with metered() as spent:
        outcome = run(WriteRecaption(chat), cells)
    assert isinstance(outcome, Kept | Rejected)
    assert spent.calls in (1, 2)
    assert spent.tokens_in > 500
    assert spent.tokens_out > 10
    if isinstance(outcome, Rejected):
        assert outcome.reason in {*EXPLANATIONS, "malformed-recaption"}
