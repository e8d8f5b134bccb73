"""What an output folder has spent on endpoints, and what its budget leaves.

The journal of calls is the account: it holds every call that was paid for, also those whose results were
replaced since. What a run is expected to spend comes from `pipelines.costs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.costs import Cost
from pipelines.models import calls_of
from pipelines.profile import Profile
from workers.endpoint import Budget, Journal
from workers.endpoint.budget import Total


@dataclass(frozen=True)
class Account:
    """Spent and allowed, in tokens and in the currency of the prices."""

    total: Total
    budget: Budget
    replay: bool = False
    """Whether a run would answer from a journal and pay for nothing."""

    @property
    def tokens_left(self) -> int | None:
        """None where there is no limit."""
        return max(self.budget.tokens - self.total.tokens, 0) if self.budget.tokens else None

    @property
    def money_left(self) -> float | None:
        """None where there is no limit."""
        return max(self.budget.money - self.total.money, 0.0) if self.budget.money else None

    def lacks(self, expected: Cost) -> list[str]:
        """Limits that a run would probably reach before it is done: ``tokens``, ``money``."""
        tokens, money = self.tokens_left, self.money_left
        short = {
            "tokens": tokens is not None and expected.tokens_in + expected.tokens_out > tokens,
            "money": money is not None and expected.money > money,
        }
        return [] if self.replay else [limit for limit, reached in short.items() if reached]


def account_of(profile: Profile, home: Path) -> Account:
    """Read off the headers of the journal, whatever the replies weigh."""
    calls = calls_of(profile, home)
    return Account(Journal(Path(calls.folder), read_only=True).total, profile.budget, calls.replay)
