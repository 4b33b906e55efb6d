"""Decide the gate: integrity → invariants → flip → confirm → population.

"Any case flipped" cries wolf in most runs where nothing changed, and a test of the means is blind to one broken event
in twenty. So a case that came out worse is only a suspect: fresh runs of both sides decide (Fisher's exact test, Holm's
correction), on the fresh runs alone. `tests/evals/test_gate_rates.py` simulates this code. The gate does no I/O: fresh
runs come through `Rerun`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evals.cases.case import Case
from evals.gate.aggregate_tests import compare_metrics, sharpen
from evals.gate.gate_config import GateConfig, Rerun, pass_rate, valid_outcomes
from evals.gate.regression_tests import confirm_flips, find_flips
from evals.gate.verdict import Flip, GateVerdict, Integrity, MetricTest, Violation
from evals.metrics import statistics
from evals.models import Outcomes


def decide(
    cases: Sequence[Case], base: Outcomes, new: Outcomes, rerun: Rerun | None, config: GateConfig | None = None
) -> GateVerdict:
    """Compare what both sides answered and decide whether something broke.

    `rerun` is None where both sides are deterministic: then what was seen is what is. `base` may lack cases that are
    new or changed since.
    """
    config = config or GateConfig()
    assert len(config.metrics) <= 3, "declare at most three metrics"
    integrity = _check_integrity(cases, base, new, config)
    calls = sum(len(outcomes) for outcomes in new.values())
    if integrity.problems:
        return _incomplete(integrity, integrity.problems, config, calls=calls)
    compared = [case for case in cases if valid_outcomes(base, case.id) and valid_outcomes(new, case.id)]
    violations, used = _find_violations(compared, base, new, rerun, config)
    worse, asked = confirm_flips(find_flips(compared, base, new, worse=True), rerun, config)
    broke = any(flip.confirmed for flip in worse) or any(violation.confirmed for violation in violations)
    sharp = new if broke else sharpen(compared, base, new, rerun, config)  # a lost case needs no sharper means
    extra = sum(len(sharp[case.id]) - len(new[case.id]) for case in compared)
    population = compare_metrics(compared, base, sharp, config)
    finding, reasons = _conclude(worse, violations, population, config.unexercised)
    table = _contingency(compared, base, new)
    return GateVerdict(
        finding=finding,
        reasons=reasons,
        integrity=integrity,
        worse=worse,
        better=find_flips(compared, base, new, worse=False),
        violations=violations,
        population=population,
        unexercised=config.unexercised,
        mcnemar=table,
        p_mcnemar=statistics.mcnemar(table[1], table[2]),
        extra=extra,
        calls=calls + used + asked + extra,
        comparisons=config.comparisons,
        allow_inconclusive=config.allow_inconclusive,
    )


def decide_beforehand(cases: Sequence[Case], known: Mapping[str, str], config: GateConfig) -> GateVerdict | None:
    """Return the verdict if nothing can be compared, before anything is paid for.

    Else None.

    `known` maps the baseline's cases to their hashes.
    """
    uncovered = tuple(case.id for case in cases if known.get(case.id) != case.sha)
    problems = (*config.problems, *_outdated(len(uncovered), len(cases), config))
    if not problems:
        return None
    integrity = Integrity(wanted=len(cases), compared=0, errors=0, uncovered=uncovered, problems=problems)
    return _incomplete(integrity, (*problems, "nothing was asked"), config)


def decide_completeness(cases: Sequence[Case], new: Outcomes) -> GateVerdict:
    """Return the verdict of a run without a baseline.

    Whether every case was answered, errors aside.
    """
    config = GateConfig(uncovered=1.0)
    integrity = _check_integrity(cases, new, new, config)
    calls = sum(len(outcomes) for outcomes in new.values())
    if integrity.problems:
        return _incomplete(integrity, integrity.problems, config, calls=calls)
    reasons = ("every case was answered; compared with nothing",)
    return GateVerdict(finding="pass", reasons=reasons, integrity=integrity, calls=calls)


def _incomplete(integrity: Integrity, reasons: tuple[str, ...], config: GateConfig, **figures: Any) -> GateVerdict:
    return GateVerdict(
        finding="incomplete",
        reasons=reasons,
        integrity=integrity,
        unexercised=config.unexercised,
        comparisons=config.comparisons,
        allow_inconclusive=config.allow_inconclusive,
        **figures,
    )


def _check_integrity(cases: Sequence[Case], base: Outcomes, new: Outcomes, config: GateConfig) -> Integrity:
    missing = tuple(case.id for case in cases if not new.get(case.id))
    uncovered = tuple(case.id for case in cases if not base.get(case.id))
    outcomes = [outcome for case in cases for outcome in new.get(case.id, ())]
    errors = [outcome for outcome in outcomes if outcome.passed is None]
    problems = list(config.problems)
    if missing:
        problems.append(f"{len(missing)} of {len(cases)} cases were not answered ({_listed(missing)})")
    if len(errors) > config.errors * len(outcomes):
        names = _listed([outcome.case for outcome in errors])
        problems.append(f"{len(errors)} of {len(outcomes)} answers are errors ({names}): {errors[0].detail}")
    problems += _outdated(len(uncovered), len(cases), config)
    return Integrity(
        wanted=len(cases),
        compared=sum(bool(valid_outcomes(base, case.id) and valid_outcomes(new, case.id)) for case in cases),
        errors=len(errors),
        missing=missing,
        uncovered=uncovered,
        problems=tuple(problems),
    )


def _outdated(uncovered: int, cases: int, config: GateConfig) -> tuple[str, ...]:
    if uncovered <= config.uncovered * cases:
        return ()
    return (
        f"the baseline does not have {uncovered} of {cases} cases as they are now; set it anew "
        "(isnad eval run, then isnad eval baseline set)",
    )


def _listed(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _find_violations(
    cases: Sequence[Case], base: Outcomes, new: Outcomes, rerun: Rerun | None, config: GateConfig
) -> tuple[tuple[Violation, ...], int]:
    """Return new violations, each run again, and the answers that took."""
    fresh: dict[str, list[str]] = {}
    for case in cases:
        known = {name for outcome in base[case.id] for name in outcome.violations}
        broken = dict.fromkeys(name for outcome in new[case.id] for name in outcome.violations if name not in known)
        if broken:
            fresh[case.id] = list(broken)
    if rerun is None:
        return tuple(Violation(case=case, what=what, confirmed=True) for case in fresh for what in fresh[case]), 0
    runs = rerun("new", tuple(fresh), config.reruns) if fresh else {}
    violations = []
    for case_id, broken_rules in fresh.items():
        outcomes = valid_outcomes(runs, case_id)
        for what in broken_rules:
            times = sum(what in outcome.violations for outcome in outcomes)
            confirmed = times * 3 >= config.reruns * 2
            violations.append(Violation(case=case_id, what=what, again=(times, len(outcomes)), confirmed=confirmed))
    return tuple(violations), config.reruns * len(fresh)


def _contingency(cases: Sequence[Case], base: Outcomes, new: Outcomes) -> tuple[int, int, int, int]:
    """Count cases that passed twice, got worse, got better, failed twice.

    Half the repeats are a pass.
    """
    pairs = [(pass_rate(base, case.id) >= 0.5, pass_rate(new, case.id) >= 0.5) for case in cases]
    return (
        pairs.count((True, True)),
        pairs.count((True, False)),
        pairs.count((False, True)),
        pairs.count((False, False)),
    )


def _conclude(
    worse: Sequence[Flip], violations: Sequence[Violation], population: Sequence[MetricTest], prompts: Sequence[str]
) -> tuple[Literal["pass", "regression", "inconclusive"], tuple[str, ...]]:
    """Return the finding and its reasons.

    `prompts` changed and were not exercised: they forbid a pass.
    """
    broken = [violation.case for violation in violations if violation.confirmed]
    flips = [flip.case for flip in worse if flip.confirmed]
    dropped = [test.metric for test in population if test.verdict == "worse"]
    blind = (
        [f"not exercised: the changed prompts {', '.join(prompts)}, which this engine does not use"] if prompts else []
    )
    reasons = []
    if broken:
        reasons.append(f"{len(broken)} new violations of invariants ({_listed(broken)})")
    if flips:
        reasons.append(f"{len(flips)} cases are worse ({_listed(flips)})")
    if dropped:
        reasons.append(f"worse on the whole: {', '.join(dropped)}")
    if reasons:
        return "regression", (*reasons, *blind)
    undecided = [flip.case for flip in worse if flip.undecided]
    unclear = [test.metric for test in population if test.verdict == "inconclusive"]
    if undecided:
        reasons.append(f"{len(undecided)} cases look worse, and no fresh runs could decide ({_listed(undecided)})")
    if unclear:
        reasons.append(f"too little is known about {', '.join(unclear)}: a drop beyond the margin cannot be ruled out")
    if reasons:
        return "inconclusive", (*reasons, "more --repeats, of the baseline too, would tell", *blind)
    flaky = f"{len(worse)} cases came out worse once and did not hold up" if worse else "no case is worse"
    if blind:
        return "inconclusive", (*blind, flaky, "gate them with --engine model")
    return "pass", (flaky,)
