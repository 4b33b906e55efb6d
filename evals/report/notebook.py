"""Cases in a notebook: an Assistant answers them, and the scores show themselves. For a look; what decides is `isnad eval gate`."""

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
from evals.engines.engine import place
from evals.gate.verdict import Verdict
from evals.metrics.citation_support import Checked
from evals.metrics.scoring import score
from evals.models import Entry, Measured, Outcome, Reply
from evals.report.summary import Summary, summarise
from evals.report.text_report import verdict_text
from index.errors import IsnadError
from index.models import Value, to_html

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("case", "type", "question", "passed", "blame", "detail", "answer")
_WORDS = {True: "passed", False: "failed", None: "error"}


class Evaluation(Value, frozen=True, kw_only=True):
    """Cases, what was answered to each, and what that came to, in one order."""

    cases: tuple[Case, ...]
    entries: tuple[Entry, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> int:
        """How many cases passed; an error is none of them."""
        return sum(outcome.passed is True for outcome in self.outcomes)

    @property
    def summary(self) -> Summary:
        """The figures: shares by type, every metric, errors counted apart."""
        found = {outcome.case: (outcome,) for outcome in self.outcomes}
        return summarise(self.cases, found)

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each case: case, type, question, passed, blame, detail, answer. UsageError without pandas."""
        return frame(
            (
                {
                    "case": case.id,
                    "type": case.type,
                    "question": case.question,
                    "passed": outcome.passed,
                    "blame": outcome.blame,
                    "detail": outcome.detail,
                    "answer": entry.reply.answer.text if entry.reply else None,
                }
                for case, entry, outcome in zip(self.cases, self.entries, self.outcomes, strict=True)
            ),
            COLUMNS,
        )

    def __repr__(self) -> str:
        return f"Evaluation({self.passed} of {len(self.cases)} cases passed)"


def evaluate(
    assistant: Assistant, cases: Iterable[Case], *, progress: Callable[[int], None] = lambda done: None
) -> Evaluation:
    """Ask every case once and score the answers against the articles of the assistant's store.

    A case that could not be answered is an error, never a failure. `progress(done)` is called after each. Cases of a suite come from
    `evals.cases.case.load` or `evals.cases.case.suite`.

    >>> from assistant import Settings
    >>> from evals.cases.case import Fact
    >>> fact = Fact(id="f", accept=("3 ساعات",), evidence=(("002_924c621b7ea87b2a", "دامت نحو 3 ساعات"),))
    >>> case = Case(id="c", cluster="e", lang="ar", type="number", question="كم ساعة استمرت محادثات بوتين والأسد؟", facts=(fact,))
    >>> with Assistant.open(sample, settings=Settings()) as assistant:
    ...     evaluate(assistant, [case])
    Evaluation(1 of 1 cases passed)
    """
    corpus = Corpus({article.id: article for article in assistant.articles()})
    asked, entries = tuple(cases), []
    for done, case in enumerate(asked, 1):
        entries.append(_entry(assistant, case))
        progress(done)
    outcomes = tuple(score(*pair, corpus, Checked(corpus)) for pair in zip(asked, entries, strict=True))
    return Evaluation(cases=asked, entries=tuple(entries), outcomes=outcomes)


def _entry(assistant: Assistant, case: Case) -> Entry:
    began = time.perf_counter()
    try:
        conversation = Conversation()
        for turn in case.turns:
            said = turn.answer or assistant.ask(turn.question, conversation=conversation).text
            conversation = conversation.after(turn.question, said)
        answer = assistant.ask(case.question, conversation=conversation)
    except IsnadError as error:
        return Entry(case=case.id, repeat=0, error=f"{type(error).__name__}: {error}")
    reply = Reply(answer=answer, hits=tuple(map(place, answer.hits)))
    return Entry(case=case.id, repeat=0, reply=reply, seconds=round(time.perf_counter() - began, 4))


def evaluation_html(evaluation: Evaluation) -> str:
    """A table: each case, whether it passed, and if not which step is to blame."""
    rows = (
        (case.id, case.question, _WORDS[outcome.passed], " · ".join(filter(None, (outcome.blame, outcome.detail))))
        for case, outcome in zip(evaluation.cases, evaluation.outcomes, strict=True)
    )
    head = f"<div>{evaluation.passed} of {len(evaluation.cases)} cases passed</div>"
    return f'<div class="isnad" dir="ltr">{head}{table(("case", "question", "", "why not"), rows)}</div>'


def summary_html(summary: Summary) -> str:
    """The figures of a run: what passed by type, and each metric with how many cases had no value."""
    share = summary.passed
    kinds = ((slice.name, f"{slice.share.passed}/{slice.share.total}") for slice in summary.slices)
    metrics = (
        (
            name,
            f"{mean.value:.3f}" if isinstance(mean := metric.mean, Measured) else "n/a",
            len(metric.values),
            metric.errors,
        )
        for name, metric in summary.metrics.items()
    )
    head = (
        f"<div>{share.passed} of {share.total} answers passed [{share.low:.1%}, {share.high:.1%}], "
        f"{summary.errors} errors</div>"
    )
    tables = table(("type", "passed"), kinds) + table(("metric", "mean", "values", "errors"), metrics)
    return f'<div class="isnad" dir="ltr">{head}{tables}</div>'


def verdict_html(verdict: Verdict) -> str:
    """What a gate decided, in the words of the command line."""
    return f'<pre class="isnad" dir="ltr">{escaped(verdict_text(verdict))}</pre>'


to_html.register(Evaluation, evaluation_html)
to_html.register(Summary, summary_html)
to_html.register(Verdict, verdict_html)
