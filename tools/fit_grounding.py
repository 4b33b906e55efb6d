"""Learn the curves of the grounding check and write assistant/grounding/curves.json.

    python -m tools.fit_grounding

Learnt from: every labelled row of ../shared/data (qags, wice, attributionbench, arentail, ans), each of the nine sources and
each label in it weighing the same; statements made by rule from part 0 of SaudiNewsNet and of WiCE's articles, each kind weighing
the same; and the sentences of `tools.written` of half of the events and passages, right, changed and wrong. What is reported (`make bench-grounding`) is never fitted on the rows it is reported on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from assistant.grounding.checking import VERBATIM, beside, foreign, surrounded, verbatim
from assistant.grounding.model import Curve, Curves, Kind, Model, kind, probability
from assistant.grounding.provenance import matter
from assistant.grounding.reading import plain_claim, read_line
from tools.labelled import Claim, claims
from tools.perturbations import english_articles, saudi_articles, statements
from tools.written import paraphrases, sentences

CURVES = Path(__file__).parent.parent / "assistant" / "grounding" / "curves.json"
MADE = ("made ar", "made en")
# What a row weighs in the curves of each kind of claim, by its own kind, or by what it was made by.
NEARNESS: dict[Kind, dict[str, float]] = {
    "arabic": {"arabic": 1.0, "arabic line": 0.3, "other": 0.1, "made ar": 0.3, "made en": 0.03, "written": 3.0},
    "arabic line": {"arabic": 0.1, "arabic line": 1.0, "other": 0.1, "made ar": 0.1, "made en": 0.01, "written": 0.1},
    "other": {"arabic": 0.1, "arabic line": 0.1, "other": 1.0, "made ar": 0.2, "made en": 0.3, "written": 0.3},
}
PENALTY, LEVEL, QUANTILES = 0.03, 4.0, 9
BORNE_OUT = (
    0.65  # of the claims that people have checked: the rows are weighed as if it were half, which no answer is like
)

# What a larger value may do to the probability: nothing but lower it, nothing but raise it, or either.
LOWER = (
    "path", "path sum", "others", "no more", "no less", "deny more", "deny less", "turned", "turned back", "unmatched",
    "unmatched weight", "unmatched run", "rare missing", "rare missing near", "numbers missing", "numbers not near",
    "numbers loose", "dates missing", "dates not near", "names missing", "names not near",
    "swap", "swap only", "places missing", "chunks", "far weight", "rarest far", "rarest missing",
)  # fmt: skip
EITHER = (
    "claim words", "evidence words", "evidence sentences", "best words", "repeats", "d back", "d back share", "d jump",
    "d jump share", "d less", "d less share", "hedge more", "hedge less",
    "asked", "asked size", "mean weight", "plain words",
)  # fmt: skip


class Row(NamedTuple):
    """One row to learn from or to report on. `least` and `most` are how far the check lets the probability go."""

    source: str
    kind: str
    group: str
    true: bool
    features: dict[str, float]
    least: float
    most: float


def measured(
    source: str, kind: str, group: str, true: bool, claim: str, context: str, question: str | None = None
) -> Row:
    """A claim beside a text, measured as the check measures it."""
    line = read_line(plain_claim(claim))
    laid = beside(line, context, question)
    least, most = (VERBATIM, VERBATIM) if verbatim(line, context) else (0.0, laid.most)
    return Row(source, kind, group, true, laid.features, least, most)


def said(rows: Sequence[Row], model: Model) -> np.ndarray:
    """The probabilities that the check gives to rows with these curves."""
    curves = [probability(row.features, model) for row in rows]
    return np.clip(curves, [row.least for row in rows], [row.most for row in rows])


def labelled_row(one: Claim) -> Row:
    """A claim that people have checked, measured."""
    return measured(one.source, one.source, one.group, one.true, one.claim, one.context, one.question)


def made_rows(part: int, articles: int = 150) -> list[Row]:
    """Statements made by rule, measured."""
    sources = zip(MADE, (saudi_articles(articles, part), english_articles(articles, part)), strict=True)
    return [
        measured(source, statement.kind, statement.article, statement.true, statement.claim, statement.context)
        for source, listed in sources
        for statement in statements(listed, seed=part)
    ]


def written_rows() -> list[Row]:
    """Sentences that a model wrote, as they stand and changed, and passages in other words, of the events to learn from.

    Those whose evidence is in another language are left out: next to no word of them stands there, right or wrong.
    """
    listed = [
        (one, matter(one.claim, {cited.published for cited in one.evidence}), surrounded(one.evidence))
        for one in (*sentences(), *paraphrases())
        if not one.reported
    ]
    return [
        measured("written", one.kind, one.event, one.true, claim, context, one.question)
        for one, claim, context in listed
        if not foreign(claim, context)
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
    names = sorted(name for name in rows[0].features if name != "arabic")
    return names, np.array([[row.features[name] for name in names] for row in rows])


def fitted(rows: Sequence[Row], learnt_from: str = "") -> Model:
    """The curves that rank the rows of each source best; those of a language learn a little from the other's rows."""
    names, values = matrix(rows)
    kinds = np.array([kind(row.features) for row in rows])
    found: dict[Kind, Curves] = {}
    for key, others in NEARNESS.items():
        near = np.array([others.get(row.source, others[other]) for row, other in zip(rows, kinds, strict=True)])
        found[key] = _curves(rows, names, values, weights(rows) * near, kinds == key)
    return Model(curves=found, learnt_from=learnt_from)


def _curves(rows: Sequence[Row], names: list[str], values: np.ndarray, share: np.ndarray, here: np.ndarray) -> Curves:
    """One curve a feature, drawn between its quantiles and a few round distances from its mean."""
    chosen = values[here] if here.sum() > 50 else values
    pieces = [_pieces(name, column) for name, column in zip(names, chosen.T, strict=True)]
    drawn = [
        np.column_stack([np.interp(column, knots, heights) for heights in each])
        if len(each)
        else np.empty((len(rows), 0))
        for column, (knots, each) in zip(values.T, pieces, strict=True)
    ]
    bounds = [
        bound for name, (_, each) in zip(names, pieces, strict=True) for bound in [_bound(direction(name))] * len(each)
    ]
    true = np.array([row.true for row in rows])
    found = _logistic(np.hstack(drawn).astype(np.float32), true, share, [row.source for row in rows], bounds)
    curves, at, score = {}, 0, np.zeros(len(rows))
    for name, (knots, each), column in zip(names, pieces, drawn, strict=True):
        weight = found[at : at + len(each)]
        at += len(each)
        score += column @ weight
        heights = weight @ each if len(each) else np.zeros(1)
        if np.ptp(heights) > 0.001:
            curves[name] = Curve(knots=_rounded(knots), heights=_rounded(heights))
    known = here & np.array([row.source not in MADE for row in rows])
    base = _level(score[known], true[known], share[known]) if known.any() else 0.0
    return Curves(base=round(base, 4), curves=curves)


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{value:.4g}") for value in values)


def _bound(way: int) -> tuple[float | None, float | None]:
    return (0.0 if way > 0 else None, 0.0 if way < 0 else None)


def _pieces(name: str, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The knots of a feature, and the rising lines through them that its curve is added up from, each of variance 1."""
    middle, spread = column.mean(), column.std()
    if spread < 1e-6:
        return np.zeros(1), np.empty((0, 1))
    round_ones = middle + spread * np.array([-3, -1, 0, 1, 3])
    knots = np.unique(np.concatenate([np.quantile(column, np.linspace(0, 1, QUANTILES)), round_ones]))
    inside = (knots >= column.min()) & (knots <= column.max())
    knots = np.unique(_rounded(knots[inside]))
    away = np.clip((knots - middle) / spread, -3, 3)
    ordered = np.sort(column)
    ranks = (np.searchsorted(ordered, knots, "left") + np.searchsorted(ordered, knots, "right")) / (2 * len(column))
    listed = [away, ranks, np.maximum(away, 0), np.maximum(away - 1, 0), np.minimum(away + 1, 0)]
    kept = []
    for heights in listed:
        there = np.interp(column, knots, heights)
        if there.std() > 1e-3:
            kept.append((heights - there.mean()) / there.std())
    return knots, np.array(kept).reshape(len(kept), len(knots))


def _logistic(
    drawn: np.ndarray,
    true: np.ndarray,
    share: np.ndarray,
    sources: list[str],
    bounds: list[tuple[float | None, float | None]],
) -> np.ndarray:
    """The weights of a logistic regression in which each source has a level of its own, which is then forgotten.

    So no feature learns to tell the sources apart: it learns what ranks the claims inside each.
    """
    from scipy.optimize import minimize

    levels = (np.array(sources)[:, None] == np.array(sorted(set(sources)))[None]).astype(np.float32) * LEVEL
    all_of = np.hstack([drawn, levels])
    sign = np.where(true, 1.0, -1.0).astype(np.float32)
    weight = (share / share.sum()).astype(np.float32)

    def loss(tried: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (all_of @ tried.astype(np.float32))
        slope = -weight * sign / (1 + np.exp(np.minimum(margin, 80)))
        value = float((weight * np.logaddexp(0, -margin)).sum()) + PENALTY * float(tried @ tried) / 2
        return value, (all_of.T @ slope).astype(float) + PENALTY * tried

    every = [*bounds, *[(None, None)] * levels.shape[1]]
    start = np.zeros(all_of.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=every, options={"maxiter": 120, "ftol": 1e-8})
    return np.asarray(found.x[: drawn.shape[1]])


def _level(score: np.ndarray, true: np.ndarray, share: np.ndarray) -> float:
    """What must be added for the mean probability to be the share of claims that are borne out."""
    from scipy.optimize import brentq

    wanted = float(np.average(true, weights=share))
    return float(brentq(lambda level: np.average(1 / (1 + np.exp(-score - level)), weights=share) - wanted, -30, 30))


def main() -> None:
    """Fit on all rows to learn from and write the curves."""
    rows = [labelled_row(claim) for claim in claims()]
    if not rows:
        print("skipped: ../shared/data has no labelled claims")
        return
    rows += made_rows(0) + written_rows()
    model = fitted(
        rows,
        learnt_from=f"{len(rows)} rows: nine labelled sources, part 0 of the statements made by rule, and half of the sentences "
        "that a model wrote and of those that put a passage in other words",
    )
    usual: dict[Kind, Curves] = {key: _usual(curves) for key, curves in model.curves.items()}
    model = Model(curves=usual, learnt_from=model.learnt_from)
    CURVES.write_bytes(msgspec.json.encode(model).replace(b'},"', b'},\n"') + b"\n")
    right = np.mean((said(rows, model) >= 0.5) == [row.true for row in rows])
    count = sum(len(curve.curves) for curve in model.curves.values())
    print(f"{len(rows)} rows, {count} curves, {right:.3f} right on the rows learnt from")


def _usual(curves: Curves) -> Curves:
    return msgspec.structs.replace(curves, base=round(curves.base + log(BORNE_OUT / (1 - BORNE_OUT)), 4))


if __name__ == "__main__":
    main()
