"""Judges: of candidate pictures, by rules or by the votes of a vision-language model, and of test drawings.

The fields of an answer (`fields`) and its reading (`reply`) serve the judges of benchmarks, too. A model's
answers (`panel`) are stored word for word and counted apart from that (`votes`): what reads them anew asks
nobody.
"""

from workers.judging.interface import Judge, JudgedPicture, Judgement, JudgeRequest, Unjudged
from workers.judging.rules import RulesJudge

__all__ = ["Judge", "JudgeRequest", "JudgedPicture", "Judgement", "RulesJudge", "Unjudged"]
