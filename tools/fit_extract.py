"""Fit the coefficients of `assistant/extractive/extraction.json`: `python -m tools.fit_extract`.

Rows: the questions of half of the titles (even by MD5) of arcd, xquad-ar, xquad-en and squad2, and of half of the
events of `evals/cases/core.jsonl`, as they are and with the sentences that answer some of them taken out ("gaps"). The
other half and all of rgb are never seen; `make bench-answers` reports on them. `--cross` fits without one set at a time
and reports on the one left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from assistant.extractive.extraction import ANSWER_FEATURES, Model, answer_features, distinct, rank
from assistant.extractive.sentence_scoring import Features, candidates
from assistant.query.parse import Question, parse_question
from index.language.normalize import folded
from tools.question_sets import DATA, SETS, Asked

SHIPPED = Path(__file__).resolve().parents[1] / "assistant" / "extractive" / "extraction.json"
MOST = 700  # questions of a set
LANGUAGES = {
    "arcd": "arcd",
    "xquad-ar": "xquad",
    "xquad-en": "xquad",
    "squad2": "xquad",
    "cases": "cases",
    "rgb": "rgb",
}  # set -> family
UNRANKED = {
    "passage_share",
    "lacks_name",
    "lacks_cue",
    "lacks_cue_person",
    "lacks_cue_number",
    "lacks_cue_date",
    "lacks_cue_place",
    "lacks_cue_reason",
    "lacks_cue_statement",
    "lacks_role",
    "elsewhere",
    "lacks_speaker",
}  # features that tell of refusal only: they order sentences no better
SHARE = {name: 2.0 for name in SETS if name == "cases" or name.endswith("gaps")}
# of a set in the fit of `answering`: news, and questions on what an article that is there does not tell
LEAST = (
    -2.0
)  # of the weights of what a sentence lacks: the lists of words behind them were made with the fitted rows in view
THRESHOLD = 0.5
PENALTY = 2.0  # of squared coefficients

Array = np.ndarray[Any, np.dtype[np.float64]]


class Seen(NamedTuple):
    """A question with its candidates; `right` tells which of them hold an answer."""

    asked: Asked
    question: Question
    ranked_candidates: tuple[Any, ...]
    right: list[bool]


def held_out(group: str) -> bool:
    """Whether a title's questions are kept from fitting."""
    return int(hashlib.md5(group.encode()).hexdigest(), 16) // 16 % 2 == 1


def holds(sentence: str, answers: Sequence[str]) -> bool:
    """Whether a sentence contains one of the answers, spelling variants apart."""
    text = folded(sentence)
    return any(folded(answer).strip() in text for answer in answers if answer.strip())


def collect(name: str, most: int = MOST) -> list[Seen]:
    """The questions of a set, with the candidates that extraction chooses among.

    A random `most` of them.
    """
    seen = []
    for store in SETS[name]():
        for asked in store.questions:
            if random.Random(asked.question).random() * _size(name) < most:
                question = parse_question(asked.question, ())
                ranked_candidates = candidates(question, store.hits(asked.question), store.lexical)
                right = [asked.answerable and holds(match.text, asked.answers) for match in ranked_candidates]
                seen.append(Seen(asked, question, ranked_candidates, right))
    return seen


def _size(name: str) -> int:
    if name.startswith(("rgb", "cases")):
        return 1
    if name.endswith("gaps"):
        return 700
    return 6078 if name.startswith("squad2") else 2400 if name.startswith("xquad") else 1500


def fit_ranking(sets: Iterable[list[Seen]]) -> dict[str, float]:
    """Weights under which a sentence that holds the answer is the likeliest of its question (softmax over the
    candidates).

    Every set counts the same, however many questions it has.
    """
    groups = [(set_, case) for set_ in sets for case in set_ if any(case.right) and not all(case.right)]
    names = sorted({name for _, case in groups for each in case.ranked_candidates for name in each.features} - UNRANKED)
    table = [_table([each.features for each in case.ranked_candidates], names) for _, case in groups]
    spread = np.concatenate(table).std(axis=0) + 1e-9
    rows = np.concatenate(table) / spread
    right = np.concatenate([np.array(case.right, dtype=float) for _, case in groups])
    starts = np.cumsum([0] + [len(case.right) for _, case in groups])[:-1]
    owner = np.repeat(np.arange(len(groups)), [len(case.right) for _, case in groups])
    sizes = [sum(other is set_ for other, _ in groups) for set_, _ in groups]
    weight = np.array([len(groups) / size for size in sizes]) / len({id(set_) for set_, _ in groups})

    def loss(w: Array) -> tuple[float, Array]:
        scores = rows @ w
        odds = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        every, good = np.add.reduceat(odds, starts), np.add.reduceat(odds * right, starts) + 1e-300
        slope = rows.T @ (weight[owner] * (odds / every[owner] - odds * right / good[owner]))
        return float((weight * (np.log(every) - np.log(good))).sum() + PENALTY * w @ w), slope + 2 * PENALTY * w

    ranked_candidates = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B").x / spread
    return {name: round(float(value), 3) for name, value in zip(names, ranked_candidates, strict=True)}


def fit_answering(
    sets: Mapping[str, list[Seen]], ranking: dict[str, float], names: Sequence[str]
) -> tuple[dict[str, float], float]:
    """Weights and intercept of a logistic model of whether a question is answerable.

    Each set (but for `SHARE`) and either answer count the same. What a sentence says can only speak for an answer, what
    it lacks only against: otherwise features that go together get weights of opposite signs, which do well on these
    rows alone. No lack weighs more than `LEAST`.
    """
    rows, labels, weights = [], [], []
    for name, set_ in sets.items():
        features, answerable = outlooks(set_, ranking)
        rows.append(_table(features, names))
        labels.append(answerable)
        each = np.where(answerable, 1 / max(1, answerable.sum()), 1 / max(1, (~answerable).sum()))
        weights.append(SHARE.get(name, 1.0) * each)
    table, label = np.concatenate(rows), np.concatenate(labels).astype(float)
    spread = table.std(axis=0) + 1e-9
    scaled = np.column_stack([table / spread, np.ones(len(label))])
    weight = np.concatenate(weights)
    weight = weight * len(label) / weight.sum()
    shrunk = np.append(np.ones(len(names)), 0.0)

    def loss(w: Array) -> tuple[float, Array]:
        odds = scaled @ w
        value = (weight * (np.logaddexp(0, odds) - label * odds)).sum() + 0.5 * (shrunk * w * w).sum()
        return float(value), scaled.T @ (weight * (1 / (1 + np.exp(-odds)) - label)) + shrunk * w

    bounds = [
        (LEAST * each, 0.0) if name.startswith("lacks") else (0.0, None)
        for name, each in zip(names, spread, strict=True)
    ] + [(None, None)]
    ranked_candidates = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds).x
    values = ranked_candidates[:-1] / spread
    return {name: round(float(value), 3) for name, value in zip(names, values, strict=True)}, round(
        float(ranked_candidates[-1]), 3
    )


def outlooks(set_: Sequence[Seen], ranking: dict[str, float]) -> tuple[list[Features], Any]:
    """What `assistant.extractive.extraction.answer_features` says of each question, and whether it is answerable."""
    model = Model(ranking=ranking, answering={}, intercept=0.0, threshold=0.5, min_ratio=1.0)
    kept = [(case, rank(case.ranked_candidates, model)) for case in set_]
    return [answer_features(case.question, ranked) for case, ranked in kept if ranked], np.array(
        [case.asked.answerable for case, ranked in kept if ranked]
    )


def _table(features: Sequence[Features], names: Sequence[str]) -> Array:
    return np.array([[feature.get(name, 0.0) for name in names] for feature in features])


ANSWERING = ("passage_share", *ANSWER_FEATURES, "terms")


def report(name: str, set_: Sequence[Seen], model: Model) -> str:
    """One line: contains@1 and @3 among answerable questions, AUROC, and the rates at the threshold."""
    first, three = [], []
    for case in set_:
        if case.asked.answerable:
            ranked = rank(case.ranked_candidates, model)
            right = [holds(each.text, case.asked.answers) for each in distinct([each for each, _ in ranked], 3)]
            first.append(any(right[:1]))
            three.append(any(right))
    features, answerable = outlooks(set_, model.ranking)
    odds = _table(features, list(model.answering)) @ np.array(list(model.answering.values())) + model.intercept
    given = 1 / (1 + np.exp(-odds)) >= model.threshold
    yes, no = given[answerable].mean(), given[~answerable].mean()
    return (
        f"{name:26} n {len(set_):5}  @1 {np.mean(first):.3f}  @3 {np.mean(three):.3f}  AUROC "
        f"{roc_auc_score(answerable, odds):.3f}  "
        f"answered {yes:.3f}  falsely {no:.3f}  balanced {(yes + 1 - no) / 2:.3f}"
    )


def fitted(sets: dict[str, list[Seen]], names: Sequence[str] = ANSWERING) -> Model:
    """Both models, fitted on some sets."""
    ranking = fit_ranking(set_ for name, set_ in sets.items() if not name.startswith("cases"))
    answering, intercept = fit_answering(sets, ranking, names)
    return Model(ranking=ranking, answering=answering, intercept=intercept, threshold=THRESHOLD, min_ratio=0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cross", action="store_true", help="leave one set out at a time; write nothing")
    chosen = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"no data beside the checkout ({DATA.name}/ is looked for in ../shared); nothing to fit")
    collected = {name: collect(name) for name in SETS if name != "rgb"}
    if chosen.cross:
        cross(collected)
        return
    model = fitted(
        {name: [case for case in set_ if not held_out(case.asked.group)] for name, set_ in collected.items()}
    )
    for name, set_ in collected.items():
        print(report(name, [case for case in set_ if held_out(case.asked.group)], model))
    about = (
        "made by tools/fit_extract.py from the questions of half of the titles of arcd, xquad-ar, xquad-en and "
        "squad2, and of half of the events of evals/cases, some without the sentences that answer"
    )
    content = {"about": about, **{name: getattr(model, name) for name in Model.__struct_fields__}}
    SHIPPED.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def cross(collected: dict[str, list[Seen]]) -> None:
    """Each family of sets judged by a model that saw none of it."""
    for family in dict.fromkeys(LANGUAGES.values()):
        mine = {name for name in collected if LANGUAGES[name.split(",")[0]] == family}
        others = {name: set_ for name, set_ in collected.items() if name not in mine}
        for name in sorted(mine):
            print(report(name, collected[name], fitted(others)))


if __name__ == "__main__":
    main()
