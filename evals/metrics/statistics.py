"""Statistics of small test sets; the only importer of scipy and statsmodels.

Cases about one event pass or fail together, so every statement on the population resamples events, not cases (Miller
2024, "Adding Error Bars to Evals"). Rates get Wilson intervals: "mean ± standard error" is wrong below some hundred
cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from index.errors import UsageError
from index.models import Value

_SEED = 20260301


class Interval(Value, frozen=True, kw_only=True):
    """A share with its 95 % interval; of nothing counted nothing is known: 0 to 1."""

    passed: int
    total: int
    low: float
    high: float


class Difference(Value, frozen=True, kw_only=True):
    """Two means over the same cases, with an interval of new − base over events.

    `p` is one-sided, for a drop; `error` is the standard error of the difference, over events.
    """

    base: float
    new: float
    low: float
    high: float
    p: float
    cases: int
    events: int
    error: float

    @property
    def change(self) -> float:
        return self.new - self.base


def _scipy() -> Any:
    try:
        import scipy.stats
    except ImportError as error:
        raise UsageError("evals.no_scipy") from error
    return scipy.stats


def require_libraries() -> None:
    """Raise UsageError without scipy or statsmodels.

    Called before a run is paid for, not after.
    """
    _scipy()
    try:
        import statsmodels  # noqa: F401
    except ImportError as error:
        raise UsageError("evals.no_statsmodels") from error


def wilson(passed: int, total: int) -> Interval:
    """Return the share of `passed` in `total` with its Wilson interval (Wilson 1927).

    >>> share = wilson(27, 30); round(share.low, 2), round(share.high, 2)
    (0.74, 0.97)
    """
    if total == 0:
        return Interval(passed=0, total=0, low=0.0, high=1.0)
    interval = _scipy().binomtest(passed, total).proportion_ci(method="wilson")
    return Interval(passed=passed, total=total, low=float(interval.low), high=float(interval.high))


def mcnemar(worse: int, better: int) -> float:
    """Return the two-sided exact p of McNemar's test (McNemar 1947).

    >>> round(mcnemar(5, 0), 3), round(mcnemar(6, 0), 3), mcnemar(0, 0)
    (0.062, 0.031, 1.0)
    """
    if worse + better == 0:
        return 1.0
    return float(_scipy().binomtest(worse, worse + better).pvalue)


@lru_cache(maxsize=4096)  # few tables are possible of eight runs and eight
def fisher(base_passed: int, base_total: int, new_passed: int, new_total: int) -> float:
    """Return the one-sided p of Fisher's exact test for fewer passes of the new side.

    >>> round(fisher(8, 8, 0, 8), 6), round(fisher(8, 8, 4, 8), 3)
    (7.8e-05, 0.038)
    """
    table = [[new_passed, new_total - new_passed], [base_passed, base_total - base_passed]]
    return float(_scipy().fisher_exact(table, alternative="less").pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for the number of tests (Holm 1979).

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    # not statsmodels' multipletests, to which the tests hold this: it collects garbage at each call, .06 s and more
    adjusted, least = [1.0] * len(p_values), 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        least = min(1.0, max(least, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = least
    return adjusted


def compare_paired(
    base: Sequence[float],
    new: Sequence[float],
    events: Sequence[str],
    weights: Sequence[float] | None = None,
    *,
    level: float = 0.90,
) -> Difference:
    """Compare two engines on the same cases.

    `weights` default to equal and are normed to 1.

    The interval is a percentile bootstrap over events, two-sided at `level`, so that each side is a one-sided bound at
    95 %. p comes from flipping the signs of the events' differences. No difference anywhere is p = 1.
    """
    import numpy as np

    if not base:
        raise ValueError("no case has a value on both sides")
    share, moved, held = _by_event(base, new, events, weights)
    low, high, error = _bootstrap(moved, held, level)
    return Difference(
        base=float(share @ np.asarray(base, float)),
        new=float(share @ np.asarray(new, float)),
        low=low,
        high=high,
        p=_sign_flip(moved),
        cases=len(base),
        events=len(moved),
        error=error,
    )


def standard_error(
    base: Sequence[float], new: Sequence[float], events: Sequence[str], weights: Sequence[float] | None = None
) -> float:
    """Return the standard error of the difference by a formula.

    A ratio over events (Cochran 1977, 6.4).

    >>> standard_error([1.0, 1.0, 0.0], [1.0, 1.0, 0.0], ["a", "b", "c"])
    0.0
    """
    _, moved, held = _by_event(base, new, events, weights)
    count = len(moved)
    return float((((moved - moved.sum() * held) ** 2).sum() * count / max(count - 1, 1)) ** 0.5)


def _by_event(
    base: Sequence[float], new: Sequence[float], events: Sequence[str], weights: Sequence[float] | None
) -> tuple[Any, Any, Any]:
    """Return each case's weight, and by event the change of the mean and the weight."""
    import numpy as np

    share = np.ones(len(base)) if weights is None else np.asarray(weights, float)
    share = share / share.sum()
    names, which = np.unique(np.asarray(events), return_inverse=True)
    moved = np.bincount(which, share * (np.asarray(new, float) - np.asarray(base, float)), len(names))
    return share, moved, np.bincount(which, share, len(names))


def _bootstrap(moved: Any, held: Any, level: float) -> tuple[float, float, float]:
    """Return bounds and standard error of Σ moved / Σ held when events are resampled."""
    import numpy as np

    if len(moved) < 2 or not moved.any():
        change = float(moved.sum())
        return change, change, 0.0

    def ratio(drawn: Any, axis: int = -1) -> Any:
        return moved[drawn].sum(axis) / held[drawn].sum(axis)

    result = _scipy().bootstrap(
        (np.arange(len(moved)),),
        ratio,
        vectorized=True,
        n_resamples=4999,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(_SEED),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high), float(result.standard_error)


def _sign_flip(moved: Any) -> float:
    """Return the one-sided p for a drop by flipping the events' signs.

    This is Fisher's randomisation test.

    Exact up to twelve events that changed at all (the others have no sign to flip), sampled beyond.
    """
    import numpy as np

    if len(moved) < 2 or not moved.any():
        return 1.0 if moved.sum() >= 0 else 0.5
    moved = moved[moved != 0]
    if len(moved) <= 12:
        signs = 1 - 2 * (np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved)) & 1)
        sums = signs @ moved
        return float(np.mean(sums <= moved.sum() + 1e-12))
    random = np.random.default_rng(_SEED)
    result = _scipy().monte_carlo_test(
        moved,
        lambda size: moved * (1 - 2 * random.integers(0, 2, size, dtype=np.int8)),
        lambda x, axis: x.sum(axis),
        vectorized=True,
        n_resamples=4999,
        alternative="less",
    )
    return float(result.pvalue)


def detectable_drop(error: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest true drop that a one-sided test sees.

    `error` is the standard error of the difference.

    >>> round(detectable_drop(0.02), 3)
    0.05
    """
    normal = _scipy().norm
    return float(error * (normal.isf(alpha) + normal.ppf(power)))


def mcnemar_power(cases: int, breaks: float, fixes: float, *, alpha: float = 0.05) -> float:
    """Return the power of an exact one-sided McNemar test.

    `breaks` and `fixes` are the shares of the cases that change.

    >>> round(mcnemar_power(100, 0.12, 0.02), 2)
    0.83
    """
    binomial = _scipy().binom
    total = 0.0
    for changed in range(1, cases + 1):
        chance = float(binomial.pmf(changed, cases, breaks + fixes))
        if chance < 1e-9:
            continue
        needed = int(binomial.isf(alpha, changed, 0.5)) + 1  # the fewest breaks with p ≤ alpha
        while needed > 0 and binomial.sf(needed - 2, changed, 0.5) <= alpha:
            needed -= 1
        total += chance * float(binomial.sf(needed - 1, changed, breaks / (breaks + fixes)))
    return total


def power_table(cases: int) -> tuple[tuple[int, float], ...]:
    """Return the power of McNemar's test for drops of 5, 10 and 20 points.

    A fifth as many cases get better.

    >>> [(points, round(power, 2)) for points, power in power_table(220)]
    [(5, 0.84), (10, 0.99), (20, 1.0)]
    """
    return tuple((at, mcnemar_power(cases, 1.25 * at / 100, 0.25 * at / 100)) for at in (5, 10, 20))


def kappa(first: Sequence[bool], second: Sequence[bool]) -> float | None:
    """Return Cohen's kappa of two raters.

    None if both always give the same single rating.

    >>> kappa([True, True, False, False], [True, False, False, False])
    0.5
    """
    pairs = list(zip(first, second, strict=True))
    if len(set(first)) < 2 and len(set(second)) < 2:
        return None
    require_libraries()
    from statsmodels.stats.inter_rater import cohens_kappa

    table = [[pairs.count((a, b)) for b in (True, False)] for a in (True, False)]
    return round(float(cohens_kappa(table, return_results=False)), 6)


def auroc(scored: Sequence[tuple[float, bool]]) -> float | None:
    """Return the area under the ROC curve (Mann and Whitney 1947).

    None if one kind is missing.

    >>> auroc([(0.9, True), (0.4, True), (0.4, False), (0.1, False)])
    0.875
    """
    yes, no = [score for score, true in scored if true], [score for score, true in scored if not true]
    if not yes or not no:
        return None
    return float(_scipy().mannwhitneyu(yes, no).statistic) / (len(yes) * len(no))
