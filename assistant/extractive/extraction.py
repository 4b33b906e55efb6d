"""Extract the sentences of the hits that answer a question, or abstain.

Two linear models, both read from `extraction.json` (made by `tools/fit_extract.py`): a ranking of the sentences, and a
logistic model of the probability that the answer is among them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from msgspec import structs

from assistant.extractive.overlap import Frequency
from assistant.extractive.sentence_meaning import ANSWERS, CLOSE, COMPARED, QUOTED, by_meaning, foreign
from assistant.extractive.sentence_scoring import Candidate, Features, candidates
from assistant.models import Citation
from assistant.query.parse import Question
from assistant.query.question_type import Kind
from index.errors import ProviderError
from index.language.analyzer import terms
from index.language.numbers.number_mentions import numbers
from index.language.sentences import paragraphs
from index.messages.reason import Reason
from index.models import Hit, Value

if TYPE_CHECKING:
    from index.embeddings.protocol import Embedder

__all__ = ["Extract", "Frequency", "Model", "extract", "model"]

OUTDATED = timedelta(days=30)  # by which an older report is left out where the present is asked for
ANSWER_FEATURES = (
    "sentence_share",
    "cover_context",
    "lacks_number",
    "lacks_name",
    "lacks_cue_number",
    "lacks_cue_date",
    "lacks_cue_place",
    "lacks_cue_reason",
    "lacks_role",
    "lacks_speaker",
)  # of the best sentence, for the probability of an answer
COSINE = 30.0  # the weight of the cosine beside the words' score
OFF_SUBJECT = 0.82  # a best cosine below it: the articles are on something else
COPY = 0.8  # the share of words in common from which a sentence is a copy of another


class Extract(Value, frozen=True, kw_only=True):
    """The extracted answer, or the `closest` sentences if it abstained."""

    citations: tuple[Citation, ...] = ()
    abstained: bool = False
    confidence: float = 0.0  # the probability that the articles hold an answer, 0 to 1
    closest: tuple[Citation, ...] = ()
    details: tuple[Reason, ...] = ()


class Model(Value, frozen=True, kw_only=True):
    """The coefficients of the ranking and of the probability of an answer."""

    ranking: dict[str, float]
    answering: dict[str, float]
    intercept: float
    threshold: float  # of the probability from which sentences are returned as an answer
    min_ratio: float  # of the odds of a further sentence to those of the first


@lru_cache(maxsize=1)
def model() -> Model:
    """Load the coefficients."""
    table = json.loads(files("assistant.extractive").joinpath("extraction.json").read_text(encoding="utf-8"))
    return Model(**{name: table[name] for name in Model.__struct_fields__})


def extract(
    question: Question,
    hits: Sequence[Hit],
    *,
    frequency: Frequency,
    limit: int = 3,
    embedder: Embedder | None = None,
) -> Extract:
    """Return the sentences that answer a question, at most `limit`, or abstain.

    `embedder`, multilingual-e5-small: where words find no answer, sentences in other languages than the question are
    compared with it by meaning. None: they are not.

    Each quote is a sentence of its article outside boilerplate, `article.text[start:end] == quote`; none is repeated.
    Sentences are ranked by a linear model of how much of the question they cover, alone and with their context; the
    confidence is a logistic model of the same features (Platt 1999). Takes about 20 ms for ten hits. Abstains without
    hits.
    """
    coefficients = model()
    ranked = rank(candidates(question, hits, frequency), coefficients)
    if not ranked:
        return Extract(abstained=True, details=(Reason("extraction.nothing_relevant"),))
    right_places = [pair for pair in ranked if not pair[0].features.get("elsewhere")]
    ranked = right_places or ranked
    confidence = probability(question, ranked, coefficients) if right_places else 0.0
    if not question.shared and not any(candidate.features["cover_exact"] == 1 for candidate, _ in ranked):
        confidence = 0.0  # in another language, names that merely sound alike are no answer
    unknown = unknown_names(question, frequency)
    if unknown:
        confidence = 0.0
    if confidence < coefficients.threshold:
        refusal = Extract(
            abstained=True,
            confidence=round(confidence, 4),
            closest=tuple(map(cite, distinct([candidate for candidate, _ in ranked], limit))),
            details=tuple(_abstention_reasons(question, ranked, unknown)),
        )
        if embedder is None or (question.shared and unknown):
            return refusal
        return _across_languages(question, ranked, embedder, limit, refusal)
    best = ranked[0][1]
    chosen = [candidate for candidate, score in ranked if math.exp(score - best) >= coefficients.min_ratio]
    if embedder is not None and question.shared:  # across languages cosines are lower
        try:
            ranked, nearest = reranked(question, ranked, embedder)
        except ProviderError:  # the order by words stands
            nearest = 1.0
        chosen = [candidate for at, (candidate, _) in enumerate(ranked) if not at or candidate in chosen]
        if nearest < OFF_SUBJECT:
            return Extract(
                abstained=True,
                confidence=round(confidence, 4),
                closest=tuple(map(cite, distinct([candidate for candidate, _ in ranked], limit))),
                details=(Reason("extraction.off_subject"),),
            )
    if question.present:
        chosen = _newest(chosen)
    return Extract(
        citations=tuple(map(cite, _in_reading_order(distinct(chosen, limit)))), confidence=round(confidence, 4)
    )


def _across_languages(question: Question, ranked: Ranked, embedder: Embedder, limit: int, refusal: Extract) -> Extract:
    """Return the sentences in other languages that mean what is asked.

    Without any, the refusal.

    Where no article is in the question's language, the refusal has the sentences nearest by meaning.
    """
    try:
        nearest = by_meaning(question, foreign(question, [candidate for candidate, _ in ranked]), embedder)
    except ProviderError as error:
        return structs.replace(refusal, details=(*refusal.details, Reason.of("vectors.words_only", why=error)))
    nearest = [each for each in nearest if _fills_slot(question.kind, each.candidate.text)]
    if not nearest:
        return refusal
    best = nearest[0]
    if best.cosine < ANSWERS:
        if question.shared:
            return refusal
        closest = distinct([similarity.candidate for similarity in nearest], limit)
        return Extract(
            abstained=True, closest=tuple(map(cite, closest)), details=(Reason("extraction.nothing_by_meaning"),)
        )
    chosen = [each.candidate for each in nearest if each.cosine >= max(ANSWERS, best.cosine - CLOSE)]
    languages = {
        "question": Reason.term("language", question.language or "unknown"),
        "articles": Reason.term("language", best.candidate.hit.article.language or "unknown"),
    }
    return Extract(
        citations=tuple(map(cite, _in_reading_order(distinct(chosen, min(limit, QUOTED))))),
        details=(Reason.of("extraction.quoted_other_language", **languages),),
    )


def _fills_slot(kind: Kind, text: str) -> bool:
    """Test whether a sentence has a number where one is asked for."""
    return kind != "number" or any(not number.loose for number in numbers(text))


def unknown_names(question: Question, frequency: Frequency) -> tuple[str, ...]:
    """Return the names of the question that no article contains in any spelling."""
    return tuple(name for name in question.names if not _is_known(name, frequency))


def _is_known(name: str, frequency: Frequency) -> bool:
    parts = terms(name)
    return any(frequency.document_frequency("h", stem) for stem in parts.stems) or any(
        frequency.document_frequency("k", key) for key in parts.phonetic
    )


Ranked = list[tuple[Candidate, float]]


def rank(unranked: Sequence[Candidate], coefficients: Model) -> Ranked:
    """Return the candidates with their scores, best first."""
    scored = [(candidate, weighted_sum(candidate.features, coefficients.ranking)) for candidate in unranked]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0].rank, pair[0].span))


def reranked(question: Question, ranked: Ranked, embedder: Embedder) -> tuple[Ranked, float]:
    """Return the candidates reordered by cosine, and the highest cosine.

    Raises what `Embedder.embed` does.
    """
    asked = embedder.embed([question.text], question=True)[0]
    compared = ranked[:COMPARED]
    cosines = [float(embedder.embed([candidate.text])[0] @ asked) for candidate, _ in compared]
    scored = [
        (candidate, score + COSINE * cosine) for (candidate, score), cosine in zip(compared, cosines, strict=True)
    ]
    return sorted(scored, key=lambda pair: -pair[1]), max(cosines)


def weighted_sum(features: Features, weights: dict[str, float]) -> float:
    """Return the weighted sum of the features that have a weight."""
    return sum(weight * features.get(name, 0.0) for name, weight in weights.items())


def answer_features(question: Question, ranked: Ranked) -> Features:
    """Return the features for the probability of an answer.

    All but the passage share are those of the best sentence, which is what the reader sees.
    """
    best = ranked[0][0].features
    return {
        "passage_share": max(candidate.features["passage_share"] for candidate, _ in ranked),
        **{name: best.get(name, 0.0) for name in ANSWER_FEATURES},
        "terms": math.log1p(len(question.terms)),
    }


def probability(question: Question, ranked: Ranked, coefficients: Model) -> float:
    """Return the probability that the articles hold an answer, 0 to 1."""
    log_odds = coefficients.intercept + weighted_sum(answer_features(question, ranked), coefficients.answering)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def distinct(ranked: Sequence[Candidate], limit: int) -> list[Candidate]:
    """Return the first `limit` candidates without near-copies of earlier ones."""
    kept: list[Candidate] = []
    for candidate in ranked:
        if len(kept) == limit:
            break
        if not any(_is_copy(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def _newest(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Leave out articles that are outdated by the newest; undated ones stay."""
    days = [candidate.hit.article.published for candidate in chosen]
    newest = max((day for day in days if day), default=None)
    dated = zip(chosen, days, strict=True)
    return [candidate for candidate, day in dated if not (day and newest) or newest - day <= OUTDATED]


def _is_copy(left: Candidate, right: Candidate) -> bool:
    here, there = set(left.words), set(right.words)
    return len(here & there) >= COPY * len(here | there)


def _in_reading_order(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Sort by article, that of the best sentence first, and by position."""
    articles = list(dict.fromkeys(candidate.hit.article.id for candidate in chosen))
    return sorted(chosen, key=lambda candidate: (articles.index(candidate.hit.article.id), candidate.span))


def cite(candidate: Candidate) -> Citation:
    """Return a sentence as a citation with its paragraph."""
    text, span = candidate.hit.article.text, candidate.span
    paragraph = next((lines for lines in paragraphs(text) if lines.start <= span.start < lines.end), span)
    return Citation(
        file_id=candidate.hit.article.id,
        start=span.start,
        end=span.end,
        quote=candidate.text,
        context=paragraph.of(text),
    )


def _abstention_reasons(question: Question, ranked: Ranked, unknown: Sequence[str]) -> list[Reason]:
    if unknown and question.shared:
        return [Reason.of("extraction.unknown_names", names=unknown)]
    if not question.shared:
        language = Reason.term("language", question.language or "unknown")
        return [Reason.of("extraction.other_language", language=language)]
    features = ranked[0][0].features
    reasons = []
    if features["lacks_name"] or features["lacks_number"]:
        reasons.append(Reason("extraction.lacks_name_or_number"))
    if features.get("lacks_cue"):
        reasons.append(Reason.of("extraction.lacks_type", type=Reason.term("answer_type", question.kind)))
    return reasons or [Reason("extraction.too_little")]
