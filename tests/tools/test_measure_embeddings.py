"""The weight of a search by meaning: fitted on one half, told on the other, on a store and an endpoint that are real."""

from __future__ import annotations

import doctest
import json
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from assistant import container
from assistant.settings import Settings
from index.errors import UsageError
from index.ingest.sync import take
from tests.index import tiny_onnx
from tools import measure_embeddings
from tools.embeddings_server import serving
from tools.measure_embeddings import ALONE, asked, best, ranks, report
from tools.measure_retrieval import Question

WORDS = {
    "car": (1, 0.1, 0),
    "automobile": (1, 0.2, 0),
    "bread": (0, 1, 0.1),
    "loaf": (0.1, 1, 0),
    "sold": (0.1, 0.1, 1),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Settings with a model that knows two pairs of synonyms, behind an endpoint, and a store of two articles."""
    pytest.importorskip("fastembed")
    place = tmp_path_factory.mktemp("dense")
    folder = tiny_onnx.embedder(place / "model", {word: list(map(float, one)) for word, one in WORDS.items()})
    with serving(folder) as address:
        settings = replace(Settings(), embedding_model="synonyms", embedding_base_url=address)
        ledger, derived = container.open_writer(place / "store", settings)
        take([{"id": "cars", "text": "car sold"}, {"id": "bakery", "text": "bread sold"}], ledger, derived)
        container.close(ledger, derived)
        yield place / "store", settings


def test_the_examples_hold() -> None:
    assert doctest.testmod(measure_embeddings).failed == 0


def test_a_weight_lets_the_meaning_find_what_shares_no_word(served: tuple[Path, Settings]) -> None:
    questions = [
        Question(text="automobile", answers=frozenset({"cars"})),
        Question(text="loaf", answers=frozenset({"bakery"})),
    ]
    found = ranks(*served, questions, (0.0, 0.7, ALONE))
    assert {weight: match.tolist() for weight, match in found.items()} == {0.0: [0, 0], 0.7: [1, 1], ALONE: [1, 1]}


def test_without_an_embedding_model_there_is_nothing_to_fit(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ISNAD_EMBEDDING_MODEL"):
        ranks(tmp_path, Settings(embedding_model="none"), [], (0.0,))


def test_a_weight_is_reported_on_the_half_that_did_not_choose_it(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = measure_embeddings.halves(40)
    words, fused = np.full(40, 2), np.full(40, 2)
    fused[one], words[other] = 1, 1  # what helps one half hurts the other
    report("mine", {0.0: words, 0.5: fused}, chosen=0.5)
    told = capsys.readouterr().out
    assert best({0.0: words, 0.5: fused}, one) == 0.5
    assert "best on one half (20): 0.5; MRR on the other (20): 0.0: 1.000, 0.5: 0.500" in told


@pytest.mark.parametrize("line", ["not JSON", '{"question": "x"}', '{"file_ids": ["a"]}', "[]"])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    good = json.dumps({"question": "من؟", "file_ids": ["a"]})
    (tmp_path / "q.jsonl").write_text(f"{good}\n{line}\n", "utf-8")
    with pytest.raises(UsageError, match="line 2"):
        asked(tmp_path / "q.jsonl")


def test_questions_are_read_with_all_the_articles_that_answer(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(
        '{"question": "a?", "file_ids": ["1", "2"]}\n{"question": "b?", "file_ids": ["3"]}\n'
    )
    assert [one.answers for one in asked(tmp_path / "q.jsonl")] == [frozenset({"1", "2"}), frozenset({"3"})]
