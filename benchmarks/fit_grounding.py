"""Learn the curves of the grounding check and write assistant/grounding/curves.json.

    python -m benchmarks.fit_grounding

Learnt from: every labelled row of ../shared/data (qags, wice, attributionbench, arentail, ans), each of the nine sources and
each label in it weighing the same; statements made by rule from part 0 of SaudiNewsNet and of WiCE's articles, each kind weighing
the same; and the sentences of `benchmarks.written` of half of the events, as a model wrote them and changed. What is reported (`make bench-grounding`) is never fitted on the rows it is reported on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from assistant.grounding.alignment import align, index
from assistant.grounding.checking import nearest, surrounded, weighed
from assistant.grounding.findings import findings
from assistant.grounding.model import Curve, Curves, probability
from assistant.grounding.provenance import matter
from assistant.grounding.reading import plain_claim, read_line
from benchmarks.labelled import claims
from benchmarks.perturbations import english_articles, saudi_articles, statements
from benchmarks.written import sentences

CURVES = Path(__file__).parent.parent / "assistant" / "grounding" / "curves.json"
MADE = ("made ar", "made en")
ROUNDS, RATE = 400, 0.05
BORNE_OUT = (
    0.65  # of the claims that people have checked: the rows are weighed as if it were half, which no answer is like
)

# What a larger value may do to the probability: nothing but lower it, nothing but raise it, or either.
LOWER = (
    "path", "path sum", "others", "no more", "no less", "deny more", "deny less", "turned", "turned back", "unmatched",
    "unmatched weight", "unmatched run", "rare missing", "rare missing near", "numbers missing", "numbers not near",
    "numbers loose", "dates missing", "dates not near", "names missing", "names not near",
    "swap", "swap only", "places missing",
)  # fmt: skip
EITHER = (
    "claim words", "evidence words", "evidence sentences", "best words", "repeats", "d back", "d back share", "d jump",
    "d jump share", "d less", "d less share", "hedge more", "hedge less",
)  # fmt: skip


class Row(NamedTuple):
    """One row to learn from or to report on."""

    source: str
    kind: str
    group: str
    true: bool
    features: dict[str, float]


def measured(claim: str, context: str, question: str | None = None) -> dict[str, float]:
    """The features of a claim beside a text, as the check measures them."""
    line = read_line(plain_claim(claim))
    there = index(nearest(context, line))
    found = align(line, there)
    return weighed(found, there, findings(found, there), read_line(question) if question else None)


def labelled_rows() -> list[Row]:
    """The labelled claims, measured."""
    return [
        Row(one.source, one.source, one.group, one.true, measured(one.claim, one.context, one.question))
        for one in claims()
    ]


def made_rows(part: int, articles: int = 150) -> list[Row]:
    """Statements made by rule, measured."""
    sources = zip(MADE, (saudi_articles(articles, part), english_articles(articles, part)), strict=True)
    return [
        Row(source, one.kind, one.article, one.true, measured(one.claim, one.context))
        for source, listed in sources
        for one in statements(listed, seed=part)
    ]


def written_rows() -> list[Row]:
    """Sentences that a model wrote, as they stand and changed, of the events to learn from."""
    return [
        Row(
            "written",
            one.kind,
            one.event,
            one.true,
            measured(
                matter(one.claim, {cited.published for cited in one.evidence}), surrounded(one.evidence), one.question
            ),
        )
        for one in sentences()
        if not one.reported
    ]


def direction(name: str) -> int:
    """Which way a feature may count: -1, 0 or 1."""
    if name in EITHER:
        return 0
    return -1 if name in LOWER or name.startswith(("d ", "found ")) else 1


def weights(rows: Sequence[Row]) -> np.ndarray:
    """Each source the same, in it each label, in that each kind."""
    shares: defaultdict[tuple[str, bool, str], int] = defaultdict(int)
    kinds: defaultdict[tuple[str, bool], set[str]] = defaultdict(set)
    for row in rows:
        shares[row.source, row.true, row.kind] += 1
        kinds[row.source, row.true].add(row.kind)
    one = [1 / shares[r.source, r.true, r.kind] / len(kinds[r.source, r.true]) for r in rows]
    return np.array(one) * len(rows) / sum(one)


def matrix(rows: Sequence[Row]) -> tuple[list[str], np.ndarray]:
    """The names of the features and their values, a row each."""
    names = sorted(rows[0].features)
    return names, np.array([[row.features[name] for name in names] for row in rows])


def fitted(rows: Sequence[Row], rounds: int = ROUNDS, learnt_from: str = "") -> Curves:
    """The curves that separate the rows best."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    names, values = matrix(rows)
    model = HistGradientBoostingClassifier(
        max_iter=rounds,
        learning_rate=RATE,
        max_leaf_nodes=2,
        min_samples_leaf=30,
        l2_regularization=5,
        monotonic_cst=[direction(name) for name in names],
        early_stopping=False,
        random_state=0,
    )
    model.fit(values, np.array([row.true for row in rows]), sample_weight=weights(rows))
    return _curves(model, names, learnt_from)


def _curves(model: Any, names: list[str], learnt_from: str) -> Curves:
    """The splits of the boosted stumps, added up feature by feature."""
    splits: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
    base = float(np.ravel(model._baseline_prediction)[0])
    for (tree,) in model._predictors:
        nodes = tree.nodes
        if len(nodes) == 1:
            base += float(nodes[0]["value"])
            continue
        first = nodes[0]
        left, right = float(nodes[first["left"]]["value"]), float(nodes[first["right"]]["value"])
        splits[names[first["feature_idx"]]].append((float(first["num_threshold"]), left, right))
    curves = {}
    for name, listed in sorted(splits.items()):
        edges = sorted({edge for edge, _, _ in listed})
        probes = [*edges, float("inf")]
        steps = [sum(left if probe <= edge else right for edge, left, right in listed) for probe in probes]
        curves[name] = Curve(
            edges=tuple(round(edge, 6) for edge in edges), steps=tuple(round(step, 5) for step in steps)
        )
    return Curves(base=round(base, 5), curves=curves, learnt_from=learnt_from)


def main() -> None:
    """Fit on all rows to learn from and write the curves."""
    rows = labelled_rows()
    if not rows:
        print("skipped: ../shared/data has no labelled claims")
        return
    rows += made_rows(0) + written_rows()
    curves = fitted(
        rows,
        learnt_from=f"{len(rows)} rows: nine labelled sources, part 0 of the statements made by rule, and half of the sentences that a "
        "model wrote",
    )
    curves = msgspec.structs.replace(curves, base=round(curves.base + log(BORNE_OUT / (1 - BORNE_OUT)), 5))
    CURVES.write_bytes(msgspec.json.format(msgspec.json.encode(curves), indent=1) + b"\n")
    right = np.mean([(probability(row.features, curves) >= 0.5) == row.true for row in rows])
    print(f"{len(rows)} rows, {len(curves.curves)} curves, {right:.3f} right on the rows learnt from")


if __name__ == "__main__":
    main()
