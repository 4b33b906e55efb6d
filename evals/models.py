"""The values of evals: a score, a reply with what was retrieved for it, and what one case came to.

A score is a value, n/a or an error; the last two are counted and never become 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from assistant.models import Answer
from index.models import Value


class Measured(Value, frozen=True, kw_only=False, tag="value", tag_field="is"):
    """A measured value; rates lie in 0..1."""

    value: float


class NotApplicable(Value, frozen=True, kw_only=False, tag="n/a", tag_field="is"):
    """There was nothing to measure, and why: a refusal has no citations."""

    why: str


class Failed(Value, frozen=True, kw_only=False, tag="error", tag_field="is"):
    """It should have been measured and could not be."""

    why: str


Score = Measured | NotApplicable | Failed


class Tally(Value, frozen=True, kw_only=True):
    """How the scores of one metric came out: the values, and how many were n/a or errors."""

    values: tuple[float, ...]
    not_applicable: int
    errors: int

    @property
    def mean(self) -> Score:
        """The mean of the values, n/a where there is none.

        >>> tally([Measured(1.0), NotApplicable("refused"), Measured(0.0)]).mean
        Measured(value=0.5)
        >>> tally([]).mean
        NotApplicable(why='no case has a value')
        """
        if not self.values:
            return NotApplicable("no case has a value")
        return Measured(sum(self.values) / len(self.values))


def tally(scores: Iterable[Score]) -> Tally:
    """Count the scores of one metric, each kind apart."""
    scores = tuple(scores)
    return Tally(
        values=tuple(score.value for score in scores if isinstance(score, Measured)),
        not_applicable=sum(isinstance(score, NotApplicable) for score in scores),
        errors=sum(isinstance(score, Failed) for score in scores),
    )


class Place(Value, frozen=True, kw_only=True):
    """A stretch of an article that a search returned: `article.text[start:end]`. Without an end: the whole file."""

    file_id: str
    start: int = 0
    end: int | None = None


class Reply(Value, frozen=True, kw_only=True):
    """What an engine said to a case. `hits`: what its search returned, best first; `shown`: how many of them the writer saw; None: it does not say."""

    answer: Answer
    hits: tuple[Place, ...] | None = None
    shown: int | None = None


class Entry(Value, frozen=True, kw_only=True):
    """One line of a run's log: the reply of one side to one repeat of a case, or the error that came instead."""

    case: str
    repeat: int
    side: str = "new"  # "base" where the gate ran the baseline's prompts again
    reply: Reply | None = None
    error: str | None = None
    seconds: float = 0.0


class Outcome(Value, frozen=True, kw_only=True):
    """What one reply to a case came to. `passed` is None where there was an error; `blame` is one line, None on a pass."""

    case: str
    repeat: int
    passed: bool | None
    scores: dict[str, Score] = {}
    violations: tuple[str, ...] = ()  # of the hard invariants
    blame: str | None = None
    detail: str = ""

    def value(self, metric: str) -> float | None:
        """The value of a metric, None where it is n/a, an error or absent."""
        score = self.scores.get(metric)
        return score.value if isinstance(score, Measured) else None


def lines(data: bytes) -> list[bytes]:
    """The lines of a JSON Lines file that are not blank."""
    return [line for line in data.split(b"\n") if line.strip()]


def canonical(value: object) -> bytes:
    """A value as JSON with sorted keys: equal values give equal bytes, which is what is hashed."""
    return msgspec.json.encode(value, order="sorted")
