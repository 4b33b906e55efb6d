"""The verdict of a gate: one object from which both the printed words and the exit code come, so that they cannot disagree."""

from __future__ import annotations

from typing import Literal

from evals.gate.statistics import Difference
from index.models import Value

PASS, REGRESSION, USAGE, INCONCLUSIVE, BUDGET = 0, 1, 2, 3, 4
Finding = Literal["pass", "regression", "inconclusive", "incomplete", "budget"]
Judged = Literal["improved", "not worse", "worse", "inconclusive", "no values"]


class Flip(Value, frozen=True, kw_only=True):
    """A case that came out worse (or better) than in the baseline, and what fresh runs of both sides said. p is adjusted after Holm."""

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
    """A hard invariant that the baseline kept and the new side broke, and in how many of the re-runs it broke it again."""

    case: str
    what: str
    again: tuple[int, int] | None = None
    confirmed: bool = False


class Tested(Value, frozen=True, kw_only=True):
    """A declared metric over the whole suite. `p` is adjusted for the number of metrics."""

    metric: str
    verdict: Judged
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


class Verdict(Value, frozen=True, kw_only=True):
    """What a gate decided, and everything it decided it from."""

    finding: Finding
    reasons: tuple[str, ...]  # in words, the weightiest first
    integrity: Integrity
    worse: tuple[Flip, ...] = ()
    better: tuple[Flip, ...] = ()
    violations: tuple[Violation, ...] = ()
    population: tuple[Tested, ...] = ()
    mcnemar: tuple[int, int, int, int] = (0, 0, 0, 0)  # passed both, worse, better, failed both
    p_mcnemar: float = 1.0
    extra: int = 0  # answers asked for to sharpen the declared metrics
    against: str = ""  # the baseline's name
    calls: int = 0  # answers asked for, the fresh runs included
    comparisons: int = 1  # made with this set of cases so far, this one included
    allow_inconclusive: bool = False

    @property
    def exit_code(self) -> int:
        """0 pass, 1 confirmed regression, 3 inconclusive or incomplete, 4 the budget is spent."""
        if self.finding in ("inconclusive", "incomplete"):
            return PASS if self.allow_inconclusive else INCONCLUSIVE
        return {"pass": PASS, "regression": REGRESSION, "budget": BUDGET}[self.finding]

    @property
    def headline(self) -> str:
        """The verdict in one line, with the exit code it carries."""
        word = {"pass": "PASS", "regression": "FAIL", "budget": "STOPPED"}.get(self.finding, self.finding.upper())
        return f"{word} (exit {self.exit_code}): {'; '.join(self.reasons)}"

    @property
    def confirmed(self) -> tuple[Flip, ...]:
        """The cases that are worse beyond doubt."""
        return tuple(flip for flip in self.worse if flip.confirmed)

    @property
    def flaky(self) -> tuple[Flip, ...]:
        """The cases that came out worse once and did not hold up: listed, never dropped."""
        return tuple(flip for flip in self.worse if not flip.confirmed and not flip.undecided)


def stopped(wanted: int, spent: float, limit: float) -> Verdict:
    """The verdict of a run that met its cost limit; what was answered is kept, and the run can be resumed."""
    reason = (
        f"{spent:.4f} are spent, and the next answers could cost more than what is left of the limit of {limit:g}; "
        "what was answered is kept: --resume with a higher --max-cost"
    )
    return Verdict(finding="budget", reasons=(reason,), integrity=Integrity(wanted=wanted, compared=0, errors=0))
