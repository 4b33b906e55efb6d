"""The declared metrics over a whole suite: is the new side worse in general, beyond a margin?

Differences are paired by case and resampled by event; a drop is called only where the interval leaves the margin and the
sign-flip test agrees. It informs; the case-level test of `evals.gate.decision` is the one that sees a single broken event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evals.cases.case import Case
from evals.gate import statistics
from evals.gate.gate_plan import Again, Outcomes, Plan, valid
from evals.gate.verdict import Judged, Tested
from evals.models import Outcome


def sharpened(cases: Sequence[Case], base: Outcomes, new: Outcomes, again: Again | None, plan: Plan) -> Outcomes:
    """The new side with as many more answers as it takes to see a drop of the margin; at most `plan.extra` a case on the whole.

    Asked again are the cases that the baseline does not answer always alike: there is the noise. The choice looks at the baseline
    alone, and how wide the intervals are decides when it is enough, never where they lie: so that asking more favours no verdict
    (sampling to a fixed width, Chow and Robbins 1965).
    """
    names = [case.id for case in cases if _wavers(base[case.id], plan.metrics)]
    left = plan.extra * len(cases)
    while again and names and len(names) <= left:
        sides = [_sides(metric, cases, base, new) for metric in plan.metrics]
        errors = [statistics.standard_error(*side) for side in sides if side]
        if not any(statistics.detectable(error, power=0.9) > plan.margin for error in errors):
            break
        fresh = again("new", names, 1)
        if not any(valid(fresh, name) for name in names):
            break
        left -= len(names)
        new = {**new, **{name: [*new[name], *fresh.get(name, ())] for name in names}}
    return new


def _wavers(outcomes: Sequence[Outcome], metrics: Sequence[str]) -> bool:
    """Whether repeats differ in a metric, or there is but one."""
    return len(outcomes) < 2 or any(len({outcome.value(metric) for outcome in outcomes}) > 1 for metric in metrics)


def tested(
    metrics: Sequence[str],
    cases: Sequence[Case],
    base: Outcomes,
    new: Outcomes,
    *,
    margin: float,
    alpha: float,
) -> tuple[Tested, ...]:
    """Each metric with its difference, Holm-adjusted p and verdict. A case counts where both sides have a value for it."""
    pairs = [(metric, difference(metric, cases, base, new)) for metric in metrics]
    adjusted = iter(statistics.holm([found.p for _, found in pairs if found]))
    rows = []
    for metric, found in pairs:
        if found is None:
            rows.append(Tested(metric=metric, verdict="no values", left_out=len(cases)))
            continue
        p = next(adjusted)
        rows.append(
            Tested(
                metric=metric,
                verdict=_judged(found, p, margin, alpha),
                difference=found,
                p=p,
                detectable=statistics.detectable(found.error) if found.error else None,
                left_out=len(cases) - found.cases,
            )
        )
    return tuple(rows)


def difference(metric: str, cases: Sequence[Case], base: Outcomes, new: Outcomes) -> statistics.Difference | None:
    """Both sides' means of a metric, None where no case has it on both.

    Abstention is weighted so that answerable and unanswerable questions count alike: its mean is balanced accuracy.
    """
    found = _sides(metric, cases, base, new)
    return statistics.paired(*found) if found else None


Sides = tuple[
    list[float], list[float], list[str], list[float] | None
]  # of each case: before, now, its event, its weight


def _sides(metric: str, cases: Sequence[Case], base: Outcomes, new: Outcomes) -> Sides | None:
    rows = []
    for case in cases:
        old, now = _mean(base[case.id], metric), _mean(new[case.id], metric)
        if old is not None and now is not None:
            rows.append((old, now, case))
    if not rows:
        return None
    kinds = Counter(case.answerable for _, _, case in rows)
    weights = [1 / kinds[case.answerable] for _, _, case in rows] if metric == "abstention" else None
    return [old for old, _, _ in rows], [now for _, now, _ in rows], [case.cluster for _, _, case in rows], weights


def _mean(outcomes: Sequence[Outcome], metric: str) -> float | None:
    values = [value for outcome in outcomes if (value := outcome.value(metric)) is not None]
    return sum(values) / len(values) if values else None


def _judged(found: statistics.Difference, p: float, margin: float, alpha: float) -> Judged:
    if found.low > 0:
        return "improved"
    if found.low > -margin:
        return "not worse"
    return "worse" if p <= alpha else "inconclusive"
