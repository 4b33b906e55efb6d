"""How much a question may cost beside its answer: whether a model plans it."""

from __future__ import annotations

from assistant.models import Effort
from index.errors import UsageError
from index.models import Value


class EffortBounds(Value, frozen=True, kw_only=True):
    """Bounds of the requests beside an answer. Times are in seconds; 0: not at all.

    >>> BOUNDS["quick"].plan_seconds
    0.0
    """

    plan_seconds: float = 0.0  # that an answer waits for the plan of a model, from the start of its request


BOUNDS: dict[Effort, EffortBounds] = {
    "quick": EffortBounds(),
    "normal": EffortBounds(),
    "thorough": EffortBounds(plan_seconds=15.0),
}


def bounds_of(effort: Effort | EffortBounds) -> EffortBounds:
    """Return the bounds of an effort by its name; raise UsageError for an unknown one.

    >>> bounds_of("thorough").plan_seconds
    15.0
    """
    if isinstance(effort, EffortBounds):
        return effort
    if effort not in BOUNDS:
        raise UsageError("assistant.no_effort", text=str(effort)[:40])
    return BOUNDS[effort]
