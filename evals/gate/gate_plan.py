"""What a gate is told before it looks, and the seam through which it asks again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from evals.models import Outcome
from index.models import Value

Side = Literal["base", "new"]
Outcomes = Mapping[str, Sequence[Outcome]]  # case -> one for each repeat
DECLARED = ("grounded", "fact_recall", "abstention")


class Plan(Value, frozen=True, kw_only=True):
    """What the gate was told beforehand. Shares and margins are in 0..1."""

    confirmations: int = 8  # fresh runs of each side for a suspect
    reruns: int = 3  # for a new violation of an invariant; it holds up at two of three
    alpha: float = 0.03  # for the suspects together
    population_alpha: float = 0.005  # for the declared metrics together
    margin: float = 0.05  # a drop that may be lived with
    metrics: tuple[str, ...] = DECLARED  # at most three, declared before looking
    extra: float = 1.0  # more answers a case, at most, where the metrics are too blurred to see the margin
    errors: float = 0.02  # beyond this share of errors nothing is concluded
    uncovered: float = 0.10  # nor beyond this share of cases that the baseline does not have


class Again(Protocol):
    """Runs cases afresh on one side: as many outcomes each, none of them used before."""

    def __call__(self, side: Side, cases: Sequence[str], times: int, /) -> Outcomes: ...


def nobody(side: Side, cases: Sequence[str], times: int, /) -> Outcomes:
    """For runs that are only looked at: nobody can be asked again, so whatever came out worse stays open."""
    return {}


def valid(outcomes: Outcomes, case: str) -> list[Outcome]:
    """The outcomes of a case that are no errors."""
    return [one for one in outcomes.get(case, ()) if one.passed is not None]


def rate(outcomes: Outcomes, case: str) -> float:
    """The share of a case's valid outcomes that passed; there must be one."""
    found = valid(outcomes, case)
    return sum(bool(match.passed) for match in found) / len(found)
