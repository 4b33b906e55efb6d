"""How often the built gate cries wolf, how often it sees one broken event in twenty, and what it costs: simulated on the code itself.

The generators follow the published shape of such suites: most cases nearly certain, a fifth flaky, a tenth failing, three cases to an event.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from evals.cases import Case
from evals.gate import Outcomes, Side, decide
from evals.records import Measured, NotApplicable, Outcome
from evals.verdict import REGRESSION, Verdict

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


def gated(cases: Sequence[Case], old: Chances, new: Chances, chance: random.Random, slips: Chances) -> Verdict:
    """One change put before the gate: a first look at each side, then whatever the gate asks for."""
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
    return decide(cases, draw("base", names, 1), draw("new", names, 1), draw)


def rates(events: int, rounds: int, change: Callable[..., Chances], **shape: object) -> tuple[float, float]:
    """The share of changes that the gate fails, and the answers it asks for per case."""
    failed, calls, cases = 0, 0, suite(events)
    for seed in range(rounds):
        chance = random.Random(f"{seed} {events}")
        held = chances(cases, chance, **shape)  # type: ignore[arg-type]
        slips = dict.fromkeys(chance.sample([case.id for case in cases], len(cases) // 33), 0.05)
        verdict = gated(cases, held, change(cases, held, chance), chance, slips)
        failed += verdict.exit_code == REGRESSION
        calls += verdict.calls
    return failed / rounds, calls / rounds / len(cases)
