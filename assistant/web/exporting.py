"""A conversation as Markdown: every quotation a footnote with its source, and nothing in it that is markup, link or image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from assistant.records import Answer, Citation, Sentence, Source
from assistant.render import one_line, plain

_ACTIVE = re.compile(r"([\\`*_\[\]<>|~])")
_OPENING = re.compile(r"(?m)^(\s*)([#=+-])")


def markdown(title: str, turns: Sequence[tuple[str, Answer, datetime]]) -> str:
    """Questions as headings, sentences with footnotes: file id, title, publisher, date and the words themselves.

    >>> print(markdown("جسر", [("من <b>؟", Answer(question="", text="لا.", abstained=True, engine="extract"), datetime(2026, 3, 1))]))
    # جسر
    <BLANKLINE>
    ## من \\<b\\>؟
    <BLANKLINE>
    *2026-03-01 00:00 · extract*
    <BLANKLINE>
    لا.
    <BLANKLINE>
    """
    parts = [f"# {inert(one_line(title))}"]
    for number, (question, answer, at) in enumerate(turns, 1):
        parts += [f"## {inert(one_line(question))}", f"*{at:%Y-%m-%d %H:%M} · {inert(answer.engine)}*"]
        parts += _answer(answer, number)
    return "\n\n".join(parts) + "\n"


def inert(text: str) -> str:
    """The text so that Markdown shows it as it stands.

    >>> inert("![x](http://e.example) <img>")
    '!\\\\[x\\\\](http://e.example) \\\\<img\\\\>'
    """
    return _OPENING.sub(r"\1\\\2", _ACTIVE.sub(r"\\\1", plain(text).replace("&", "&amp;")))


def _answer(answer: Answer, number: int) -> list[str]:
    sources = {one.file_id: one for one in answer.sources}
    notes: dict[Citation, str] = {}
    for citation in (one for sentence in answer.sentences for one in sentence.citations):
        notes.setdefault(citation, f"{number}-{len(notes) + 1}")
    parts = [_sentences(answer, notes) if answer.sentences else inert(answer.text)]
    doubts = [
        f"- {inert(one_line(one.text))}: {inert('; '.join(one.reasons))}" for one in answer.sentences if one.reasons
    ]
    for items in (
        [f"- {inert(one)}" for one in answer.reasons],
        doubts,
        [
            _conflict(inert(one.about), [(inert(side.value), side.published, side.citation) for side in one.sides])
            for one in answer.conflicts
        ],
        [f"- {_place(one)}: «{inert(one_line(one.quote))}»" for one in answer.closest],
    ):
        parts += ["\n".join(items)] if items else []
    footnotes = [
        f"[^{note}]: {_told(one, sources.get(one.file_id))}: «{inert(one_line(one.quote))}»"
        for one, note in notes.items()
    ]
    return [*parts, "\n".join(footnotes)] if footnotes else parts


def _sentences(answer: Answer, notes: dict[Citation, str]) -> str:
    """The sentences with a footnote for each citation; a new line stays one."""
    said = ""
    following: Iterable[Sentence | None] = [*answer.sentences[1:], None]
    for sentence, after in zip(answer.sentences, following, strict=True):
        said += inert(sentence.text) + "".join(f"[^{notes[one]}]" for one in sentence.citations)
        said += "" if after is None else "\n\n" if "\n" in answer.text[sentence.end : after.start] else " "
    return said


def _conflict(about: str, sides: Iterable[tuple[str, object, Citation]]) -> str:
    return f"- {about}: " + " ≠ ".join(f"{value} ({_place(one)}, {day or '?'})" for value, day, one in sides)


def _told(citation: Citation, source: Source | None) -> str:
    about = [source.title, source.publisher, str(source.published or "")] if source else []
    return " · ".join([_place(citation), *(inert(one_line(one)) for one in about if one)])


def _place(citation: Citation) -> str:
    return inert(f"{citation.file_id}:{citation.start}-{citation.end}")
