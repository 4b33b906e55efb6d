"""What search found of the gold evidence: hit, recall and all-evidence at k, MRR, nDCG. n/a where the engine does not say what it found."""

from __future__ import annotations

from math import log2

from evals.cases.case import Fact
from evals.metrics.aligned_reply import Exhibit
from evals.models import Measured, NotApplicable, Score

DEPTHS = (1, 5, 10)
NAMES = (*(f"{name}@{k}" for name in ("hit", "recall", "all_evidence") for k in DEPTHS), "mrr", "ndcg@10")


def search(exhibit: Exhibit) -> dict[str, Score]:
    """The retrieval metrics of one reply, on the facts that must be stated."""
    hits, facts = exhibit.reply.hits, [fact for fact in exhibit.case.required if fact.evidence]
    if hits is None or not facts:
        why = "the engine does not say what it found" if hits is None else "there is no gold evidence"
        return {name: NotApplicable(why) for name in NAMES}
    ranks = {fact.id: exhibit.rank(fact) for fact in facts}
    first = min((rank for rank in ranks.values() if rank), default=None)
    scores: dict[str, Score] = {}
    for k in DEPTHS:
        there = [rank is not None and rank <= k for rank in ranks.values()]
        scores[f"hit@{k}"] = Measured(float(any(there)))
        scores[f"recall@{k}"] = Measured(sum(there) / len(there))
        scores[f"all_evidence@{k}"] = Measured(float(all(there)))
    scores["mrr"] = Measured(1 / first if first else 0.0)
    scores["ndcg@10"] = Measured(_ndcg(exhibit, facts, 10))
    return scores


def _ndcg(exhibit: Exhibit, facts: list[Fact], k: int) -> float:
    """A hit gains as many facts as it is the first to hold (Clarke et al. 2008, α = 1); ideal is the best order of the same
    hits with what was never found standing one by one behind them."""
    left = {fact.id for fact in facts}
    held = [{fact.id for fact in facts if exhibit.holds(hit, fact)} for hit in (exhibit.reply.hits or ())[:k]]
    gains = []
    for one in held:
        gains.append(len(one & left))
        left -= one
    ideal, rest, pool = [], {fact.id for fact in facts}, list(held)
    while pool and (best := max(pool, key=lambda item: len(item & rest))) & rest:
        ideal.append(len(best & rest))
        rest -= best
    ideal += [1] * len(rest)
    return _discounted(gains) / _discounted(ideal[:k])


def _discounted(gains: list[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))
