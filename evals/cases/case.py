"""Cases: a question, what a right answer states, and where that stands, as (file id, quote); never a passage id.

A suite is a JSON Lines file, checked against the schema when it is read. Gold evidence survives a new way of cutting passages.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from evals.models import canonical, lines
from index.errors import UsageError
from index.models import Value

PACKAGE = Path(__file__).parents[1]
SUITES = {name: PACKAGE / "cases" / f"{name}.jsonl" for name in ("core", "smoke", "holdout")}
OPENINGS = PACKAGE / "cases" / "holdout-openings.jsonl"

Evidence = tuple[str, str]  # file id, quote


class Number(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number that a fact states. `tol` is absolute; `unit` is for readers."""

    value: float
    tol: float = 0.0
    unit: str | None = None


class Fact(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an answer should state: any of the accepted wordings, or the number. `evidence`: places, each of which suffices."""

    id: str
    must: bool = True
    accept: tuple[str, ...] = ()
    number: Number | None = None
    evidence: tuple[Evidence, ...] = ()


class Forbidden(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a right answer does not state: a stale figure, a namesake."""

    text: str
    why: str = ""


class Turn(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An earlier question of the conversation, with its answer where the case gives one."""

    question: str
    answer: str | None = None


class Case(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question with what is right. `type` may be refined after a colon: "unanswerable:close"."""

    id: str
    cluster: str
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
        """The type without its refinement.

        >>> Case(id="a", cluster="e", lang="ar", type="unanswerable:close", question="؟").kind
        'unanswerable'
        """
        return self.type.partition(":")[0]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The earlier turns; a bare string is a question whose answer the engine gives itself."""
        return tuple(Turn(question=one) if isinstance(one, str) else one for one in self.history)

    @property
    def required(self) -> tuple[Fact, ...]:
        """The facts without which the answer is not right."""
        return tuple(fact for fact in self.facts if fact.must)

    @property
    def sha(self) -> str:
        """Sixteen hexadecimal digits that change whenever the case does."""
        return hashlib.sha256(canonical(self)).hexdigest()[:16]


def load(path: Path) -> tuple[Case, ...]:
    """The cases of a JSON Lines file, in order.

    Raises UsageError that names the line: no such file, a line that is no case, an id that comes twice, no case at all.
    """
    try:
        rows = lines(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read the cases in {path}: {error.strerror}") from error
    cases: dict[str, Case] = {}
    for number, row in enumerate(rows, 1):
        case = _case(row, f"{path}, case {number}")
        if case.id in cases:
            raise UsageError(f"{path}, case {number}: the id {case.id} comes twice")
        cases[case.id] = case
    if not cases:
        raise UsageError(f"{path} holds no case; write one JSON object a line")
    return tuple(cases.values())


def _case(row: bytes, where: str) -> Case:
    try:
        case = msgspec.json.decode(row, type=Case)
    except msgspec.DecodeError as error:
        raise UsageError(f"{where} is not a case: {error}") from error
    if not case.question.strip() or not case.id.strip():
        raise UsageError(f"{where} has no question or no id")
    return case


def dump(cases: Iterable[Case]) -> bytes:
    """Cases as JSON Lines: what `load` reads."""
    return b"".join(msgspec.json.encode(case) + b"\n" for case in cases)


def suite(name: str, *, why: str = "") -> tuple[Case, ...]:
    """The cases of a suite by its name, or of a file by its path. Opening the holdout is logged, and needs a reason.

    Raises UsageError: no such suite or file, or the holdout without a reason.
    """
    if name == "holdout":
        _log_opening(why)
    path = SUITES.get(name, Path(name))
    if name not in SUITES and not path.exists():
        raise UsageError(f"there is no suite {name}; the suites are {', '.join(SUITES)}, or give the path of a file")
    return load(path)


def _log_opening(why: str) -> None:
    """The holdout is for releases: every look at it is written down, and the file is committed."""
    if not why.strip():
        raise UsageError('the holdout is for releases: say what for, as in --why "release 1.2"; it is logged')
    line = canonical({"at": datetime.now(UTC).isoformat(timespec="seconds"), "why": why}) + b"\n"
    log = os.open(OPENINGS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    with os.fdopen(log, "ab") as file:
        file.write(line)


def fingerprint(cases: Sequence[Case]) -> str:
    """Twelve hexadecimal digits for a set of cases, whatever their order.

    >>> one = Case(id="a", cluster="e", lang="ar", type="who", question="من؟")
    >>> fingerprint([one]) == fingerprint([one]), len(fingerprint([one]))
    (True, 12)
    """
    return hashlib.sha256("\n".join(sorted(f"{case.id} {case.sha}" for case in cases)).encode()).hexdigest()[:12]
