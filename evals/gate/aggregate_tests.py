"""Test the declared metrics over a whole suite for a drop beyond a margin.

Differences are paired by case and resampled by event; a drop is called only where the interval leaves the margin and
the sign-flip test agrees. The case-level test of `evals.gate.decision` is the one that sees a single broken event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from evals.cases.case import Case
from evals.gate.gate_config import GateConfig, Rerun, valid_outcomes
from evals.gate.verdict import MetricTest, MetricVerdict
from evals.metrics import statistics
from evals.models import Outcome, Outcomes


class PairedValues(NamedTuple):
    """A metric's values by case on both sides, with each case's event and weight."""

    base: list[float]
    new: list[float]
    events: list[str]
    weights: list[float] | None


def sharpen(cases: Sequence[Case], base: Outcomes, new: Outcomes, rerun: Rerun | None, config: GateConfig) -> Outcomes:
    """Add answers of the new side until a drop of the margin would be seen.

    At most `config.extra` a case are added overall.

    Asked again are the cases whose answers vary in the baseline: there is the noise. The choice looks at the baseline
    alone, and the width of the intervals decides when to stop, never their position, so that asking more favours no
    verdict (sampling to a fixed width, Chow and Robbins 1965).
    """
    names = [case.id for case in cases if _varies(base[case.id], config.metrics)]
    left = config.extra * len(cases)
    while rerun and names and len(names) <= left:
        pairs = [pair_values(metric, cases, base, new) for metric in config.metrics]
        errors = [statistics.standard_error(*values) for values in pairs if values]
        if not any(statistics.detectable_drop(error, power=0.9) > config.margin for error in errors):
            break
        fresh = rerun("new", names, 1)
        if not any(valid_outcomes(fresh, name) for name in names):
            break
        left -= len(names)
        new = {**new, **{name: [*new[name], *fresh.get(name, ())] for name in names}}
    return new


def _varies(outcomes: Sequence[Outcome], metrics: Sequence[str]) -> bool:
    """Return whether repeats differ in a metric, or there is only a single answer."""
    return len(outcomes) < 2 or any(len({outcome.value(metric) for outcome in outcomes}) > 1 for metric in metrics)


def compare_metrics(cases: Sequence[Case], base: Outcomes, new: Outcomes, config: GateConfig) -> tuple[MetricTest, ...]:
    """Test each declared metric: its difference, Holm-adjusted p and verdict.

    A case counts where both sides have a value.
    """
    pairs = {metric: pair_values(metric, cases, base, new) for metric in config.metrics}
    differences = {metric: statistics.compare_paired(*values) for metric, values in pairs.items() if values}
    adjusted = dict(
        zip(differences, statistics.holm([difference.p for difference in differences.values()]), strict=True)
    )
    tests = []
    for metric in config.metrics:
        difference = differences.get(metric)
        if difference is None:
            tests.append(MetricTest(metric=metric, verdict="no values", left_out=len(cases)))
            continue
        tests.append(
            MetricTest(
                metric=metric,
                verdict=_verdict(difference, adjusted[metric], config),
                difference=difference,
                p=adjusted[metric],
                detectable=statistics.detectable_drop(difference.error) if difference.error else None,
                left_out=len(cases) - difference.cases,
            )
        )
    return tuple(tests)


def pair_values(metric: str, cases: Sequence[Case], base: Outcomes, new: Outcomes) -> PairedValues | None:
    """Pair a metric's means by case; None if no case has a value on both sides.

    Abstention is weighted so that answerable and unanswerable questions count alike: its mean is balanced accuracy.
    """
    rows = []
    for case in cases:
        before, now = _mean(base[case.id], metric), _mean(new[case.id], metric)
        if before is not None and now is not None:
            rows.append((before, now, case))
    if not rows:
        return None
    kinds = Counter(case.answerable for _, _, case in rows)
    weights = [1 / kinds[case.answerable] for _, _, case in rows] if metric == "abstention" else None
    befores, nows, events = [row[0] for row in rows], [row[1] for row in rows], [case.cluster for _, _, case in rows]
    return PairedValues(befores, nows, events, weights)


def _mean(outcomes: Sequence[Outcome], metric: str) -> float | None:
    values = [value for outcome in outcomes if (value := outcome.value(metric)) is not None]
    return sum(values) / len(values) if values else None


def _verdict(difference: statistics.Difference, p: float, config: GateConfig) -> MetricVerdict:
    if difference.low > 0:
        return "improved"
    if difference.low > -config.margin:
        return "not worse"
    return "worse" if p <= config.population_alpha else "inconclusive"
