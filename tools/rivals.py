"""What the grounding check is held against: plain overlap scores, a logistic over eight of them, and ragground's matcher."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from assistant.grounding.common import FUNCTION
from index.language.analyzer import stem, words
from index.language.numbers.number_mentions import numbers
from index.language.sentences import sentences


@lru_cache(maxsize=256)
def _sentences(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(map(stem, words(span.of(text)))) for span in sentences(text))


def _content(text: str) -> set[str]:
    return {stem(word) for word in words(text) if word not in FUNCTION}


def word_coverage(claim: str, context: str) -> float:
    """The share of the claim's content stems that the context has."""
    wanted = _content(claim)
    there = {word for line in _sentences(context) for word in line}
    return len(wanted & there) / len(wanted) if wanted else 0.0


def rouge_l(claim: str, context: str) -> float:
    """The longest common subsequence of stems over the claim's length (ROUGE-L precision, Lin 2004), over the whole context.

    Counted bit-parallel (Hyyrö 2004); the rouge-score package keeps Latin letters and digits only and gives 0 for Arabic.
    """
    mine = [stem(word) for word in words(claim)]
    masks: dict[str, int] = {}
    for at, word in enumerate(mine):
        masks[word] = masks.get(word, 0) | 1 << at
    full = (1 << len(mine)) - 1
    row = full
    for line in _sentences(context):
        for word in line:
            match = row & masks.get(word, 0)
            row = ((row + match) | (row - match)) & full
    return (len(mine) - row.bit_count()) / len(mine) if mine else 0.0


def eight(claim: str, context: str) -> list[float]:
    """Content-word coverage, pair and triple precision, best and second sentence coverage, number match, two log lengths."""
    mine = [stem(word) for word in words(claim)]
    lines = _sentences(context)
    pairs = {pair for line in lines for pair in pairwise(line)}
    triples = {three for line in lines for three in zip(line, line[1:], line[2:], strict=False)}
    wanted = _content(claim)
    each = sorted((len(wanted.intersection(line)) / (len(wanted) or 1) for line in lines), reverse=True)[:2]
    values = {number.value for number in numbers(claim)}
    there = {number.value for number in numbers(context)} if values else set()
    own_pairs, own_triples = list(pairwise(mine)), list(zip(mine, mine[1:], mine[2:], strict=False))
    return [
        word_coverage(claim, context),
        sum(pair in pairs for pair in own_pairs) / (len(own_pairs) or 1),
        sum(three in triples for three in own_triples) / (len(own_triples) or 1),
        *[*each, 0.0, 0.0][:2],
        len(values & there) / len(values) if values else 1.0,
        math.log1p(len(mine)),
        math.log1p(len(context)),
    ]


def logistic(
    learn: np.ndarray, labels: np.ndarray, report: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """The probabilities that a logistic regression gives to the rows to report on."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, class_weight="balanced"))
    model.fit(learn, labels, logisticregression__sample_weight=weights)
    return np.asarray(model.predict_proba(report)[:, 1])


def ragground() -> Any:
    """ragground's deterministic matcher as a score (its verdict, then its confidence); None where it is not installed.

    verifiable-rag 0.5.2 has no deterministic part: each of its verifiers loads a model.
    """
    try:
        from ragground.matchers.deterministic import DeterministicMatcher
    except ImportError:
        return None
    matcher = DeterministicMatcher()
    ranks = {"VERIFIED": 2.0, "UNCERTAIN": 1.0, "UNSUPPORTED": 0.0, "CONTRADICTED": -1.0}

    def score(claim: str, context: str) -> float:
        match = matcher.match(context=context, claim=claim, source_id="1")
        return ranks.get(match.status.name, 0.0) + float(match.confidence) / 2

    return score


def scores(rival: Any, rows: Sequence[tuple[str, str]]) -> np.ndarray:
    """A rival's score for each claim and context."""
    return np.array([rival(claim, context) for claim, context in rows])
