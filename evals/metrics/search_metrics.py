"""Retrieval metrics on gold evidence: hit, recall, all-evidence, MRR, nDCG."""

from __future__ import annotations

from math import log2

from evals.cases.case import Fact
from evals.metrics.aligned_reply import AlignedReply
from evals.models import Measured, NotApplicable, Score

DEPTHS = (1, 5, 10)
NAMES = (*(f"{name}@{k}" for name in ("hit", "recall", "all_evidence") for k in DEPTHS), "mrr", "ndcg@10")


def search_scores(aligned: AlignedReply) -> dict[str, Score]:
    """Score the search of a reply on the required facts.

    N/a where the engine does not report its hits.
    """
    hits, facts = aligned.reply.hits, [fact for fact in aligned.case.required if fact.evidence]
    if hits is None or not facts:
        why = "the engine does not say what it found" if hits is None else "there is no gold evidence"
        return {name: NotApplicable(why) for name in NAMES}
    ranks = [aligned.rank(fact) for fact in facts]
    first = min((rank for rank in ranks if rank), default=None)
    scores: dict[str, Score] = {}
    for k in DEPTHS:
        within = [rank is not None and rank <= k for rank in ranks]
        scores[f"hit@{k}"] = Measured(float(any(within)))
        scores[f"recall@{k}"] = Measured(sum(within) / len(within))
        scores[f"all_evidence@{k}"] = Measured(float(all(within)))
    scores["mrr"] = Measured(1 / first if first else 0.0)
    scores["ndcg@10"] = Measured(_ndcg(aligned, facts, 10))
    return scores


def _ndcg(aligned: AlignedReply, facts: list[Fact], k: int) -> float:
    """Return nDCG at k, where a hit gains the facts it is the first to hold.

    This is Clarke et al. 2008 with α = 1.

    The ideal is the best order of the same hits, with each fact that was never retrieved as a hit of its own behind.
    """
    remaining = {fact.id for fact in facts}
    held = [{fact.id for fact in facts if aligned.has_evidence(hit, fact)} for hit in (aligned.reply.hits or ())[:k]]
    gains = []
    for fact_ids in held:
        gains.append(len(fact_ids & remaining))
        remaining -= fact_ids
    ideal, rest, pool = [], {fact.id for fact in facts}, list(held)
    while pool and (best := max(pool, key=lambda fact_ids: len(fact_ids & rest))) & rest:
        ideal.append(len(best & rest))
        rest -= best
    ideal += [1] * len(rest)
    return _discount(gains) / _discount(ideal[:k])


def _discount(gains: list[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))
