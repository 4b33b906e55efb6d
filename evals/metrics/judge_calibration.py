"""Agreement of a judge with people, and correction of its rates by labels.

A judge may take part in a gate only with enough labels, good agreement and few false alarms (`fit_to_gate`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from statistics import fmean, variance
from typing import Any

import msgspec

from evals.metrics import statistics
from evals.metrics.model_judge import Judge, Ruling
from evals.models import Failed, json_lines
from index.errors import UsageError
from index.models import Value

LABELS, KAPPA, SPECIFICITY = 100, 0.6, 0.8
BINS = 5


class LabelledClaim(Value, frozen=True, kw_only=True):
    """A statement that people judged against a text."""

    id: str
    claim: str
    context: str
    supported: bool
    source: str = "all"
    lang: str | None = None
    question: str = ""


class Bin(Value, frozen=True, kw_only=True, rename={"predicted": "said"}):
    """Claims whose probability lies in the same fifth of 0..1.

    Its mean, and the share that is true.
    """

    predicted: float
    true: float
    rows: int


class Calibration(Value, frozen=True, kw_only=True):
    """A judge compared with people on one source.

    Claims without a ruling are `errors` and in no figure.
    """

    source: str
    rows: int
    errors: int
    sensitivity: statistics.Interval  # the share of what people call supported that the judge does, too
    specificity: statistics.Interval  # the share of what they do not that the judge does not either
    kappa: float | None
    auroc: float | None = None
    reliability: tuple[Bin, ...] = ()
    ece: float | None = None  # expected calibration error

    @property
    def balanced(self) -> float | None:
        """Return balanced accuracy, None if one of the two kinds is missing."""
        true, false = self.sensitivity, self.specificity
        return (true.passed / true.total + false.passed / false.total) / 2 if true.total and false.total else None


def read_claims(data: bytes, where: str) -> tuple[LabelledClaim, ...]:
    """Read JSON Lines of `claim` (or `claim_or_answer`), `context` and `label`.

    A label is supported or unsupported, a truth value, or a ruling of the judge. Raises UsageError that names the line.
    """
    claims = []
    for number, line in enumerate(json_lines(data), 1):
        try:
            fields: dict[str, Any] = msgspec.json.decode(line, type=dict)
            label = fields["label"]
            if label not in ("supported", "unsupported", True, False, "full", "partial", "none", "contradicts"):
                raise UsageError("evals.not_a_verdict", where=where, number=number, label=label)
            values = {
                "id": str(fields.get("id", number)),
                "claim": fields.get("claim") or fields["claim_or_answer"],
                "context": fields["context"],
                "supported": label in ("supported", True, "full"),
                "source": fields.get("source") or "all",
                "lang": fields.get("lang"),
                "question": fields.get("question") or "",
            }
            claims.append(msgspec.convert(values, LabelledClaim))
        except (msgspec.DecodeError, KeyError) as error:
            raise UsageError("evals.not_labelled", where=where, number=number, error=error) from error
    return tuple(claims)


def calibrate(
    claims: Iterable[LabelledClaim], judge: Judge, progress: Callable[[], object] = lambda: None
) -> tuple[Calibration, ...]:
    """Let a judge rule on labelled claims and compare, each source apart."""
    groups: dict[str, list[tuple[LabelledClaim, Ruling | Failed]]] = {}
    for claim in claims:
        groups.setdefault(claim.source, []).append((claim, judge(claim.claim, claim.context, claim.question)))
        progress()
    return tuple(_compare(source, ruled) for source, ruled in sorted(groups.items()))


def _compare(source: str, ruled: Sequence[tuple[LabelledClaim, Ruling | Failed]]) -> Calibration:
    rulings = [(claim, ruling) for claim, ruling in ruled if isinstance(ruling, Ruling)]
    judged = [ruling.label == "full" for _, ruling in rulings]
    true = [claim.supported for claim, _ in rulings]
    pairs = list(zip(judged, true, strict=True))
    chances = [(ruling.probability, claim.supported) for claim, ruling in rulings if ruling.probability is not None]
    bins = _bins(chances)
    return Calibration(
        source=source,
        rows=len(ruled),
        errors=len(ruled) - len(rulings),
        sensitivity=statistics.wilson(pairs.count((True, True)), sum(true)),
        specificity=statistics.wilson(pairs.count((False, False)), len(true) - sum(true)),
        kappa=statistics.kappa(judged, true),
        auroc=statistics.auroc(chances),
        reliability=bins,
        ece=sum(bin.rows * abs(bin.predicted - bin.true) for bin in bins) / len(chances) if chances else None,
    )


def _bins(chances: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    groups: dict[int, list[tuple[float, bool]]] = {}
    for chance, true in chances:
        groups.setdefault(min(int(chance * BINS), BINS - 1), []).append((chance, true))
    return tuple(
        Bin(predicted=fmean(chance for chance, _ in rows), true=fmean(true for _, true in rows), rows=len(rows))
        for _, rows in sorted(groups.items())
    )


def fit_to_gate(calibration: Calibration) -> tuple[bool, str]:
    """Return whether a judge agrees well enough with people to gate, and why."""
    valid, kappa = calibration.rows - calibration.errors, calibration.kappa
    if valid < LABELS:
        return False, f"{valid} labels, {LABELS} are needed"
    if kappa is None or kappa < KAPPA:
        return False, f"kappa {kappa if kappa is None else round(kappa, 2)}, {KAPPA} is needed"
    if calibration.specificity.low < SPECIFICITY:
        return False, f"specificity may be as low as {calibration.specificity.low:.2f}, {SPECIFICITY} is needed"
    return True, "enough labels, good agreement, few false alarms"


class CorrectedRate(Value, frozen=True, kw_only=True):
    """A rate by the judge, and as labels correct it, with its 95 % interval."""

    raw: float
    rate: float
    low: float
    high: float
    labelled: int
    judged: int


def correct_rate(judged: Sequence[bool], labelled: Sequence[tuple[bool, bool]]) -> CorrectedRate:
    """Correct a judge's rate by statements that people labelled, too.

    `labelled` has (judge, person).

    The prediction-powered estimate with tuned weight (Angelopoulos, Duchi and Zrnic 2023, PPI++): a worthless judge
    leaves the labels alone. The labelled statements must be drawn at random from the judged ones.

    >>> labelled = [(True, True)] * 30 + [(True, False)] * 10 + [(False, False)] * 10
    >>> poor = correct_rate([True] * 90 + [False] * 10, labelled)
    >>> round(poor.raw, 2), round(poor.rate, 2), poor.low < poor.rate < poor.high
    (0.9, 0.69, True)
    """
    if len(labelled) < 2 or len(judged) < 2:
        raise UsageError("evals.too_few_labels")
    few, many = len(labelled), len(judged)
    judge, person = [float(ruling) for ruling, _ in labelled], [float(label) for _, label in labelled]
    mean_judge, mean_person = fmean(judge), fmean(person)
    covariance = sum((a - mean_judge) * (b - mean_person) for a, b in zip(judge, person, strict=True)) / (few - 1)
    spread = variance(map(float, judged))
    weight = min(max(covariance / ((1 + few / many) * spread), 0.0), 1.0) if spread else 0.0
    residuals = [b - weight * a for a, b in zip(judge, person, strict=True)]
    raw = fmean(map(float, judged))
    rate = weight * raw + fmean(residuals)
    error = sqrt(weight**2 * spread / many + variance(residuals) / few)
    return CorrectedRate(
        raw=raw,
        rate=rate,
        low=max(rate - 1.96 * error, 0.0),
        high=min(rate + 1.96 * error, 1.0),
        labelled=few,
        judged=many,
    )
