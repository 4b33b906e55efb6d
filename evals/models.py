"""The values of evals: scores, replies, log entries and outcomes.

A score is a value, n/a or an error; the last two are counted and never become 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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
    """A measurement that was due and failed, and why."""

    why: str


Score = Measured | NotApplicable | Failed


class Tally(Value, frozen=True, kw_only=True):
    """The scores of one metric over a run.

    Its values, and how many were n/a or errors.
    """

    values: tuple[float, ...]
    not_applicable: int
    errors: int

    @property
    def mean(self) -> Score:
        """Return the mean of the values; n/a without any.

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


class PassageSpan(Value, frozen=True, kw_only=True):
    """A passage that a search returned, `article.text[start:end]`.

    Without an end the whole file.
    """

    file_id: str
    start: int = 0
    end: int | None = None


class Reply(Value, frozen=True, kw_only=True):
    """An engine's answer to a case, with what its search returned.

    `hits` are best first, `shown` is how many of them the writer saw; both are None where the engine does not report
    them.
    """

    answer: Answer
    hits: tuple[PassageSpan, ...] | None = None
    shown: int | None = None


class LogEntry(Value, frozen=True, kw_only=True):
    """One line of a run's log: a reply to a repeat of a case, or an error."""

    case: str
    repeat: int
    side: str = "new"  # "base" where the gate ran the baseline's prompts again
    reply: Reply | None = None
    error: str | None = None
    seconds: float = 0.0


class Outcome(Value, frozen=True, kw_only=True):
    """A scored reply. `passed` is None after an error.

    `blame` is the stage that failed, None on a pass.
    """

    case: str
    repeat: int
    passed: bool | None
    scores: dict[str, Score] = {}
    violations: tuple[str, ...] = ()  # of the hard invariants
    blame: str | None = None
    detail: str = ""

    def value(self, metric: str) -> float | None:
        """Return the value of a metric; None where it is n/a, an error or absent."""
        score = self.scores.get(metric)
        return score.value if isinstance(score, Measured) else None


Outcomes = Mapping[str, Sequence[Outcome]]  # case id -> one outcome for each repeat


def json_lines(data: bytes) -> list[bytes]:
    """Split JSON Lines data, leaving out blank lines."""
    return [line for line in data.split(b"\n") if line.strip()]


def canonical_json(value: object) -> bytes:
    """Encode a value with sorted keys, so that equal values give equal bytes to hash."""
    return msgspec.json.encode(value, order="sorted")
