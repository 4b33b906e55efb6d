"""How well the grounding check tells borne-out claims from others: `make bench-grounding`, or `python -m tools.grounding`.

Labelled sources (AUROC with 95% intervals from 1,000 resamplings of the texts), each apart:
  in-source   five folds inside the source, as the eight-feature logistic beside it
  all rows    five folds over all sources: other rows of the same source are learnt from
  left out    the source is not learnt from at all
The last two are the probabilities that the check gives out, held down where it finds something against a claim.
Statements made by rule from part 2 of the articles, never learnt from nor looked at, and from the reference articles; the curves
for them are learnt without WiCE, whose articles they come from. A statement counts as caught where the verdict is not "supported".
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from assistant.grounding.alignment import Index, align, index
from assistant.grounding.checking import check_claim
from assistant.grounding.model import Model
from assistant.grounding.reading import plain_claim, read_line
from tools import rivals
from tools.fit_grounding import MADE, Row, fitted, labelled_row, made_rows, matrix, said, weights
from tools.labelled import DATA, SOURCES, Claim, claims
from tools.perturbations import FALSE, english_articles, reference_articles, saudi_articles, statements

PARTS = ("labelled", "located", "made", "cost")
TIMES, FOLDS = 1000, 5
TOUCHED = 3  # content words that a sentence must bear to count as evidence found


def auroc(true: np.ndarray, score: np.ndarray) -> float:
    """The chance that a borne-out claim scores higher than one that is not; ties count half."""
    from scipy.stats import rankdata

    ranks, positives = rankdata(score), int(true.sum())
    negatives = len(true) - positives
    if not positives or not negatives:
        return float("nan")
    return float((ranks[true].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def balanced(true: np.ndarray, score: np.ndarray) -> float:
    """Balanced accuracy where 0.5 divides."""
    return float(((score[true] >= 0.5).mean() + (score[~true] < 0.5).mean()) / 2)


def interval(
    measure: Callable[[np.ndarray, np.ndarray], float], true: np.ndarray, score: np.ndarray, groups: Sequence[str]
) -> str:
    """The figure with its interval, texts resampled."""
    rng = np.random.default_rng(0)
    places = defaultdict(list)
    for at, group in enumerate(groups):
        places[group].append(at)
    listed = [np.array(place) for place in places.values()]
    drawn = []
    for _ in range(TIMES):
        picked = np.concatenate([listed[at] for at in rng.integers(0, len(listed), len(listed))])
        drawn.append(measure(true[picked], score[picked]))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return f"{measure(true, score):.3f} [{low:.2f},{high:.2f}]"


def folds(rows: Sequence[Row]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Five folds: a text stays in one, labels and sources are spread evenly."""
    from sklearn.model_selection import StratifiedGroupKFold

    kinds = [f"{row.source} {row.true}" for row in rows]
    cut = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    return list(cut.split(np.zeros(len(rows)), kinds, [row.group for row in rows]))


def labelled(listed: Sequence[Claim], rows: Sequence[Row], made: Sequence[Row]) -> None:
    """The table of AUROC by source, the rivals beside the check."""
    source = np.array([row.source for row in rows])
    eight = np.array([rivals.eight(one.claim, one.context) for one in listed])
    pairs = [(one.claim, one.context) for one in listed]
    plain = {
        "word coverage": rivals.scores(rivals.word_coverage, pairs),
        "ROUGE-L": rivals.scores(rivals.rouge_l, pairs),
    }
    if found := rivals.ragground():
        plain["ragground"] = rivals.scores(found, pairs)
    else:
        print("ragground: not installed, left out (pip install ragground)")
    over_all, eight_all = np.zeros(len(rows)), np.zeros(len(rows))
    every = np.array([row.true for row in rows])
    for learn, report in folds(rows):
        model = fitted([*(rows[at] for at in learn), *made])
        over_all[report] = said([rows[at] for at in report], model)
        share = weights([rows[at] for at in learn])
        eight_all[report] = rivals.logistic(eight[learn], every[learn], eight[report], share)
    for name in SOURCES:
        at = np.flatnonzero(source == name)
        if not len(at):
            print(f"{name}: skipped, not in ../shared/data")
            continue
        here, true, groups = [rows[one] for one in at], every[at], [rows[one].group for one in at]
        others = [rows[one] for one in np.flatnonzero(source != name)]
        apart = np.flatnonzero(source != name)
        eight_in, ours_in = np.zeros(len(at)), np.zeros(len(at))
        for learn, report in folds(here):
            eight_in[report] = rivals.logistic(eight[at][learn], true[learn], eight[at][report])
            ours_in[report] = in_source([here[one] for one in learn], [here[one] for one in report])
        left_out = said(here, fitted([*others, *made]))
        eight_out = rivals.logistic(eight[apart], every[apart], eight[at], weights(others))
        print(f"\n{name}: {len(at)} claims, {true.mean():.0%} borne out")
        columns = {kind: score[at] for kind, score in plain.items()}
        columns |= {"eight, in-source": eight_in, "eight, all rows": eight_all[at], "eight, left out": eight_out}
        columns |= {"check, in-source": ours_in, "check, all rows": over_all[at], "check, left out": left_out}
        for kind, score in columns.items():
            line = f"  {kind:18} AUROC {interval(auroc, true, score, groups)}"
            if kind.startswith(("check", "eight")):
                line += f"   balanced accuracy {interval(balanced, true, score, groups)}"
            print(line, flush=True)
    calibration(every, over_all, weights(rows))


def in_source(learn: Sequence[Row], report: Sequence[Row]) -> np.ndarray:
    """A logistic over the check's features inside one source: as many rows as that are too few for curves."""
    _, mine = matrix(learn)
    _, theirs = matrix(report)
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000, class_weight="balanced"))
    model.fit(mine, np.array([row.true for row in learn]))
    return np.asarray(model.predict_proba(theirs)[:, 1])


def calibration(true: np.ndarray, score: np.ndarray, share: np.ndarray) -> None:
    """What share is borne out at each probability, every source and label weighing the same."""
    print("\nprobability (all rows) → share borne out")
    for low, high in pairwise((0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.001)):
        at = (score >= low) & (score < high)
        if at.sum() >= 20:
            print(f"  {low:.1f}-{min(high, 1):.1f}  {np.average(true[at], weights=share[at]):.2f}  ({at.sum()} claims)")


def located(listed: Sequence[Claim]) -> None:
    """WiCE: do the sentences that the check reads cover one of the sets that people marked?"""
    recall, inside, outside = [], 0, 0
    for one in listed:
        if not one.supporting:
            continue
        lines = [line for line in one.context.split("\n") if line.strip()]
        found = align(read_line(plain_claim(one.claim)), Index([read_line(line) for line in lines]))
        borne: defaultdict[int, int] = defaultdict(int)
        for term, place in zip(found.claim.terms, found.places, strict=True):
            if place and term.weight:
                borne[place.line] += 1
        chosen = {lines[line] for line, count in borne.items() if count >= TOUCHED or line == found.best}
        marked = {sentence for group in one.supporting for sentence in group}
        recall.append(any(set(group) <= chosen for group in one.supporting))
        inside += len(chosen & marked)
        outside += len(chosen - marked)
    if recall:
        print(
            f"\nwice, evidence found: recall {np.mean(recall):.3f} of {len(recall)} claims (one whole set covered),",
            end=" ",
        )
        print(f"precision {inside / (inside + outside):.3f} of {inside + outside} sentences")


def made_statements(model: Model) -> None:
    """What share of altered statements is caught, and of true ones wrongly doubted."""
    sources = {
        "SaudiNewsNet": saudi_articles(300, 2),
        "WiCE's articles": english_articles(150, 2),
        "reference articles": reference_articles(),
    }
    print("\nstatements made by rule: share not supported, with 95% intervals (Wilson)")
    for name, listed in sources.items():
        counts: defaultdict[str, list[bool]] = defaultdict(list)
        for statement in statements(listed, seed=2, per_article=8 if name.startswith("ref") else 2):
            counts[statement.kind].append(
                check_claim(statement.claim, statement.context, model=model).verdict != "supported"
            )
        print(f" {name}")
        for kind, caught in counts.items():
            low, high = wilson(sum(caught), len(caught))
            role = "caught" if kind in FALSE else "false alarms"
            print(f"  {kind:18} {role:13} {np.mean(caught):.3f} [{low:.2f},{high:.2f}]  n={len(caught)}", flush=True)


def wilson(hits: int, size: int) -> tuple[float, float]:
    """The Wilson interval of a share."""
    share, z = hits / size, 1.96
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z * (share * (1 - share) / size + z * z / (4 * size * size)) ** 0.5 / (1 + z * z / size)
    return middle - half, middle + half


def cost() -> None:
    """Milliseconds of processor time for a sentence beside 2,000 letters, read for the first time and again."""
    texts = [text[:2000] for _, text in saudi_articles(120, 2) if len(text) >= 2000][:60]
    made = [
        (statement.claim, statement.context)
        for statement in statements(((str(at), text) for at, text in enumerate(texts)), 3, 1)
    ]
    if not made:
        return
    for claim, text in made:
        check_claim(claim, text)  # words met before, as in any running process
    first = []
    for claim, text in made:
        index.cache_clear()
        start = time.process_time()
        check_claim(claim, text)
        first.append(time.process_time() - start)
    again = []
    for claim, text in made:
        check_claim(claim, text)
        start = time.process_time()
        check_claim(claim, text)
        again.append(time.process_time() - start)
    print(f"\ncost of a check, 2,000 letters of evidence: {np.median(first) * 1000:.1f} ms (median), ", end="")
    print(
        f"{np.percentile(first, 95) * 1000:.1f} ms (95th percentile); evidence read before: {np.median(again) * 1000:.1f} ms"
    )


def some(listed: Sequence[Claim], most: int) -> list[Claim]:
    """At most so many claims of each source, always the same ones."""
    kept = []
    for name in SOURCES:
        here = [one for one in listed if one.source == name]
        kept += here if len(here) <= most else random.Random(name).sample(here, most)
    return kept


def main(arguments: Sequence[str] | None = None) -> None:
    """Everything, or only the parts named."""
    parser = argparse.ArgumentParser(prog="tools.grounding", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rows", type=int, default=2000, help="at most so many claims of each source (default: 2000)")
    options = parser.parse_args(arguments)
    listed = some(list(claims()), options.rows)
    if not listed or not (DATA / "saudinewsnet").exists():
        print("skipped: the sets are not in ../shared/data")
        return
    chosen = set(options.parts) or set(PARTS)
    if chosen & {"labelled", "made"}:
        rows = [labelled_row(one) for one in listed]
        made = made_rows(0)
    if "labelled" in chosen:
        labelled(listed, rows, made)
    if "located" in chosen:
        located([one for one in listed if one.source == "wice"])
    if "made" in chosen:
        apart = [row for row in rows if row.source != "wice"] + [row for row in made if row.source == MADE[0]]
        made_statements(fitted(apart))
    if "cost" in chosen:
        cost()


if __name__ == "__main__":
    main()
