"""Answers of any other system, as JSON Lines, made comparable with ours.

A line is the object that `isnad ask --batch` prints, or `{"id", "text", "abstained", "hits", "sources", "usage"}`, of
which only `id` and `text` are needed. In the text a citation is `[file_id]`, or `[n]` for the n-th of `sources`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from assistant.generative.attribution import attribute
from assistant.models import Answer, Citation, Sentence, Source, Usage
from evals.cases.case import Case
from evals.cases.corpus import Corpus
from evals.engines.engine import FRESH, EngineInfo
from evals.models import PassageSpan, Reply, json_lines
from index.errors import NotFound, UsageError
from index.language.sentences import sentences
from index.messages.reason import Reason
from index.models import Span

_MARK_PATTERN = r"\s*+\[([^\[\]\n]{1,200})\]"
_MARK = re.compile(rf"(?<!\s){_MARK_PATTERN}")
_LEADING = re.compile(rf"(?:{_MARK_PATTERN})+[ \t]*")
_REFUSALS = re.compile(
    r"لا (?:تجيب|تذكر|توجد|يوجد|تتوفر|أعرف|اعرف|يمكنني)|لم (?:تذكر|يرد|أجد|تتطرق|تحدد)|ليس(?:ت)? (?:في|هناك|لدي)|"
    r"\b(?:do|does|did) not (?:answer|say|mention|know|contain|provide|state)|\bno (?:information|answer|mention)|"
    r"\bcannot (?:answer|find|say)|\b(?:don't|doesn't|can't) (?:answer|say|know|find)",
    re.IGNORECASE,
)
BY_WORDS = "whether it refuses was judged by its words; give `abstained` to be exact"


class _PlainAnswer(msgspec.Struct, kw_only=True):
    id: str
    text: str
    abstained: bool | None = None
    hits: list[str | PassageSpan] | None = None
    shown: int | None = None
    sources: list[str | dict[str, Any]] = []
    usage: Usage | None = None
    timings_ms: dict[str, float] = {}
    engine: str = "other"
    error: str | None = None


class AnswersEngine:
    """Replies read from a file; several lines for a case are its repeats, in order.

    The gate looks at the `first` of them and takes those that follow as its fresh runs.
    """

    def __init__(self, path: Path, corpus: Corpus, *, first: int = 1) -> None:
        self._first = first
        self._replies: dict[str, list[Reply | str]] = defaultdict(list)
        try:
            rows = json_lines(path.read_bytes())
        except OSError as error:
            raise UsageError("evals.answers_unreadable", path=path, error=error.strerror) from error
        for number, row in enumerate(rows, 1):
            case_id, reply = _decode(row, corpus, Reason.of("evals.line_at", path=path, number=number))
            self._replies[case_id].append(reply)
        self.repeats = max(map(len, self._replies.values()), default=0)
        if self.repeats < first:
            raise UsageError("evals.too_few_answers", path=path, repeats=self.repeats, wanted=first)
        self.info = EngineInfo(name="answers", deterministic=self.repeats == 1, parameters={"file": str(path)})

    def answer(self, case: Case, repeat: int) -> Reply:
        """Return the reply of the file.

        Raises NotFound if there is none, UsageError for a line with an error.
        """
        replies = self._replies.get(case.id, [])
        if repeat >= FRESH:
            repeat += self._first - FRESH
        if repeat >= len(replies):
            raise NotFound("evals.no_repeat" if repeat else "evals.no_answer", number=repeat + 1, case=case.id)
        reply = replies[repeat]
        if isinstance(reply, str):
            raise UsageError(reply)
        return reply


def _decode(row: bytes, corpus: Corpus, where: Reason) -> tuple[str, Reply | str]:
    """Return the case id and the reply of a line, or the error in its place."""
    try:
        fields: Any = msgspec.json.decode(row)
        if isinstance(fields, dict) and "error" in fields and "id" in fields and "text" not in fields:
            return str(fields["id"]), str(fields["error"])
        if isinstance(fields, dict) and "sentences" in fields:
            hits = _spans(fields.get("hits") or None)
            return str(fields["id"]), Reply(answer=msgspec.convert(fields, Answer), hits=hits)
        return _plain_reply(msgspec.convert(fields, _PlainAnswer), corpus)
    except (msgspec.DecodeError, KeyError) as error:
        raise UsageError("evals.not_an_answer", where=where, error=error) from error


def _spans(hits: Sequence[Any] | None) -> tuple[PassageSpan, ...] | None:
    if hits is None:
        return None
    return tuple(
        PassageSpan(file_id=hit) if isinstance(hit, str) else msgspec.convert(hit, PassageSpan) for hit in hits
    )


def _plain_reply(row: _PlainAnswer, corpus: Corpus) -> tuple[str, Reply]:
    sources = [
        source if isinstance(source, str) else str(source.get("file_id", source.get("id", "")))
        for source in row.sources
    ]
    abstained = row.abstained if row.abstained is not None else bool(_REFUSALS.search(row.text[:200]))
    text, attributed = (row.text, ()) if abstained else _attribute(row.text, sources, corpus)
    cited = dict.fromkeys(citation.file_id for sentence in attributed for citation in sentence.citations)
    answer = Answer(
        question="",
        text=text,
        abstained=abstained,
        engine=row.engine,
        sentences=attributed,
        sources=tuple(Source(file_id=file_id) for file_id in cited),
        details=() if row.abstained is not None else (Reason(BY_WORDS),),
        usage=row.usage,
        timings_ms=row.timings_ms,
    )
    return row.id, Reply(answer=answer, hits=_spans(row.hits), shown=row.shown)


def _attribute(text: str, sources: list[str], corpus: Corpus) -> tuple[str, tuple[Sentence, ...]]:
    """Return the text with its marks behind sentences, and the cited sentences."""
    parts: list[str] = []
    attributed: list[Sentence] = []
    at = 0
    leading = bool(_LEADING.match(text))  # marks stand before their sentences
    for marked in (span.of(text) for span in _marked_spans(text, leading)):
        files = [_file_of(mark, sources, corpus) for mark in _MARK.findall(marked)]
        cited = list(dict.fromkeys(file_id for file_id in files if file_id))
        words = _MARK.sub(lambda mark: "" if _file_of(mark[1], sources, corpus) else mark[0], marked).strip()
        if not words.strip(" .؟?!،,") and attributed:  # a mark alone belongs to the sentence before
            before = attributed[-1]
            citations = dict.fromkeys((*before.citations, *_citations(before.text, cited, corpus)))
            attributed[-1] = msgspec.structs.replace(before, citations=tuple(citations))
            continue
        marks = "".join(f" [{file_id}]" for file_id in cited)
        gap = " " if parts else ""
        start = at + len(gap)
        parts += [gap, words, marks]
        at = start + len(words) + len(marks)
        citations_here = _citations(words, cited, corpus)
        attributed.append(Sentence(text=words, start=start, end=start + len(words), citations=citations_here))
    return "".join(parts), tuple(attributed)


def _marked_spans(text: str, leading: bool) -> list[Span]:
    """Split a text into sentences with their marks.

    In "A. [1] B. [2]" a mark behind a full stop belongs to the sentence before it, if both are on the same line.
    """
    spans: list[Span] = []
    for span in sentences(text):
        marks = None if leading or not spans else _LEADING.match(text, span.start, span.end)
        if marks and "\n" not in text[spans[-1].end : span.start]:
            spans[-1] = Span(spans[-1].start, marks.end())
            span = Span(marks.end(), span.end)
        if span.of(text).strip():
            spans.append(span)
    return spans


def _file_of(mark: str, sources: list[str], corpus: Corpus) -> str | None:
    """Return the file that a mark names.

    None for words in brackets that are no citation.
    """
    mark = mark.strip()
    if mark.isdecimal():
        return sources[int(mark) - 1] if 0 < int(mark) <= len(sources) else None
    return mark if mark in corpus.articles or re.fullmatch(r"(?=.*[\d_])[\w./:-]{6,}", mark) else None


def _citations(claim: str, files: list[str], corpus: Corpus) -> tuple[Citation, ...]:
    """Cite the sentences of each file that support the claim best.

    A file that does not exist is cited with no words, which is no valid citation.
    """
    citations: list[Citation] = []
    for file_id in files:
        text = corpus.text(file_id)
        if text is None:
            citations.append(Citation(file_id=file_id, start=0, end=0, quote=""))
            continue
        spans = sentences(text)
        for number in sorted(attribute(claim, [span.of(text) for span in spans]).places):
            span = spans[number]
            citations.append(Citation(file_id=file_id, start=span.start, end=span.end, quote=span.of(text)))
    return tuple(citations)
