"""Cases: questions with facts and their evidence as (file id, quote).

A suite is a JSON Lines file, checked against the schema when it is read. Evidence names files and quotes, never passage
ids, so that it survives a new way of cutting passages.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from evals.models import canonical_json, json_lines
from index.errors import UsageError
from index.messages.reason import Reason
from index.models import Value

PACKAGE = Path(__file__).parents[1]
SUITES = {name: PACKAGE / "cases" / f"{name}.jsonl" for name in ("core", "smoke", "archive", "holdout")}
OPENINGS = PACKAGE / "cases" / "holdout-openings.jsonl"

GoldEvidence = tuple[str, str]  # file id, quote


class ExpectedNumber(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number that a fact states. `tol` is absolute; `unit` is for readers."""

    value: float
    tol: float = 0.0
    unit: str | None = None


class Fact(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an answer should state: any accepted wording, or the number.

    Each place in `evidence` suffices.
    """

    id: str
    must: bool = True
    accept: tuple[str, ...] = ()
    number: ExpectedNumber | None = None
    evidence: tuple[GoldEvidence, ...] = ()


class Forbidden(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a right answer does not state: a stale figure, a namesake."""

    text: str
    why: str = ""


class Turn(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An earlier question of the conversation, and its answer if the case has it."""

    question: str
    answer: str | None = None


class Case(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question with what is right.

    `type` may be refined after a colon: "unanswerable:close".
    """

    id: str
    cluster: str  # the event: cases about one event rise and fall together
    lang: str
    type: str
    question: str
    split: str = "core"
    as_of: date | None = None
    answerable: bool = True
    history: tuple[Turn | str, ...] = ()
    facts: tuple[Fact, ...] = ()
    forbid: tuple[Forbidden, ...] = ()
    sources_any_of: tuple[tuple[str, ...], ...] = ()
    canary: str | None = None
    critical: bool = False
    origin: str = "human"
    reviewer: str | None = None
    added: date | None = None
    note: str | None = None

    @property
    def kind(self) -> str:
        """Return the type without its refinement.

        >>> Case(id="a", cluster="e", lang="ar", type="unanswerable:close", question="؟").kind
        'unanswerable'
        """
        return self.type.partition(":")[0]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Return the earlier turns.

        A bare string is a question that the engine answers itself.
        """
        return tuple(Turn(question=turn) if isinstance(turn, str) else turn for turn in self.history)

    @property
    def required(self) -> tuple[Fact, ...]:
        """Return the facts that a right answer must state."""
        return tuple(fact for fact in self.facts if fact.must)

    @property
    def sha(self) -> str:
        """Return sixteen hexadecimal digits that change whenever the case does."""
        return hashlib.sha256(canonical_json(self)).hexdigest()[:16]


def load(path: Path) -> tuple[Case, ...]:
    """Read the cases of a JSON Lines file, in order.

    Raises UsageError that names the line: no such file, a line that is no case, a repeated id, no case at all.
    """
    try:
        rows = json_lines(path.read_bytes())
    except OSError as error:
        raise UsageError("evals.cases_unreadable", path=path, error=error.strerror) from error
    cases: dict[str, Case] = {}
    for number, row in enumerate(rows, 1):
        case = _decode(row, Reason.of("evals.case_at", path=path, number=number))
        if case.id in cases:
            raise UsageError("evals.case_twice", path=path, number=number, id=case.id)
        cases[case.id] = case
    if not cases:
        raise UsageError("evals.no_case", path=path)
    return tuple(cases.values())


def _decode(row: bytes, where: Reason) -> Case:
    try:
        case = msgspec.json.decode(row, type=Case)
    except msgspec.DecodeError as error:
        raise UsageError("evals.not_a_case", where=where, error=error) from error
    if not case.question.strip() or not case.id.strip():
        raise UsageError("evals.case_without_question", where=where)
    return case


def dump(cases: Iterable[Case]) -> bytes:
    """Encode cases as the JSON Lines that `load` reads."""
    return b"".join(msgspec.json.encode(case) + b"\n" for case in cases)


def suite(name: str, *, why: str = "") -> tuple[Case, ...]:
    """Read a suite by its name, or a file by its path.

    Opening the holdout is logged and needs a reason. Raises UsageError for an unknown suite, for the holdout without a
    reason, and for a suite of this project outside its repository: the wheel does not carry them.
    """
    path = SUITES.get(name, Path(name))
    if not path.exists():
        code = "evals.suite_not_installed" if name in SUITES else "evals.no_suite"
        raise UsageError(code, name=name, suites=tuple(SUITES))
    if name == "holdout":
        _log_opening(why)
    return load(path)


def _log_opening(why: str) -> None:
    """Append the reason to the committed list of every look at the holdout."""
    if not why.strip():
        raise UsageError("evals.holdout_without_reason")
    line = canonical_json({"at": datetime.now(UTC).isoformat(timespec="seconds"), "why": why}) + b"\n"
    log = os.open(OPENINGS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    with os.fdopen(log, "ab") as file:
        file.write(line)


def fingerprint(cases: Sequence[Case]) -> str:
    """Return twelve hexadecimal digits for a set of cases, in any order.

    >>> case = Case(id="a", cluster="e", lang="ar", type="who", question="من؟")
    >>> fingerprint([case]) == fingerprint([case]), len(fingerprint([case]))
    (True, 12)
    """
    return hashlib.sha256("\n".join(sorted(f"{case.id} {case.sha}" for case in cases)).encode()).hexdigest()[:12]
