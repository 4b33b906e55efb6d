"""The verdict of a gate: the printed words and exit code of one object."""

from __future__ import annotations

from typing import Literal

from evals.metrics.statistics import Difference
from index.models import Value

PASS, REGRESSION, USAGE, INCONCLUSIVE, BUDGET = 0, 1, 2, 3, 4
GateFinding = Literal["pass", "regression", "inconclusive", "incomplete", "budget"]
MetricVerdict = Literal["improved", "not worse", "worse", "inconclusive", "no values"]


class Flip(Value, frozen=True, kw_only=True):
    """A case worse (or better) than in the baseline, with its fresh runs.

    `p` is adjusted (Holm).
    """

    case: str
    event: str
    base: float  # share passed in the first look
    new: float
    base_again: tuple[int, int] | None = None  # passed, of how many fresh runs
    new_again: tuple[int, int] | None = None
    p: float | None = None
    confirmed: bool = False
    undecided: bool = False  # the fresh runs did not come back
    blame: str | None = None
    critical: bool = False


class Violation(Value, frozen=True, kw_only=True):
    """A hard invariant that only the new side broke, and its re-runs."""

    case: str
    what: str
    again: tuple[int, int] | None = None
    confirmed: bool = False


class MetricTest(Value, frozen=True, kw_only=True):
    """A declared metric over the whole suite.

    `p` is adjusted for the number of metrics.
    """

    metric: str
    verdict: MetricVerdict
    difference: Difference | None = None
    p: float | None = None
    detectable: float | None = None  # the smallest drop that would be seen, at 80 % power
    left_out: int = 0  # cases without a value on one of the sides


class Integrity(Value, frozen=True, kw_only=True):
    """Whether the two sides can be compared at all."""

    wanted: int
    compared: int
    errors: int
    missing: tuple[str, ...] = ()  # in the suite, and not answered
    uncovered: tuple[str, ...] = ()  # new or changed since the baseline: not compared
    problems: tuple[str, ...] = ()  # each is enough to make the run inconclusive


class GateVerdict(Value, frozen=True, kw_only=True):
    """The decision of a gate, and everything it rests on."""

    finding: GateFinding
    reasons: tuple[str, ...]  # in words, the weightiest first
    integrity: Integrity
    worse: tuple[Flip, ...] = ()
    better: tuple[Flip, ...] = ()
    violations: tuple[Violation, ...] = ()
    population: tuple[MetricTest, ...] = ()
    unexercised: tuple[str, ...] = ()  # changed prompts that the engine does not use
    mcnemar: tuple[int, int, int, int] = (0, 0, 0, 0)  # cases that passed twice, got worse, got better, failed twice
    p_mcnemar: float = 1.0
    extra: int = 0  # answers asked for to sharpen the declared metrics
    against: str = ""  # the baseline's name
    calls: int = 0  # answers asked for, the fresh runs included
    comparisons: int = 1  # made with this set of cases so far, this one included
    allow_inconclusive: bool = False

    @property
    def exit_code(self) -> int:
        """Return the exit code.

        0 pass, 1 confirmed regression, 3 inconclusive or incomplete, 4 cost limit reached.
        """
        if self.finding in ("inconclusive", "incomplete"):
            return PASS if self.allow_inconclusive else INCONCLUSIVE
        return {"pass": PASS, "regression": REGRESSION, "budget": BUDGET}[self.finding]

    @property
    def headline(self) -> str:
        """Return the verdict in one line, with its exit code."""
        word = {"pass": "PASS", "regression": "FAIL", "budget": "STOPPED"}.get(self.finding, self.finding.upper())
        return f"{word} (exit {self.exit_code}): {'; '.join(self.reasons)}"

    @property
    def confirmed(self) -> tuple[Flip, ...]:
        """Return the cases that are confirmed to be worse."""
        return tuple(flip for flip in self.worse if flip.confirmed)

    @property
    def undecided(self) -> tuple[Flip, ...]:
        """Return the cases that look worse and that no fresh runs could decide."""
        return tuple(flip for flip in self.worse if flip.undecided)

    @property
    def flaky(self) -> tuple[Flip, ...]:
        """Return the cases that came out worse once and were not confirmed.

        Listed, never dropped.
        """
        return tuple(flip for flip in self.worse if not flip.confirmed and not flip.undecided)


def budget_verdict(wanted: int, spent: float, limit: float) -> GateVerdict:
    """Return the verdict of a run that met its cost limit.

    Its answers are kept, and it can be resumed.
    """
    reason = (
        f"{spent:.4f} are spent, and the next answers could cost more than what is left of the limit of {limit:g}; "
        "what was answered is kept: --resume with a higher --max-cost"
    )
    return GateVerdict(finding="budget", reasons=(reason,), integrity=Integrity(wanted=wanted, compared=0, errors=0))
