"""An answer with no model: the sentences of the hits that answer a question, or a refusal with the nearest ones.

Two small linear models, both read from `extraction.json`, which `tools/fit_extract.py` makes: one orders the sentences, the
other tells how probable it is that the answer is among them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files

from assistant.extractive.overlap import Frequency
from assistant.extractive.sentence_scoring import Candidate, Features, candidates
from assistant.models import Citation
from assistant.query.parse import Question
from index.language.analyzer import terms
from index.language.sentences import paragraphs
from index.messages.reason import Reason
from index.models import Hit, Value

__all__ = ["Extract", "Frequency", "Model", "extract", "model"]

OUTDATED = timedelta(days=30)  # after which an older report no longer tells how things are now
TELLING = (
    "sentence_share",
    "said_around",
    "lacks_number",
    "lacks_name",
    "lacks_cue_number",
    "lacks_cue_date",
    "lacks_cue_place",
    "lacks_cue_reason",
    "lacks_role",
    "lacks_speaker",
)  # of the best sentence, on an answer
COPY = 0.8  # the share of words two sentences have in common from which one is a copy of the other


class Extract(Value, frozen=True, kw_only=True):
    """What the articles say to a question: `citations` in reading order, or, where it abstained, the `closest` sentences."""

    citations: tuple[Citation, ...] = ()
    abstained: bool = False
    confidence: float = 0.0  # the probability that the articles hold an answer, 0 to 1
    closest: tuple[Citation, ...] = ()
    details: tuple[Reason, ...] = ()


class Model(Value, frozen=True, kw_only=True):
    """The coefficients: what each feature of a sentence weighs, and what each feature of the best ones says of an answer."""

    ranking: dict[str, float]
    answering: dict[str, float]
    intercept: float
    threshold: float  # of the probability from which sentences are given as an answer
    beside: float  # how probable another sentence must be, as a share of the first, to stand beside it


@lru_cache(maxsize=1)
def model() -> Model:
    """The coefficients shipped with this module."""
    shipped = json.loads(files("assistant.extractive").joinpath("extraction.json").read_text(encoding="utf-8"))
    return Model(**{name: shipped[name] for name in Model.__struct_fields__})


def extract(question: Question, hits: Sequence[Hit], *, frequency: Frequency, limit: int = 3) -> Extract:
    """The sentences of the hits that answer a question, at most `limit`: one where it stands out, more where none does.

    Every quote is a sentence of its article, `article.text[start:end] == quote`, outside boilerplate, and none is given twice.
    Sentences are ordered by a linear model of how much of the question each says, alone and with its surroundings; whether they
    answer is a logistic model of the same kind (Platt 1999). Takes about 20 ms for ten hits. Without hits it abstains.
    """
    coefficients = model()
    ranked = rank(candidates(question, hits, frequency), coefficients)
    if not ranked:
        return Extract(abstained=True, details=(Reason("extraction.nothing_relevant"),))
    at_home = [pair for pair in ranked if not pair[0].features.get("abroad")]
    ranked = at_home or ranked
    confidence = probability(question, ranked, coefficients) if at_home else 0.0
    if not question.shared and not any(one.features["said_exactly"] == 1 for one, _ in ranked):
        confidence = 0.0  # names that merely sound alike are no answer in another language
    strange = unheard(question, frequency)
    if strange:
        confidence = 0.0
    if confidence < coefficients.threshold:
        nearest = distinct([one for one, _ in ranked], limit)
        return Extract(
            abstained=True,
            confidence=round(confidence, 4),
            closest=tuple(map(_cited, nearest)),
            details=tuple(_why_not(question, ranked, strange)),
        )
    best = ranked[0][1]
    worth = [one for one, score in ranked if math.exp(score - best) >= coefficients.beside]
    if question.present:
        worth = _newest(worth)
    return Extract(
        citations=tuple(map(_cited, _in_reading_order(distinct(worth, limit)))), confidence=round(confidence, 4)
    )


def unheard(question: Question, frequency: Frequency) -> tuple[str, ...]:
    """The names of the question, known by their capitals, that no article has in any spelling."""
    return tuple(name for name in question.names if not _is_known(name, frequency))


def _is_known(name: str, frequency: Frequency) -> bool:
    parts = terms(name)
    return any(frequency.document_frequency("h", stem) for stem in parts.stems) or any(
        frequency.document_frequency("k", key) for key in parts.phonetic
    )


Ranked = list[tuple[Candidate, float]]


def rank(found: Sequence[Candidate], coefficients: Model) -> Ranked:
    """The candidates with their scores, best first."""
    scored = [(match, weighed(match.features, coefficients.ranking)) for match in found]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0].rank, pair[0].span))


def weighed(features: Features, weights: dict[str, float]) -> float:
    """The weighted sum of the features that have a weight."""
    return sum(weight * features.get(name, 0.0) for name, weight in weights.items())


def outlook(question: Question, ranked: Ranked) -> Features:
    """What tells whether a question is answered: how much of it the best sentence and its passage say, and what it lacks.

    Of the best sentence alone, for it is what the reader will be shown: another that says more is often on something else.
    """
    best = ranked[0][0].features
    return {
        "passage_share": max(one.features["passage_share"] for one, _ in ranked),
        **{name: best.get(name, 0.0) for name in TELLING},
        "terms": math.log1p(len(question.terms)),
    }


def probability(question: Question, ranked: Ranked, coefficients: Model) -> float:
    """How probable it is that the articles hold an answer, 0 to 1."""
    log_odds = coefficients.intercept + weighed(outlook(question, ranked), coefficients.answering)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def distinct(found: Sequence[Candidate], limit: int) -> list[Candidate]:
    """The first `limit` candidates, leaving out copies: sentences with nearly the words of one before."""
    kept: list[Candidate] = []
    for match in found:
        if len(kept) == limit:
            break
        if not any(_copies(match, other) for other in kept):
            kept.append(match)
    return kept


def _newest(found: Sequence[Candidate]) -> list[Candidate]:
    """Without the sentences of articles that are older, by more than `OUTDATED`, than another that is found; undated ones stay."""
    days = [match.hit.article.published for match in found]
    newest = max((day for day in days if day), default=None)
    return [match for match, day in zip(found, days, strict=True) if not (day and newest) or newest - day <= OUTDATED]


def _copies(one: Candidate, other: Candidate) -> bool:
    here, there = set(one.words), set(other.words)
    return len(here & there) >= COPY * len(here | there)


def _in_reading_order(found: Sequence[Candidate]) -> list[Candidate]:
    """Article by article, the one of the best sentence first, and as each article has them."""
    articles = list(dict.fromkeys(match.hit.article.id for match in found))
    return sorted(found, key=lambda match: (articles.index(match.hit.article.id), match.span))


def _cited(one: Candidate) -> Citation:
    text = one.hit.article.text
    start, end = one.span.start, one.span.end
    around = next((span for span in paragraphs(text) if span.start <= start < span.end), one.span)
    return Citation(file_id=one.hit.article.id, start=start, end=end, quote=one.text, context=around.of(text))


def _why_not(question: Question, ranked: Ranked, strange: Sequence[str]) -> list[Reason]:
    """Say why the nearest sentences are no answer."""
    if strange and question.shared:
        return [Reason.of("extraction.unknown_names", names=strange)]
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
