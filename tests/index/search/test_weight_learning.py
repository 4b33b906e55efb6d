"""How much the cosines of a model count is learnt from headlines: nothing for one that knows less than words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from msgspec.structs import replace

from index.search.fusion import E5_WEIGHT
from index.search.weight_learning import FEWEST, SPAN, learn_weight
from index.store.ledger import Ledger
from index.vectors.vector_index import Vectors
from tests.index.rows import Words, direction, nothing, report

TITLED = 40


class Squeezed(Words):
    """The same order as `Words`, all cosines close together: a common direction is added to each vector."""

    def __init__(self, name: str, *, common: float, dimensions: int = 256) -> None:
        super().__init__(name, dimensions=dimensions)
        self.common = common

    def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
        rows = super().embed(texts, question=question)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        shared = direction("shared", self.dimensions)
        return (rows + self.common * shared / np.linalg.norm(shared)).astype(np.float32)


class Noise(Words):
    """A model whose vectors have nothing to do with the words of a text."""

    def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
        self.asked += texts
        seeds = (crc32(f"{question} {text}".encode()) for text in texts)
        return np.stack([np.random.default_rng(seed).standard_normal(self.dimensions) for seed in seeds])


def archive(store: Path, titled: int, *, untitled: int = 0) -> Ledger:
    """Reports whose headline has words of their own first passage."""
    ledger = Ledger.create(store)
    entries = [report(number) for number in range(titled + untitled)]
    titles = [" ".join(passages[0].text.split()[2:8]) for _, passages in entries[:titled]] + [None] * untitled
    ledger.replace([(replace(a, title=title), p) for (a, p), title in zip(entries, titles, strict=True)])
    return ledger


def test_a_model_that_finds_what_words_find_is_given_a_weight(tmp_path: Path) -> None:
    assert learn_weight(archive(tmp_path, TITLED), Words("good", dimensions=256)) > 0


def test_a_model_that_finds_much_less_than_words_is_given_none(tmp_path: Path) -> None:
    assert learn_weight(archive(tmp_path, TITLED), Noise("noise", dimensions=256)) == 0.0


def test_cosines_that_lie_closer_together_are_given_more_weight(tmp_path: Path) -> None:
    ledger = archive(tmp_path, TITLED)
    wide, narrow = (learn_weight(ledger, Squeezed(f"m{common}", common=common)) for common in (0.5, 2.0))
    assert 0 < wide < narrow <= E5_WEIGHT * 10  # the spread is taken to be a tenth of that of e5-small, at least


def test_headlines_are_embedded_as_questions_and_passages_without_their_headline(tmp_path: Path) -> None:
    class Watched(Words):
        questions: list[str] = []

        def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
            self.questions += texts if question else ()
            return super().embed(texts, question=question)

    ledger, model = archive(tmp_path, TITLED), Watched("watched", dimensions=64)
    learn_weight(ledger, model)
    titles = {str(article.title) for article in ledger.every_article()}
    assert set(model.questions) == titles
    assert {text for text in model.asked if text not in titles} == {
        passage.text for article in ledger.every_article() for passage in ledger.passages_of(article)
    }


def test_with_few_headlines_nothing_is_embedded_and_the_kept_vectors_set_the_weight(tmp_path: Path) -> None:
    ledger, model = archive(tmp_path, FEWEST - 1, untitled=5), Words("few", dimensions=256)
    assert learn_weight(ledger, model) == E5_WEIGHT  # no vector is kept yet: the model is trusted
    vectors = Vectors(ledger, model)
    with ledger.writing():
        vectors.fill(nothing)
    asked = len(model.asked)
    assert 0 < learn_weight(ledger, model) < E5_WEIGHT  # its cosines are spread wider than those of e5-small
    assert len(model.asked) == asked
    vectors.close()


def test_the_weight_is_learnt_once_when_the_store_is_filled_and_kept(tmp_path: Path) -> None:
    ledger = archive(tmp_path, TITLED)
    for model, expected in ((Words("good", dimensions=256), True), (Noise("noise", dimensions=256), False)):
        vectors = Vectors(ledger, model, reembed=True)
        with ledger.writing():
            vectors.fill(nothing)
        assert bool(vectors.weight()) is expected
        assert vectors.weight() == float(str(ledger.state(f"vector_weight:{model.name}")))
        asked = len(model.asked)
        vectors.fill(nothing)
        assert len(model.asked) == asked
        assert (vectors.trouble() or "").startswith("not used: noise finds much less") is not expected
        vectors.close()


def test_the_weight_of_a_model_with_the_spread_of_e5_small_is_that_of_e5_small(tmp_path: Path) -> None:
    """A question's nearest passage is .08 nearer than the fiftieth: three times the cosine, as was measured."""

    class Spread(Words):
        def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
            """Vectors with a cosine of .80 between different texts, and of .88 between a headline and its passage."""
            rows = np.zeros((len(texts), self.dimensions), np.float32)
            for row, text in zip(rows, texts, strict=True):
                row[0] = np.sqrt(0.8)
                own, other = (int(text.split()[1 if question else 3]), TITLED + crc32(text.encode()) % 3_000)
                shared = 0.08 / 0.2 if question or text.startswith("وصل") else 0.0
                row[1 + own] = np.sqrt(0.2 * shared)
                row[1 + other] = np.sqrt(0.2 * (1 - shared))
            return rows

    model = Spread("spread", dimensions=4_000)
    assert learn_weight(archive(tmp_path, TITLED), model) == pytest.approx(E5_WEIGHT, rel=0.02), SPAN
