"""How well answers without a model answer and refuse: `make bench-answers`, or `python -m tools.measure_answers [SET …]
[--most N]`.

Everything goes through `assistant.query.parse`, `index.search.lexical` and `assistant.extractive.extraction`, with the
shipped coefficients. Of the sets that these were fitted on, only questions that fitting did not see are asked (see
`tools.fit_extract`); of rgb all, of the sets on five news reports all, too: nothing was fitted on them. "gaps": the
sentences that answer some of the questions were taken out, so that these ask an article that is there for what it does
not tell.

@1, @3      among answerable questions: the best sentence, one of the best three holds an answer
AUROC       of the confidence: an answerable question against one that is not
answered    the share of answerable questions that were answered, and of these answers the share that hold an answer
            (`held`)
falsely     the share of unanswerable questions that were answered all the same
balanced    the mean of `answered` and 1 - `falsely`
In brackets 95% intervals from 1,000 resamplings of the questions.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.extractive.extraction import distinct, extract, model, rank, reranked
from assistant.extractive.sentence_scoring import candidates
from assistant.query.parse import parse_question
from index.embeddings.carried import CarriedEmbedder
from index.embeddings.protocol import Embedder
from tools.fit_extract import held_out, holds
from tools.question_sets import NEWS, SETS, Asked, RememberingEmbedder, Store

MOST = 400  # questions of a set
RESAMPLED = 1_000

Flags = NDArray[np.float64]


class Outcome(NamedTuple):
    """What became of one question; `milliseconds` of extraction alone."""

    answerable: bool
    first: bool
    three: bool
    answered: bool
    held: bool
    sentences: int
    confidence: float
    milliseconds: float


def outcome(asked: Asked, store: Store, embedder: Embedder | None = None) -> Outcome:
    """Ask one question of a store, with an embedder by meaning, too."""
    languages = [store.name.rpartition(" ")[2]] if " over " in store.name else []
    question, hits = parse_question(asked.question, languages), store.hits(asked.question, embedder=embedder)
    began = time.perf_counter()
    draft = extract(question, hits, frequency=store.lexical, embedder=embedder)
    taken = (time.perf_counter() - began) * 1000
    ranked = rank(candidates(question, hits, store.lexical), model())
    if embedder is not None and ranked and question.shared:
        ranked, _ = reranked(question, ranked, embedder)
    right = [holds(item.text, asked.answers) for item in distinct([item for item, _ in ranked], 3)]
    return Outcome(
        answerable=asked.answerable,
        first=any(right[:1]),
        three=any(right),
        answered=not draft.abstained,
        held=any(holds(citation.quote, asked.answers) for citation in draft.citations),
        sentences=len(draft.citations),
        confidence=draft.confidence,
        milliseconds=taken,
    )


def unseen(asked: Asked, name: str) -> bool:
    """Whether fitting kept away from a question."""
    return name == "rgb" or name in NEWS or held_out(asked.group)


def outcomes(name: str, most: int, embedder: Embedder | None = None) -> list[Outcome]:
    """What becomes of the questions of a set, of at most about `most` of them, chosen by chance."""
    stores = {**NEWS, **SETS}[name]
    size = sum(unseen(asked, name) for store in stores() for asked in store.questions) if name != "rgb" else 0
    chosen = random.Random(name)
    return [
        outcome(asked, store, embedder)
        for store in stores()
        for asked in store.questions
        if unseen(asked, name) and (not size or chosen.random() * size < most)
    ]


MEASURES: dict[str, Callable[[Sequence[Outcome]], float]] = {
    "@1": lambda all: _share(item.first for item in all if item.answerable),
    "@3": lambda all: _share(item.three for item in all if item.answerable),
    "AUROC": lambda all: auroc(
        [item.confidence for item in all if item.answerable], [item.confidence for item in all if not item.answerable]
    ),
    "answered": lambda all: _share(item.answered for item in all if item.answerable),
    "held": lambda all: _share(item.held for item in all if item.answerable and item.answered),
    "falsely": lambda all: _share(item.answered for item in all if not item.answerable),
    "balanced": lambda all: (
        (
            _share(item.answered for item in all if item.answerable)
            + 1
            - _share(item.answered for item in all if not item.answerable)
        )
        / 2
    ),
}


def _share(flags: Any) -> float:
    listed = list(flags)
    return sum(listed) / len(listed) if listed else float("nan")


def auroc(yes: Sequence[float], no: Sequence[float]) -> float:
    """How often a value of `yes` is above one of `no`, ties counting half.

    >>> auroc([0.9, 0.4], [0.4, 0.1])
    0.875
    """
    if not yes or not no:
        return float("nan")
    left, right = np.array(yes)[:, None], np.array(no)[None, :]
    return float((left > right).mean() + (left == right).mean() / 2)


def interval(all: Sequence[Outcome], measure: Callable[[Sequence[Outcome]], float]) -> tuple[float, float]:
    """The 95% bootstrap interval of a measure."""
    rng = random.Random(0)
    drawn = [measure(rng.choices(all, k=len(all))) for _ in range(RESAMPLED)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def report(name: str, all: Sequence[Outcome]) -> str:
    """The lines for one set."""
    figures = []
    for label, measure in MEASURES.items():
        low, high = interval(all, measure)
        figures.append(f"{label} {measure(all):.3f} [{low:.3f}, {high:.3f}]")
    given = [item.sentences for item in all if item.answered]
    middle = float(np.median([item.milliseconds for item in all]))
    return (
        f"{name}: {sum(item.answerable for item in all)} answerable, {sum(not item.answerable for item in all)} not; "
        f"{_share(given):.2f} sentences an answer; {middle:.1f} ms\n  " + "  ".join(figures)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join([*NEWS, *SETS])} (default: all)")
    parser.add_argument("--most", type=int, default=MOST, help="questions of a set (default %(default)s)")
    parser.add_argument("--meaning", action="store_true", help="search by meaning, too, and answer across languages")
    chosen = parser.parse_args()
    embedder = RememberingEmbedder(CarriedEmbedder()) if chosen.meaning else None
    if unknown := set(chosen.sets) - {*NEWS, *SETS}:
        parser.error(f"no such set: {', '.join(sorted(unknown))}")
    for name in chosen.sets or [*NEWS, *SETS]:
        try:
            print(report(name, outcomes(name, chosen.most, embedder)), flush=True)
        except FileNotFoundError:
            print(f"{name}: skipped, its data are not beside the checkout")


if __name__ == "__main__":
    main()
