"""One reply laid beside its case: where the gold evidence stands, which sentence states which fact. What the metrics look at."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from typing import Protocol, runtime_checkable

from assistant.generative.quote_selection import says_nothing
from assistant.models import Answer, Citation, Sentence
from evals.cases.case import Case, Fact
from evals.cases.corpus import Corpus
from evals.metrics.fact_matching import states
from evals.models import Failed, Measured, Place, Reply
from index.language.normalize import folded
from index.models import Span

_DIFFER = re.compile(
    r"(?:تختلف|يختلف|اختلف\w*|تتباين|تتضارب|تضارب\w*)\s(?:\S+\s){0,2}?(?:المصدران|المصادر|المصدرين|التقارير|الروايات|الارقام|الاخبار)"
    r"|\b(?:sources|reports|figures|accounts)\s(?:differ|disagree|conflict)"
)
ENOUGH = 0.5  # share of a gold quotation that a passage must hold


class Support(Protocol):
    """Whether evidence bears a claim out: 1 fully, 0 not at all, between the two partly; Failed where that cannot be told."""

    def __call__(self, claim: Sentence, question: str, anchor: date | None) -> Measured | Failed: ...


@runtime_checkable
class Telling(Support, Protocol):
    """A check that also says which kinds of things are otherwise in the cited words; None where they cannot be compared."""

    def altered(self, claim: Sentence, question: str, anchor: date | None) -> frozenset[str] | None: ...


class Exhibit:
    """A case, the reply to it, and what follows from laying them side by side. Everything is worked out once, when first asked for."""

    def __init__(self, case: Case, reply: Reply, corpus: Corpus, support: Support) -> None:
        self.case, self.reply, self.corpus, self.support = case, reply, corpus, support

    @property
    def answer(self) -> Answer:
        return self.reply.answer

    @cached_property
    def gold(self) -> dict[str, tuple[tuple[str, Span | None], ...]]:
        """Fact → the places that bear it out. A quotation that is not in its file (another corpus) leaves the file alone."""
        return {
            fact.id: tuple((file_id, self.corpus.find(file_id, quote)) for file_id, quote in fact.evidence)
            for fact in self.case.facts
        }

    def holds(self, hit: Place, fact: Fact) -> bool:
        """Whether a passage that was found bears a fact out: it has at least half of one of the gold quotations."""
        return any(
            hit.file_id == file_id and (span is None or _share(span, hit) >= ENOUGH)
            for file_id, span in self.gold[fact.id]
        )

    def rank(self, fact: Fact) -> int | None:
        """The rank of the first hit that bears a fact out, from 1; None where there is none."""
        return next((rank for rank, hit in enumerate(self.reply.hits or (), 1) if self.holds(hit, fact)), None)

    @cached_property
    def stated(self) -> dict[str, tuple[int, ...]]:
        """Fact → the sentences that state it; () where none does. A fact that only the whole text states counts for its last sentence."""
        found = {}
        for fact in self.case.facts:
            about = " ".join([self.case.question, *(quote for _, quote in fact.evidence)])
            there = tuple(
                at
                for at, sentence in enumerate(self.answer.sentences)
                if states(sentence.text, fact, about, self.written(sentence))
            )
            if not there and self.answer.sentences and states(self.answer.text, fact, about):
                there = (len(self.answer.sentences) - 1,)
            found[fact.id] = there
        return found

    def written(self, sentence: Sentence) -> date | None:
        """The day from which a sentence's relative dates count: that of the first article it cites, else of the question."""
        for citation in sentence.citations:
            article = self.corpus.articles.get(citation.file_id)
            if article and article.published:
                return article.published
        return self.case.as_of

    @cached_property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation of the answer, in order."""
        return tuple(citation for sentence in self.answer.sentences for citation in sentence.citations)

    @cached_property
    def cited(self) -> frozenset[str]:
        """The files that the answer cites."""
        return frozenset(citation.file_id for citation in self.citations)

    @cached_property
    def verdicts(self) -> tuple[Measured | Failed, ...]:
        """How far the cited words bear each sentence out."""
        return tuple(
            self.support(sentence, self.case.question, self.written(sentence)) if self.needs(at) else Measured(1.0)
            for at, sentence in enumerate(self.answer.sentences)
        )

    @cached_property
    def altered(self) -> tuple[frozenset[str], ...]:
        """Of each sentence that could be compared with what it cites: the kinds of things that are otherwise there."""
        if not isinstance(self.support, Telling):
            return ()
        told = (
            self.support.altered(sentence, self.case.question, self.written(sentence))
            for sentence in self.answer.sentences
            if sentence.citations
        )
        return tuple(item for item in told if item is not None)

    @property
    def differs(self) -> bool:
        """Whether the answer tells that its sources differ: it lists where they do, or says so."""
        return bool(self.answer.conflicts or _DIFFER.search(folded(self.answer.text)))

    def needs(self, at: int) -> bool:
        """Whether a sentence must be borne out: one that says only that the sources are silent, or differ, need not."""
        sentence = self.answer.sentences[at]
        return bool(sentence.citations) or not (says_nothing(sentence.text) or _DIFFER.search(folded(sentence.text)))

    def tells(self, file_id: str, fact: Fact) -> bool:
        """Whether a file states a fact: it is gold evidence, or its text says the same."""
        if any(file_id == one for one, _ in fact.evidence):
            return True
        text = self.corpus.text(file_id)
        return text is not None and states(text, fact, self.case.question)


def _share(span: Span, hit: Place) -> float:
    end = span.end if hit.end is None else min(span.end, hit.end)
    return (end - max(span.start, hit.start)) / max(span.end - span.start, 1)
