"""Cases for a look, in a notebook: asked once, scored, shown; an error is neither passed nor failed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from assistant import Assistant, Settings
from assistant.chat_model import Message
from evals.cases.case import Case, Fact, Turn
from evals.gate.verdict import budget_verdict
from evals.report.notebook import evaluate
from index.errors import ProviderDown
from index.model_api import Reply

LENGTH = Case(
    id="length",
    cluster="e",
    lang="ar",
    type="number",
    question="كم ساعة استمرت محادثات بوتين والأسد؟",
    facts=(Fact(id="f", accept=("3 ساعات",), evidence=(("002_924c621b7ea87b2a", "دامت نحو 3 ساعات"),)),),
)
WRONG = Case(
    id="<b>wrong</b>",
    cluster="e",
    lang="ar",
    type="number",
    question="كم ساعة استمرت محادثات بوتين والأسد؟",
    facts=(Fact(id="f", accept=("7 ساعات",), evidence=(("002_924c621b7ea87b2a", "دامت نحو 3 ساعات"),)),),
)


class Down:
    """A model whose server is gone."""

    name = "down"

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        raise ProviderDown("no connection; start the server")
        yield ""


def test_cases_are_asked_scored_and_shown(sample: Path) -> None:
    seen: list[int] = []
    with Assistant.open(sample, settings=Settings()) as assistant:
        found = evaluate(assistant, [LENGTH, WRONG], progress=seen.append)
    assert repr(found) == "Evaluation(1 of 2 cases passed)" and seen == [1, 2]
    page = str(found._repr_html_())
    assert "1 of 2 cases passed" in page and "&lt;b&gt;wrong" in page and "<b>" not in page
    table = found.to_frame()
    assert list(table["passed"]) == [True, False] and table["blame"].isna()[0] and table["blame"][1]
    assert "3 ساعات" in table["answer"][0]


def test_a_server_that_fails_is_an_error_and_no_failure(sample: Path) -> None:
    with Assistant.open(sample, model=Down(), settings=Settings()) as assistant:
        found = evaluate(assistant, [LENGTH])
    assert found.outcomes[0].passed is None and found.passed == 0
    assert "error" in str(found._repr_html_()) and "start the server" in str(found._repr_html_())


def test_earlier_turns_are_asked_first(sample: Path) -> None:
    earlier = Turn(question="من التقى بوتين في موسكو؟", answer="التقى بوتين الأسد في موسكو.")
    follow = Case(
        id="f",
        cluster="e",
        lang="ar",
        type="followup",
        question="وكم استمرت المحادثات؟",
        history=(earlier,),
        facts=LENGTH.facts,
    )
    with Assistant.open(sample, settings=Settings()) as assistant:
        entry = evaluate(assistant, [follow]).entries[0]
    assert entry.reply and "التقى" in entry.reply.answer.searched[0]


def test_the_figures_of_a_run_and_a_verdict_show_themselves(sample: Path) -> None:
    with Assistant.open(sample, settings=Settings()) as assistant:
        summary = evaluate(assistant, [LENGTH, WRONG]).summary
    page = str(summary._repr_html_())
    assert "1 of 2 answers passed" in page and "number" in page and "fact_recall" in page
    verdict = budget_verdict(2, 1.5, 1.0)
    assert "STOPPED (exit 4)" in str(verdict._repr_html_()) and str(verdict._repr_html_()).startswith("<pre")
