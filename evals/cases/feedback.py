"""Readers' feedback → drafts of cases. A draft is no case until a person has said what a right answer states: `run --lint` names what it lacks.

A line of feedback is `{"question", "answer", "vote", "reason", "comment"}`: `answer` is an Answer as `isnad ask --json` prints it (or its
text), `vote` is "up" or "down", `reason` one of "wrong citation", "missing", "wrong fact", or a word of the reader's own.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from assistant.models import Answer
from evals.cases.case import Case, Fact, Turn
from evals.metrics.citation_metrics import arabic
from evals.models import lines
from index.errors import UsageError


class _Row(msgspec.Struct, kw_only=True):
    question: str
    answer: Any = None
    vote: str = ""
    reason: str = ""
    comment: str = ""
    history: list[str] = []


def drafts(data: bytes, today: date) -> tuple[Case, ...]:
    """One draft for each question that was asked, the last feedback on it deciding. Raises UsageError that names the line.

    >>> line = '{"question": "من افتتح الجسر؟", "answer": "افتتحه الوالي.", "vote": "down", "reason": "wrong fact"}'
    >>> draft = drafts(line.encode(), date(2026, 3, 1))[0]
    >>> draft.type, draft.lang, draft.origin, draft.note
    ('feedback:wrong-fact', 'ar', 'feedback', 'down: wrong fact; it said: افتتحه الوالي.')
    """
    found: dict[str, Case] = {}
    for number, line in enumerate(lines(data), 1):
        try:
            row = msgspec.json.decode(line, type=_Row)
            answer = msgspec.convert(row.answer, Answer) if isinstance(row.answer, dict) else None
        except msgspec.DecodeError as error:
            raise UsageError(f"line {number} is no feedback: {error}") from error
        if row.question.strip():
            draft = _draft(row, answer, today)
            found[draft.id] = draft
    return tuple(found.values())


def of_store(store: Path) -> bytes:
    """What readers said on the page of a store, a line each. Raises UsageError where there has been no page."""
    from assistant.web.conversation_store import FILE, Conversations

    if not (store / FILE).is_file():
        raise UsageError(f"nobody has said anything on a page of {store}; the page is: isnad chat --store {store}")
    conversations = Conversations(store / FILE)
    try:
        return b"".join(msgspec.json.encode(row) + b"\n" for row in conversations.judged())
    finally:
        conversations.close()


def _draft(row: _Row, answer: Answer | None, today: date) -> Case:
    asked = "\n".join([*row.history, row.question.strip()])
    name = f"feedback-{hashlib.sha256(asked.encode()).hexdigest()[:8]}"
    said = answer.text if answer else row.answer if isinstance(row.answer, str) else ""
    told = [": ".join(filter(None, (row.vote, row.reason))), row.comment, f"it said: {said}" if said else ""]
    right = row.vote == "up" and answer is not None
    return Case(
        id=name,
        cluster="",  # the event: a person knows it
        lang="ar" if arabic(row.question) else "en",
        split="draft",
        type=f"feedback:{'-'.join((row.reason or row.vote or 'other').split())}",
        question=row.question.strip(),
        as_of=today,
        answerable=not (right and answer is not None and answer.abstained),
        history=tuple(Turn(question=one) for one in row.history),
        facts=_facts(answer) if right and answer else (),
        sources_any_of=(tuple(dict.fromkeys(source.file_id for source in answer.sources)),)
        if right and answer and answer.sources
        else (),
        origin="feedback",
        added=today,
        note="; ".join(filter(None, told)),
    )


def _facts(answer: Answer) -> tuple[Fact, ...]:
    """The evidence of an answer that a reader called right; what it must state is still to be written."""
    return tuple(
        Fact(id=f"f{at}", evidence=tuple((citation.file_id, citation.quote) for citation in sentence.citations))
        for at, sentence in enumerate(answer.sentences, 1)
        if sentence.citations
    )
