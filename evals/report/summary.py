"""The figures of a run: shares, metrics, failure stages, abstention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from evals.cases.case import Case
from evals.metrics import statistics
from evals.models import Outcome, Outcomes, Tally, tally
from index.models import Value

LEAST = 10  # a slice with fewer cases is listed, never averaged


class Slice(Value, frozen=True, kw_only=True):
    """The cases of one type: how many passed."""

    name: str
    share: statistics.Interval


class Abstention(Value, frozen=True, kw_only=True):
    """Answerable × abstained, counted in answers."""

    answered: int  # answerable, and answered
    over_refused: int
    declined: int  # unanswerable, and declined or corrected
    should_have: int

    @property
    def balanced(self) -> float | None:
        """Return balanced accuracy, None if one of the two kinds is missing."""
        can, cannot = self.answered + self.over_refused, self.declined + self.should_have
        return (self.answered / can + self.declined / cannot) / 2 if can and cannot else None


class Spending(Value, frozen=True, kw_only=True):
    """Money, tokens, and seconds at the median and the 95th percentile."""

    cost: float | None
    tokens_in: int
    tokens_out: int
    median: float | None
    p95: float | None


class Summary(Value, frozen=True, kw_only=True):
    """A scored run."""

    answers: int
    errors: int
    passed: statistics.Interval
    slices: tuple[Slice, ...]
    metrics: dict[str, Tally]
    blames: dict[str, int]
    violations: dict[str, int]
    abstention: Abstention
    spent: Spending
    events: int
    wavering: int  # cases that passed in some repeats and not in others: the noise of the engine itself


def summarise(cases: Sequence[Case], outcomes: Outcomes) -> Summary:
    """Summarise a run. Each repeat of a case counts.

    Errors count in nothing but `errors`.
    """
    by_id = {case.id: case for case in cases}
    every = [outcome for repeats in outcomes.values() for outcome in repeats]
    valid = [outcome for outcome in every if outcome.passed is not None]
    kinds: dict[str, list[bool]] = {}
    for outcome in valid:
        kinds.setdefault(by_id[outcome.case].kind, []).append(bool(outcome.passed))
    names = list(dict.fromkeys(name for outcome in valid for name in outcome.scores))
    return Summary(
        answers=len(every),
        errors=len(every) - len(valid),
        passed=statistics.wilson(sum(bool(outcome.passed) for outcome in valid), len(valid)),
        slices=tuple(
            Slice(name=name, share=statistics.wilson(sum(passes), len(passes)))
            for name, passes in sorted(kinds.items())
        ),
        metrics={name: tally(outcome.scores[name] for outcome in valid if name in outcome.scores) for name in names},
        blames=dict(Counter(outcome.blame for outcome in valid if outcome.blame).most_common()),
        violations=dict(Counter(name for outcome in valid for name in outcome.violations).most_common()),
        abstention=_abstention(by_id, valid),
        spent=_spending(valid),
        events=len({case.cluster for case in cases}),
        wavering=sum(
            len({outcome.passed for outcome in repeats if outcome.passed is not None}) > 1
            for repeats in outcomes.values()
        ),
    )


def _abstention(by_id: Mapping[str, Case], valid: Sequence[Outcome]) -> Abstention:
    cells = Counter((by_id[outcome.case].answerable, bool(outcome.value("abstention"))) for outcome in valid)
    return Abstention(
        answered=cells[True, True],
        over_refused=cells[True, False],
        declined=cells[False, True],
        should_have=cells[False, False],
    )


def _spending(valid: Sequence[Outcome]) -> Spending:
    def values(metric: str) -> list[float]:
        return [value for outcome in valid if (value := outcome.value(metric)) is not None]

    costs, seconds = values("cost"), sorted(values("seconds"))
    return Spending(
        cost=sum(costs) if costs else None,
        tokens_in=int(sum(values("tokens_in"))),
        tokens_out=int(sum(values("tokens_out"))),
        median=median(seconds) if seconds else None,
        p95=seconds[min(len(seconds) * 95 // 100, len(seconds) - 1)] if seconds else None,
    )
