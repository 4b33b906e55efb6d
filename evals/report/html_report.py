"""A run as one HTML file that opens from disk: no script, no network, right-to-left where the words are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from assistant.rendering.plain_text import direction
from evals.cases import corpus as texts
from evals.cases.case import Case, fingerprint
from evals.cases.corpus import Corpus
from evals.gate import statistics
from evals.gate.baseline import Baseline
from evals.gate.verdict import Tested, Verdict
from evals.log.run_log import Manifest
from evals.metrics.aligned_reply import Support
from evals.metrics.scoring import score
from evals.models import Entry, Measured, Outcome
from evals.report.report_words import WORDS, passed, reasons, step
from evals.report.summary import LEAST, Summary, summarise
from evals.report.view_models import Bench, Card, prompt_diffs, standings
from index.models import Value

TEMPLATE = "html_report.jinja"
WIDTH, LABEL, ROW = 640.0, 170.0, 34.0  # of the forest plot, in pixels
MARGIN = 0.05


class Side(Value, frozen=True, kw_only=True):
    """What one side of the report is made of."""

    manifest: Manifest
    entries: tuple[Entry, ...]


def html(
    cases: Sequence[Case],
    corpus: Corpus,
    support: Support,
    new: Side,
    base: Side | None = None,
    verdict: Verdict | None = None,
    *,
    judge: Support | None = None,
    language: Literal["en", "ar"] = "en",
) -> str:
    """The report of a run; with a `base` side also what changed, and with a verdict what was decided.

    Everything that an article, an answer or a prompt says is escaped; nothing is loaded from anywhere.
    """
    sides = {"new": new.entries, "base": base.entries if base else ()}
    by_id = {case.id: case for case in cases}
    outcomes = {
        (side, entry.case, entry.repeat): score(by_id[entry.case], entry, corpus, support, judge)
        for side, entries in sides.items()
        for entry in entries
        if entry.case in by_id
    }
    found, before = (_by_case(outcomes[key] for key in sorted(outcomes) if key[0] == side) for side in ("new", "base"))
    bench = Bench(corpus, support, _by_case(sides["new"]), _by_case(sides["base"]), outcomes)
    words: Mapping[str, str] = WORDS[language]
    summary, base_summary = summarise(cases, found), summarise(cases, before) if before else None
    return _render(
        words=words,
        language=language,
        verdict=verdict,
        reasons=reasons(verdict, language) if verdict else [],
        step=lambda name: step(name, language),
        direction=direction,
        manifest=new.manifest,
        base_manifest=base.manifest if base else None,
        facts=_facts(cases, corpus, new.manifest, words),
        diffs=prompt_diffs(base.manifest if base else None, new.manifest),
        cards=_cards(cases, bench, verdict, found, language),
        plot=_plot(verdict.population) if verdict else None,
        summary=summary,
        base_summary=base_summary,
        metrics=_metrics(summary, base_summary),
        power=_power(len(cases), words),
        least=LEAST,
        judged=judge is not None,
    )


def _render(**values: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=folder, undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(TEMPLATE).render(**values)


T = TypeVar("T", Entry, Outcome)


def _by_case(found: Iterable[T]) -> dict[str, list[T]]:
    """Case → what there is of it, in the same order."""
    groups: dict[str, list[T]] = {}
    for match in found:
        groups.setdefault(match.case, []).append(match)
    return groups


def _cards(
    cases: Sequence[Case],
    bench: Bench,
    verdict: Verdict | None,
    found: Mapping[str, Sequence[Outcome]],
    language: str,
) -> list[Card]:
    by_id = {case.id: case for case in cases}
    told = {flip.case: passed(flip, language) for flip in (*verdict.worse, *verdict.better)} if verdict else {}
    rows = [standing for standing in standings(verdict, found) if standing[0] in by_id]
    return [bench.card(by_id[case], standing, told.get(case, "")) for case, standing in rows]


def _facts(cases: Sequence[Case], corpus: Corpus, manifest: Manifest, words: Mapping[str, str]) -> list[str]:
    """The line under the title: what was asked of whom."""
    events = len({case.cluster for case in cases})
    facts = [
        manifest.engine + (f" ({manifest.model})" if manifest.model else ""),
        f"{manifest.suite}@{fingerprint(cases)}",
        f"{len(cases)} {words['cases']}, {events} {words['events']}",
        f"{len(corpus.articles)} {words['articles']} @{texts.fingerprint(corpus.hashes())}",
        f"{manifest.created:%Y-%m-%d %H:%M} UTC",
    ]
    if manifest.commit:
        facts.append(manifest.commit + ("+" if manifest.dirty else ""))
    return facts


def _metrics(new: Summary, base: Summary | None) -> list[tuple[str, str, str, int, int, int]]:
    """Name, mean before, mean now, values, n/a, errors."""

    def mean(summary: Summary | None, name: str) -> str:
        found = summary.metrics[name].mean if summary and name in summary.metrics else None
        return f"{found.value:.3f}" if isinstance(found, Measured) else "–"

    return [
        (name, mean(base, name), mean(new, name), len(found.values), found.not_applicable, found.errors)
        for name, found in sorted(new.metrics.items())
    ]


def _power(cases: int, words: Mapping[str, str]) -> str:
    """What a test on so many cases can see."""
    told = ", ".join(words["drop"].format(points, f"{chance:.0%}") for points, chance in statistics.seen(cases))
    return words["power_told"].format(told)


class Dot(Value, frozen=True, kw_only=True):
    """One row of the forest plot, in pixels."""

    name: str
    kind: str  # a class of the style sheet: worse, improved or ""
    y: float
    low: float
    at: float
    high: float
    told: str


class Plot(Value, frozen=True, kw_only=True):
    """The forest plot: differences with their intervals around zero, and the margin."""

    width: float
    height: float
    label: float
    zero: float
    margin: float
    ticks: tuple[tuple[float, str], ...]
    dots: tuple[Dot, ...]


def _plot(tested: Sequence[Tested]) -> Plot | None:
    rows = [(one, one.difference) for one in tested if one.difference]
    if not rows:
        return None
    reach = max([MARGIN * 1.5, *(abs(value) * 1.1 for _, it in rows for value in (it.low, it.high, it.change))])

    def x(value: float) -> float:
        return round(LABEL + (WIDTH - LABEL - 10) * (value + reach) / (2 * reach), 1)

    dots = tuple(
        Dot(
            name=row.metric,
            kind=row.verdict if row.verdict in ("worse", "improved") else "",
            y=ROW * at + ROW / 2,
            low=x(it.low),
            at=x(it.change),
            high=x(it.high),
            told=f"{it.base:.3f} → {it.new:.3f} ({it.change:+.3f} [{it.low:+.3f}, {it.high:+.3f}])",
        )
        for at, (row, it) in enumerate(rows)
    )
    step = next(size for size in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if reach / size <= 5)
    values = [step * at for at in range(-5, 6) if abs(step * at) <= reach]
    return Plot(
        width=WIDTH,
        height=ROW * len(rows) + 26,
        label=LABEL,
        zero=x(0.0),
        margin=x(-MARGIN),
        ticks=tuple((x(value), f"{value:+.2f}" if value else "0") for value in values),
        dots=dots,
    )


def side_of(baseline: Baseline, corpus: Corpus) -> Side:
    """A baseline as a side of the report."""
    return Side(manifest=baseline.manifest, entries=tuple(baseline.entries(corpus)))
