"""A sentence and the hits it was written from → the very words that bear it out, and what is wrong with its sources.

Pure. The quotes are verbatim: `article.text[start:end] == quote`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from assistant.records import Citation
from assistant.tying import Tie, tied
from index.records import Hit, Span, Value, covering
from index.text.fold import folded
from index.text.sentences import paragraphs, sentences
from index.text.words import QUESTION_WORDS, words

FLOOR = 0.08  # below it, 9 of 10 passages on other things lie, and 2 of 100 that were marked as evidence (benchmarks/tie.py)
FLOOR_ACROSS = 0.02  # the same for another script, where most words of a true sentence find no partner
SUSPECT = 0.2  # a source that holds less of the sentence is compared with those that the model did not name
SHARE = 0.3  # and dropped where it holds less than this share of what the better one does
CERTAIN = 0.4  # what a source that the model did not name must hold of the sentence to be named
FEW = 3  # content words, at least, of a sentence that is tied to a source which the model did not name
SHORT = 5  # content words, at most, of a sentence for which the question helps to find the place

HEADING = 8  # words of a line, at most, that without a full stop is a heading

NOT_NAMED = "the model named no source; tied by its words"
NONE_FOUND = "the model named no source, and none was found that says this"
ABSENCE = "says what the sources do not tell"

_YES_AND_NO = frozenset("نعم لا كلا بلي اجل yes no".split())
_BULLET = re.compile(r"[\s•●▪◦‣·*–—-]+(?=[\w«“\"'(])")
_ABSENCE = re.compile(
    r"(?:لا|لم|ليس|ولا|ولم|دون ان|غير)\s(?:\S+\s){0,4}?(?:ت?ي?ت?ذكر|تقول|يقول|تحدد|يحدد|توضح|يوضح|تشر|تشير|يشير|ترد|يرد|تتضمن|تتناول|تجيب|تكشف|تبين|تفصح|معلومات|اشاره)"
    r"|\b(?:sources?|articles?|passages?|reports?|texts?)\s(?:do|does|did)\s?(?:not|n't)\b"
    r"|\b(?:not|nowhere|never)\s(?:mentioned|stated|specified|given|named|disclosed|reported)\b"
    r"|\bno\s(?:information|mention|details?|source)\b"
)
_ARTICLES = re.compile(
    r"المصادر|المصدر|المقالات|المقال|النصوص|التقارير|الاخبار المتاحه|sources?|articles?|passages?|reports?|texts?"
)


class Borne(Value, frozen=True, kw_only=True):
    """What bears a sentence out, and what the reader should know about it."""

    citations: tuple[Citation, ...] = ()
    reasons: tuple[str, ...] = ()


def borne_out(sentence: str, numbers: Sequence[int], hits: Mapping[int, Hit], question: str = "") -> Borne:
    """The quotes behind a sentence that the model ascribes to `numbers` of the hits; to none: what can be tied is tied, and said.

    A number whose passage holds nothing of the sentence is dropped, for one that does where there is one, and that is a reason.
    """
    content = _content(sentence)
    claim, hint = (sentence, question if content <= SHORT else "") if content else (question, "")
    if not numbers:
        return _unnamed(sentence, hits)
    found = {number: _evidence(claim, hits[number], hint) for number in dict.fromkeys(numbers)}
    most = max((tie.strength for tie in found.values() if not tie.across), default=0.0)
    others = {number: hit for number, hit in hits.items() if number not in found}
    citations: list[Citation] = []
    reasons: list[str] = []
    for number, tie in found.items():
        hit, better = hits[number], None
        if not tie.across and tie.strength < SUSPECT and most < CERTAIN:
            better = _elsewhere(claim, others)
        if better is not None and tie.strength < SHARE * better[1].strength:
            citations += _quotes(*better)
            if better[0].article.id != hit.article.id:
                reasons.append(f"the model named {hit.article.id}, but {better[0].article.id} is where this stands")
        elif not _holds(tie, most):
            reasons.append(f"nothing in the passage of {hit.article.id} that the model named says this")
        else:
            citations += _quotes(hit, tie)
    return Borne(citations=_distinct(citations), reasons=tuple(dict.fromkeys(reasons)))


def _holds(tie: Tie, most: float) -> bool:
    """Whether a passage that the model named says something of the sentence: in itself, and beside the best that it named."""
    if tie.across:
        return tie.strength >= FLOOR_ACROSS
    return tie.strength >= FLOOR and (most < CERTAIN or tie.strength >= SHARE * most)


def closest(question: str, hits: Iterable[Hit], most: int = 3) -> tuple[Citation, ...]:
    """The nearest words of the best hits, one quote to an article, for a refusal."""
    found: dict[str, Citation] = {}
    for hit in hits:
        if len(found) == most:
            break
        near = _evidence(question, hit)
        if hit.article.id not in found and near.places:
            found[hit.article.id] = _quote(hit, *_spans(hit)[near.places[0]])
    return tuple(found.values())


def says_nothing(sentence: str) -> bool:
    """Whether a sentence says that the sources do not tell something.

    >>> says_nothing("لا تذكر المصادر كلفة الجسر."), says_nothing("The sources do not give its cost."), says_nothing("لم يحضر الوزير.")
    (True, True, False)
    """
    plain = folded(sentence)
    return bool(_ABSENCE.search(plain)) and bool(_ARTICLES.search(plain))


def _unnamed(sentence: str, hits: Mapping[int, Hit]) -> Borne:
    """What can be tied to a sentence for which the model named no source."""
    if says_nothing(sentence):
        return Borne(reasons=(ABSENCE,))
    content = _content(sentence)
    if not content:
        return Borne()
    best = _elsewhere(sentence, hits) if content >= FEW else None
    if best is None:
        return Borne(reasons=(NONE_FOUND,))
    return Borne(citations=_distinct(_quotes(*best)), reasons=(NOT_NAMED,))


def _elsewhere(claim: str, hits: Mapping[int, Hit]) -> tuple[Hit, Tie] | None:
    """The hit that holds most of the claim, if that is enough to name it."""
    found = [(_evidence(claim, hit), -number) for number, hit in hits.items()]
    strong = [(not tie.across, tie.strength, number) for tie, number in found if tie.strength >= CERTAIN and tie.places]
    if not strong:
        return None
    hit = hits[-max(strong)[2]]
    return hit, _evidence(claim, hit)


def _content(sentence: str) -> int:
    """How many of its words say something."""
    return sum(word not in QUESTION_WORDS and word not in _YES_AND_NO for word in words(sentence))


def _evidence(claim: str, hit: Hit, question: str = "") -> Tie:
    """The sentences of the hit that bear the claim out, by their places in `_spans`; a heading only where the text does not."""
    text, spans = hit.article.text, _spans(hit)
    body = [place for place, span in enumerate(spans) if not _heading(text, span)]
    tie = tied(claim, [text[start:end] for start, end in (spans[place] for place in body)], question)
    if tie.strength >= SUSPECT or len(body) == len(spans):
        return msgspec.structs.replace(tie, places=tuple(body[place] for place in tie.places))
    return tied(claim, [text[start:end] for start, end in spans], question)


def _heading(text: str, span: tuple[int, int]) -> bool:
    """Whether it is a short line of its own without a full stop."""
    start, end = span
    before, after = text[max(0, start - 8) : start], text[end : end + 8]
    alone = not before.rpartition("\n")[2].strip(" •\t") and not after.partition("\n")[0].strip()
    return alone and text[end - 1] not in ".!?؟…۔" and len(words(text[start:end])) <= HEADING


def _spans(hit: Hit) -> list[tuple[int, int]]:
    """The sentences of the passage as spans of the article, without bullets, and without what the site put there."""
    passage, boilerplate = hit.passage, hit.article.boilerplate
    found = []
    for span in _sentences(passage.text):
        bullet = _BULLET.match(passage.text, span.start, span.end)
        start = bullet.end() if bullet else span.start
        if not covering(boilerplate, passage.start + start, passage.start + span.end):
            found.append((passage.start + start, passage.start + span.end))
    return found


@lru_cache(maxsize=512)
def _sentences(text: str) -> tuple[Span, ...]:
    return sentences(text)


@lru_cache(maxsize=64)
def _paragraphs(text: str) -> tuple[Span, ...]:
    return paragraphs(text)


def _quotes(hit: Hit, found: Tie) -> list[Citation]:
    """A quote for each sentence of the tie; neighbours on one line are one quote."""
    spans, text = _spans(hit), hit.article.text
    runs: list[list[int]] = []
    for place in sorted(found.places):
        gap = text[spans[place - 1][1] : spans[place][0]] if place else ""
        if runs and runs[-1][-1] == place - 1 and gap.strip(" ") == "":
            runs[-1].append(place)
        else:
            runs.append([place])
    runs.sort(key=lambda run: min(found.places.index(place) for place in run))
    return [_quote(hit, spans[run[0]][0], spans[run[-1]][1]) for run in runs]


def _quote(hit: Hit, start: int, end: int) -> Citation:
    text = hit.article.text
    around = [span for span in _paragraphs(text) if span.start < end and start < span.end]
    context = text[min(start, around[0].start) : max(end, around[-1].end)] if around else None
    return Citation(file_id=hit.article.id, start=start, end=end, quote=text[start:end], context=context)


def _distinct(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """The citations without those that lie inside another of the same article."""
    kept: list[Citation] = []
    for one in dict.fromkeys(citations):
        inside = [two for two in kept if two.file_id == one.file_id and two.start <= one.start and one.end <= two.end]
        if not inside:
            kept = [
                two
                for two in kept
                if not (two.file_id == one.file_id and one.start <= two.start and two.end <= one.end)
            ]
            kept.append(one)
    return tuple(kept)
