"""How often the built gate cries wolf, how often it sees one broken event in twenty, and what it costs: simulated on
the code itself.

The generators follow the published shape of such suites: most cases nearly certain, a fifth flaky, a tenth failing,
three cases to an event.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from evals.cases.case import Case
from evals.gate.decision import decide
from evals.gate.gate_config import Side
from evals.gate.verdict import GateVerdict
from evals.models import Measured, NotApplicable, Outcome, Outcomes
from index.models import Value

Chances = dict[str, float]  # case -> how often it passes


def suite(events: int) -> tuple[Case, ...]:
    return tuple(
        Case(
            id=f"e{event}-{one}",
            cluster=f"e{event}",
            lang="ar",
            type="who",
            question="؟",
            answerable=(event + one) % 5 != 0,
        )
        for event in range(events)
        for one in range(3)
    )


def chances(cases: Sequence[Case], chance: random.Random, *, certain: float, flaky: tuple[float, float]) -> Chances:
    """72 % of the cases pass nearly always, 18 % are flaky, 10 % fail nearly always."""
    kinds = chance.choices(("certain", "flaky", "failing"), (72, 18, 10), k=len(cases))
    draw = {"certain": lambda: certain, "flaky": lambda: chance.uniform(*flaky), "failing": lambda: 1 - certain}
    return {case.id: draw[kind]() for case, kind in zip(cases, kinds, strict=True)}


def broken(cases: Sequence[Case], held: Chances, chance: random.Random, share: float) -> Chances:
    """The same chances, with that share of the events lost."""
    events = sorted({case.cluster for case in cases})
    lost = set(chance.sample(events, round(share * len(events))))
    return {case.id: 0.02 if case.cluster in lost else held[case.id] for case in cases}


def outcome(case: Case, repeat: int, passed: bool, violated: bool) -> Outcome:
    value = Measured(float(passed))
    return Outcome(
        case=case.id,
        repeat=repeat,
        passed=passed,
        scores={
            "grounded": value if case.answerable else NotApplicable("refused"),
            "fact_recall": value if case.answerable else NotApplicable("nothing to state"),
            "abstention": value,
        },
        violations=("number",) if violated else (),
        blame=None if passed else "not retrieved",
    )


def gated(
    cases: Sequence[Case], old: Chances, new: Chances, chance: random.Random, slips: Chances, repeats: int
) -> GateVerdict:
    """One change put before the gate: the baseline's repeats, a first look at the new side, then whatever the gate asks
    for.
    """
    by_id = {case.id: case for case in cases}
    sides = {"base": old, "new": new}

    def draw(side: Side, names: Sequence[str], times: int) -> Outcomes:
        return {
            name: [
                outcome(by_id[name], one, chance.random() < sides[side][name], chance.random() < slips.get(name, 0.0))
                for one in range(times)
            ]
            for name in names
        }

    names = [case.id for case in cases]
    return decide(cases, draw("base", names, repeats), draw("new", names, 1), draw)


class Rates(Value, frozen=True, kw_only=True):
    """Of so many changes put before the gate: the share it failed and the share it left open, and the answers it asked
    for per case.
    """

    rounds: int
    failed: float
    left_open: float
    calls: float


def rates(
    events: int, rounds: int, share: float, *, certain: float, flaky: tuple[float, float], repeats: int = 1
) -> Rates:
    """The gate on changes that lose that share of the events; 0 changes nothing. One case in 33 breaks an invariant now
    and then.

    `repeats`: answers that the baseline has to each case.
    """
    found: Counter[str] = Counter()
    calls, cases = 0, suite(events)
    for seed in range(rounds):
        chance = random.Random(f"{seed} {events} {share} {certain} {repeats}")
        held = chances(cases, chance, certain=certain, flaky=flaky)
        slips = dict.fromkeys(chance.sample([case.id for case in cases], len(cases) // 33), 0.05)
        verdict = gated(cases, held, broken(cases, held, chance, share), chance, slips, repeats)
        found[verdict.finding] += 1
        calls += verdict.calls
    return Rates(
        rounds=rounds,
        failed=found["regression"] / rounds,
        left_open=found["inconclusive"] / rounds,
        calls=calls / rounds / len(cases),
    )


SHAPES: list[dict[str, Any]] = [{"certain": 0.97, "flaky": (0.3, 0.8)}, {"certain": 0.99, "flaky": (0.2, 0.8)}]
SIZES = (20, 40, 50, 73)  # events: 60, 120, 150 and 219 cases
REPEATS = (1, 8)


def test_a_change_that_changes_nothing_is_not_failed_and_one_that_loses_an_event_in_twenty_is() -> None:
    assert rates(20, 12, 0.0, **SHAPES[0]).failed <= 1 / 12
    assert rates(20, 8, 0.05, **SHAPES[0]).failed >= 0.75


@pytest.mark.long
def test_over_thousands_of_changes_it_cries_wolf_in_one_of_fifty_at_most_and_sees_three_broken_events_in_four() -> None:
    """Prints the figures: run with -s."""
    quiet, lost = [], []
    for size, repeats, at in product(SIZES, REPEATS, range(len(SHAPES))):
        quiet.append(rates(size, 300, 0.0, **SHAPES[at], repeats=repeats))
        lost.append(rates(size, 100, 0.05, **SHAPES[at], repeats=repeats))
        told = (
            f"{size * 3} cases, baseline of {repeats}, shape {at}: nothing changed {quiet[-1]}; an event in "
            f"twenty lost {lost[-1]}"
        )
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
    assert sum(one.failed for one in quiet) / len(quiet) <= 0.02
    assert all(one.failed <= 0.03 for one in quiet)
    assert all(one.failed >= 0.75 for one in lost)
    assert all(one.calls <= 3.0 for one in (*quiet, *lost))
