"""A run and a verdict as text for a terminal: what is printed comes from the same object as the exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.cases.case import Case, fingerprint
from evals.cases.labelling import Labelled
from evals.gate.statistics import Interval, seen, wilson
from evals.gate.verdict import Flip, Tested, Verdict
from evals.log.run_log import Manifest
from evals.metrics.judge_calibration import Agreement, Calibration, fit_to_gate
from evals.models import Measured, Outcome
from evals.report.report_words import passed
from evals.report.summary import LEAST, Summary

SHOWN = 20  # failing cases listed; the report has them all
SHORT = ("abstention", "fact_recall", "grounded", "citation_precision", "gold_citation_f1", "recall@5", "mrr")


def run_text(
    cases: Sequence[Case], found: Mapping[str, Sequence[Outcome]], summary: Summary, manifest: Manifest
) -> str:
    """What a run came to: what was asked, how much passed, the metrics, and each failing case with its blame."""
    failing = [
        _failing(case, outcomes) for case, outcomes in found.items() if not all(outcome.passed for outcome in outcomes)
    ]
    lines = [
        f"{manifest.engine}   {manifest.suite}@{fingerprint(cases)}: {len(cases)} cases, {summary.events} events, "
        f"{summary.answers} answers, {summary.errors} errors",
        f"passed {_share(summary.passed)}   " + _spent(summary),
        "",
        *(_metric(name, summary) for name in SHORT if name in summary.metrics),
        "",
        "by type: " + ", ".join(f"{slice.name} {slice.share.passed}/{slice.share.total}" for slice in summary.slices),
    ]
    if manifest.repeats > 1:
        lines.append(f"noise: {summary.wavering} of {len(cases)} cases passed in some repeats and not in others")
    if summary.violations:
        lines.append("invariants broken: " + ", ".join(f"{what} {n}" for what, n in summary.violations.items()))
    if failing:
        lines += ["", *failing[:SHOWN]]
    if len(failing) > SHOWN:
        lines.append(f"  … and {len(failing) - SHOWN} more; `isnad eval report` shows them all")
    return "\n".join(lines)


def _failing(case: str, outcomes: Sequence[Outcome]) -> str:
    """A case that fails, in how many of its repeats, and the blame of the first."""
    failed = [outcome for outcome in outcomes if not outcome.passed]
    times = f" ({len(failed)} of {len(outcomes)} answers)" if len(outcomes) > 1 else ""
    return f"  {case}{times}: {failed[0].blame or 'no answer'}: {failed[0].detail}"


def verdict_text(verdict: Verdict, *, against: str = "the baseline") -> str:
    """What a gate decided and from what; its last line is the verdict with its exit code."""
    integrity = verdict.integrity
    lines = [
        f"{integrity.compared} of {integrity.wanted} cases compared with {against}, {integrity.errors} errors, "
        f"{verdict.calls} answers asked for{_extra(verdict)}; {plural(verdict.comparisons, 'comparison')} with these cases on this machine so far"
    ]
    if integrity.uncovered:
        lines.append(
            f"not in the baseline as they are now: {', '.join(integrity.uncovered[:5])}{_more(integrity.uncovered)}"
        )
    if verdict.population:
        lines += [
            "",
            f"{'':28}{'base':>7}{'new':>7}   difference [90 % interval, events]",
            *map(_tested, verdict.population),
        ]
    both, worse, better, neither = verdict.mcnemar
    compared = sum(verdict.mcnemar)
    if verdict.population:
        lines += [
            "",
            f"cases: {both} passed both times, {worse} worse, {better} better, {neither} failed both times "
            f"(McNemar's exact p {verdict.p_mcnemar:.3f}, two-sided)",
            f"passed {_share(wilson(both + worse, compared))} → {_share(wilson(both + better, compared))}",
            f"{compared} cases show a drop of "
            + ", ".join(f"{points} points in {chance:.0%}" for points, chance in seen(compared))
            + " of the times (McNemar's test, one-sided 5 %)",
        ]
    lines += [f"  WORSE  {flip.case}: {flip_text(flip)}" for flip in verdict.worse if flip.confirmed]
    lines += [f"  open   {flip.case}: {flip_text(flip)}" for flip in verdict.worse if flip.undecided]
    lines += [f"  flaky  {flip.case}: {flip_text(flip)}" for flip in verdict.flaky]
    for violation in verdict.violations:
        again = f", again in {violation.again[0]} of {violation.again[1]} re-runs" if violation.again else ""
        lines.append(f"  {'BROKEN' if violation.confirmed else 'flaky '} {violation.case}: {violation.what}{again}")
    lines += [f"  better {flip.case}" for flip in verdict.better[:SHOWN]]
    return "\n".join([*lines, "", verdict.headline])


def flip_text(flip: Flip) -> str:
    """What happened to a case that came out worse, and whom to blame."""
    told = f"{'(critical) ' if flip.critical else ''}{passed(flip, 'en')}"
    return f"{told}: {flip.blame}" if flip.blame else told


def _extra(verdict: Verdict) -> str:
    return f", {verdict.extra} of them to sharpen the metrics" if verdict.extra else ""


def _tested(one: Tested) -> str:
    if one.difference is None:
        return f"{one.metric:28}no case has a value on both sides"
    it = one.difference
    told = f"{one.metric:28}{it.base:7.3f}{it.new:7.3f}   {it.change:+.3f} [{it.low:+.3f}, {it.high:+.3f}] over {it.events}  {one.verdict.upper()}"
    if one.detectable:
        told += f" (would see a drop of {one.detectable:.3f})"
    return told


def plural(number: int, what: str) -> str:
    """
    >>> plural(1, "comparison"), plural(2, "comparison")
    ('1 comparison', '2 comparisons')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def _share(interval: Interval) -> str:
    if not interval.total:
        return "none of 0"
    share = interval.passed / interval.total
    return f"{interval.passed}/{interval.total} = {share:.1%} [{interval.low:.1%}, {interval.high:.1%}]"


def _metric(name: str, summary: Summary) -> str:
    metric = summary.metrics[name]
    mean = metric.mean
    value = f"{mean.value:.3f}" if isinstance(mean, Measured) else "n/a"
    few = "  (few)" if 0 < len(metric.values) < LEAST else ""
    errors = f", {metric.errors} errors" if metric.errors else ""
    return f"{name:24}{value:>7}   {len(metric.values)} values, {metric.not_applicable} n/a{errors}{few}"


def _spent(summary: Summary) -> str:
    spent = summary.spent
    told = []
    if spent.median is not None and spent.p95 is not None:
        told.append(f"{spent.median:.3f} s median, {spent.p95:.3f} s p95")
    if spent.tokens_in or spent.tokens_out:
        told.append(f"{spent.tokens_in:,} tokens in, {spent.tokens_out:,} out")
    if spent.cost is not None:
        told.append(f"cost {spent.cost:.4f}")
    return ", ".join(told)


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - 5} more" if len(names) > 5 else ""


def calibration_text(judge: str, found: Sequence[Calibration]) -> str:
    """A judge beside people, a line for each source."""
    lines = [
        f"{judge}",
        f"{'source':22}{'rows':>6}{'errors':>8}   sensitivity          specificity          balanced  kappa  AUROC  ECE",
    ]
    for match in found:
        fit, why = fit_to_gate(match)
        lines.append(
            f"{match.source:22}{match.rows:6}{match.errors:8}   {_interval(match.sensitivity):20} {_interval(match.specificity):20} "
            f"{_figure(match.balanced):>8}  {_figure(match.kappa):>5}  {_figure(match.auroc):>5}  {_figure(match.ece)}"
            f"  {'may gate' if fit else f'may not gate: {why}'}"
        )
    return "\n".join(lines)


def agreement_text(name: str, found: Agreement) -> str:
    """How a score follows people's preference between two answers."""
    return f"{name}: {found.rows} pairs, {found.errors} errors, r {_figure(found.r)}, the order is right in {_share(found.right)}"


def labelled_text(found: Labelled) -> str:
    """What the labels of a run say."""
    lines = [f"{found.labels} labels"]
    lines += [calibration_text(name, [one]) for name, one in (("check", found.check), ("judge", found.judge)) if one]
    if found.grounded:
        it = found.grounded
        lines.append(
            f"sentences borne out: {it.raw:.3f} by the check, {it.rate:.3f} [{it.low:.3f}, {it.high:.3f}] once put right "
            f"by {it.labelled} labels drawn by lot (PPI++)"
        )
    return "\n".join(lines)


def _interval(one: Interval) -> str:
    return f"{one.passed / one.total:.3f} [{one.low:.2f}, {one.high:.2f}]" if one.total else "–"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
