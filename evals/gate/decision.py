"""The gate before a prompt changes: integrity → hard invariants → flip → confirm → population → verdict.

"Any case flipped" cries wolf in most runs where nothing changed, and a test of the means is blind to one broken event in
twenty. So a case that came out worse is only a suspect: fresh runs of both sides decide (Fisher's exact test, Holm's
correction), on the fresh runs alone. The design was simulated before it was built; `tests/evals/test_gate_rates.py`
simulates this code. The gate does no I/O: fresh runs come through `Again`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from evals.cases.case import Case
from evals.gate import statistics
from evals.gate.aggregate_tests import sharpened, tested
from evals.gate.gate_plan import Again, Outcomes, Plan, rate, valid
from evals.gate.regression_tests import confirmed, flips
from evals.gate.verdict import Flip, Integrity, Tested, Verdict, Violation


def decide(
    cases: Sequence[Case],
    base: Outcomes,
    new: Outcomes,
    again: Again | None,
    *,
    plan: Plan | None = None,
    problems: Sequence[str] = (),
    comparisons: int = 1,
    allow_inconclusive: bool = False,
) -> Verdict:
    """Compare what both sides answered and say whether something broke.

    `again` is None where both sides are deterministic: then what was seen is what is. `base` may lack cases that are new or
    changed since; `problems` are reasons known beforehand why the two cannot be compared (another corpus, say).
    """
    plan = plan or Plan()
    assert len(plan.metrics) <= 3, "declare at most three metrics"
    integrity = _integrity(cases, base, new, plan, problems)
    calls = sum(len(outcomes) for outcomes in new.values())
    if integrity.problems:
        return Verdict(
            finding="incomplete",
            reasons=integrity.problems,
            integrity=integrity,
            calls=calls,
            comparisons=comparisons,
            allow_inconclusive=allow_inconclusive,
        )
    seen = [case for case in cases if valid(base, case.id) and valid(new, case.id)]
    violations, used = _violations(seen, base, new, again, plan)
    worse, asked = confirmed(flips(seen, base, new, worse=True), again, plan)
    broke = any(flip.confirmed for flip in worse) or any(violation.confirmed for violation in violations)
    more = new if broke else sharpened(seen, base, new, again, plan)  # what is lost already needs no sharper means
    extra = sum(len(more[case.id]) - len(new[case.id]) for case in seen)
    population = tested(plan.metrics, seen, base, more, margin=plan.margin, alpha=plan.population_alpha)
    finding, reasons = _finding(worse, violations, population)
    table = _table(seen, base, new)
    return Verdict(
        finding=finding,
        reasons=reasons,
        integrity=integrity,
        worse=worse,
        better=flips(seen, base, new, worse=False),
        violations=violations,
        population=population,
        mcnemar=table,
        p_mcnemar=statistics.mcnemar(table[1], table[2]),
        extra=extra,
        calls=calls + used + asked + extra,
        comparisons=comparisons,
        allow_inconclusive=allow_inconclusive,
    )


def beforehand(
    cases: Sequence[Case],
    known: Mapping[str, str],
    problems: Sequence[str],
    *,
    plan: Plan | None = None,
    comparisons: int = 1,
    allow_inconclusive: bool = False,
) -> Verdict | None:
    """The verdict where it is plain before anything is paid for that nothing can be compared; else None.

    `known`: the cases that the baseline has, id → hash.
    """
    uncovered = tuple(case.id for case in cases if known.get(case.id) != case.sha)
    found = (*problems, *_outdated(len(uncovered), len(cases), plan or Plan()))
    if not found:
        return None
    return Verdict(
        finding="incomplete",
        reasons=(*found, "nothing was asked"),
        integrity=Integrity(wanted=len(cases), compared=0, errors=0, uncovered=uncovered, problems=found),
        comparisons=comparisons,
        allow_inconclusive=allow_inconclusive,
    )


def complete(cases: Sequence[Case], new: Outcomes, *, plan: Plan | None = None) -> Verdict:
    """The verdict of a run that is compared with nothing: whether every case was answered, errors aside."""
    integrity = _integrity(cases, new, new, plan or Plan(uncovered=1.0), ())
    calls = sum(len(outcomes) for outcomes in new.values())
    if integrity.problems:
        return Verdict(finding="incomplete", reasons=integrity.problems, integrity=integrity, calls=calls)
    return Verdict(
        finding="pass", reasons=("every case was answered; compared with nothing",), integrity=integrity, calls=calls
    )


# --- integrity ---


def _integrity(cases: Sequence[Case], base: Outcomes, new: Outcomes, plan: Plan, problems: Sequence[str]) -> Integrity:
    missing = tuple(case.id for case in cases if not new.get(case.id))
    uncovered = tuple(case.id for case in cases if not base.get(case.id))
    replies = [one for case in cases for one in new.get(case.id, ())]
    errors = sum(reply.passed is None for reply in replies)
    compared = sum(bool(valid(base, case.id) and valid(new, case.id)) for case in cases)
    found = list(problems)
    if missing:
        found.append(f"{len(missing)} of {len(cases)} cases were not answered ({_some(missing)})")
    if errors > plan.errors * len(replies):
        broken = dict.fromkeys(reply.case for reply in replies if reply.passed is None)
        why = next(reply.detail for reply in replies if reply.passed is None)
        found.append(f"{errors} of {len(replies)} answers are errors ({_some(tuple(broken))}): {why}")
    found += _outdated(len(uncovered), len(cases), plan)
    return Integrity(
        wanted=len(cases),
        compared=compared,
        errors=errors,
        missing=missing,
        uncovered=uncovered,
        problems=tuple(found),
    )


def _outdated(uncovered: int, cases: int, plan: Plan) -> tuple[str, ...]:
    if uncovered <= plan.uncovered * cases:
        return ()
    return (
        f"the baseline does not have {uncovered} of {cases} cases as they are now; set it anew "
        "(isnad eval run, then isnad eval baseline set)",
    )


def _some(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


# --- hard invariants ---


def _violations(
    cases: Sequence[Case], base: Outcomes, new: Outcomes, again: Again | None, plan: Plan
) -> tuple[tuple[Violation, ...], int]:
    """Violations that the baseline does not have, each run again; and how many answers that took."""
    fresh: dict[str, list[str]] = {}
    for case in cases:
        known = {what for one in base[case.id] for what in one.violations}
        for what in dict.fromkeys(what for one in new[case.id] for what in one.violations):
            if what not in known:
                fresh.setdefault(case.id, []).append(what)
    if again is None:
        return tuple(Violation(case=case, what=what, confirmed=True) for case in fresh for what in fresh[case]), 0
    runs = again("new", tuple(fresh), plan.reruns) if fresh else {}
    found = []
    for name, broken in fresh.items():
        back = valid(runs, name)
        for what in broken:
            times = sum(what in one.violations for one in back)
            held_up = times * 3 >= plan.reruns * 2
            found.append(Violation(case=name, what=what, again=(times, len(back)), confirmed=held_up))
    return tuple(found), plan.reruns * len(fresh)


# --- the finding ---


def _table(cases: Sequence[Case], base: Outcomes, new: Outcomes) -> tuple[int, int, int, int]:
    """Cases that passed both times, got worse, got better, failed both times; a case passes where half its repeats do."""
    pairs = [(rate(base, case.id) >= 0.5, rate(new, case.id) >= 0.5) for case in cases]
    return (
        pairs.count((True, True)),
        pairs.count((True, False)),
        pairs.count((False, True)),
        pairs.count((False, False)),
    )


def _finding(
    worse: Sequence[Flip], violations: Sequence[Violation], population: Sequence[Tested]
) -> tuple[Literal["pass", "regression", "inconclusive"], tuple[str, ...]]:
    broken = [violation for violation in violations if violation.confirmed]
    flips = [one for one in worse if one.confirmed]
    down = [one.metric for one in population if one.verdict == "worse"]
    reasons = []
    if broken:
        reasons.append(f"{len(broken)} new violations of invariants ({_some([one.case for one in broken])})")
    if flips:
        reasons.append(f"{len(flips)} cases are worse ({_some([flip.case for flip in flips])})")
    if down:
        reasons.append(f"worse on the whole: {', '.join(down)}")
    if reasons:
        return "regression", tuple(reasons)
    undecided = [one.case for one in worse if one.undecided]
    unclear = [one.metric for one in population if one.verdict == "inconclusive"]
    if undecided:
        reasons.append(f"{len(undecided)} cases look worse, and no fresh runs could decide ({_some(undecided)})")
    if unclear:
        reasons.append(f"too little is known about {', '.join(unclear)}: a drop beyond the margin cannot be ruled out")
    if reasons:
        return "inconclusive", (*reasons, "more --repeats, of the baseline too, would tell")
    flaky = f"{len(worse)} cases came out worse once and did not hold up" if worse else "no case is worse"
    return "pass", (flaky,)
