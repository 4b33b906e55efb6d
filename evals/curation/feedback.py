"""Draft cases from readers' feedback; `run --lint` names what a draft lacks.

A line of feedback is `{"question", "answer", "vote", "reason", "comment", "history"}`: `answer` is an Answer as
`isnad ask --json` prints it (or its text), `vote` is "up" or "down", `reason` a word such as "wrong fact".
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from assistant.models import Answer
from evals.cases.case import Case, Fact, Turn
from evals.metrics.citation_metrics import is_arabic
from evals.models import json_lines
from index.errors import UsageError


class _Feedback(msgspec.Struct, kw_only=True):
    question: str
    answer: Any = None
    vote: str = ""
    reason: str = ""
    comment: str = ""
    history: list[str] = []


def draft_cases(data: bytes, today: date) -> tuple[Case, ...]:
    """Draft a case for each question of the feedback.

    The last feedback on a question counts.

    An answer voted up gives its evidence and sources; what it must state is still to be written. Raises UsageError that
    names a line that is no feedback.

    >>> row = {"question": "من افتتح الجسر؟", "answer": "افتتحه الوالي.", "vote": "down", "reason": "wrong fact"}
    >>> draft = draft_cases(msgspec.json.encode(row), date(2026, 3, 1))[0]
    >>> draft.type, draft.lang, draft.origin, draft.note
    ('feedback:wrong-fact', 'ar', 'feedback', 'down: wrong fact; it said: افتتحه الوالي.')
    """
    drafts: dict[str, Case] = {}
    for number, line in enumerate(json_lines(data), 1):
        try:
            feedback = msgspec.json.decode(line, type=_Feedback)
            answer = msgspec.convert(feedback.answer, Answer) if isinstance(feedback.answer, dict) else None
        except msgspec.DecodeError as error:
            raise UsageError("evals.not_feedback", number=number, error=error) from error
        if feedback.question.strip():
            draft = _draft(feedback, answer, today)
            drafts[draft.id] = draft
    return tuple(drafts.values())


def read_votes(store: Path) -> bytes:
    """Read the feedback given on the page of a store, a JSON line each.

    Raises UsageError if the store's page was never used.
    """
    from assistant.web.conversation_store import FILE, Conversations

    if not (store / FILE).is_file():
        raise UsageError("evals.no_feedback", store=store)
    conversations = Conversations(store / FILE)
    try:
        return b"".join(msgspec.json.encode(row) + b"\n" for row in conversations.feedback_rows())
    finally:
        conversations.close()


def _draft(feedback: _Feedback, answer: Answer | None, today: date) -> Case:
    question = feedback.question.strip()
    digest = hashlib.sha256("\n".join([*feedback.history, question]).encode()).hexdigest()
    answer_text = answer.text if answer else feedback.answer if isinstance(feedback.answer, str) else ""
    note = [": ".join(filter(None, (feedback.vote, feedback.reason))), feedback.comment]
    note.append(f"it said: {answer_text}" if answer_text else "")
    right = answer if feedback.vote == "up" else None
    files = tuple(dict.fromkeys(source.file_id for source in right.sources)) if right else ()
    return Case(
        id=f"feedback-{digest[:8]}",
        cluster="",  # the event: a person knows it
        lang="ar" if is_arabic(question) else "en",
        split="draft",
        type=f"feedback:{'-'.join((feedback.reason or feedback.vote or 'other').split())}",
        question=question,
        as_of=today,
        answerable=not (right and right.abstained),
        history=tuple(Turn(question=earlier) for earlier in feedback.history),
        facts=_facts(right) if right else (),
        sources_any_of=(files,) if files else (),
        origin="feedback",
        added=today,
        note="; ".join(filter(None, note)),
    )


def _facts(answer: Answer) -> tuple[Fact, ...]:
    """Return the evidence of an answer that a reader called right."""
    return tuple(
        Fact(id=f"f{number}", evidence=tuple((citation.file_id, citation.quote) for citation in sentence.citations))
        for number, sentence in enumerate(answer.sentences, 1)
        if sentence.citations
    )
