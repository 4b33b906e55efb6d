"""A changed prompt before the gate, on the real path: articles, search, prompt, reply, citations. The model is scripted
and follows its prompt.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import prompts
from assistant import container
from assistant.chat_model import Prices
from assistant.generative.model_writer import ModelWriter
from assistant.settings import Settings
from evals.cases.case import SUITES, Case, load
from evals.cases.corpus import Corpus, build_corpus, default_folders
from evals.engines.engine import AssistantEngine, EngineInfo, MonitoredModel, prompt_hashes, prompt_texts
from evals.gate import gate_records
from evals.gate.baseline import Baseline, make_baseline
from evals.gate.verdict import PASS, REGRESSION
from evals.log.run_log import RunLog, RunRecord
from evals.metrics import failure_stage
from evals.metrics.citation_support import CheckedSupport
from evals.metrics.scoring import Scorer
from evals.runner import FinishedRun, RunConfig, run
from index.search.retriever import Retriever
from index.token_count import count
from tests.evals.reader import Reader
from tests.evals.shelf import manifest

pytestmark = pytest.mark.process

CASES = load(SUITES["smoke"])


class Desk:
    """The store, and runs over it with the prompts of a folder."""

    def __init__(self, corpus: Corpus, retriever: Retriever) -> None:
        self.corpus, self.retriever = corpus, retriever

    def engine(self, folder: Path) -> AssistantEngine:
        def writer(case: Case, repeat: int) -> ModelWriter:
            model = MonitoredModel(Reader(CASES))
            day = case.as_of or date(2026, 11, 1)
            return ModelWriter(model, count=count, budget=6000, prices=Prices(), today=lambda: day)

        texts = prompt_texts(folder)
        about = EngineInfo(name="model:reader", deterministic=True, prompts=prompt_hashes(texts), prompt_texts=texts)
        return AssistantEngine(self.retriever, writer, about, folder=folder)

    def run(self, folder: Path, log: Path, baseline: Baseline | None = None) -> FinishedRun:
        with RunLog(log / "log.jsonl") as kept:
            scorer = Scorer(corpus=self.corpus, support=CheckedSupport(self.corpus))
            config = RunConfig(cases=CASES, engine=self.engine(folder), scorer=scorer, baseline=baseline)
            return run(config, kept)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    store = tmp_path_factory.mktemp("desk") / "store"
    return Desk(build_corpus(default_folders(), store), container.open_retriever(store, Settings()))


@pytest.fixture(scope="module")
def baseline(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    finished = desk.run(prompts.FOLDER, tmp_path_factory.mktemp("first"))
    about = desk.engine(prompts.FOLDER).info
    held = manifest(engine=about.name, prompts=about.prompts, prompt_texts=about.prompt_texts)
    return make_baseline(
        "reader", RunRecord(manifest=held, entries=finished.entries), CASES, finished.outcomes, why="first"
    )


def changed(folder: Path, change: Callable[[str], str]) -> Path:
    """The program's prompts with `answer` changed."""
    for name, text in prompt_texts().items():
        (folder / f"{name}.jinja").write_text(change(text) if name == "answer" else text, encoding="utf-8")
    assert prompt_texts(folder) != prompt_texts()
    return folder


def test_the_scripted_model_answers_most_of_the_smoke_suite_rightly(baseline: Baseline) -> None:
    failing = [(answer.case, answer.blame) for answer in baseline.answers if not answer.passed]
    assert len(failing) <= 3, failing


REWORDINGS: dict[str, Callable[[str], str]] = {
    "the rules in other words": lambda text: text.replace(
        "Your readers check every sentence against its source.", "Every sentence you write will be checked by a reader."
    ),
    "a line more": lambda text: text.replace("HOW TO ANSWER\n", "HOW TO ANSWER\n- Be plain and brief.\n"),
    "the rules in another order": lambda text: text.replace("\nTIME\n", "\nABOUT TIME\n").replace(
        "no preamble", "no introduction"
    ),
}


@pytest.mark.parametrize("name", REWORDINGS)
def test_a_prompt_in_other_words_passes_and_the_pass_is_recorded(
    name: str, desk: Desk, baseline: Baseline, tmp_path: Path
) -> None:
    (tmp_path / "prompts").mkdir()
    folder = changed(tmp_path / "prompts", REWORDINGS[name])
    finished = desk.run(folder, tmp_path, baseline)
    assert finished.verdict and finished.verdict.exit_code == PASS, finished.verdict.headline
    held = manifest(engine="model:reader", prompts=desk.engine(folder).info.prompts)
    gate_records.record(held, "smoke", datetime(2026, 3, 1, tzinfo=UTC), folder=tmp_path)
    gate_records.record(held, "smoke", datetime(2026, 3, 2, tzinfo=UTC), folder=tmp_path)
    assert len(gate_records.records(tmp_path)) == 1  # the same once more is no news: `make evals` leaves the tree clean
    assert gate_records.unrecorded(prompt_hashes(prompt_texts(folder)), tmp_path) == []
    assert gate_records.unrecorded(prompt_hashes(prompt_texts()), tmp_path) == ["answer"]


def test_a_prompt_that_forgets_how_to_refuse_is_caught_with_the_right_blame(
    desk: Desk, baseline: Baseline, tmp_path: Path
) -> None:
    (tmp_path / "prompts").mkdir()

    def without(text: str) -> str:
        start, end = text.index("WHEN THE SOURCES DO NOT ANSWER"), text.index("TIME\n")
        return (text[:start] + text[end:]).replace(
            " If they do not answer, the first line is {{ refusal }}.", "{# {{ refusal }} #}{% if refusal %}{% endif %}"
        )

    finished = desk.run(changed(tmp_path / "prompts", without), tmp_path, baseline)
    assert finished.verdict and finished.verdict.exit_code == REGRESSION
    worse = {flip.case for flip in finished.verdict.confirmed}
    assert {outcome.blame for case in worse for outcome in finished.outcomes[case]} == {failure_stage.SHOULD_ABSTAIN}
    unanswerable = {case.id for case in CASES if not case.answerable}
    assert worse <= unanswerable and len(worse) >= len(unanswerable) - 2
