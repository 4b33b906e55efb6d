"""The sentences of an answer, checked against what they cite; and anybody's claims against anybody's texts.

The check itself is imported where it is asked: a question that is answered by quoting never needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from assistant.generative.metadata_claims import metadata_as_prose
from assistant.models import Sentence
from index.errors import UsageError
from index.language.analyzer import words
from index.messages.reason import Reason
from index.models import Article, Hit

if TYPE_CHECKING:
    from assistant.grounding import Evidence, Judgement

OTHERS = 3  # articles that are not cited, at most, in which a sentence is looked for


class Examining:
    """The check of one answer's sentences against the hits: each is looked at once, so that it can be while the answer is still written.

    What was quoted is supported already, and a sentence without a citation stays unchecked.
    """

    def __init__(self, question: str, hits: Sequence[Hit]) -> None:
        self._question, self._hits = question, hits
        self._articles = {hit.article.id: hit.article for hit in hits}
        self._found: dict[Sentence, Sentence] = {}

    def of(self, sentence: Sentence) -> Sentence:
        """The sentence with its verdict."""
        if sentence.verdict != "unchecked" or not sentence.citations:
            return sentence
        if sentence not in self._found:
            self._found[sentence] = self._checked(sentence)
        return self._found[sentence]

    def _checked(self, sentence: Sentence) -> Sentence:
        from assistant.grounding import Evidence, check

        if all(cited.record for cited in sentence.citations):
            articles = [
                self._articles[file_id] for file_id in dict.fromkeys(cited.file_id for cited in sentence.citations)
            ]
            return _judged(sentence, against_the_record(sentence.text, articles, self._question))
        evidence = [
            Evidence(
                text=cited.quote,
                article=self._articles[cited.file_id].text,
                file_id=cited.file_id,
                published=self._articles[cited.file_id].published,
            )
            for cited in sentence.citations
        ]
        anchor = self._articles[evidence[0].file_id].published
        others = self._nearest(sentence.text, {one.file_id for one in evidence})
        found = check(sentence.text, evidence, question=self._question, others=others, anchor=anchor)
        return _judged(sentence, found)

    @cached_property
    def _passages(self) -> list[Evidence]:
        """The best passage of each article."""
        from assistant.grounding import Evidence

        passages: dict[str, str] = {}
        for hit in self._hits:
            passages.setdefault(hit.article.id, hit.passage.text)
        return [Evidence(text=text, file_id=file_id) for file_id, text in passages.items()]

    @cached_property
    def _words(self) -> list[frozenset[str]]:
        """Of each passage."""
        return [frozenset(words(passage.text)) for passage in self._passages]

    def _nearest(self, sentence: str, cited: Collection[str]) -> list[Evidence]:
        """The passages of other articles that share most words with the sentence, the best first."""
        said = frozenset(words(sentence))
        pairs = enumerate(zip(self._passages, self._words, strict=True))
        others = [(-len(said & held), place) for place, (one, held) in pairs if one.file_id not in cited]
        return [self._passages[place] for _, place in sorted(others)[:OTHERS]]


def _judged(sentence: Sentence, found: Judgement) -> Sentence:
    details = (*sentence.details, *map(Reason, found.reasons))
    return replace(sentence, verdict=found.verdict, probability=found.probability, details=details)


def against_the_record(sentence: str, articles: Iterable[Article], question: str) -> Judgement:
    """The verdict on a sentence that only says what the files say of themselves: their titles, days and publishers bear it out, or not."""
    from assistant.grounding import check_claim

    return check_claim(sentence, "\n".join(map(metadata_as_prose, articles)), question=question)


def examined(sentences: Iterable[Sentence], question: str, hits: Sequence[Hit]) -> tuple[Sentence, ...]:
    """The sentences with a verdict each."""
    return tuple(map(Examining(question, hits).of, sentences))


def checked_record(record: dict[str, Any]) -> dict[str, Any]:
    """`{"claim","context"}`, a question optional → `{"verdict","probability","reasons"}`; UsageError where a text is missing."""
    from assistant.grounding import check_claim

    claim, context, question = record.get("claim"), record.get("context"), record.get("question")
    if not isinstance(claim, str) or not isinstance(context, str) or not isinstance(question, str | None):
        raise UsageError("assistant.bad_claim")
    found = check_claim(claim, context, question=question)
    return {"verdict": found.verdict, "probability": found.probability, "reasons": found.reasons}
