"""Ask cases in a notebook and show the scores.

For a look: what decides is `isnad eval gate`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from assistant import Assistant
from assistant.query.followups import Conversation
from assistant.rendering.dataframe import frame
from assistant.rendering.html import table
from assistant.rendering.plain_text import escaped
from evals.cases.case import Case
from evals.cases.corpus import Corpus
from evals.engines.engine import passage_span
from evals.gate.verdict import GateVerdict
from evals.metrics.citation_support import CheckedSupport
from evals.metrics.scoring import Scorer
from evals.models import LogEntry, Measured, Outcome, Reply
from evals.report.summary import Summary, summarise
from evals.report.text_report import verdict_text
from index.displays import register
from index.errors import IsnadError
from index.models import Value

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("case", "type", "question", "passed", "blame", "detail", "answer")


class Evaluation(Value, frozen=True, kw_only=True):
    """Cases, their log entries and their outcomes, in the same order."""

    cases: tuple[Case, ...]
    entries: tuple[LogEntry, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> int:
        """Return how many cases passed; an error is no pass."""
        return sum(outcome.passed is True for outcome in self.outcomes)

    @property
    def summary(self) -> Summary:
        """Return the figures: shares by type, every metric, errors counted apart."""
        return summarise(self.cases, {outcome.case: (outcome,) for outcome in self.outcomes})

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row for each case (`COLUMNS`).

        Raises UsageError without pandas.
        """
        rows = []
        for case, entry, outcome in zip(self.cases, self.entries, self.outcomes, strict=True):
            text = entry.reply.answer.text if entry.reply else None
            values = (case.id, case.type, case.question, outcome.passed, outcome.blame, outcome.detail, text)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
        return frame(rows, COLUMNS)

    def __repr__(self) -> str:
        return f"Evaluation({self.passed} of {len(self.cases)} cases passed)"


def evaluate(
    assistant: Assistant, cases: Iterable[Case], *, progress: Callable[[int], None] = lambda done: None
) -> Evaluation:
    """Ask every case once and score the answers on the assistant's articles.

    A case that could not be answered is an error, never a failure. `progress(done)` is called after each. Cases come
    from `evals.cases.case.load` or `evals.cases.case.suite`.

    >>> from assistant import Settings
    >>> from evals.cases.case import Fact
    >>> fact = Fact(id="f", accept=("3 ساعات",), evidence=(("002_924c621b7ea87b2a", "دامت نحو 3 ساعات"),))
    >>> question = "كم ساعة استمرت محادثات بوتين والأسد؟"
    >>> case = Case(id="c", cluster="e", lang="ar", type="number", question=question, facts=(fact,))
    >>> with Assistant.open(sample, settings=Settings()) as assistant:
    ...     evaluate(assistant, [case])
    Evaluation(1 of 1 cases passed)
    """
    corpus = Corpus({article.id: article for article in assistant.articles()})
    scorer = Scorer(corpus=corpus, support=CheckedSupport(corpus))
    asked, entries = tuple(cases), []
    for done, case in enumerate(asked, 1):
        entries.append(_ask(assistant, case))
        progress(done)
    outcomes = tuple(scorer.score(case, entry) for case, entry in zip(asked, entries, strict=True))
    return Evaluation(cases=asked, entries=tuple(entries), outcomes=outcomes)


def _ask(assistant: Assistant, case: Case) -> LogEntry:
    began = time.perf_counter()
    try:
        conversation = Conversation()
        for turn in case.turns:
            text = turn.answer or assistant.ask(turn.question, conversation=conversation).text
            conversation = conversation.after(turn.question, text)
        answer = assistant.ask(case.question, conversation=conversation)
    except IsnadError as error:
        return LogEntry(case=case.id, repeat=0, error=f"{type(error).__name__}: {error}")
    reply = Reply(answer=answer, hits=tuple(map(passage_span, answer.hits)))
    return LogEntry(case=case.id, repeat=0, reply=reply, seconds=round(time.perf_counter() - began, 4))


def evaluation_html(evaluation: Evaluation) -> str:
    """Show each case: whether it passed, and if not, the stage that failed."""
    results = {True: "passed", False: "failed", None: "error"}
    rows = (
        (case.id, case.question, results[outcome.passed], " · ".join(filter(None, (outcome.blame, outcome.detail))))
        for case, outcome in zip(evaluation.cases, evaluation.outcomes, strict=True)
    )
    head = f"<div>{evaluation.passed} of {len(evaluation.cases)} cases passed</div>"
    return f'<div class="isnad" dir="ltr">{head}{table(("case", "question", "", "why not"), rows)}</div>'


def summary_html(summary: Summary) -> str:
    """Show the passes by type, and each metric with its values and errors."""
    share = summary.passed
    kinds = ((slice.name, f"{slice.share.passed}/{slice.share.total}") for slice in summary.slices)
    metrics = []
    for name, metric in summary.metrics.items():
        mean = f"{metric.mean.value:.3f}" if isinstance(metric.mean, Measured) else "n/a"
        metrics.append((name, mean, len(metric.values), metric.errors))
    interval = f"[{share.low:.1%}, {share.high:.1%}]"
    head = f"<div>{share.passed} of {share.total} answers passed {interval}, {summary.errors} errors</div>"
    tables = table(("type", "passed"), kinds) + table(("metric", "mean", "values", "errors"), metrics)
    return f'<div class="isnad" dir="ltr">{head}{tables}</div>'


def verdict_html(verdict: GateVerdict) -> str:
    """Show a verdict in the words of the command line."""
    return f'<pre class="isnad" dir="ltr">{escaped(verdict_text(verdict))}</pre>'


register(
    {
        ("Evaluation", "html"): "evals.report.notebook:evaluation_html",
        ("Summary", "html"): "evals.report.notebook:summary_html",
        ("GateVerdict", "html"): "evals.report.notebook:verdict_html",
    }
)
