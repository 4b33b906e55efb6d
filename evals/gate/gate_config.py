"""What a gate is given before it looks, and the seam through which it asks again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from evals.models import Outcome, Outcomes
from index.models import Value

Side = Literal["base", "new"]


class GateConfig(Value, frozen=True, kw_only=True):
    """The declared settings of a gate. Shares and margins are in 0..1."""

    confirmations: int = 8  # fresh runs of each side for a suspect
    reruns: int = 3  # for a new violation of an invariant; confirmed at two of three
    alpha: float = 0.03  # for the suspects together
    population_alpha: float = 0.005  # for the declared metrics together
    margin: float = 0.05  # a drop that may be lived with
    metrics: tuple[str, ...] = ("grounded", "fact_recall", "abstention")  # at most three, declared before looking
    extra: float = 1.0  # more answers a case, at most, where the metrics are too noisy to see the margin
    errors: float = 0.02  # beyond this share of errors nothing is concluded
    uncovered: float = 0.10  # nor beyond this share of cases that the baseline does not have
    problems: tuple[str, ...] = ()  # known beforehand: why the two sides cannot be compared (another corpus, say)
    unexercised: tuple[str, ...] = ()  # changed prompts that the engine does not use: no pass without them
    comparisons: int = 1  # made with this set of cases so far, this one included
    allow_inconclusive: bool = False  # exit 0 where too little is known


class Rerun(Protocol):
    """Runs cases afresh on one side: so many outcomes each, none of them used before."""

    def __call__(self, side: Side, cases: Sequence[str], times: int, /) -> Outcomes: ...


def no_rerun(side: Side, cases: Sequence[str], times: int, /) -> Outcomes:
    """Return nothing, so that whatever came out worse stays open."""
    return {}


def valid_outcomes(outcomes: Outcomes, case: str) -> list[Outcome]:
    """Return the outcomes of a case that are no errors."""
    return [outcome for outcome in outcomes.get(case, ()) if outcome.passed is not None]


def pass_rate(outcomes: Outcomes, case: str) -> float:
    """Return the share of a case's valid outcomes that passed; it must have one."""
    valid = valid_outcomes(outcomes, case)
    return sum(bool(outcome.passed) for outcome in valid) / len(valid)
