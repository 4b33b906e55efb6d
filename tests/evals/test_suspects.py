"""The confirmation of suspects: letting some go early changes nothing but the bill."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.gate.gate_config import GateConfig, Side
from evals.gate.regression_tests import confirm_flips
from evals.gate.verdict import Flip
from evals.metrics import statistics
from evals.models import Outcome, Outcomes

pytestmark = pytest.mark.process

RUNS = st.lists(st.booleans(), min_size=8, max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(RUNS, RUNS), min_size=1, max_size=12))
def test_who_is_let_go_early_would_not_have_been_confirmed_by_all_the_runs(
    told: list[tuple[list[bool], list[bool]]],
) -> None:
    """Against the plain rule: eight runs of both sides for every suspect, Fisher, Holm."""
    plan = GateConfig()
    flips = tuple(Flip(case=f"c{at}", event=f"e{at}", base=1.0, new=0.0) for at in range(len(told)))
    left = {(side, f"c{at}"): iter(runs[side == "new"]) for at, runs in enumerate(told) for side in ("base", "new")}

    def again(side: Side, cases: Sequence[str], times: int, /) -> Outcomes:
        return {
            case: [Outcome(case=case, repeat=0, passed=one) for one in islice(left[side, case], times)]
            for case in cases
        }

    found, calls = confirm_flips(flips, again, plan)
    plain = statistics.holm([statistics.fisher(sum(base), 8, sum(new), 8) for base, new in told])
    assert [match.confirmed for match in found] == [p <= plan.alpha for p in plain]
    assert not any(match.undecided for match in found) and calls <= 16 * len(told)


def test_a_baseline_with_more_repeats_than_fresh_runs_counts_with_as_many() -> None:
    def again(side: Side, cases: Sequence[str], times: int, /) -> Outcomes:
        return {
            case: [
                Outcome(case=case, repeat=at, passed=side == "base") for at in range(40 if side == "base" else times)
            ]
            for case in cases
        }

    found, _ = confirm_flips((Flip(case="a", event="e", base=1.0, new=0.0),), again, GateConfig())
    assert found[0].base_again == (8, 8) and found[0].new_again == (0, 8) and found[0].confirmed
