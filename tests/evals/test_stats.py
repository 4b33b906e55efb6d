"""The statistics against published figures, and what they say of nothing and of everything."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.metrics import statistics
from evals.metrics.judge_calibration import correct_rate

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [(27, 30, 0.74, 0.97), (45, 50, 0.79, 0.96), (90, 100, 0.83, 0.94), (30, 30, 0.89, 1.0)],
)
def test_wilson_intervals_are_the_published_ones(passed: int, total: int, low: float, high: float) -> None:
    found = statistics.wilson(passed, total)
    assert (round(found.low, 2), round(found.high, 2)) == (low, high)


def test_of_nothing_nothing_is_known() -> None:
    assert (statistics.wilson(0, 0).low, statistics.wilson(0, 0).high) == (0.0, 1.0)
    assert statistics.holm([]) == []
    assert statistics.auroc([(0.5, True)]) is None and statistics.kappa([True], [True]) is None


@settings(deadline=None)  # the first example imports statsmodels
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holms_correction_is_that_of_statsmodels(p_values: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    gc.freeze()  # it collects garbage at every call: a second each among all that a suite has loaded
    try:
        assert statistics.holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("events", [2, 5, 12, 13, 30])
@pytest.mark.parametrize("lean", [-0.4, 0.0, 0.3])
def test_the_test_by_flipped_signs_is_that_of_scipy(events: int, lean: float) -> None:
    """Exactly for few events, within the error of 4,999 draws (three of its deviations) for many; those that did not
    move are no matter.
    """
    import numpy as np
    from scipy.stats import permutation_test

    chance = np.random.default_rng(events)
    moved = chance.normal(lean, 1.0, events) * (chance.random(events) < 0.8)
    told = permutation_test(
        (moved,), lambda x: x.sum(), permutation_type="samples", alternative="less", n_resamples=4999, rng=chance
    ).pvalue
    found = statistics.compare_paired([0.0] * events, list(moved), [f"e{at}" for at in range(events)]).p
    if not moved.any():
        assert found == 1.0
    else:
        assert found == pytest.approx(told, abs=1e-9 if events <= 12 else 0.03)


@pytest.mark.parametrize(
    ("cases", "breaks", "fixes", "power"),
    [
        (50, 0.12, 0.02, 0.44),
        (100, 0.12, 0.02, 0.83),
        (200, 0.12, 0.02, 0.99),
        (50, 0.08, 0.03, 0.13),
        (400, 0.08, 0.03, 0.91),
    ],
)
def test_the_power_of_mcnemars_test_is_the_published_one(cases: int, breaks: float, fixes: float, power: float) -> None:
    assert statistics.mcnemar_power(cases, breaks, fixes) == pytest.approx(power, abs=0.02)


def test_no_change_anywhere_is_no_evidence_of_a_drop() -> None:
    found = statistics.compare_paired([1.0, 0.0, 1.0], [1.0, 0.0, 1.0], ["a", "b", "c"])
    assert (found.change, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_cases_of_one_event_are_no_evidence_of_their_own() -> None:
    """The same thirty breaks in thirty events, and in two."""
    base, new = [1.0] * 60, [0.0] * 30 + [1.0] * 30
    spread = statistics.compare_paired(base, new, [f"e{at}" for at in range(60)])
    lumped = statistics.compare_paired(base, new, ["x"] * 30 + [f"e{at}" for at in range(30)])
    assert spread.p < 0.001 and lumped.p > 0.3
    assert lumped.high - lumped.low > spread.high - spread.low


def test_the_interval_holds_the_difference_and_is_the_same_every_time() -> None:
    base = [float(at % 3 > 0) for at in range(40)]
    new = [float(at % 4 > 0) for at in range(40)]
    events = [f"e{at // 4}" for at in range(40)]
    found = statistics.compare_paired(base, new, events)
    assert found.low <= found.change <= found.high
    assert found == statistics.compare_paired(base, new, events)


def test_the_error_by_formula_is_that_of_the_bootstrap() -> None:
    base = [float(at % 3 > 0) for at in range(90)]
    new = [float(at % 5 > 0) for at in range(90)]
    events = [f"e{at // 4}" for at in range(90)]
    weights = [1.0 + (at % 4 == 0) for at in range(90)]
    for one in (None, weights):
        told = statistics.compare_paired(base, new, events, one).error
        assert statistics.standard_error(base, new, events, one) == pytest.approx(told, rel=0.1)


def test_weights_are_normed_and_count() -> None:
    found = statistics.compare_paired([1.0, 1.0], [0.0, 1.0], ["a", "b"], [3.0, 1.0])
    assert found.base == 1.0 and found.new == pytest.approx(0.25)


def test_a_worthless_judge_leaves_the_labels_alone_and_a_perfect_one_narrows_the_interval() -> None:
    people = [True] * 30 + [False] * 20
    worthless = correct_rate([True] * 500 + [False] * 500, [(at % 2 == 0, person) for at, person in enumerate(people)])
    perfect = correct_rate([True] * 600 + [False] * 400, [(person, person) for person in people])
    alone = 1.96 * (0.6 * 0.4 / 50) ** 0.5
    assert worthless.rate == pytest.approx(0.6, abs=0.05)
    assert perfect.rate == pytest.approx(0.6, abs=0.01)
    assert (perfect.high - perfect.low) / 2 < 0.5 * alone < (worthless.high - worthless.low) / 2 < 1.2 * alone
