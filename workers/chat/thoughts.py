"""Thoughts that a reasoning model writes into its answer, where its server has not split them off.

The model thinks in ``<think>`` of its own accord, or without an opening tag where its chat template has
written that one already, and then answers as it was asked to.
"""

from __future__ import annotations

import re

from catalogs.trajectory import neutralise

_LEADING = re.compile(r"\A\s*(?P<tag><think>)?(?P<thoughts>(?:(?!<think>).)*?)</think>(?P<answer>.*)\Z", re.S)
_OTHER = ("{", "[", "```", "<tool_call>", "<recaption>")
"""How an answer begins that has no thoughts before it, whatever it quotes later."""


def answered(text: str, *, in_json: bool) -> str:
    """The reply as it was asked for: without thoughts before JSON, and with one think part before an action.

    Thoughts stand in for a think part that is missing, neutralised as those are that a server splits off.
    What was asked for is left as it is.
    """
    found = _LEADING.match(text)
    if not found or text.lstrip().startswith(_OTHER):
        return text
    answer = found["answer"].strip()
    if in_json:
        return answer
    if "<think>" in answer:
        return answer
    if found["tag"] or not answer:
        return text
    return f"<think>\n{neutralise(found['thoughts']).strip()}\n</think>\n{answer}"
