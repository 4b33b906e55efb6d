"""Measure search by words, by meaning, and by both: `make bench-dense`, or `python -m tools.measure_meaning [SET …]`.

Each set is searched with the product's own parts: the lexical index with titles, the carried encoder on title and text,
and the fusion of both, lists of 50 each. Cross-language sets ask the questions of one language of XQuAD over the
passages of another, without titles (the Arabic passages carry English ones). Figures: R@1, R@10 and MRR in the first
ten with 95 % intervals, the gain over words alone (paired bootstrap over questions), and milliseconds of the processor
a passage and a question.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.embeddings.e5 import E5Embedder
from index.search.fusion import E5_WEIGHT, Match, fuse
from index.search.lexical import LexicalIndex, LexicalWriter
from tools.compare_stacks import ahead
from tools.measure_retrieval import DATA, SETS, DataSet, Passage, figures, headlines, xquad

DEPTH = 50  # passages of each search
FIRST = 10  # passages that count
HEADLINES = 300  # of SaudiNewsNet's 1,500 questions; other articles are thinned to three times as many

Ranking = Callable[[Sequence[Match], Sequence[Match]], list[str]]

RANKINGS: dict[str, Ranking] = {
    "words": lambda words, meaning: [key for key, _ in words],
    "meaning": lambda words, meaning: [key for key, _ in meaning],
    "both": lambda words, meaning: [match.passage_id for match in fuse(words, meaning, E5_WEIGHT)],
}


def across(questions: str, passages: str) -> DataSet:
    """Return the questions of one language of XQuAD over the parallel passages of another."""
    asked, searched = xquad(questions), xquad(passages)
    other = dict(
        zip((passage.id for passage in asked.passages), (passage.id for passage in searched.passages), strict=True)
    )
    return DataSet(
        name=f"{questions}→{passages}",
        passages=tuple(Passage(id=passage.id, title=None, text=passage.text) for passage in searched.passages),
        questions=tuple(
            type(question)(text=question.text, answers=frozenset(other[key] for key in question.answers))
            for question in asked.questions
        ),
    )


def some_headlines() -> DataSet:
    """Return a part of the headline set that can be embedded in minutes."""
    whole = headlines()
    questions = whole.questions[:HEADLINES]
    answers = {key for question in questions for key in question.answers}
    others = [passage for passage in whole.passages if passage.id not in answers]
    step = max(1, len(others) // (3 * HEADLINES))
    passages = [passage for passage in whole.passages if passage.id in answers] + others[::step]
    return DataSet(name="headlines", passages=tuple(passages), questions=questions)


MEANING_SETS: dict[str, Callable[[], DataSet]] = {
    **{name: SETS[name] for name in ("arcd", "xquad-ar", "xquad-en", "squad2")},
    "en→ar": lambda: across("en", "ar"),
    "ar→en": lambda: across("ar", "en"),
    "tr→ar": lambda: across("tr", "ar"),
    "headlines": some_headlines,
}


def lexical_lists(data: DataSet) -> list[list[Match]]:
    """Return for each question the best passages by words."""
    with tempfile.TemporaryDirectory() as folder:
        with LexicalWriter(Path(folder)) as writer:
            for passage in data.passages:
                writer.replace(passage.id, passage.title, [(passage.id, passage.text)])
            writer.commit()
        index = LexicalIndex.open(Path(folder))
        return [index.search(question.text, DEPTH) for question in data.questions]


def semantic_lists(data: DataSet, embedder: E5Embedder) -> tuple[list[list[Match]], float, float]:
    """Return the best passages by cosine, and milliseconds of the processor a passage and a question."""
    texts = [f"{passage.title}\n{passage.text}" if passage.title else passage.text for passage in data.passages]
    began = time.process_time()
    passages = embedder.embed(texts)
    between = time.process_time()
    questions = embedder.embed([question.text for question in data.questions], question=True)
    ended = time.process_time()
    lists = []
    for row in questions @ passages.T:
        order = np.argsort(-row)[:DEPTH]
        lists.append([(data.passages[place].id, float(row[place])) for place in order])
    return lists, 1000 * (between - began) / len(texts), 1000 * (ended - between) / len(data.questions)


def ranks(data: DataSet, lists: Sequence[Sequence[str]]) -> NDArray[np.int_]:
    """Return for each question the rank of the first passage that answers it.

    0 where it is not among the first ten.
    """
    return np.array(
        [
            next((rank for rank, key in enumerate(listed[:FIRST], 1) if key in question.answers), 0)
            for listed, question in zip(lists, data.questions, strict=True)
        ]
    )


def main(names: Sequence[str]) -> None:
    """Print one table a set."""
    if not DATA.is_dir():
        print("skipped: the data sets are not here (../shared/data beside the project's folder)")
        return
    embedder = E5Embedder()
    embedder.embed(["خبر"])  # built and loaded before anything is timed
    for name in names or MEANING_SETS:
        data = MEANING_SETS[name]()
        words = lexical_lists(data)
        meaning, passage_ms, question_ms = semantic_lists(data, embedder)
        print(
            f"\n{data.name}: {len(data.passages):,} passages, {len(data.questions):,} questions; "
            f"{passage_ms:.1f} ms a passage, {question_ms:.1f} ms a question (processor)"
        )
        ranked = {
            label: ranks(data, [rank(*pair) for pair in zip(words, meaning, strict=True)])
            for label, rank in RANKINGS.items()
        }
        for label, row in ranked.items():
            shown = "  ".join(f"{value:.3f} [{low:.3f}, {high:.3f}]" for value, low, high in figures(row))
            gain = "" if label == "words" else "   MRR {:+.3f} [{:+.3f}, {:+.3f}]".format(*ahead(row, ranked["words"]))
            print(f"  {label:8} {shown}{gain}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
