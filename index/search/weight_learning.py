"""Learn without labels how much an embedding model's cosines should count.

The headlines of some articles are asked of their passages, once by words and once by vectors. A model that finds much
less than words do would make the fused order worse and gets weight 0.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from index.language.invisible_chars import clean
from index.models import Filters
from index.search.fusion import E5_WEIGHT
from index.search.lexical import LexicalIndex, LexicalWriter
from index.store.ledger import Ledger

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

HEADLINES = 200  # asked, at most
FEWEST = 20  # headlines from which on the comparison means something; below, the model is trusted
SHARE = 0.9  # of the words' mean reciprocal rank that the vectors must reach
SPAN = 0.08  # best cosine minus the fiftieth of multilingual-e5-small, on the mean: what its weight belongs to
NEAREST = 50  # passages of a list


def learn_weight(ledger: Ledger, embedder: Embedder) -> float:
    """Return the weight of a model's cosines for `index.search.fusion.fuse`.

    With 20 headlines or more, at most 200 are embedded, and the passages of their articles without their headlines;
    with fewer nothing is embedded, and the weight is scaled to the spread of the kept vectors alone. Raises
    ProviderError where the model fails.
    """
    import numpy as np

    ids = sorted(ledger.matching(Filters()))
    sample = ledger.articles(random.Random(0).sample(ids, min(HEADLINES, len(ids)))).values()
    titled = [(article.id, clean(article.title)) for article in sample if article.title]
    if len(titled) < FEWEST:
        stored = ledger.passage_vectors(embedder.name, [article.id for article in sample])
        if len(stored) < 2:
            return E5_WEIGHT
        rows = _unit(np.array([np.frombuffer(vector, "<f4") for _, _, vector in stored]))
        cosines = rows @ rows.T
        np.fill_diagonal(cosines, -1)  # not its own neighbour
        return _weight(cosines)
    passages = [(p.id, article.id, clean(p.text)) for article in sample for p in ledger.passages_of(article)]
    rows = _unit(embedder.embed([text for _, _, text in passages]))
    cosines = _unit(embedder.embed([title for _, title in titled], question=True)) @ rows.T
    owners = [article_id for _, article_id, _ in passages]
    orders = [[owners[place] for place in np.argsort(-row, kind="stable")[:NEAREST]] for row in cosines]
    if _mean_rank(titled, orders) < SHARE * _mean_rank(titled, _by_words(titled, passages)):
        return 0.0
    return _weight(cosines)


def _weight(cosines: Any) -> float:
    """Return the weight of the cosine for an embedding model.

    With it the best passage gains on the fiftieth what it gains with multilingual-e5-small.
    """
    import numpy as np

    ranked = np.sort(cosines, axis=1)[:, ::-1]
    last = ranked[:, min(NEAREST, cosines.shape[1] - 1) - 1] if cosines.shape[1] > 1 else ranked[:, 0]
    return round(E5_WEIGHT * SPAN / max(float(np.mean(ranked[:, 0] - last)), SPAN / 10), 3)


def _by_words(titled: Sequence[tuple[str, str]], passages: Sequence[tuple[str, str, str]]) -> list[list[str]]:
    """Return for each headline the articles that words find, best first."""
    owners = {key: article_id for key, article_id, _ in passages}
    with TemporaryDirectory(prefix="isnad-") as folder:
        with LexicalWriter(Path(folder) / "lexical") as writer:
            for article_id in dict.fromkeys(owners.values()):
                writer.replace(article_id, None, [(key, text) for key, owner, text in passages if owner == article_id])
            writer.commit()
        index = LexicalIndex.open(Path(folder) / "lexical")
        return [[owners[key] for key, _ in index.search(title, NEAREST)] for _, title in titled]


def _mean_rank(titled: Sequence[tuple[str, str]], orders: Sequence[Sequence[str]]) -> float:
    """Return the mean reciprocal rank of the headlines' own articles."""
    pairs = zip(titled, orders, strict=True)
    ranks = [1 / (1 + order.index(article_id)) if article_id in order else 0.0 for (article_id, _), order in pairs]
    return sum(ranks) / len(ranks)


def _unit(rows: Any) -> Any:
    import numpy as np

    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
