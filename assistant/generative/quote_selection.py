"""Select the quotes that support a sentence from the hits it was written from.

The quotes are verbatim: `article.text[start:end] == quote`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

import msgspec

from assistant.generative import metadata_claims
from assistant.generative.attribution import Attribution, attribute
from assistant.models import Citation
from index.language.analyzer import QUESTION_WORDS, words
from index.language.normalize import folded
from index.language.sentences import paragraphs, sentences
from index.messages.reason import Reason
from index.models import Hit, Span, Value, covering

FLOOR = 0.08  # below it lie 9 of 10 unrelated passages and 2 of 100 evidence passages (tools/measure_attribution.py)
FLOOR_ACROSS = 0.02  # the same for another script, where most words of a true sentence find no partner
SUSPECT = 0.2  # a source that holds less of the sentence is compared with those that the model did not name
SHARE = 0.3  # and dropped where it holds less than this share of what the better one does
CERTAIN = 0.4  # what a source that the model did not name must hold of the sentence to be named
FEW = 3  # content words, at least, of a sentence that is tied to a source which the model did not name
SHORT = 5  # content words, at most, of a sentence for which the question helps to find the place

HEADING = 8  # words of a line, at most, that without a full stop is a heading

NOT_NAMED = Reason("citations.not_named")
NONE_FOUND = Reason("citations.none_found")
ABSENCE = Reason("citations.absence")

_YES_AND_NO = frozenset("نعم لا كلا بلي اجل yes no".split())
_BULLET = re.compile(r"[\s•●▪◦‣·*–—-]+(?=[\w«“\"'(])")
_ABSENCE = re.compile(
    r"(?:لا|لم|ليس|ولا|ولم|دون ان|غير)\s(?:\S+\s){0,4}?(?:ت?ي?ت?ذكر|تقول|يقول|تحدد|يحدد|توضح|يوضح|تشر|تشير|يشير|ترد|"
    r"يرد|تتضمن|تتناول|تجيب|تكشف|تبين|تفصح|معلومات|اشاره)"
    r"|\b(?:sources?|articles?|passages?|reports?|texts?)\s(?:do|does|did)\s?(?:not|n't)\b"
    r"|\b(?:not|nowhere|never)\s(?:mentioned|stated|specified|given|named|disclosed|reported)\b"
    r"|\bno\s(?:information|mention|details?|source)\b"
)
_ARTICLES = re.compile(
    r"المصادر|المصدر|المقالات|المقال|النصوص|التقارير|الاخبار المتاحه|sources?|articles?|passages?|reports?|texts?"
)


class Attributed(Value, frozen=True, kw_only=True):
    """The quotes that support a sentence, and reasons to doubt them."""

    citations: tuple[Citation, ...] = ()
    details: tuple[Reason, ...] = ()


class SourceSentences:
    """The sentences of a hit, split when first needed and kept, for attribution."""

    def __init__(self, hit: Hit) -> None:
        self.hit = hit

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The sentences as spans of the article, without bullets and boilerplate."""
        passage, boilerplate = self.hit.passage, self.hit.article.boilerplate
        spans = []
        for span in sentences(passage.text):
            bullet = _BULLET.match(passage.text, span.start, span.end)
            start, end = passage.start + (bullet.end() if bullet else span.start), passage.start + span.end
            if not covering(boilerplate, start, end):
                spans.append(Span(start, end))
        return tuple(spans)

    @cached_property
    def body(self) -> tuple[int, ...]:
        """The indexes of the sentences that are no headings."""
        return tuple(place for place, span in enumerate(self.spans) if not _heading(self.hit.article.text, span))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The text of each sentence."""
        return tuple(span.of(self.hit.article.text) for span in self.spans)

    @cached_property
    def body_words(self) -> tuple[str, ...]:
        """The text of the sentences that are no headings."""
        return tuple(self.words[place] for place in self.body)


def cite(
    sentence: str, numbers: Sequence[int], sources: Mapping[int, SourceSentences], question: str = ""
) -> Attributed:
    """Return the quotes for a sentence that the model marks with `numbers`.

    Without numbers, the source that holds the sentence is looked for, with a reason. A number whose passage holds
    nothing of the sentence is dropped with a reason, for a source that it is quoted from where there is one.
    """
    content = content_words(sentence)
    claim, hint = (sentence, question if content <= SHORT else "") if content else (question, "")
    if not numbers:
        return _unnamed(sentence, sources)
    attributions = {number: _evidence(claim, sources[number], hint) for number in dict.fromkeys(numbers)}
    most = max((tie.strength for tie in attributions.values() if not tie.across), default=0.0)
    others = {number: item for number, item in sources.items() if number not in attributions}
    dated = [number for number in attributions if metadata_claims.dates_it(sentence, sources[number].hit.article)]
    citations: list[Citation] = []
    details: list[Reason] = []
    for number, tie in attributions.items():
        named, better = sources[number], None
        itself = _of_itself(sentence, named.hit, question) if number in (dated or attributions) else None
        if itself:
            citations += itself.citations
            details += itself.details
            continue
        if not tie.across and tie.strength < SUSPECT and most < CERTAIN:
            better = _elsewhere(claim, others)
        if better is not None and tie.strength < SHARE * better[1].strength and _quoted(sentence, better[0]):
            citations += _quotes(*better)
            here, there = named.hit.article.id, better[0].hit.article.id
            if there != here:
                details.append(Reason.of("citations.other_source", named=here, actual=there))
        elif not _holds(tie, most):
            details.append(Reason.of("citations.not_in_passage", file=named.hit.article.id))
        else:
            citations += _quotes(named, tie)
    return Attributed(citations=_distinct(citations), details=tuple(dict.fromkeys(details)))


def _quoted(sentence: str, source: SourceSentences) -> bool:
    """Return whether the sentence is a quote of a source.

    Only the check may say that another one supports it.
    """
    from assistant.grounding import check_claim

    return check_claim(sentence, source.hit.passage.text).checked_by == "quote"


def _of_itself(sentence: str, hit: Hit, question: str) -> Attributed | None:
    """Return the quotes for a sentence that only repeats the metadata of a report.

    None for any other.
    """
    facts = metadata_claims.stated_facts(sentence, hit.article, question)
    if not facts:
        return None
    spans = metadata_claims.fact_spans(hit.article, facts)
    if not spans:
        return None
    return Attributed(
        citations=tuple(msgspec.structs.replace(_quote(hit, span), record=facts) for span in spans),
        details=(
            Reason.of("citations.metadata", file=hit.article.id, record=metadata_claims.named(hit.article, facts)),
        ),
    )


def _holds(tie: Attribution, most: float) -> bool:
    """Return whether a named passage holds enough of the sentence.

    Also compared with the best one named.
    """
    if tie.across:
        return tie.strength >= FLOOR_ACROSS
    return tie.strength >= FLOOR and (most < CERTAIN or tie.strength >= SHARE * most)


def nearest_citations(question: str, hits: Iterable[Hit], most: int = 3) -> tuple[Citation, ...]:
    """Return the nearest sentence of each of the best articles, for a refusal."""
    citations: dict[str, Citation] = {}
    for hit in hits:
        if len(citations) == most:
            break
        if hit.article.id in citations:
            continue
        source = SourceSentences(hit)
        if near := _evidence(question, source).places:
            citations[hit.article.id] = _quote(hit, source.spans[near[0]])
    return tuple(citations.values())


def says_nothing(sentence: str) -> bool:
    """Return whether a sentence says that the sources do not tell something.

    >>> says_nothing("لا تذكر المصادر كلفة الجسر."), says_nothing("The sources do not give its cost.")
    (True, True)
    >>> says_nothing("لم يحضر الوزير.")
    False
    """
    plain = folded(sentence)
    return bool(_ABSENCE.search(plain)) and bool(_ARTICLES.search(plain))


def _unnamed(sentence: str, sources: Mapping[int, SourceSentences]) -> Attributed:
    """Return the quotes for a sentence for which the model named no source."""
    if says_nothing(sentence):
        return Attributed(details=(ABSENCE,))
    content = content_words(sentence)
    if not content:
        return Attributed()
    best = _elsewhere(sentence, sources) if content >= FEW else None
    if best is None:
        return Attributed(details=(NONE_FOUND,))
    return Attributed(citations=_distinct(_quotes(*best)), details=(NOT_NAMED,))


def _elsewhere(claim: str, sources: Mapping[int, SourceSentences]) -> tuple[SourceSentences, Attribution] | None:
    """Return the source that holds most of the claim, if that is enough to cite it."""
    attributions = [(_evidence(claim, item), -number) for number, item in sources.items()]
    strong = [
        (not tie.across, tie.strength, number, tie)
        for tie, number in attributions
        if tie.strength >= CERTAIN and tie.places
    ]
    if not strong:
        return None
    *_, number, tie = max(strong, key=lambda item: item[:3])
    return sources[-number], tie


def content_words(sentence: str) -> int:
    """Count the words of a sentence that say something.

    >>> content_words("نعم."), content_words("افتتح الجسر.")
    (0, 2)
    """
    return sum(word not in QUESTION_WORDS and word not in _YES_AND_NO for word in words(sentence))


def _evidence(claim: str, source: SourceSentences, question: str = "") -> Attribution:
    """Return the sentences that support the claim.

    Headings only where the body does not.
    """
    tie = attribute(claim, source.body_words, question)
    if tie.strength >= SUSPECT or len(source.body) == len(source.spans):
        return msgspec.structs.replace(tie, places=tuple(source.body[place] for place in tie.places))
    return attribute(claim, source.words, question)


def _heading(text: str, span: Span) -> bool:
    """Return whether a sentence is a short line of its own without a full stop."""
    before, after = text[max(0, span.start - 8) : span.start], text[span.end : span.end + 8]
    alone = not before.rpartition("\n")[2].strip(" •\t") and not after.partition("\n")[0].strip()
    return alone and text[span.end - 1] not in ".!?؟…۔" and len(words(span.of(text))) <= HEADING


@lru_cache(maxsize=64)
def _paragraphs(text: str) -> tuple[Span, ...]:
    return paragraphs(text)


def _quotes(source: SourceSentences, attribution: Attribution) -> list[Citation]:
    """Return a quote for each sentence of an attribution.

    Neighbours on one line are one quote.
    """
    spans, text = source.spans, source.hit.article.text
    runs: list[list[int]] = []
    for place in sorted(attribution.places):
        gap = text[spans[place - 1].end : spans[place].start] if place else ""
        if runs and runs[-1][-1] == place - 1 and gap.strip(" ") == "":
            runs[-1].append(place)
        else:
            runs.append([place])
    runs.sort(key=lambda run: min(attribution.places.index(place) for place in run))
    return [_quote(source.hit, Span(spans[run[0]].start, spans[run[-1]].end)) for run in runs]


def _quote(hit: Hit, span: Span) -> Citation:
    text, start, end = hit.article.text, span.start, span.end
    around = [paragraph for paragraph in _paragraphs(text) if paragraph.start < end and start < paragraph.end]
    context = text[min(start, around[0].start) : max(end, around[-1].end)] if around else None
    return Citation(file_id=hit.article.id, start=start, end=end, quote=text[start:end], context=context)


def _distinct(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """Drop citations that lie inside another of the same article."""
    kept: list[Citation] = []
    for citation in dict.fromkeys(citations):
        inside = [
            two
            for two in kept
            if two.file_id == citation.file_id and two.start <= citation.start and citation.end <= two.end
        ]
        if not inside:
            kept = [
                two
                for two in kept
                if not (two.file_id == citation.file_id and citation.start <= two.start and two.end <= citation.end)
            ]
            kept.append(citation)
    return tuple(kept)
