"""A reply aligned with its case: evidence ranks, stating sentences, verdicts."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from typing import Protocol, runtime_checkable

from assistant.generative.quote_selection import says_nothing
from assistant.models import Answer, Citation, Sentence
from evals.cases.case import Case, Fact
from evals.cases.corpus import Corpus
from evals.metrics.fact_matching import states_fact
from evals.models import Failed, Measured, PassageSpan, Reply
from index.language.normalize import folded
from index.language.numbers.number_mentions import numbers
from index.models import Span

_DIFFER = re.compile(
    r"(?:تختلف|يختلف|اختلف\w*|تتباين|تتضارب|تضارب\w*)\s(?:\S+\s){0,2}?"
    r"(?:المصدران|المصادر|المصدرين|التقارير|الروايات|الارقام|الاخبار)"
    r"|\b(?:sources|reports|figures|accounts)\s(?:differ|disagree|conflict)"
)
ENOUGH = 0.5  # share of a gold quote that a passage must hold


class Support(Protocol):
    """Measures how far evidence supports a claim: 1 fully, 0 not at all.

    Failed where that is unknown.

    `anchor` is the day from which the claim's relative dates count.
    """

    def __call__(self, claim: Sentence, question: str, anchor: date | None) -> Measured | Failed: ...


@runtime_checkable
class ExplainedSupport(Support, Protocol):
    """Support that also says what it vouches for and what kinds it contradicts.

    None without a citation.
    """

    def vouches(self, claim: Sentence, question: str) -> bool: ...

    def contradictions(self, claim: Sentence, question: str, anchor: date | None) -> frozenset[str] | None: ...


class AlignedReply:
    """A case and the reply to it, with derived values computed once."""

    def __init__(self, case: Case, reply: Reply, corpus: Corpus, support: Support) -> None:
        self.case, self.reply, self.corpus, self.support = case, reply, corpus, support

    @property
    def answer(self) -> Answer:
        return self.reply.answer

    @cached_property
    def gold(self) -> dict[str, tuple[tuple[str, Span | None], ...]]:
        """Map each fact to its evidence; without a span if the quote is not in the file."""
        return {
            fact.id: tuple((file_id, self.corpus.find(file_id, quote)) for file_id, quote in fact.evidence)
            for fact in self.case.facts
        }

    def has_evidence(self, hit: PassageSpan, fact: Fact) -> bool:
        """Return whether a passage holds at least half of one of the fact's gold quotes."""
        return any(
            hit.file_id == file_id and (span is None or _overlap(span, hit) >= ENOUGH)
            for file_id, span in self.gold[fact.id]
        )

    def rank(self, fact: Fact) -> int | None:
        """Return the rank, from 1, of the first hit with the fact's evidence."""
        return next((rank for rank, hit in enumerate(self.reply.hits or (), 1) if self.has_evidence(hit, fact)), None)

    @cached_property
    def stating(self) -> dict[str, tuple[int, ...]]:
        """Map each fact to the sentences that state it.

        A fact of the whole text counts for the last sentence.
        """
        stating = {}
        for fact in self.case.facts:
            about = " ".join([self.case.question, *(quote for _, quote in fact.evidence)])
            numbers = tuple(
                number
                for number, sentence in enumerate(self.answer.sentences)
                if states_fact(sentence.text, fact, about, self.anchor(sentence))
            )
            if not numbers and self.answer.sentences and states_fact(self.answer.text, fact, about):
                numbers = (len(self.answer.sentences) - 1,)
            stating[fact.id] = numbers
        return stating

    def files_citing(self, fact: Fact) -> set[str]:
        """Return the files cited by the sentences that state a fact."""
        sentences = (self.answer.sentences[number] for number in self.stating[fact.id])
        return {citation.file_id for sentence in sentences for citation in sentence.citations}

    def anchor(self, sentence: Sentence) -> date | None:
        """Return the day of the first dated article cited, else of the question."""
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
        """The support of each sentence by the words it cites."""
        return tuple(
            self.support(sentence, self.case.question, self.anchor(sentence))
            if self.needs_support(at)
            else Measured(1.0)
            for at, sentence in enumerate(self.answer.sentences)
        )

    @cached_property
    def contradictions(self) -> tuple[frozenset[str], ...]:
        """The kinds of contradiction of each sentence that cites anything."""
        if not isinstance(self.support, ExplainedSupport):
            return ()
        every = (
            self.support.contradictions(sentence, self.case.question, self.anchor(sentence))
            for sentence in self.answer.sentences
            if sentence.citations
        )
        return tuple(kinds for kinds in every if kinds is not None)

    @property
    def reports_conflict(self) -> bool:
        """Whether the answer lists conflicts of its sources or says that they differ."""
        return bool(self.answer.conflicts or _DIFFER.search(folded(self.answer.text)))

    def needs_support(self, at: int) -> bool:
        """Return whether a sentence needs evidence.

        Not if it only says that sources are silent, or that they differ, without a figure of its own.
        """
        sentence = self.answer.sentences[at]
        if _DIFFER.search(folded(sentence.text)) and not numbers(sentence.text):
            return False
        return bool(sentence.citations) or not says_nothing(sentence.text)

    def file_states(self, file_id: str, fact: Fact) -> bool:
        """Return whether a file states a fact, as gold evidence or in its text."""
        if any(file_id == gold_id for gold_id, _ in fact.evidence):
            return True
        text = self.corpus.text(file_id)
        return text is not None and states_fact(text, fact, self.case.question)


def _overlap(span: Span, hit: PassageSpan) -> float:
    end = span.end if hit.end is None else min(span.end, hit.end)
    return (end - max(span.start, hit.start)) / max(span.end - span.start, 1)
