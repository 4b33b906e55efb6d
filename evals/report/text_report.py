"""A run, a verdict and a calibration as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evals.cases.case import Case, fingerprint
from evals.curation.labelling import LabelSummary
from evals.gate.verdict import Flip, GateVerdict, MetricTest
from evals.log.run_log import Manifest
from evals.metrics.judge_calibration import Calibration, fit_to_gate
from evals.metrics.statistics import Interval, power_table, wilson
from evals.models import Measured, Outcome, Outcomes
from evals.report.report_words import describe_flip
from evals.report.summary import LEAST, Summary

SHOWN = 20  # failing cases listed; the report has them all
SHORT = ("abstention", "fact_recall", "grounded", "citation_precision", "gold_citation_f1", "recall@5", "mrr")


def run_text(cases: Sequence[Case], outcomes: Outcomes, summary: Summary, manifest: Manifest) -> str:
    """Describe a run: passes, metrics, and each failing case with its stage."""
    failing = [
        _failing_text(case, repeats)
        for case, repeats in outcomes.items()
        if not all(outcome.passed for outcome in repeats)
    ]
    lines = [
        f"{manifest.engine}   {manifest.suite}@{fingerprint(cases)}: {len(cases)} cases, {summary.events} events, "
        f"{summary.answers} answers, {summary.errors} errors",
        f"passed {_share_text(summary.passed)}   " + _spending_text(summary),
        "",
        *(_metric_text(name, summary) for name in SHORT if name in summary.metrics),
        "",
        "by type: " + ", ".join(f"{slice.name} {slice.share.passed}/{slice.share.total}" for slice in summary.slices),
    ]
    if manifest.repeats > 1:
        lines.append(f"noise: {summary.wavering} of {len(cases)} cases passed in some repeats and not in others")
    if summary.violations:
        lines.append("invariants broken: " + ", ".join(f"{name} {n}" for name, n in summary.violations.items()))
    if failing:
        lines += ["", *failing[:SHOWN]]
    if len(failing) > SHOWN:
        lines.append(f"  … and {len(failing) - SHOWN} more; `isnad eval report` shows them all")
    return "\n".join(lines)


def _failing_text(case: str, outcomes: Sequence[Outcome]) -> str:
    failed = [outcome for outcome in outcomes if not outcome.passed]
    times = f" ({len(failed)} of {len(outcomes)} answers)" if len(outcomes) > 1 else ""
    return f"  {case}{times}: {failed[0].blame or 'no answer'}: {failed[0].detail}"


def verdict_text(verdict: GateVerdict, *, against: str = "the baseline") -> str:
    """Describe a verdict and its grounds; the last line has the exit code."""
    integrity = verdict.integrity
    extra = f", {verdict.extra} of them to sharpen the metrics" if verdict.extra else ""
    lines = [
        f"{integrity.compared} of {integrity.wanted} cases compared with {against}, {integrity.errors} errors, "
        f"{verdict.calls} answers asked for{extra}; "
        f"{plural(verdict.comparisons, 'comparison')} with these cases on this machine so far"
    ]
    if integrity.uncovered:
        more = f" and {len(integrity.uncovered) - 5} more" if len(integrity.uncovered) > 5 else ""
        lines.append(f"not in the baseline as they are now: {', '.join(integrity.uncovered[:5])}{more}")
    if verdict.population:
        lines += [*_population_text(verdict)]
    lines += [*_cases_text(verdict)]
    return "\n".join([*lines, "", verdict.headline])


def _population_text(verdict: GateVerdict) -> Iterator[str]:
    both, worse, better, neither = verdict.mcnemar
    compared = sum(verdict.mcnemar)
    yield ""
    yield f"{'':28}{'base':>7}{'new':>7}   difference [90 % interval, events]"
    yield from map(_test_text, verdict.population)
    yield ""
    yield (
        f"cases: {both} passed both times, {worse} worse, {better} better, {neither} failed both times "
        f"(McNemar's exact p {verdict.p_mcnemar:.3f}, two-sided)"
    )
    yield f"passed {_share_text(wilson(both + worse, compared))} → {_share_text(wilson(both + better, compared))}"
    power = ", ".join(f"{points} points in {chance:.0%}" for points, chance in power_table(compared))
    yield f"{compared} cases show a drop of {power} of the times (McNemar's test, one-sided 5 %)"


def _cases_text(verdict: GateVerdict) -> Iterator[str]:
    for label, flips in (("WORSE ", verdict.confirmed), ("open  ", verdict.undecided), ("flaky ", verdict.flaky)):
        for flip in flips:
            yield f"  {label} {flip.case}: {flip_text(flip)}"
    for violation in verdict.violations:
        again = f", again in {violation.again[0]} of {violation.again[1]} re-runs" if violation.again else ""
        yield f"  {'BROKEN' if violation.confirmed else 'flaky '} {violation.case}: {violation.what}{again}"
    for flip in verdict.better[:SHOWN]:
        yield f"  better {flip.case}"


def flip_text(flip: Flip) -> str:
    """Describe a case that came out worse, with the stage that failed."""
    text = f"{'(critical) ' if flip.critical else ''}{describe_flip(flip)}"
    return f"{text}: {flip.blame}" if flip.blame else text


def _test_text(test: MetricTest) -> str:
    difference = test.difference
    if difference is None:
        return f"{test.metric:28}no case has a value on both sides"
    text = (
        f"{test.metric:28}{difference.base:7.3f}{difference.new:7.3f}   {difference.change:+.3f} "
        f"[{difference.low:+.3f}, {difference.high:+.3f}] over {difference.events}  {test.verdict.upper()}"
    )
    return f"{text} (would see a drop of {test.detectable:.3f})" if test.detectable else text


def plural(number: int, noun: str) -> str:
    """Write a number with its noun.

    >>> plural(1, "comparison"), plural(2, "comparison")
    ('1 comparison', '2 comparisons')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _share_text(interval: Interval) -> str:
    if not interval.total:
        return "none of 0"
    share = interval.passed / interval.total
    return f"{interval.passed}/{interval.total} = {share:.1%} [{interval.low:.1%}, {interval.high:.1%}]"


def _metric_text(name: str, summary: Summary) -> str:
    metric = summary.metrics[name]
    value = f"{metric.mean.value:.3f}" if isinstance(metric.mean, Measured) else "n/a"
    few = "  (few)" if 0 < len(metric.values) < LEAST else ""
    errors = f", {metric.errors} errors" if metric.errors else ""
    return f"{name:24}{value:>7}   {len(metric.values)} values, {metric.not_applicable} n/a{errors}{few}"


def _spending_text(summary: Summary) -> str:
    spent = summary.spent
    parts = []
    if spent.median is not None and spent.p95 is not None:
        parts.append(f"{spent.median:.3f} s median, {spent.p95:.3f} s p95")
    if spent.tokens_in or spent.tokens_out:
        parts.append(f"{spent.tokens_in:,} tokens in, {spent.tokens_out:,} out")
    if spent.cost is not None:
        parts.append(f"cost {spent.cost:.4f}")
    return ", ".join(parts)


def calibration_text(judge: str, calibrations: Sequence[Calibration]) -> str:
    """Compare a judge with people, a line for each source."""
    columns = "sensitivity          specificity          balanced  kappa  AUROC  ECE"
    lines = [f"{judge}", f"{'source':22}{'rows':>6}{'errors':>8}   {columns}"]
    for row in calibrations:
        fit, why = fit_to_gate(row)
        lines.append(
            f"{row.source:22}{row.rows:6}{row.errors:8}   {_interval(row.sensitivity):20} "
            f"{_interval(row.specificity):20} {_figure(row.balanced):>8}  {_figure(row.kappa):>5}  "
            f"{_figure(row.auroc):>5}  {_figure(row.ece)}  {'may gate' if fit else f'may not gate: {why}'}"
        )
    return "\n".join(lines)


def labels_text(summary: LabelSummary) -> str:
    """Describe what the labels of a run say of the check and the judge."""
    lines = [f"{summary.labels} labels"]
    for name, calibration in (("check", summary.check), ("judge", summary.judge)):
        if calibration:
            lines.append(calibration_text(name, [calibration]))
    if rate := summary.grounded:
        lines.append(
            f"sentences borne out: {rate.raw:.3f} by the check, {rate.rate:.3f} [{rate.low:.3f}, {rate.high:.3f}] once "
            f"put right by {rate.labelled} labels drawn by lot (PPI++)"
        )
    return "\n".join(lines)


def _interval(interval: Interval) -> str:
    if not interval.total:
        return "–"
    return f"{interval.passed / interval.total:.3f} [{interval.low:.2f}, {interval.high:.2f}]"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
