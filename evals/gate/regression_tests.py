"""Flip → confirm: fresh runs of both sides alone decide on a suspect.

The new side is asked first, in two halves. A suspect that passed so often that nothing the rest could say would confirm
it is dropped: the decision is that of all runs (curtailed sampling), for far fewer calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from evals.cases.case import Case
from evals.gate.gate_config import GateConfig, Rerun, pass_rate, valid_outcomes
from evals.gate.verdict import Flip
from evals.metrics import statistics
from evals.models import Outcome, Outcomes


def find_flips(cases: Sequence[Case], base: Outcomes, new: Outcomes, *, worse: bool) -> tuple[Flip, ...]:
    """Return the cases that passed less often, or (`worse` false) more often."""
    flips = []
    for case in cases:
        before, now = pass_rate(base, case.id), pass_rate(new, case.id)
        if now < before if worse else now > before:
            blame = next((outcome.blame for outcome in new[case.id] if outcome.blame), None)
            flips.append(
                Flip(case=case.id, event=case.cluster, base=before, new=now, blame=blame, critical=case.critical)
            )
    return tuple(flips)


def confirm_flips(flips: tuple[Flip, ...], rerun: Rerun | None, config: GateConfig) -> tuple[tuple[Flip, ...], int]:
    """Test suspects on fresh runs (Fisher's exact test, Holm's correction).

    Also return the answers it took.
    """
    if not flips:
        return (), 0
    if rerun is None:
        return tuple(_replace(flip, confirmed=True) for flip in flips), 0
    names = [flip.case for flip in flips]
    new, asked = _fresh_outcomes(names, rerun, config)
    least = dict(zip(names, _least_p(names, new, config), strict=True))
    open_names = [name for name in names if least[name] <= config.alpha]
    again = rerun("base", open_names, config.confirmations) if open_names else {}
    base = {name: _count(valid_outcomes(again, name)[: config.confirmations]) for name in open_names}
    p_values = statistics.holm([_fisher(base[name], _count(new[name])) if name in base else 1.0 for name in names])
    decided = tuple(
        _replace(flip, p=least[flip.case], new_again=_count(new[flip.case]))
        if flip.case not in base
        else _decide(flip, p, base[flip.case], _count(new[flip.case]), config)
        for flip, p in zip(flips, p_values, strict=True)
    )
    return decided, asked + config.confirmations * len(open_names)


def _fresh_outcomes(names: Sequence[str], rerun: Rerun, config: GateConfig) -> tuple[dict[str, list[Outcome]], int]:
    """Return fresh outcomes of the new side, and the answers it took.

    The second half is asked only where it can matter.
    """
    half = config.confirmations // 2
    first = rerun("new", names, half)
    outcomes = {name: valid_outcomes(first, name) for name in names}
    open_names = [name for name, p in zip(names, _least_p(names, outcomes, config), strict=True) if p <= config.alpha]
    second = rerun("new", open_names, config.confirmations - half) if open_names else {}
    for name in open_names:
        outcomes[name] = [*outcomes[name], *valid_outcomes(second, name)]
    return outcomes, half * len(names) + (config.confirmations - half) * len(open_names)


def _least_p(names: Sequence[str], new: Outcomes, config: GateConfig) -> list[float]:
    """Return the smallest adjusted p still possible.

    The baseline always passes, the new side never again.

    Holm's correction is monotone: what is not confirmed with these is not confirmed with any larger p.
    """
    full = config.confirmations
    return statistics.holm([statistics.fisher(full, full, _count(new[name])[0], full) for name in names])


def _fisher(base: tuple[int, int], new: tuple[int, int]) -> float:
    return statistics.fisher(*base, *new) if base[1] and new[1] else 1.0


def _decide(flip: Flip, p: float, base: tuple[int, int], new: tuple[int, int], config: GateConfig) -> Flip:
    confirmed = p <= config.alpha
    undecided = not confirmed and min(base[1], new[1]) < config.confirmations / 2
    return _replace(flip, base_again=base, new_again=new, p=p, confirmed=confirmed, undecided=undecided)


def _replace(flip: Flip, **changes: Any) -> Flip:
    return msgspec.structs.replace(flip, **changes)


def _count(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    return sum(bool(outcome.passed) for outcome in outcomes), len(outcomes)
