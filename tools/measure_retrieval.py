"""How often search finds the passage that answers: `make bench-retrieval`, or `python -m tools.measure_retrieval [SET
…]`.

Each row's passage is one document with its title, through `index.search.lexical` as the product uses it; beside it BM25
as bm25s ships it, on the same rows in the same run. Figures: share of questions whose passage comes first (R@1) and
among the first ten (R@10), and the mean reciprocal rank in the first ten (MRR), each with its 95% interval from 2,000
resamplings of the questions. XQuAD has more languages: xquad-de, -el, -es, -hi, -ro, -ru, -th, -tr, -vi, -zh.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.models import Value
from index.search.lexical import LexicalIndex, LexicalWriter

DATA = Path(__file__).parent.parent / ".." / "shared" / "data"
DEPTH = 10

Search = Callable[[str], list[str]]  # question → ids of passages, best first


class Passage(Value, frozen=True, kw_only=True):
    """A document of a data set."""

    id: str
    title: str | None
    text: str


class Question(Value, frozen=True, kw_only=True):
    """A question, and the passages any of which answers it."""

    text: str
    answers: frozenset[str]


class DataSet(Value, frozen=True, kw_only=True):
    """Passages to search and questions to search them by."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[Question, ...]


def arcd() -> DataSet:
    return _set("arcd", "arcd/passages.jsonl", "arcd/questions.jsonl")


def xquad(language: str) -> DataSet:
    return _set(
        f"xquad-{language}", "xquad/passages.jsonl", "xquad/questions.jsonl", lambda row: row["lang"] == language
    )


def squad2() -> DataSet:
    return _set(
        "squad2",
        "squad2_cs224n/passages.jsonl",
        "squad2_cs224n/questions.jsonl",
        lambda row: row.get("answerable", True),
    )


def headlines() -> DataSet:
    """Headlines of SaudiNewsNet; the title is what is asked, so it is not indexed."""
    ranked = _set("snn headlines", "saudinewsnet/passages.jsonl.gz", "saudinewsnet/questions.jsonl")
    bare = tuple(Passage(id=passage.id, title=None, text=passage.text) for passage in ranked.passages)
    return DataSet(name=ranked.name, passages=bare, questions=ranked.questions)


SETS: dict[str, Callable[[], DataSet]] = {
    "arcd": arcd,
    "xquad-ar": lambda: xquad("ar"),
    "xquad-en": lambda: xquad("en"),
    "squad2": squad2,
    "headlines": headlines,
}


def _set(name: str, passages: str, questions: str, wanted: Callable[[Any], bool] = lambda row: True) -> DataSet:
    return DataSet(
        name=name,
        passages=tuple(
            Passage(id=row["id"], title=row.get("title"), text=row["text"]) for row in filter(wanted, _rows(passages))
        ),
        questions=tuple(
            Question(text=row["question"], answers=frozenset(row.get("passage_ids") or [row["passage_id"]]))
            for row in filter(wanted, _rows(questions))
        ),
    )


def _rows(name: str) -> Iterable[Any]:
    path = DATA / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        return [json.loads(line) for line in lines]


def ours(passages: Sequence[Passage], folder: Path) -> Search:
    """The product's own search."""
    with LexicalWriter(folder) as writer:
        for passage in passages:
            writer.replace(passage.id, passage.title, [(passage.id, passage.text)])
        writer.commit()
    index = LexicalIndex.open(folder)
    return lambda question: [item for item, _ in index.search(question, DEPTH)]


def plain(passages: Sequence[Passage], folder: Path) -> Search:
    """BM25 as bm25s ships it."""
    import bm25s  # type: ignore[import-untyped]

    texts = [f"{passage.title}\n{passage.text}" if passage.title else passage.text for passage in passages]
    engine = bm25s.BM25()
    engine.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)

    def search(question: str) -> list[str]:
        tokens = bm25s.tokenize([question], show_progress=False)
        rows, scores = engine.retrieve(tokens, k=min(DEPTH, len(texts)), show_progress=False)
        return [passages[row].id for row, score in zip(rows[0], scores[0], strict=True) if score > 0]

    return search


def ranks(data: DataSet, search: Search) -> NDArray[np.int_]:
    """For each question the rank, from 1, of the first passage that answers it.

    0 where the first ten hold none.
    """
    ranked = [search(question.text) for question in data.questions]
    return np.array(
        [
            next((rank for rank, item_id in enumerate(ids, 1) if item_id in question.answers), 0)
            for ids, question in zip(ranked, data.questions, strict=True)
        ]
    )


def figures(ranked: NDArray[np.int_]) -> list[tuple[float, ...]]:
    """R@1, R@10 and MRR, each with the ends of its 95% interval.

    Percentile bootstrap over questions, seed 0.
    """
    values = np.stack([ranked == 1, ranked > 0, np.divide(1.0, ranked, where=ranked > 0, out=np.zeros(len(ranked)))])
    drawn = np.random.default_rng(0).integers(0, len(ranked), (2_000, len(ranked)))
    return [
        (float(item.mean()), *(float(end) for end in np.percentile(item[drawn].mean(axis=1), [2.5, 97.5])))
        for item in values.astype(float)
    ]


def main(names: Sequence[str]) -> None:
    if not DATA.is_dir():
        print("skipped: the data sets are not here (../shared/data beside the project's folder)")
        return
    print(
        f"{'set':14} {'passages':>8} {'asked':>6}  {'search':8} {'R@1':22} {'R@10':22} {'MRR':22} {'ms a question':>13}"
    )
    for name in names or SETS:
        data = SETS[name]() if name in SETS else xquad(name.removeprefix("xquad-"))
        for label, engine in (("isnad", ours), ("bm25s", plain)):
            with tempfile.TemporaryDirectory() as folder:
                search = engine(data.passages, Path(folder))
                began = time.perf_counter()
                ranked = ranks(data, search)
                each = (time.perf_counter() - began) / len(ranked) * 1_000
            shown = " ".join(f"{value:.3f} [{low:.3f}, {high:.3f}]  " for value, low, high in figures(ranked))
            print(f"{data.name:14} {len(data.passages):8} {len(ranked):6}  {label:8} {shown}{each:12.2f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
