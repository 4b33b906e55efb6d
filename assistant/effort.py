"""How much a question may cost beside its answer.

Whether a model plans it, and how often it looks again.
"""

from __future__ import annotations

from assistant.models import Effort
from index.errors import UsageError
from index.models import Value


class EffortBounds(Value, frozen=True, kw_only=True):
    """Bounds of the requests beside an answer. Times are in seconds; 0: not at all.

    >>> BOUNDS["quick"].plan_seconds, BOUNDS["quick"].steps
    (0.0, 0)
    """

    plan_seconds: float = 0.0  # that an answer waits for the plan of a model, from the start of its request
    steps: int = 0  # calls of the second look's tools
    look_seconds: float = 0.0  # of the whole second look
    look_tokens: int = 0  # that the requests of a second look may take, in and out
    before_writing: bool = False  # whether the second look comes before the answer, not only after a refusal


BOUNDS: dict[Effort, EffortBounds] = {
    "quick": EffortBounds(),
    "normal": EffortBounds(steps=4, look_seconds=45.0, look_tokens=14_000),
    "thorough": EffortBounds(plan_seconds=15.0, steps=10, look_seconds=120.0, look_tokens=40_000, before_writing=True),
}


def bounds_of(effort: Effort | EffortBounds) -> EffortBounds:
    """Return the bounds of an effort by its name; raise UsageError for an unknown one.

    >>> bounds_of("normal").steps
    4
    """
    if isinstance(effort, EffortBounds):
        return effort
    if effort not in BOUNDS:
        raise UsageError("assistant.no_effort", text=str(effort)[:40])
    return BOUNDS[effort]
