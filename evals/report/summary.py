"""A run in figures: shares with intervals, metrics with their n/a and errors counted, blames, abstention as a 2×2. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from evals.cases.case import Case
from evals.gate import statistics
from evals.models import Outcome, Tally, tally
from index.models import Value

LEAST = 10  # a slice with fewer cases is listed, never averaged


class Slice(Value, frozen=True, kw_only=True):
    """The cases of one type: how many passed."""

    name: str
    share: statistics.Interval


class Abstention(Value, frozen=True, kw_only=True):
    """Answerable × abstained, in answers."""

    answered: int  # answerable, and answered
    over_refused: int
    declined: int  # unanswerable, and declined or set right
    should_have: int

    @property
    def balanced(self) -> float | None:
        """Balanced accuracy, None where one of the two kinds is missing."""
        can, cannot = self.answered + self.over_refused, self.declined + self.should_have
        return (self.answered / can + self.declined / cannot) / 2 if can and cannot else None


class Spent(Value, frozen=True, kw_only=True):
    """What the answers took: money where it is counted, tokens, and seconds at the median and the 95th percentile."""

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
    spent: Spent
    events: int
    wavering: int  # cases that passed in some repeats and not in others: the noise of the engine itself


def summarise(cases: Sequence[Case], found: Mapping[str, Sequence[Outcome]]) -> Summary:
    """The figures of a run. A case with several repeats counts each of them; errors count in nothing but `errors`."""
    by_id = {case.id: case for case in cases}
    every = [outcome for outcomes in found.values() for outcome in outcomes]
    valid = [item for item in every if item.passed is not None]
    kinds: dict[str, list[bool]] = {}
    for one in valid:
        kinds.setdefault(by_id[one.case].kind, []).append(bool(one.passed))
    names = list(dict.fromkeys(name for one in valid for name in one.scores))
    return Summary(
        answers=len(every),
        errors=len(every) - len(valid),
        passed=statistics.wilson(sum(bool(one.passed) for one in valid), len(valid)),
        slices=tuple(
            Slice(name=name, share=statistics.wilson(sum(there), len(there))) for name, there in sorted(kinds.items())
        ),
        metrics={name: tally(one.scores[name] for one in valid if name in one.scores) for name in names},
        blames=dict(Counter(one.blame for one in valid if one.blame).most_common()),
        violations=dict(Counter(what for one in valid for what in one.violations).most_common()),
        abstention=_abstention(by_id, valid),
        spent=_spent(valid),
        events=len({case.cluster for case in cases}),
        wavering=sum(len({one.passed for one in there if one.passed is not None}) > 1 for there in found.values()),
    )


def _abstention(by_id: Mapping[str, Case], valid: Sequence[Outcome]) -> Abstention:
    cells = Counter((by_id[one.case].answerable, bool(one.value("abstention"))) for one in valid)
    return Abstention(
        answered=cells[True, True],
        over_refused=cells[True, False],
        declined=cells[False, True],
        should_have=cells[False, False],
    )


def _spent(valid: Sequence[Outcome]) -> Spent:
    def values(metric: str) -> list[float]:
        return [value for one in valid if (value := one.value(metric)) is not None]

    costs, seconds = values("cost"), sorted(values("seconds"))
    return Spent(
        cost=sum(costs) if costs else None,
        tokens_in=int(sum(values("tokens_in"))),
        tokens_out=int(sum(values("tokens_out"))),
        median=median(seconds) if seconds else None,
        p95=seconds[min(len(seconds) * 95 // 100, len(seconds) - 1)] if seconds else None,
    )
