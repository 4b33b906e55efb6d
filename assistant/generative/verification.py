"""Verify sentences against what they cite, and claims against texts.

The check is imported when it is needed: a question that is answered by quoting never needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from assistant.generative import metadata_claims
from assistant.generative.quote_selection import NONE_FOUND, content_words, says_nothing
from assistant.models import Citation, Contradiction, Sentence
from index.errors import UsageError
from index.language.dates.date_mentions import dates
from index.messages.reason import Reason
from index.models import Article, Hit

if TYPE_CHECKING:
    from assistant.chat_model import Model
    from assistant.grounding import Judgement
    from assistant.grounding.entailment import EntailmentModel


class AnswerVerifier:
    """Verify the sentences of one answer.

    Each once, so that it can be done while the answer is still written.

    What its writer quoted is `supported` already.
    """

    def __init__(self, question: str, hits: Sequence[Hit]) -> None:
        self._question = question
        self._articles = {hit.article.id: hit.article for hit in hits}
        self._verified: dict[Sentence, Sentence] = {}

    def verify(self, sentence: Sentence) -> Sentence:
        """Return the sentence with its verdict and who gave it."""
        if sentence.verdict != "unchecked":
            return sentence
        if sentence not in self._verified:
            self._verified[sentence] = self._judged(sentence)
        return self._verified[sentence]

    def _judged(self, sentence: Sentence) -> Sentence:
        if sentence.citations:
            cited = [(citation, self._articles[citation.file_id]) for citation in sentence.citations]
            return with_judgement(sentence, check_cited(sentence.text, cited, self._question))
        if says_nothing(sentence.text) or not content_words(sentence.text):
            return sentence
        details = () if NONE_FOUND in sentence.details else (Reason("check.no_source"),)
        return replace(sentence, verdict="unsupported", details=(*sentence.details, *details))


def with_judgement(sentence: Sentence, judgement: Judgement) -> Sentence:
    """Return a sentence with what the check says of it.

    Reasons that it had before stay.
    """
    return replace(
        sentence,
        verdict=judgement.verdict,
        checked_by=judgement.checked_by,
        probability=judgement.probability,
        details=(*sentence.details, *judgement.details),
        contradictions=judgement.contradictions,
    )


def check_cited(sentence: str, cited: Sequence[tuple[Citation, Article]], question: str) -> Judgement:
    """Check a sentence against its citations and the articles that they are of.

    A citation whose words the article no longer has counts with the article alone.
    """
    from assistant.grounding import Evidence, check

    articles = [article for _, article in cited]
    if any(metadata_claims.stated_facts(sentence, article, question) for article in articles):
        return check_record(sentence, articles, question)
    evidence = [
        Evidence(
            text=citation.quote if citation.quote in article.text else "",
            article=article.text,
            file_id=article.id,
            published=article.published,
            title=article.title,
            publisher=article.publisher,
        )
        for citation, article in cited
    ]
    return check(sentence, evidence, anchor=cited[0][1].published if cited else None)


def check_record(sentence: str, articles: Iterable[Article], question: str) -> Judgement:
    """Check a sentence that only says what files say of themselves.

    Title, day of publication, publisher.

    A title or publisher counts when it stands in the sentence word for word; a day must be the file's own.
    """
    from assistant.grounding import Judgement
    from assistant.grounding.checking import reason_of

    facts = [(article, metadata_claims.stated_facts(sentence, article, question)) for article in articles]
    stated = [(article, listed) for article, listed in facts if listed]
    if any("published" not in listed or metadata_claims.dates_it(sentence, article) for article, listed in stated):
        return Judgement(verdict="supported", checked_by="quote")
    if stated:
        day = next(iter(dates(sentence))).span
        wrong = Contradiction(
            code="date",
            start=day.start,
            end=day.end,
            text=day.of(sentence),
            evidence=", ".join(dict.fromkeys(str(article.published) for article, _ in stated)),
        )
        return Judgement(
            verdict="unsupported", checked_by="rules", details=(reason_of(wrong),), contradictions=(wrong,)
        )
    return Judgement(verdict="unchecked", details=(Reason("check.not_verified"),))


def verify_sentences(sentences: Iterable[Sentence], question: str, hits: Sequence[Hit]) -> tuple[Sentence, ...]:
    """Return the sentences with a verdict each."""
    return tuple(map(AnswerVerifier(question, hits).verify, sentences))


JUDGED_TOGETHER = 12  # lines of `isnad check --judge` in a request


def judged_claims(
    lines: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]], model: Model
) -> list[dict[str, Any]]:
    """Judge lines of `isnad check` in one request.

    `rows` are their checks, each gets `judge` and the judge's verdict.

    What the rules refute by figures or quotation marks stays unsupported.
    """
    from assistant.grounding.judge import JudgeClaim, JudgeSource, NoRuling, judge
    from assistant.grounding.judged_answer import apply_ruling

    claims = [JudgeClaim(text=line["claim"], sources=(JudgeSource(text=line["context"]),)) for line in lines]
    judged = []
    for line, row, ruling in zip(lines, rows, judge(model, claims).rulings, strict=True):
        if isinstance(ruling, NoRuling):
            judged.append({**row, "judge": {"error": ruling.why}})
            continue
        text = line["claim"]
        sentence = Sentence(
            text=text,
            start=0,
            end=len(text),
            verdict=row["verdict"],
            checked_by=row["checked_by"],
            contradictions=row["contradictions"],
        )
        if row["checked_by"] != "quote":
            sentence = apply_ruling(sentence, ruling, {})
        kept = row["reasons"] if row["contradictions"] else ()
        judged.append(
            {
                **row,
                "verdict": sentence.verdict,
                "checked_by": sentence.checked_by,
                "reasons": (*kept, *sentence.reasons) if row["checked_by"] != "quote" else row["reasons"],
                "contradictions": sentence.contradictions,
                "judge": {
                    "label": ruling.label,
                    "quote": ruling.quotes[0] if ruling.quotes else "",
                    "quotes": ruling.quotes,
                    "wrong": ruling.wrong,
                    "source_says": ruling.source_says,
                },
            }
        )
    return judged


def checked_record(record: dict[str, Any], entailment: EntailmentModel | None = None) -> dict[str, Any]:
    """Check a line `{"claim", "context"}` of `isnad check`.

    UsageError where a text is missing.

    `entailment`: the model that reads what nobody else has settled.

    Returns `{"verdict", "checked_by", "probability", "reasons", "contradictions"}`.
    """
    from assistant.grounding import check_claim

    claim, context, question = record.get("claim"), record.get("context"), record.get("question")
    if not isinstance(claim, str) or not isinstance(context, str) or not isinstance(question, str | None):
        raise UsageError("assistant.bad_claim")
    judgement = check_claim(claim, context)
    if entailment is not None:
        from assistant.grounding.entailment import settle

        judgement = settle(entailment, judgement, claim, context)
    return {
        "verdict": judgement.verdict,
        "checked_by": judgement.checked_by,
        "probability": judgement.probability,
        "reasons": judgement.reasons,
        "contradictions": judgement.contradictions,
    }
