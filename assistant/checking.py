"""The sentences of an answer, checked against what they cite; and anybody's claims against anybody's texts."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from assistant.grounding import Evidence, check, check_claim
from assistant.records import Sentence
from index.errors import UsageError
from index.records import Hit


def examined(sentences: tuple[Sentence, ...], question: str, hits: tuple[Hit, ...]) -> tuple[Sentence, ...]:
    """The sentences with a verdict each. What was quoted is supported already, and a sentence without a citation stays unchecked."""
    articles = {hit.article.id: hit.article for hit in hits}
    passages: dict[str, Evidence] = {}
    for hit in hits:
        passages.setdefault(hit.article.id, Evidence(text=hit.passage.text, file_id=hit.article.id))

    def one(sentence: Sentence) -> Sentence:
        if sentence.verdict != "unchecked" or not sentence.citations:
            return sentence
        evidence = [
            Evidence(
                text=cited.quote,
                article=articles[cited.file_id].text,
                file_id=cited.file_id,
                published=articles[cited.file_id].published,
            )
            for cited in sentence.citations
        ]
        cited = {one.file_id for one in evidence}
        others = [passage for file_id, passage in passages.items() if file_id not in cited]
        anchor = articles[evidence[0].file_id].published
        found = check(sentence.text, evidence, question=question, others=others, anchor=anchor)
        return replace(
            sentence, verdict=found.verdict, probability=found.probability, reasons=(*sentence.reasons, *found.reasons)
        )

    return tuple(map(one, sentences))


def checked_record(record: dict[str, Any]) -> dict[str, Any]:
    """`{"claim","context"}`, a question optional → `{"verdict","probability","reasons"}`; UsageError where a text is missing."""
    claim, context, question = record.get("claim"), record.get("context"), record.get("question")
    if not isinstance(claim, str) or not isinstance(context, str) or not isinstance(question, str | None):
        raise UsageError('a line to check is {"id": …, "claim": "…", "context": "…"}')
    found = check_claim(claim, context, question=question)
    return {"verdict": found.verdict, "probability": found.probability, "reasons": found.reasons}
