"""Flip → confirm: a case that came out worse is a suspect, and fresh runs of both sides alone decide.

The new side is asked first, in two halves. A suspect that passed so often that nothing the rest could say would confirm it is
let go: the decision is the one that all runs would have given (curtailed sampling), for far fewer calls.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from evals.cases.case import Case
from evals.gate import statistics
from evals.gate.gate_plan import Again, Outcomes, Plan, rate, valid
from evals.gate.verdict import Flip
from evals.models import Outcome


def flips(cases: Sequence[Case], base: Outcomes, new: Outcomes, *, worse: bool) -> tuple[Flip, ...]:
    """The cases that passed less often than in the baseline, or (`worse` false) more often."""
    found = []
    for case in cases:
        old, now = rate(base, case.id), rate(new, case.id)
        if now < old if worse else now > old:
            blame = next((one.blame for one in new[case.id] if one.blame), None)
            found.append(Flip(case=case.id, event=case.cluster, base=old, new=now, blame=blame, critical=case.critical))
    return tuple(found)


def confirmed(found: tuple[Flip, ...], again: Again | None, plan: Plan) -> tuple[tuple[Flip, ...], int]:
    """The suspects after fresh runs of both sides (Fisher's exact test, Holm's correction); and how many answers that took."""
    if not found:
        return (), 0
    if again is None:
        return tuple(_with(flip, confirmed=True) for flip in found), 0
    names = [flip.case for flip in found]
    now, asked = _fresh(names, again, plan)
    least = dict(zip(names, _least(names, now, plan), strict=True))
    left = [name for name in names if least[name] <= plan.alpha]
    old = again("base", left, plan.confirmations) if left else {}
    base = {name: _count(valid(old, name)[: plan.confirmations]) for name in left}
    p_values = statistics.holm([_p(base[name], _count(now[name])) if name in base else 1.0 for name in names])
    decided = tuple(
        _with(flip, p=least[flip.case], new_again=_count(now[flip.case]))
        if flip.case not in base
        else _decided(flip, p, base[flip.case], _count(now[flip.case]), plan)
        for flip, p in zip(found, p_values, strict=True)
    )
    return decided, asked + plan.confirmations * len(left)


def _fresh(names: Sequence[str], again: Again, plan: Plan) -> tuple[dict[str, list[Outcome]], int]:
    """Fresh outcomes of the new side, the second half only where it can still matter; and how many answers that took."""
    half = plan.confirmations // 2
    first = again("new", names, half)
    now = {name: valid(first, name) for name in names}
    left = [name for name, p in zip(names, _least(names, now, plan), strict=True) if p <= plan.alpha]
    second = again("new", left, plan.confirmations - half) if left else {}
    for name in left:
        now[name] = [*now[name], *valid(second, name)]
    return now, half * len(names) + (plan.confirmations - half) * len(left)


def _least(names: Sequence[str], now: Outcomes, plan: Plan) -> list[float]:
    """The smallest p, adjusted, that could still come out: the baseline always passes, the new side never again.

    Holm's correction is monotone: who is not confirmed with these is not confirmed with any p that is larger.
    """
    full = plan.confirmations
    return statistics.holm([statistics.fisher(full, full, _count(now[name])[0], full) for name in names])


def _p(base: tuple[int, int], new: tuple[int, int]) -> float:
    return statistics.fisher(*base, *new) if base[1] and new[1] else 1.0


def _decided(flip: Flip, p: float, base: tuple[int, int], new: tuple[int, int], plan: Plan) -> Flip:
    few = min(base[1], new[1]) < plan.confirmations / 2
    return _with(flip, base_again=base, new_again=new, p=p, confirmed=p <= plan.alpha, undecided=p > plan.alpha and few)


def _with(flip: Flip, **changes: object) -> Flip:
    return msgspec.structs.replace(flip, **changes)


def _count(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    return sum(bool(outcome.passed) for outcome in outcomes), len(outcomes)
