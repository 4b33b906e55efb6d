"""Sentences for a person to judge, and what the labels say.

The labels measure the check and the judge.

Queued are the sentences on which judge and check disagree, those of cases that came out worse, and a random share of
the rest.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from evals.cases.case import Case
from evals.metrics.judge_calibration import Calibration, CorrectedRate, LabelledClaim, calibrate, correct_rate
from evals.metrics.model_judge import Label, Ruling
from evals.metrics.scoring import Scorer, degree_name
from evals.models import Failed, LogEntry
from index.errors import UsageError
from index.models import Value

COLUMNS = ("id", "why", "question", "sentence", "cited", "check", "judge", "label", "note")
LABELS: dict[str, Label] = {"full": "full", "partial": "partial", "none": "none", "contradicts": "contradicts"}
_FORMULA = re.compile(r"^'([=+\-@\t\r])")


class LabelRow(Value, frozen=True, kw_only=True):
    """A sentence to judge.

    `check` and `judge` are full, partial, none, or empty without a ruling.
    """

    id: str  # case, repeat and sentence
    why: str  # disagreement, flip, or lot
    question: str
    sentence: str
    cited: str
    check: str = ""
    judge: str = ""
    label: str = ""
    note: str = ""


def queue_sentences(
    cases: Sequence[Case],
    entries: Iterable[LogEntry],
    scorer: Scorer,
    *,
    flipped: Collection[str] = (),
    share: float = 0.1,
) -> tuple[LabelRow, ...]:
    """Choose the sentences to judge, each with the words it cites.

    The random share is drawn by the hash of the sentence's id, so that it is the same every time.
    """
    by_id = {case.id: case for case in cases}
    rows = []
    for entry in entries:
        case = by_id.get(entry.case)
        if case is None or entry.reply is None or entry.side != "new":
            continue
        aligned = scorer.align(case, entry.reply)
        for number, sentence in enumerate(entry.reply.answer.sentences):
            judge = scorer.judge and scorer.judge(sentence, case.question, aligned.anchor(sentence))
            row = LabelRow(
                id=f"{case.id}/{entry.repeat}/{number}",
                why="",
                question=case.question,
                sentence=sentence.text,
                cited="\n".join(f"[{citation.file_id}] {citation.quote}" for citation in sentence.citations),
                check=degree_name(aligned.verdicts[number]),
                judge=degree_name(judge) if judge else "",
            )
            if why := _reason(row, case.id in flipped, share):
                rows.append(LabelRow(**{name: getattr(row, name) for name in COLUMNS} | {"why": why}))
    return tuple(rows)


def _reason(row: LabelRow, flipped: bool, share: float) -> str:
    """Return why a sentence is queued; "" if it is not."""
    if row.judge and row.check and row.judge != row.check:
        return "disagreement"
    if flipped:
        return "flip"
    draw = int(hashlib.sha256(row.id.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    return "lot" if draw < share else ""


def write_table(rows: Iterable[LabelRow]) -> str:
    """Write rows as tab-separated text with a column `label` to fill in.

    >>> row = LabelRow(id="a/0/0", why="lot", question="من؟", sentence="الوالي.", cited="[x] قال الوالي.")
    >>> read_table(write_table([row]))[0].sentence
    'الوالي.'
    """
    text = io.StringIO()
    writer = csv.writer(text, dialect="excel-tab")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_escape_formula(getattr(row, name)) for name in COLUMNS])
    return "\ufeff" + text.getvalue()


def read_table(text: str) -> tuple[LabelRow, ...]:
    """Read a filled-in table.

    Raises UsageError that names a row whose label is none of the four.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=None), dialect="excel-tab")
    try:
        records, columns = list(reader), reader.fieldnames
    except csv.Error as error:
        raise UsageError("evals.not_a_table", error=error) from error
    if columns is None or not set(COLUMNS) <= set(columns):
        raise UsageError("evals.wrong_columns", columns=COLUMNS)
    rows = []
    for record in records:
        label = (record["label"] or "").strip().lower()
        if label and label not in LABELS:
            raise UsageError("evals.wrong_label", id=record["id"], label=label, labels=LABELS)
        cells = {name: _FORMULA.sub(r"\1", record[name] or "") for name in COLUMNS}
        rows.append(LabelRow(**cells | {"label": label}))
    return tuple(rows)


def _escape_formula(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula.

    Articles and models are untrusted.
    """
    return f"'{cell}" if cell[:1] in tuple("=+-@\t\r") else cell


class LabelSummary(Value, frozen=True, kw_only=True):
    """Agreement of check and judge with people, and the corrected support rate."""

    labels: int
    check: Calibration | None
    judge: Calibration | None
    grounded: CorrectedRate | None  # from the randomly drawn labels alone: the others are no fair sample


def evaluate_labels(rows: Sequence[LabelRow], checked: Sequence[bool]) -> LabelSummary:
    """Compare labels with the check and the judge.

    `checked` is the check's verdict on every sentence of the run.
    """
    labelled = [row for row in rows if row.label]
    fair = [(row.check == "full", row.label == "full") for row in labelled if row.why == "lot" and row.check]
    return LabelSummary(
        labels=len(labelled),
        check=_agreement(labelled, "check"),
        judge=_agreement(labelled, "judge"),
        grounded=correct_rate(checked, fair) if len(fair) >= 2 and len(checked) >= 2 else None,
    )


def _agreement(labelled: Sequence[LabelRow], column: str) -> Calibration | None:
    rulings: Mapping[str, str] = {row.id: getattr(row, column) for row in labelled}
    if not any(rulings.values()):
        return None
    claims = [
        LabelledClaim(id=row.id, claim=row.id, context="", supported=row.label == "full", source=column)
        for row in labelled
    ]

    def recorded(claim: str, evidence: str, question: str = "") -> Ruling | Failed:
        return Ruling(label=LABELS[rulings[claim]]) if rulings[claim] else Failed("no ruling")

    return calibrate(claims, recorded)[0]
