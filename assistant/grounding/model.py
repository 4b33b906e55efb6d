"""From features to a probability: one curve for each feature, added up; Arabic claims have curves of their own, and Arabic headlines.

A generalised additive model (Hastie and Tibshirani 1986) whose curves are drawn between knots and may mostly only fall or only
rise. `curves.json` is made by `tools/fit_grounding.py`, which says from which rows.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from index.models import Value

Kind = Literal["arabic", "arabic line", "other"]
A_LINE = math.log1p(2)  # sentences of evidence, as the features have them


class Curve(Value, frozen=True, kw_only=True):
    """A line through knots: `heights[i]` at `knots[i]`, level before the first and after the last.

    >>> [Curve(knots=(0.0, 1.0), heights=(2.0, -2.0)).at(value) for value in (-1.0, 0.25, 7.0)]
    [2.0, 1.0, -2.0]
    """

    knots: tuple[float, ...]
    heights: tuple[float, ...]

    def at(self, value: float) -> float:
        """What the curve adds at a value."""
        after = bisect_right(self.knots, value)
        if after == 0 or after == len(self.knots):
            return self.heights[max(0, after - 1)]
        low, high = self.knots[after - 1], self.knots[after]
        start, end = self.heights[after - 1], self.heights[after]
        return start + (end - start) * (value - low) / (high - low)


class Curves(Value, frozen=True, kw_only=True):
    """The curves by feature, and what is added where no feature speaks."""

    base: float
    curves: dict[str, Curve]


class Model(Value, frozen=True, kw_only=True):
    """The curves by kind of claim (`kind`); `learnt_from` names the rows."""

    curves: dict[Kind, Curves]
    learnt_from: str = ""


@lru_cache(maxsize=1)
def shipped() -> Model:
    """The curves beside this file."""
    return msgspec.json.decode(Path(__file__).with_name("curves.json").read_bytes(), type=Model)


def kind(features: Mapping[str, float]) -> Kind:
    """Arabic beside one or two sentences, as headlines are compared; Arabic beside more; anything else."""
    if not features["arabic"]:
        return "other"
    return "arabic line" if features["evidence sentences"] <= A_LINE else "arabic"


def probability(features: Mapping[str, float], model: Model) -> float:
    """How likely the evidence bears the claim out where 65 of 100 claims are borne out, 0 to 1.

    >>> curves = Curves(base=0.0, curves={"path": Curve(knots=(0.1, 0.5), heights=(2.0, -2.0))})
    >>> model = Model(curves={"other": curves})
    >>> [round(probability({"path": path, "arabic": 0.0}, model), 2) for path in (0.1, 0.3, 0.5)]
    [0.88, 0.5, 0.12]
    """
    curves = model.curves[kind(features)]
    total = curves.base
    for name, curve in curves.curves.items():
        total += curve.at(features[name])
    return 1 / (1 + math.exp(-total))
