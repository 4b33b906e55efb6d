"""The gate: what it concludes from which outcomes, and that its words and its exit code are one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from evals.cases.case import Case
from evals.gate.decision import decide, decide_completeness
from evals.gate.gate_config import GateConfig, Side, no_rerun
from evals.gate.verdict import BUDGET, INCONCLUSIVE, PASS, REGRESSION, budget_verdict
from evals.models import Measured, NotApplicable, Outcome, Outcomes
from evals.report.text_report import verdict_text

CASES = tuple(
    Case(id=f"c{at:02d}", cluster=f"e{at // 2}", lang="ar", type="who", question="؟", answerable=at % 4 != 0)
    for at in range(24)
)


def outcome(case: str, passed: bool | None, *violations: str, repeat: int = 0) -> Outcome:
    value = Measured(float(bool(passed)))
    scores = {"grounded": value, "fact_recall": value, "abstention": value}
    return Outcome(
        case=case,
        repeat=repeat,
        passed=passed,
        scores=scores if passed is not None else {},
        violations=violations,
        blame=None if passed else "not retrieved",
        detail="" if passed is not None else "TimeoutError",
    )


def all_pass(*, but: Sequence[str] = (), broken: Sequence[str] = ()) -> dict[str, list[Outcome]]:
    """Every case passes once, but for those, and those that break an invariant."""
    return {
        case.id: [
            outcome(case.id, case.id not in but, *(["a number that no cited file has"] if case.id in broken else []))
        ]
        for case in CASES
    }


class Fresh:
    """Fresh runs as told: side → case → how many of its runs pass before it fails; whoever is not named passes always.
    Remembers what it was asked.
    """

    def __init__(self, passes: dict[tuple[Side, str], int], violations: int = 0) -> None:
        self.passes, self.violations = passes, violations
        self.asked: list[tuple[Side, tuple[str, ...], int]] = []
        self.ran: Counter[tuple[Side, str]] = Counter()

    def __call__(self, side: Side, cases: Sequence[str], times: int, /) -> Outcomes:
        self.asked.append((side, tuple(cases), times))
        return {case: [self.next(side, case) for _ in range(times)] for case in cases}

    def next(self, side: Side, case: str) -> Outcome:
        at = self.ran[side, case]
        self.ran[side, case] += 1
        broken = ["a number that no cited file has"] if side == "new" and at < self.violations else []
        return outcome(case, at < self.passes.get((side, case), at + 1), *broken)


def test_the_same_outcomes_are_a_pass_and_nothing_is_asked_again() -> None:
    again = Fresh({})
    verdict = decide(CASES, all_pass(), all_pass(), again)
    assert (verdict.finding, verdict.exit_code, again.asked) == ("pass", PASS, [])
    assert verdict.headline.startswith("PASS (exit 0)")


def test_a_case_that_always_passed_and_never_does_now_is_a_regression() -> None:
    again = Fresh({("new", "c03"): 0})
    verdict = decide(CASES, all_pass(), all_pass(but=["c03"]), again)
    assert verdict.exit_code == REGRESSION and "1 cases are worse (c03)" in verdict.headline
    assert [flip.case for flip in verdict.confirmed] == ["c03"]
    assert verdict.confirmed[0].base_again == (8, 8) and verdict.confirmed[0].new_again == (0, 8)
    assert again.asked == [("new", ("c03",), 4), ("new", ("c03",), 4), ("base", ("c03",), 8)]
    assert verdict.calls == len(CASES) + 16


def test_a_case_that_came_out_worse_once_and_holds_up_is_listed_as_flaky_and_is_no_regression() -> None:
    verdict = decide(CASES, all_pass(), all_pass(but=["c03"]), Fresh({("new", "c03"): 6, ("base", "c03"): 7}))
    assert verdict.confirmed == () and [flip.case for flip in verdict.flaky] == ["c03"]
    assert verdict.exit_code != REGRESSION


def test_a_suspect_that_passes_so_often_that_nothing_could_confirm_it_is_let_go_early() -> None:
    again = Fresh({})
    verdict = decide(CASES, all_pass(), all_pass(but=["c03"]), again, GateConfig(extra=0.0))
    assert again.asked == [("new", ("c03",), 4)] and verdict.calls == len(CASES) + 4
    assert verdict.flaky[0].new_again == (4, 4) and verdict.flaky[0].p and verdict.flaky[0].p > GateConfig().alpha
    assert "fresh runs of the new side alone 4/4, which clears it" in verdict_text(verdict)


def test_the_baselines_wavering_cases_are_asked_more_often_where_the_metrics_are_blurred() -> None:
    """A third of the cases passes in every other repeat; the others always, and nobody asks for them again."""
    wavering = [case.id for at, case in enumerate(CASES) if at % 3 == 0]
    base = {
        case.id: [outcome(case.id, case.id not in wavering or at % 2 == 0, repeat=at) for at in range(8)]
        for case in CASES
    }
    again = Fresh({})
    verdict = decide(CASES, base, all_pass(but=wavering[::2]), again)
    extra = [(cases, times) for side, cases, times in again.asked if set(cases) == set(wavering)]
    assert extra == [(tuple(wavering), 1)] * 3 and verdict.extra == 3 * len(wavering) == len(CASES)
    assert f"{len(CASES)} of them to sharpen the metrics" in verdict_text(verdict)


def test_nothing_more_is_asked_where_the_metrics_are_sharp_or_a_case_is_lost_already() -> None:
    sharp, lost = Fresh({}), Fresh({("new", "c03"): 0})
    assert decide(CASES, all_pass(), all_pass(), sharp).extra == 0 and sharp.asked == []
    assert decide(CASES, all_pass(), all_pass(but=["c03"]), lost).extra == 0


def test_the_more_suspects_the_stronger_the_evidence_each_needs() -> None:
    halved = {("new", f"c{at:02d}"): 3 for at in range(12)}
    alone = decide(CASES, all_pass(), all_pass(but=["c00"]), Fresh(halved))
    many = decide(CASES, all_pass(), all_pass(but=[f"c{at:02d}" for at in range(12)]), Fresh(halved))
    assert len(alone.confirmed) == 1 and many.confirmed == ()


def test_between_deterministic_sides_what_was_seen_is_what_is() -> None:
    verdict = decide(CASES, all_pass(but=["c05"]), all_pass(but=["c03"]), None)
    assert [flip.case for flip in verdict.confirmed] == ["c03"]
    assert [flip.case for flip in verdict.better] == ["c05"]
    assert verdict.mcnemar == (22, 1, 1, 0)


@pytest.mark.parametrize(("again", "found"), [(3, "regression"), (2, "regression"), (1, "pass"), (0, "pass")])
def test_a_new_violation_counts_where_two_of_three_reruns_break_it_again(again: int, found: str) -> None:
    fresh = Fresh({}, violations=again)
    verdict = decide(CASES, all_pass(), all_pass(broken=["c07"]), fresh)
    assert fresh.asked[0] == ("new", ("c07",), 3)
    assert verdict.finding == found and verdict.violations[0].again == (again, 3)


def test_a_violation_that_the_baseline_has_too_is_not_new() -> None:
    verdict = decide(CASES, all_pass(broken=["c07"]), all_pass(broken=["c07"]), None)
    assert verdict.violations == () and verdict.exit_code == PASS


def test_an_incomplete_run_never_passes() -> None:
    new = all_pass()
    del new["c01"]
    verdict = decide(CASES, all_pass(), new, None)
    assert (verdict.finding, verdict.exit_code) == ("incomplete", INCONCLUSIVE)
    assert verdict.integrity.missing == ("c01",) and "1 of 24 cases were not answered (c01)" in verdict.headline


def test_too_many_errors_are_inconclusive_and_name_the_first() -> None:
    new = all_pass() | {"c01": [outcome("c01", None)]}
    verdict = decide(CASES, all_pass(), new, None)
    assert verdict.exit_code == INCONCLUSIVE and "1 of 24 answers are errors (c01): TimeoutError" in verdict.headline


def test_a_few_errors_are_left_out_and_counted() -> None:
    new = {case.id: [outcome(case.id, True, repeat=at) for at in range(3)] for case in CASES}
    new["c01"][0] = outcome("c01", None)
    verdict = decide(CASES, all_pass(), new, None)
    assert verdict.exit_code == PASS and verdict.integrity.errors == 1


def test_cases_that_the_baseline_does_not_have_are_named_and_too_many_are_inconclusive() -> None:
    base = all_pass()
    del base["c01"]
    assert decide(CASES, base, all_pass(), None).integrity.uncovered == ("c01",)
    verdict = decide(CASES, {case: base[case] for case in list(base)[:12]}, all_pass(), None)
    assert verdict.exit_code == INCONCLUSIVE and "set it anew" in verdict.headline


def test_what_makes_the_sides_incomparable_ends_it_before_anything_is_paid_for() -> None:
    again = Fresh({})
    verdict = decide(CASES, all_pass(), all_pass(but=["c03"]), again, GateConfig(problems=("3 articles differ",)))
    assert verdict.exit_code == INCONCLUSIVE and "3 articles differ" in verdict.headline and again.asked == []


def test_inconclusive_passes_only_where_that_is_allowed_and_a_regression_never() -> None:
    def allowed(new: Outcomes) -> int:
        return decide(CASES, all_pass(), new, None, GateConfig(allow_inconclusive=True)).exit_code

    assert allowed({case: found for case, found in all_pass().items() if case != "c01"}) == PASS
    assert allowed(all_pass(but=["c03"])) == REGRESSION


def test_without_fresh_runs_what_came_out_worse_stays_open() -> None:
    verdict = decide(CASES, all_pass(), all_pass(but=["c03"]), no_rerun)
    assert verdict.exit_code == INCONCLUSIVE and [flip.undecided for flip in verdict.worse] == [True]


def test_a_drop_all_over_is_worse_on_the_whole_though_no_single_case_is_confirmed() -> None:
    new = {case.id: [outcome(case.id, at % 2 != 0)] for at, case in enumerate(CASES)}
    names = [case.id for at, case in enumerate(CASES) if at % 2 == 0]
    verdict = decide(CASES, all_pass(), new, Fresh({("new", name): 6 for name in names}))
    assert verdict.confirmed == () and verdict.exit_code == REGRESSION
    assert {one.metric for one in verdict.population if one.verdict == "worse"}


def test_abstention_counts_both_kinds_of_question_alike() -> None:
    """Six unanswerable of 24: losing three of them costs a quarter of balanced accuracy, not an eighth."""
    new = all_pass(but=["c00", "c04", "c08"])
    found = {one.metric: one.difference for one in decide(CASES, all_pass(), new, None).population}
    assert found["abstention"] and found["fact_recall"]
    assert found["abstention"].change == pytest.approx(-0.25)
    assert found["fact_recall"].change == pytest.approx(-0.125)


def test_a_metric_without_values_on_both_sides_says_so() -> None:
    bare = {
        case.id: [Outcome(case=case.id, repeat=0, passed=True, scores={"grounded": NotApplicable("refused")})]
        for case in CASES
    }
    verdict = decide(CASES, bare, bare, None, GateConfig(metrics=("grounded",)))
    assert [one.verdict for one in verdict.population] == ["no values"] and verdict.exit_code == PASS


def test_a_budget_that_is_spent_has_its_own_exit_code() -> None:
    verdict = budget_verdict(24, 0.4, 0.5)
    assert verdict.exit_code == BUDGET and "resume" in verdict.headline


def test_a_run_that_is_compared_with_nothing_passes_when_every_case_was_answered() -> None:
    assert decide_completeness(CASES, all_pass(but=["c03"])).exit_code == PASS
    assert decide_completeness(CASES, {}).exit_code == INCONCLUSIVE
