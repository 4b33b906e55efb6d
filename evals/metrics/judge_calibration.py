"""How far a judge agrees with people, source by source: sensitivity, specificity, kappa, reliability; and what that does to a rate.

A judge may take part in a gate only with enough labels of its language, good agreement, and few false alarms; see `fit_to_gate`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from statistics import fmean, variance
from typing import Any

import msgspec

from evals.gate import statistics
from evals.metrics.model_judge import Judge, Ruling
from evals.models import Failed, lines
from index.errors import UsageError
from index.language.analyzer import words
from index.models import Value

LABELS, KAPPA, SPECIFICITY = 100, 0.6, 0.8
BINS = 5


class Row(Value, frozen=True, kw_only=True):
    """A statement that people judged against a text."""

    id: str
    claim: str
    context: str
    supported: bool
    source: str = "all"
    lang: str | None = None
    question: str = ""


class Bin(Value, frozen=True, kw_only=True):
    """Rows whose probability lies in a fifth of 0..1: what was said, and what was so."""

    said: float
    true: float
    rows: int


class Calibration(Value, frozen=True, kw_only=True):
    """A judge beside people on one source. Rows it gave no ruling on are `errors`, and in no figure."""

    source: str
    rows: int
    errors: int
    sensitivity: statistics.Interval  # of what people call supported, how much the judge does
    specificity: statistics.Interval  # of what they do not, how much it does not either
    kappa: float | None
    auroc: float | None = None
    reliability: tuple[Bin, ...] = ()
    ece: float | None = None  # expected calibration error

    @property
    def balanced(self) -> float | None:
        """Balanced accuracy, None where one of the two kinds is missing."""
        one, other = self.sensitivity, self.specificity
        return (one.passed / one.total + other.passed / other.total) / 2 if one.total and other.total else None


def rows(data: bytes, where: str) -> tuple[Row, ...]:
    """Rows of JSON Lines: `claim` or `claim_or_answer`, `context`, and `label` (supported/unsupported, or a truth value).

    Raises UsageError that names the line.
    """
    found = []
    for number, line in enumerate(lines(data), 1):
        try:
            fields: dict[str, Any] = msgspec.json.decode(line, type=dict)
            label = fields["label"]
            if label not in ("supported", "unsupported", True, False, "full", "partial", "none", "contradicts"):
                raise UsageError(f"{where}, line {number}: the label {label!r} is neither supported nor unsupported")
            row = {
                "id": str(fields.get("id", number)),
                "claim": fields.get("claim") or fields["claim_or_answer"],
                "context": fields["context"],
                "supported": label in ("supported", True, "full"),
                "source": fields.get("source") or "all",
                "lang": fields.get("lang"),
                "question": fields.get("question") or "",
            }
            found.append(msgspec.convert(row, Row))
        except (msgspec.DecodeError, KeyError) as error:
            raise UsageError(f"{where}, line {number} is no labelled row: {error}") from error
    return tuple(found)


def calibrate(
    labelled: Iterable[Row], judge: Judge, progress: Callable[[], object] = lambda: None
) -> tuple[Calibration, ...]:
    """Let a judge rule on labelled rows and compare, each source apart: pooled figures mislead."""
    groups: dict[str, list[tuple[Row, Ruling | Failed]]] = {}
    for row in labelled:
        groups.setdefault(row.source, []).append((row, judge(row.claim, row.context, row.question)))
        progress()
    return tuple(_compared(source, ruled) for source, ruled in sorted(groups.items()))


def _compared(source: str, ruled: Sequence[tuple[Row, Ruling | Failed]]) -> Calibration:
    pairs = [(row, ruling) for row, ruling in ruled if isinstance(ruling, Ruling)]
    said = [ruling.label == "full" for _, ruling in pairs]
    true = [row.supported for row, _ in pairs]
    both = list(zip(said, true, strict=True))
    chances = [(ruling.probability, row.supported) for row, ruling in pairs if ruling.probability is not None]
    bins = _bins(chances)
    return Calibration(
        source=source,
        rows=len(ruled),
        errors=len(ruled) - len(pairs),
        sensitivity=statistics.wilson(both.count((True, True)), sum(true)),
        specificity=statistics.wilson(both.count((False, False)), len(true) - sum(true)),
        kappa=statistics.kappa(said, true),
        auroc=statistics.auroc(chances),
        reliability=bins,
        ece=sum(bin.rows * abs(bin.said - bin.true) for bin in bins) / len(chances) if chances else None,
    )


def _bins(chances: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    groups: dict[int, list[tuple[float, bool]]] = {}
    for chance, true in chances:
        groups.setdefault(min(int(chance * BINS), BINS - 1), []).append((chance, true))
    return tuple(
        Bin(said=fmean(one for one, _ in rows), true=fmean(true for _, true in rows), rows=len(rows))
        for _, rows in sorted(groups.items())
    )


def fit_to_gate(found: Calibration) -> tuple[bool, str]:
    """Whether a judge agrees well enough with people to take part in a gate, and if not, why."""
    valid = found.rows - found.errors
    if valid < LABELS:
        return False, f"{valid} labels, {LABELS} are needed"
    if found.kappa is None or found.kappa < KAPPA:
        return False, f"kappa {found.kappa if found.kappa is None else round(found.kappa, 2)}, {KAPPA} is needed"
    if found.specificity.low < SPECIFICITY:
        return False, f"specificity may be as low as {found.specificity.low:.2f}, {SPECIFICITY} is needed"
    return True, "enough labels, good agreement, few false alarms"


class Corrected(Value, frozen=True, kw_only=True):
    """A rate as the judge has it, and as it is likely to be by people's labels, with its 95 % interval."""

    raw: float
    rate: float
    low: float
    high: float
    labelled: int
    judged: int


def corrected(judged: Sequence[bool], labelled: Sequence[tuple[bool, bool]]) -> Corrected:
    """A judge's rate over many statements put right by the few that people labelled too, as (judge, person).

    The prediction-powered estimate with tuned weight (Angelopoulos, Duchi and Zrnic 2023, PPI++): where the judge is worthless it
    falls back on the labels alone. The labelled ones must be drawn from the same answers.

    >>> poor = corrected([True] * 90 + [False] * 10, [(True, True)] * 30 + [(True, False)] * 10 + [(False, False)] * 10)
    >>> round(poor.raw, 2), round(poor.rate, 2), poor.low < poor.rate < poor.high
    (0.9, 0.69, True)
    """
    if len(labelled) < 2 or len(judged) < 2:
        raise UsageError("at least two labels are needed to correct a rate")
    few, many = len(labelled), len(judged)
    said, true = [float(one) for one, _ in labelled], [float(one) for _, one in labelled]
    mean_said, mean_true = fmean(said), fmean(true)
    shared = sum((a - mean_said) * (b - mean_true) for a, b in zip(said, true, strict=True)) / (few - 1)
    spread = variance(map(float, judged))
    weight = min(max(shared / ((1 + few / many) * spread), 0.0), 1.0) if spread else 0.0
    left = [b - weight * a for a, b in zip(said, true, strict=True)]
    raw = fmean(map(float, judged))
    rate = weight * raw + fmean(left)
    error = sqrt(weight**2 * spread / many + variance(left) / few)
    return Corrected(
        raw=raw,
        rate=rate,
        low=max(rate - 1.96 * error, 0.0),
        high=min(rate + 1.96 * error, 1.0),
        labelled=few,
        judged=many,
    )


# --- two answers and a person's preference (the shape of ragchecker_meta) ---


class Preference(Value, frozen=True, kw_only=True):
    """Two answers to one question with a reference answer, and which one a person prefers: −2 the first … 2 the second."""

    question: str
    reference: str
    first: str
    second: str
    label: int


class Agreement(Value, frozen=True, kw_only=True):
    """How well the difference of two scores follows people's preference: Pearson's r, and how often the order is right."""

    rows: int
    errors: int
    r: float | None
    right: statistics.Interval  # of the pairs where people prefer one


Scorer = Callable[[str, str, str], float | Failed]  # answer, reference, question → 0..1


class _Reply(msgspec.Struct):
    response: str


class _Pair(msgspec.Struct):
    query: str
    gt_answer: str
    model1: _Reply
    model2: _Reply
    correctness_label: int


def preferences(data: bytes, where: str) -> tuple[Preference, ...]:
    """Pairs in the form of RAGChecker's meta-evaluation. Raises UsageError where they are in another."""
    try:
        pairs = msgspec.json.decode(data, type=list[_Pair])
    except msgspec.DecodeError as error:
        raise UsageError(f"{where} holds no pairs of answers: {error}") from error
    return tuple(
        Preference(
            question=pair.query,
            reference=pair.gt_answer,
            first=pair.model1.response,
            second=pair.model2.response,
            label=pair.correctness_label,
        )
        for pair in pairs
    )


def agreement(pairs: Sequence[Preference], scorer: Scorer) -> Agreement:
    """Score both answers of every pair and compare the order with people's. A pair with a failed score is an error."""
    remembered: dict[tuple[str, str], float | Failed] = {}

    def scored(answer: str, pair: Preference) -> float | Failed:
        key = (answer, pair.reference)
        if key not in remembered:
            remembered[key] = scorer(answer, pair.reference, pair.question)
        return remembered[key]

    found = []
    for pair in pairs:
        one, other = scored(pair.first, pair), scored(pair.second, pair)
        if not isinstance(one, Failed) and not isinstance(other, Failed):
            found.append((other - one, pair.label))
    decided = [(change, label) for change, label in found if label]
    return Agreement(
        rows=len(pairs),
        errors=len(pairs) - len(found),
        r=statistics.pearson([change for change, _ in found], [float(label) for _, label in found]),
        right=statistics.wilson(sum(change * label > 0 for change, label in decided), len(decided)),
    )


def word_f1(answer: str, reference: str, question: str = "") -> float:
    """F1 of the folded words that an answer shares with the reference, repetitions counted (SQuAD's token F1, made fit for Arabic).

    >>> word_f1("كلّف الجسرُ ٤٠ مليونا", "كلف الجسر 40 مليونا")
    1.0
    """
    said, wanted = Counter(words(answer)), Counter(words(reference))
    both = (said & wanted).total()
    return 2 * both / (said.total() + wanted.total()) if both else 0.0


def judged_f1(judge: Judge) -> Scorer:
    """F1 of sentences: those of the answer that the reference bears out, and those of the reference that the answer does.

    The claim-level precision and recall of RAGChecker (Ru et al. 2024), with sentences for claims.
    """
    from index.language.sentences import sentences

    def share(of: str, against: str, question: str) -> float | Failed:
        rulings = [judge(span.of(of), against, question) for span in sentences(of)]
        failed = next((ruling for ruling in rulings if isinstance(ruling, Failed)), None)
        if failed:
            return failed
        return fmean(isinstance(ruling, Ruling) and ruling.label == "full" for ruling in rulings) if rulings else 0.0

    def scorer(answer: str, reference: str, question: str) -> float | Failed:
        precision, recall = share(answer, reference, question), share(reference, answer, question)
        if isinstance(precision, Failed) or isinstance(recall, Failed):
            return precision if isinstance(precision, Failed) else recall
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    return scorer
