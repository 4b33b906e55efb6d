"""From features to a probability: one curve for each feature, added up.

A generalised additive model with monotone curves, boosted one split at a time (Friedman 2001; Lou, Caruana and Gehrke 2012).
`curves.json` is made by `benchmarks/fit_grounding.py`, which says from which rows.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from index.records import Value


class Curve(Value, frozen=True, kw_only=True):
    """A step function: `steps[i]` holds up to and with `edges[i]`, the last step beyond the last edge."""

    edges: tuple[float, ...]
    steps: tuple[float, ...]


class Curves(Value, frozen=True, kw_only=True):
    """The curves by feature, and what is added where no feature speaks; `learnt_from` names the rows."""

    base: float
    curves: dict[str, Curve]
    learnt_from: str = ""


@lru_cache(maxsize=1)
def shipped() -> Curves:
    """The curves beside this file."""
    return msgspec.json.decode(Path(__file__).with_name("curves.json").read_bytes(), type=Curves)


def probability(features: Mapping[str, float], curves: Curves) -> float:
    """How likely the evidence bears the claim out where 65 of 100 claims are borne out, 0 to 1.

    >>> curves = Curves(base=0.0, curves={"path": Curve(edges=(0.2,), steps=(2.0, -2.0))})
    >>> round(probability({"path": 0.1}, curves), 2), round(probability({"path": 0.5}, curves), 2)
    (0.88, 0.12)
    """
    total = curves.base
    for name, curve in curves.curves.items():
        total += curve.steps[bisect_left(curve.edges, features[name])]
    return 1 / (1 + math.exp(-total))
