"""What an output folder may spend on endpoints, and what it has spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from workers.endpoint.errors import BudgetSpentError


@dataclass
class Total:
    """Sum over finished calls, and over what lost replies have cost."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    micros: int = 0
    """Millionths of the profile's currency."""
    refused: int = 0
    """Of the calls: those that the endpoint refused for what they hold. They may cost all the same."""

    lost: int = 0
    """Tries beside the calls: those whose reply was paid for and could not be used."""

    def add(
        self, tokens_in: int, tokens_out: int, micros: int, *, refused: bool = False, lost: bool = False
    ) -> None:
        self.calls += not lost
        self.lost += lost
        self.refused += refused
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out
        self.micros += micros

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    @property
    def money(self) -> float:
        return self.micros / 1e6


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits over all calls of an output folder, whatever run made them; 0 for no limit.

    No call is begun when a limit is reached. Calls in flight are awaited and kept, so that the limits are
    passed by what the slots hold at most.
    """

    tokens: Annotated[int, Meta(ge=0)] = 0
    money: Annotated[float, Meta(ge=0)] = 0.0
    """In the currency of the prices."""

    def check(self, spent: Total) -> None:
        """Raises `BudgetSpentError`, which ends the run, when a limit is reached."""
        if self.tokens and spent.tokens >= self.tokens:
            raise _spent("tokens", f"{spent.tokens:,} of {self.tokens:,} tokens")
        if self.money and spent.money >= self.money:
            raise _spent("money", f"{in_money(spent.money)} of {in_money(self.money)}")


def in_money(amount: float) -> str:
    """An amount for the eye: of little, such as a first try costs, four places."""
    return f"{amount:,.4f}" if 0 < amount < 0.1 else f"{amount:,.2f}"


def _spent(what: str, figures: str) -> BudgetSpentError:
    return BudgetSpentError(
        f"the budget is spent: {figures}. Everything finished is kept; raise budget.{what} and run again, "
        "and the run goes on from here"
    )
