"""What a person should judge, as a table to fill in; and what the labels say about the check and the judge.

Queued are the sentences on which judge and check disagree, those of cases that came out worse, and a share of the rest drawn by lot.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from evals.cases.case import Case
from evals.cases.corpus import Corpus
from evals.metrics.aligned_reply import Exhibit, Support
from evals.metrics.judge_calibration import Calibration, Corrected, Row, calibrate, corrected
from evals.metrics.model_judge import Label, Ruling
from evals.models import Entry, Failed, Measured
from index.errors import UsageError
from index.models import Value

COLUMNS = ("id", "why", "question", "sentence", "cited", "check", "judge", "label", "note")
_FORMULA = re.compile(r"^'([=+\-@\t\r])")
LABELS: dict[str, Label] = {"full": "full", "partial": "partial", "none": "none", "contradicts": "contradicts"}


class Queued(Value, frozen=True, kw_only=True):
    """A sentence to judge. `check` and `judge` are full, partial, none, or empty where there is no ruling."""

    id: str  # case, repeat and sentence
    why: str  # disagreement, flip, or lot
    question: str
    sentence: str
    cited: str
    check: str = ""
    judge: str = ""
    label: str = ""
    note: str = ""


def queue(
    cases: Sequence[Case],
    entries: Iterable[Entry],
    corpus: Corpus,
    support: Support,
    *,
    judge: Support | None = None,
    flipped: Collection[str] = (),
    share: float = 0.1,
) -> tuple[Queued, ...]:
    """The sentences to judge, each with the words it cites. The lot is drawn by the sentence's id, so it is always the same."""
    by_id = {case.id: case for case in cases}
    found = []
    for entry in entries:
        case = by_id.get(entry.case)
        if case is None or entry.reply is None or entry.side != "new":
            continue
        exhibit = Exhibit(case, entry.reply, corpus, support)
        for at, sentence in enumerate(entry.reply.answer.sentences):
            name = f"{case.id}/{entry.repeat}/{at}"
            check = _word(exhibit.verdicts[at])
            ruled = _word(judge(sentence, case.question, exhibit.written(sentence))) if judge else ""
            why = _why(name, case.id, check, ruled, flipped, share)
            if why:
                cited = "\n".join(f"[{citation.file_id}] {citation.quote}" for citation in sentence.citations)
                found.append(
                    Queued(
                        id=name,
                        why=why,
                        question=case.question,
                        sentence=sentence.text,
                        cited=cited,
                        check=check,
                        judge=ruled,
                    )
                )
    return tuple(found)


def _why(name: str, case: str, check: str, judge: str, flipped: Collection[str], share: float) -> str:
    if judge and check and judge != check:
        return "disagreement"
    if case in flipped:
        return "flip"
    lot = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    return "lot" if lot < share else ""


def _word(verdict: Measured | Failed) -> str:
    if isinstance(verdict, Failed):
        return ""
    return "full" if verdict.value >= 1.0 else "none" if verdict.value <= 0.0 else "partial"


def table(queued: Iterable[Queued]) -> str:
    """The queue as a tab-separated table that a spreadsheet opens; the column `label` is to be filled in.

    >>> row = Queued(id="a/0/0", why="lot", question="من؟", sentence="الوالي.", cited="[x] قال الوالي.", check="full")
    >>> read(table([row]))[0].sentence
    'الوالي.'
    """
    text = io.StringIO()
    writer = csv.writer(text, dialect="excel-tab")
    writer.writerow(COLUMNS)
    for one in queued:
        writer.writerow([_inert(getattr(one, name)) for name in COLUMNS])
    return "\ufeff" + text.getvalue()


def read(text: str) -> tuple[Queued, ...]:
    """A table that a person filled in. Raises UsageError that names a line whose label is none of the four."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=None), dialect="excel-tab")
    try:
        rows, columns = list(reader), reader.fieldnames
    except csv.Error as error:
        raise UsageError(f"this is no table of labels: {error}") from error
    if columns is None or not set(COLUMNS) <= set(columns):
        raise UsageError(f"this is no table of labels: its columns must be {', '.join(COLUMNS)}")
    found = []
    for row in rows:
        label = (row["label"] or "").strip().lower()
        if label and label not in LABELS:
            raise UsageError(f"{row['id']}: the label {label!r} is none of {', '.join(LABELS)}")
        found.append(Queued(**{name: _FORMULA.sub(r"\1", row[name] or "") for name in COLUMNS} | {"label": label}))
    return tuple(found)


def _inert(cell: str) -> str:
    """What an article or a model wrote is no formula: a spreadsheet shows a cell that begins with an apostrophe as it is."""
    return f"'{cell}" if cell[:1] in tuple("=+-@\t\r") else cell


class Labelled(Value, frozen=True, kw_only=True):
    """What labels say: agreement of check and judge with people, and the share of borne-out sentences put right by them."""

    labels: int
    check: Calibration | None
    judge: Calibration | None
    grounded: Corrected | None  # from the labels drawn by lot alone: the others are not a fair sample


def learnt(queued: Sequence[Queued], checked: Sequence[bool]) -> Labelled:
    """Compare labels with what the check and the judge said. `checked`: what the check said of every sentence of the run."""
    labelled = [one for one in queued if one.label]
    fair = [(one.check == "full", one.label == "full") for one in labelled if one.why == "lot" and one.check]
    return Labelled(
        labels=len(labelled),
        check=_agreement(labelled, "check"),
        judge=_agreement(labelled, "judge"),
        grounded=corrected(checked, fair) if len(fair) >= 2 and len(checked) >= 2 else None,
    )


def _agreement(labelled: Sequence[Queued], who: str) -> Calibration | None:
    ruled: Mapping[str, str] = {one.id: getattr(one, who) for one in labelled}
    if not any(ruled.values()):
        return None
    rows = [Row(id=one.id, claim=one.id, context="", supported=one.label == "full", source=who) for one in labelled]

    def said(claim: str, evidence: str, question: str = "") -> Ruling | Failed:
        return Ruling(label=LABELS[ruled[claim]]) if ruled[claim] else Failed("no ruling")

    return calibrate(rows, said)[0]
