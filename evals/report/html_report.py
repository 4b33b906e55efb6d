"""A run as one HTML file without script or network, in both directions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from assistant.rendering.plain_text import direction, surroundings
from evals.cases.case import Case, fingerprint
from evals.cases.corpus import Corpus, articles_fingerprint
from evals.gate.verdict import GateVerdict, MetricTest
from evals.log.run_log import Manifest, RunRecord
from evals.metrics import statistics
from evals.metrics.scoring import Scorer, degree_name
from evals.models import LogEntry, Measured, Outcome, Outcomes
from evals.report.report_words import describe_flip, describe_reasons, report_words, stage_name
from evals.report.summary import LEAST, Summary, summarise
from index.models import Span

TEMPLATE = "html_report.jinja"
WIDTH, LABEL, ROW = 640.0, 170.0, 34.0  # of the forest plot, in pixels
MARGIN = 0.05
AROUND = 400  # characters of a paragraph shown on either side of a quote

ScoredAnswer = tuple[LogEntry, Outcome]


class Passage(NamedTuple):
    """A quote in its paragraph."""

    id: str
    file_id: str
    before: str
    quote: str
    after: str


class Claim(NamedTuple):
    """A sentence of an answer, with its style class, files, passages and reasons."""

    text: str
    degree: str  # full, partial, none, unknown
    files: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    reasons: tuple[str, ...] = ()


class SideView(NamedTuple):
    """A side's answer to a case."""

    side: str  # base, new
    result: str  # passed, failed, error
    abstained: bool
    claims: tuple[Claim, ...]
    outcome: Outcome

    @property
    def passages(self) -> tuple[Passage, ...]:
        return tuple(passage for claim in self.claims for passage in claim.passages)


class CaseView(NamedTuple):
    """A case with the answers of both sides.

    `standing`: invariant, confirmed, open, flaky, better or failing.
    """

    case: Case
    standing: str
    change: str
    gold: tuple[tuple[str, str, str], ...]  # accepted, file, quote
    sides: tuple[SideView, ...]


def render_report(
    cases: Sequence[Case],
    scorer: Scorer,
    new: RunRecord,
    base: RunRecord | None = None,
    verdict: GateVerdict | None = None,
    *,
    language: Literal["en", "ar"] = "en",
) -> str:
    """Render the report of a run.

    With a `base` run its changes, with a verdict the decision.

    Everything that an article, an answer or a prompt says is escaped; nothing is loaded from anywhere.
    """
    by_id = {case.id: case for case in cases}
    runs = {"base": base, "new": new}
    answers = {side: _score_by_case(by_id, scorer, run.entries) for side, run in runs.items() if run}
    outcomes = {
        side: {case: [outcome for _, outcome in scored] for case, scored in answers[side].items()} for side in answers
    }
    words = report_words(language)
    changes = (
        {flip.case: describe_flip(flip, language) for flip in (*verdict.worse, *verdict.better)} if verdict else {}
    )
    views = [
        _case_view(by_id[case], standing, changes.get(case, ""), scorer, answers)
        for case, standing in _standings(verdict, outcomes["new"])
        if case in by_id
    ]
    summary = summarise(cases, outcomes["new"])
    base_summary = summarise(cases, outcomes["base"]) if outcomes.get("base") else None
    power = ", ".join(words["drop"].format(at, f"{chance:.0%}") for at, chance in statistics.power_table(len(cases)))
    return _render_template(
        words=words,
        language=language,
        verdict=verdict,
        reasons=describe_reasons(verdict, language) if verdict else [],
        stage=lambda name: stage_name(name, language),
        direction=direction,
        manifest=new.manifest,
        base_manifest=base.manifest if base else None,
        facts=_facts(cases, scorer.corpus, new.manifest, words),
        diffs=_prompt_diffs(base.manifest, new.manifest) if base else [],
        views=views,
        plot=_plot(verdict.population) if verdict else None,
        summary=summary,
        base_summary=base_summary,
        metrics=_metric_rows(summary, base_summary),
        power=words["power_text"].format(power),
        least=LEAST,
        judged=scorer.judge is not None,
    )


def _render_template(**values: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=folder, undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(TEMPLATE).render(**values)


def _score_by_case(
    cases: Mapping[str, Case], scorer: Scorer, entries: Sequence[LogEntry]
) -> dict[str, list[ScoredAnswer]]:
    groups: dict[str, list[ScoredAnswer]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.case, entry.repeat)):
        if entry.case in cases:
            groups.setdefault(entry.case, []).append((entry, scorer.score(cases[entry.case], entry)))
    return groups


def _standings(verdict: GateVerdict | None, outcomes: Outcomes) -> list[tuple[str, str]]:
    """Return (case, standing) in reading order: what broke comes first."""
    groups: list[tuple[str, list[str]]] = []
    if verdict:
        groups = [
            ("invariant", [violation.case for violation in verdict.violations if violation.confirmed]),
            ("confirmed", [flip.case for flip in verdict.confirmed]),
            ("open", [flip.case for flip in verdict.undecided]),
            ("flaky", [flip.case for flip in verdict.flaky]),
            ("better", [flip.case for flip in verdict.better]),
        ]
    failing = [case for case, repeats in outcomes.items() if not all(outcome.passed for outcome in repeats)]
    standings: dict[str, str] = {}
    for standing, cases in (*groups, ("failing", failing)):
        for case in sorted(cases):
            standings.setdefault(case, standing)
    return list(standings.items())


def _case_view(
    case: Case, standing: str, change: str, scorer: Scorer, answers: Mapping[str, Mapping[str, list[ScoredAnswer]]]
) -> CaseView:
    """Show a case with the most telling answer of each side.

    A failing repeat if there is any.
    """
    sides = []
    for side, by_case in answers.items():
        if scored := by_case.get(case.id):
            entry, outcome = min(scored, key=lambda pair: {False: 0, None: 1, True: 2}[pair[1].passed])
            sides.append(_side_view(case, side, entry, outcome, scorer))
    gold = tuple(
        (fact.accept[0] if fact.accept else fact.id, file_id, quote)
        for fact in case.facts
        for file_id, quote in fact.evidence[:1]
    )
    return CaseView(case, standing, change, gold, tuple(sides))


def _side_view(case: Case, side: str, entry: LogEntry, outcome: Outcome, scorer: Scorer) -> SideView:
    if entry.reply is None:
        return SideView(side, "error", False, (Claim(entry.error or "", "unknown"),), outcome)
    answer = entry.reply.answer
    aligned = scorer.align(case, entry.reply)
    claims = []
    for number, (sentence, verdict) in enumerate(zip(answer.sentences, aligned.verdicts, strict=True)):
        prefix = f"{case.id}-{side}-{number}"
        passages = tuple(
            _passage(scorer.corpus, citation.file_id, Span(citation.start, citation.end), f"{prefix}-{at}")
            for at, citation in enumerate(sentence.citations)
        )
        files = tuple(dict.fromkeys(citation.file_id for citation in sentence.citations))
        claims.append(Claim(sentence.text, degree_name(verdict) or "unknown", files, passages, sentence.reasons))
    shown = tuple(claims) or (Claim(answer.text, "unknown"),)
    return SideView(side, "passed" if outcome.passed else "failed", answer.abstained, shown, outcome)


def _passage(corpus: Corpus, file_id: str, span: Span, name: str) -> Passage:
    text = corpus.text(file_id) or ""
    around = surroundings(text, span)
    start, end = max(around.start, span.start - AROUND), min(around.end, span.end + AROUND)
    return Passage(name, file_id, text[start : span.start], span.of(text), text[span.end : end])


def _facts(cases: Sequence[Case], corpus: Corpus, manifest: Manifest, words: Mapping[str, str]) -> list[str]:
    """Return the line under the title: who was asked what, when."""
    events = len({case.cluster for case in cases})
    facts = [
        manifest.engine + (f" ({manifest.model})" if manifest.model else ""),
        f"{manifest.suite}@{fingerprint(cases)}",
        f"{len(cases)} {words['cases']}, {events} {words['events']}",
        f"{len(corpus.articles)} {words['articles']} @{articles_fingerprint(corpus.hashes())}",
        f"{manifest.created:%Y-%m-%d %H:%M} UTC",
    ]
    if manifest.commit:
        facts.append(manifest.commit + ("+" if manifest.dirty else ""))
    return facts


def _metric_rows(new: Summary, base: Summary | None) -> list[tuple[str, str, str, int, int, int]]:
    """Return name, mean before, mean now, values, n/a, errors."""

    def mean(summary: Summary | None, name: str) -> str:
        score = summary.metrics[name].mean if summary and name in summary.metrics else None
        return f"{score.value:.3f}" if isinstance(score, Measured) else "–"

    return [
        (name, mean(base, name), mean(new, name), len(row.values), row.not_applicable, row.errors)
        for name, row in sorted(new.metrics.items())
    ]


def _prompt_diffs(before: Manifest, now: Manifest) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return the prompts that differ between two runs, line by line."""
    names = sorted(set(before.prompt_texts) | set(now.prompt_texts))
    pairs = [(name, before.prompt_texts.get(name, ""), now.prompt_texts.get(name, "")) for name in names]
    return [(name, [*_diff_rows(old.splitlines(), new.splitlines())]) for name, old, new in pairs if old != new]


def _diff_rows(old: list[str], new: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, old line, new line); long equal stretches are shortened."""
    kinds = {"equal": "same", "replace": "changed", "delete": "gone", "insert": "new"}
    for tag, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        longest = max(b - a, d - c)
        left, right = ([*lines, *[""] * (longest - len(lines))] for lines in (old[a:b], new[c:d]))
        rows = [(kinds[tag], before, after) for before, after in zip(left, right, strict=True)]
        if tag == "equal" and len(rows) >= 7:
            rows = [*rows[:3], ("skipped", "⋯", "⋯"), *rows[-3:]]
        yield from rows


class Dot(NamedTuple):
    """One row of the forest plot, in pixels."""

    name: str
    kind: str  # a style class: worse, improved or ""
    y: float
    low: float
    at: float
    high: float
    label: str


class Plot(NamedTuple):
    """The forest plot: differences with their intervals around zero, and the margin."""

    width: float
    height: float
    zero: float
    margin: float
    ticks: tuple[tuple[float, str], ...]
    dots: tuple[Dot, ...]


def _plot(population: Sequence[MetricTest]) -> Plot | None:
    rows = [(test, test.difference) for test in population if test.difference]
    if not rows:
        return None
    ends = [abs(end) * 1.1 for _, change in rows for end in (change.low, change.high, change.change)]
    reach = max(MARGIN * 1.5, *ends)

    def x(value: float) -> float:
        return round(LABEL + (WIDTH - LABEL - 10) * (value + reach) / (2 * reach), 1)

    dots = []
    for number, (test, change) in enumerate(rows):
        kind = test.verdict if test.verdict in ("worse", "improved") else ""
        interval = f"({change.change:+.3f} [{change.low:+.3f}, {change.high:+.3f}])"
        label = f"{change.base:.3f} → {change.new:.3f} {interval}"
        y = ROW * number + ROW / 2
        dots.append(Dot(test.metric, kind, y, x(change.low), x(change.change), x(change.high), label))
    step = next(size for size in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if reach / size <= 5)
    values = [step * at for at in range(-5, 6) if abs(step * at) <= reach]
    ticks = tuple((x(value), f"{value:+.2f}" if value else "0") for value in values)
    return Plot(WIDTH, ROW * len(rows) + 26, x(0.0), x(-MARGIN), ticks, tuple(dots))
