"""What a real vector adds to the words, and how much it should weigh: `make bench-dense`.

    python -m tools.measure_embeddings MODEL_FOLDER [--sets xquad-en squad2]
    python -m tools.measure_embeddings --fit QUESTIONS.jsonl --store DIR

The first puts all-MiniLM-L6-v2 (or any model folder that `local:` takes) behind an OpenAI-compatible endpoint and measures on public
sets through the product's own path: settings, sync into ledger, tantivy and Chroma, `Retriever.search`. The second asks a store of
yours, with the embedding model that is set, the questions of a file: {"question": …, "file_ids": [ids of articles that answer]} a line.
A weight stands beside the words' 1.0, the better search's scores and the other's each divided by their best. It is chosen on one half
of the questions, drawn by lot, and reported on the other. Nothing is written: set ISNAD_VECTOR_WEIGHT if you believe the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from assistant import container
from assistant.settings import Settings
from index.errors import IsnadError, UsageError
from index.ingest.sync import sync
from index.search.retriever import Found, Retriever, Search
from tools.compare_stacks import ahead, write
from tools.embeddings_server import serving
from tools.measure_retrieval import DATA, SETS, DataSet, Question, figures

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

WEIGHTS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 1.0, 1.5, 2.0, 4.0)
ALONE = 1e6  # beside such a weight the words only break ties
LIMIT = 10

Ranks = dict[
    float, NDArray[np.int_]
]  # weight → by question the rank of the first article that answers, 0 where none of ten does


class Remembered:
    """An embedding model that is asked for each question once."""

    def __init__(self, model: Embedder, questions: Sequence[str]) -> None:
        self.name, self._model = model.name, model
        began = time.perf_counter()
        rows = model.embed(questions, question=True)
        self._rows = dict(zip(questions, rows, strict=True))
        print(f"  {len(questions):,} questions embedded, {len(questions) / (time.perf_counter() - began):,.0f}/s")

    @property
    def dimensions(self) -> int:
        return self._model.dimensions

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        """Rows from memory for questions, from the model for anything else."""
        if question and all(text in self._rows for text in texts):
            return np.stack([self._rows[text] for text in texts])
        return self._model.embed(texts, question=question)


class Kept:
    """A search that answers the same question from memory: only the weight differs between two askings."""

    def __init__(self, search: Search) -> None:
        self._search, self._found = search, dict[tuple[str, int], list[Found]]()

    def search(self, question: str, limit: int, articles: Collection[str] | None = None) -> list[Found]:
        if (question, limit) not in self._found:
            self._found[question, limit] = self._search.search(question, limit, articles)
        return self._found[question, limit]


def ranks(store: Path, settings: Settings, questions: Sequence[Question], weights: Sequence[float]) -> Ranks:
    """The product's retriever over a store, by weight."""
    model = container.choose_embedder(settings)
    if model is None:
        raise UsageError("no embedding model is set; set ISNAD_EMBEDDING_MODEL, or there is no weight to fit")
    remembered = Remembered(model, [question.text for question in questions])
    opened = container.open_retriever(store, settings)
    vectors = container.open_vectors(opened.ledger, settings, remembered)
    assert vectors
    words, meaning = Kept(opened.lexical), Kept(vectors)
    found: Ranks = {}
    try:
        for weight in weights:
            retriever = Retriever(opened.ledger, words, lambda: meaning, weight)  # type: ignore[arg-type]
            found[weight] = np.array([_rank(retriever, question) for question in questions])
    finally:
        vectors.close()
        opened.close()
    return found


def _rank(retriever: Retriever, question: Question) -> int:
    ids = dict.fromkeys(hit.article.id for hit in retriever.search(question.text, LIMIT))
    return next((rank for rank, item_id in enumerate(ids, 1) if item_id in question.answers), 0)


def halves(number: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """The places of `number` questions in two halves, drawn by lot, the same at every run.

    >>> one, other = halves(5)
    >>> sorted([*one.tolist(), *other.tolist()]), len(one)
    ([0, 1, 2, 3, 4], 2)
    """
    order = list(range(number))
    random.Random(0).shuffle(order)
    return np.array(order[: number // 2], int), np.array(order[number // 2 :], int)


def best(found: Ranks, places: NDArray[np.int_]) -> float:
    """The weight of the highest mean reciprocal rank on these questions; of equal ones the smallest.

    >>> best({0.0: np.array([2, 1]), 0.5: np.array([1, 1]), 1.0: np.array([1, 1])}, np.array([0, 1]))
    0.5
    """
    return max(found, key=lambda weight: (round(figures(found[weight][places])[2][0], 9), -weight))


def report(name: str, found: Ranks, chosen: float) -> None:
    """The table, and what a weight chosen on either half gives on the other."""
    print(f"\n{name}: {len(found[0.0]):,} questions, load {os.getloadavg()[0]:.1f}")
    print(f"  {'weight':>8} {'share':>6}  {'R@1':21} {'R@10':21} {'MRR':21} above the words alone, MRR")
    for weight, one in found.items():
        shown = " ".join(f"{value:.3f} [{low:.3f}, {high:.3f}]  " for value, low, high in figures(one))
        gain = "{:+.3f} [{:+.3f}, {:+.3f}]".format(*ahead(one, found[0.0])) if weight else ""
        label = "alone" if weight == ALONE else f"{weight:.1f}"
        mark = "   ← the setting" if weight == chosen else ""
        print(f"  {label:>8} {weight / (1 + weight):6.2f}  {shown}{gain}{mark}")
    fused = {weight: match for weight, match in found.items() if weight != ALONE}
    one, other = halves(len(found[0.0]))
    for fitted, held in ((one, other), (other, one)):
        weight = best(fused, fitted)
        scored = [f"{at:.1f}: {figures(fused[at][held])[2][0]:.3f}" for at in dict.fromkeys((0.0, weight, chosen))]
        print(
            f"  best on one half ({len(fitted):,}): {weight:.1f}; MRR on the other ({len(held):,}): {', '.join(scored)}"
        )


def measured(data: DataSet, settings: Settings) -> Ranks:
    """A public set, in a store of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = write(
            ({"id": passage.id, "title": passage.title, "text": passage.text} for passage in data.passages), folder
        )
        ledger, derived = container.open_writer(folder / "store", settings)
        began = time.perf_counter()
        sync(file, ledger, derived)
        print(
            f"\n{data.name}: {len(data.passages) / (time.perf_counter() - began):,.0f} passages/s, embedded and stored"
        )
        container.close(ledger, derived)
        return ranks(folder / "store", settings, data.questions, (*WEIGHTS, ALONE))


def across(found: dict[str, Ranks]) -> None:
    """What a weight chosen on one set gives on another."""
    print()
    for name, match in found.items():
        fused = {weight: each for weight, each in match.items() if weight != ALONE}
        weight = best(fused, np.arange(len(match[0.0])))
        others = [f"{other} {figures(found[other][weight])[2][0]:.3f}" for other in found if other != name]
        print(f"  best on all of {name}: {weight:.1f}; MRR with it: {', '.join(others) or '(no other set)'}")


def asked(file: Path) -> tuple[Question, ...]:
    """The questions of a file of one's own; UsageError where a line is none."""
    questions = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            questions.append(Question(text=row["question"], answers=frozenset(row["file_ids"])))
        except (ValueError, KeyError, TypeError):
            raise UsageError(
                f'{file}, line {number}: wanted {{"question": …, "file_ids": [id of an article, …]}}'
            ) from None
    if len(questions) < 2:
        raise UsageError(f"{file} holds {len(questions)} questions; a weight wants some hundreds")
    return tuple(questions)


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m tools.measure_embeddings")
    reader.add_argument("model", nargs="?", type=Path, help="a folder with model.onnx and tokenizer.json")
    reader.add_argument("--sets", nargs="+", choices=SETS, default=["xquad-en", "squad2"])
    reader.add_argument("--fit", type=Path, metavar="QUESTIONS.jsonl")
    reader.add_argument("--store", type=Path, default=Path(".isnad"))
    given = reader.parse_args()
    if given.fit:
        settings = Settings.load()
        chosen = settings.vector_weight or 3.0
        weights = dict.fromkeys((*WEIGHTS, chosen, ALONE))
        report(str(given.fit), ranks(given.store, settings, asked(given.fit), sorted(weights)), chosen)
    elif given.model is None:
        reader.error("name a model folder, or --fit QUESTIONS.jsonl")
    elif not DATA.is_dir():
        print("skipped: the data sets are not here (../shared/data beside the project's folder)")
    else:
        with serving(given.model) as address:
            settings = replace(Settings(), embedding_model=given.model.name, embedding_base_url=address)
            found = {name: measured(SETS[name](), settings) for name in given.sets}
        for name, match in found.items():
            report(name, match, (settings.vector_weight or 3.0))
        across(found)


if __name__ == "__main__":
    try:
        main()
    except IsnadError as error:
        raise SystemExit(str(error)) from None
