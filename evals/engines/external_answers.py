"""Answers of any other system, as lines of JSON, made comparable with ours: bring your own.

A line is `{"id": case id, …}` with either the object that `isnad ask --batch` prints, or plainly `{"id", "text", "abstained", "hits",
"sources", "usage"}`, of which only `id` and `text` are needed. In the text a citation is `[file_id]`, or `[n]` for the n-th of `sources`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from assistant.generative.attribution import attribute
from assistant.models import Answer, Citation, Sentence, Source, Usage
from evals.cases.case import Case
from evals.cases.corpus import Corpus
from evals.engines.engine import FRESH, About
from evals.models import Place, Reply, lines
from index.errors import NotFound, UsageError
from index.language.sentences import sentences
from index.messages.reason import Reason
from index.models import Span

_MARK = re.compile(r"\s*\[([^\[\]\n]{1,200})\]")
_LEADING = re.compile(rf"(?:{_MARK.pattern})+[ \t]*")
_REFUSALS = re.compile(
    r"لا (?:تجيب|تذكر|توجد|يوجد|تتوفر|أعرف|اعرف|يمكنني)|لم (?:تذكر|يرد|أجد|تتطرق|تحدد)|ليس(?:ت)? (?:في|هناك|لدي)|"
    r"\b(?:do|does|did) not (?:answer|say|mention|know|contain|provide|state)|\bno (?:information|answer|mention)|\bcannot (?:answer|find|say)|"
    r"\b(?:don't|doesn't|can't) (?:answer|say|know|find)",
    re.IGNORECASE,
)
BY_WORDS = "whether it refuses was judged by its words; give `abstained` to be exact"


class _Row(msgspec.Struct, kw_only=True):
    id: str
    text: str
    abstained: bool | None = None
    hits: list[str | Place] | None = None
    shown: int | None = None
    sources: list[str | dict[str, Any]] = []
    usage: Usage | None = None
    timings_ms: dict[str, float] = {}
    engine: str = "other"
    error: str | None = None


class AnswersEngine:
    """Replies read from a file. A case that comes several times has several repeats, in their order.

    The gate looks at the `first` of them and takes those that follow as its fresh runs.
    """

    def __init__(self, path: Path, corpus: Corpus, *, first: int = 1) -> None:
        self._first = first
        self._replies: dict[str, list[Reply | str]] = defaultdict(list)
        try:
            rows = lines(path.read_bytes())
        except OSError as error:
            raise UsageError(f"cannot read the answers in {path}: {error.strerror}") from error
        for number, row in enumerate(rows, 1):
            one, reply = _read(row, corpus, f"{path}, line {number}")
            self._replies[one].append(reply)
        self.repeats = max(map(len, self._replies.values()), default=0)
        self.about = About(name="answers", deterministic=self.repeats == 1, parameters={"file": str(path)})

    def answer(self, case: Case, repeat: int) -> Reply:
        """The reply of the file; NotFound where there is none."""
        replies = self._replies.get(case.id, [])
        if repeat >= FRESH:
            repeat += self._first - FRESH
        if repeat >= len(replies):
            raise NotFound(f"the file has no answer {repeat + 1} to {case.id}" if repeat else "the file has no answer")
        reply = replies[repeat]
        if isinstance(reply, str):
            raise UsageError(reply)
        return reply


def _read(row: bytes, corpus: Corpus, where: str) -> tuple[str, Reply | str]:
    try:
        fields: Any = msgspec.json.decode(row)
        if isinstance(fields, dict) and "error" in fields and "id" in fields and "text" not in fields:
            return str(fields["id"]), str(fields["error"])
        if isinstance(fields, dict) and "sentences" in fields:
            return str(fields["id"]), _ours(fields)
        return _theirs(msgspec.convert(fields, _Row), corpus)
    except (msgspec.DecodeError, KeyError) as error:
        raise UsageError(f'{where} is no answer: {error}; write {{"id": …, "text": …}}') from error


def _ours(fields: dict[str, Any]) -> Reply:
    hits = fields.get("hits")
    return Reply(answer=msgspec.convert(fields, Answer), hits=tuple(map(_place, hits)) if hits else None)


def _place(hit: Any) -> Place:
    return Place(file_id=hit) if isinstance(hit, str) else msgspec.convert(hit, Place)


def _theirs(row: _Row, corpus: Corpus) -> tuple[str, Reply]:
    sources = [
        source if isinstance(source, str) else str(source.get("file_id", source.get("id", "")))
        for source in row.sources
    ]
    abstained = row.abstained if row.abstained is not None else bool(_REFUSALS.search(row.text[:200]))
    text, written = ("", ()) if abstained else _tied(row.text, sources, corpus)
    cited = dict.fromkeys(citation.file_id for sentence in written for citation in sentence.citations)
    answer = Answer(
        question="",
        text=row.text if abstained else text,
        abstained=abstained,
        engine=row.engine,
        sentences=written,
        sources=tuple(Source(file_id=one) for one in cited),
        details=() if row.abstained is not None else (Reason(BY_WORDS),),
        usage=row.usage,
        timings_ms=row.timings_ms,
    )
    hits = tuple(map(_place, row.hits)) if row.hits is not None else None
    return row.id, Reply(answer=answer, hits=hits, shown=row.shown)


def _tied(text: str, sources: list[str], corpus: Corpus) -> tuple[str, tuple[Sentence, ...]]:
    """The text with its marks at the end of their sentences, and each sentence with the words of the cited files that bear it out."""
    parts: list[str] = []
    written: list[Sentence] = []
    at = 0
    before = bool(_LEADING.match(text))  # marks stand before what they bear out
    for marked in (span.of(text) for span in _marked(text, before)):
        files = [_file(mark, sources, corpus) for mark in _MARK.findall(marked)]
        cited = list(dict.fromkeys(file for file in files if file))
        words = _MARK.sub(lambda mark: "" if _file(mark[1], sources, corpus) else mark[0], marked).strip()
        if not words.strip(" .؟?!،,") and written:  # a mark alone belongs to the sentence before
            more = _citations(written[-1].text, cited, corpus)
            both = tuple(dict.fromkeys((*written[-1].citations, *more)))
            written[-1] = msgspec.structs.replace(written[-1], citations=both)
            continue
        marks = "".join(f" [{one}]" for one in cited)
        gap = " " if parts else ""
        start = at + len(gap)
        parts += [gap, words, marks]
        written.append(
            Sentence(text=words, start=start, end=start + len(words), citations=_citations(words, cited, corpus))
        )
        at = start + len(words) + len(marks)
    return "".join(parts), tuple(written)


def _marked(text: str, before: bool) -> list[Span]:
    """The sentences with their marks. "A. [1] B. [2]": on one line, what stands after a full stop belongs to the sentence before it."""
    found: list[Span] = []
    for span in sentences(text):
        leading = None if before or not found else _LEADING.match(text, span.start, span.end)
        if leading and "\n" not in text[found[-1].end : span.start]:
            found[-1] = Span(found[-1].start, leading.end())
            span = Span(leading.end(), span.end)
        if span.of(text).strip():
            found.append(span)
    return found


def _file(mark: str, sources: list[str], corpus: Corpus) -> str | None:
    """The file that a mark names; None where it is no citation but words in brackets."""
    mark = mark.strip()
    if mark.isdecimal():
        return sources[int(mark) - 1] if 0 < int(mark) <= len(sources) else None
    return mark if mark in corpus.articles or re.fullmatch(r"(?=.*[\d_])[\w./:-]{6,}", mark) else None


def _citations(claim: str, files: list[str], corpus: Corpus) -> tuple[Citation, ...]:
    """The sentences of each file that bear the claim out best; a file that does not exist is cited with no words, which is no valid citation."""
    found: list[Citation] = []
    for file_id in files:
        text = corpus.text(file_id)
        if text is None:
            found.append(Citation(file_id=file_id, start=0, end=0, quote=""))
            continue
        spans = sentences(text)
        for place in sorted(attribute(claim, [span.of(text) for span in spans]).places):
            span = spans[place]
            found.append(Citation(file_id=file_id, start=span.start, end=span.end, quote=span.of(text)))
    return tuple(found)
