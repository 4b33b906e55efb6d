"""Compute the features of the hits' sentences as answers to a question."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.extractive.amounts import count_query, may_count
from assistant.extractive.answer_type import answer_type, has_answer_type
from assistant.extractive.overlap import Frequency, OverlapScorer, TermMatches, rarity
from assistant.extractive.person_answers import find_places, holds_office, is_elsewhere, role, speaker
from assistant.query.parse import Question
from assistant.query.question_type import FUNCTION_WORDS
from assistant.query.type_markers import duals, has_cue, new_numbers
from index.language.analyzer import stem, words
from index.language.numbers.number_mentions import numbers
from index.language.sentences import sentences
from index.models import Hit, Span, Value, covering

FRAME_WEIGHT = 0.3  # of words that only say the kind of answer
WINDOW = 12  # words that count as close together
OPENING = 6  # words at the beginning of a sentence
MATCHED = 0.6  # the match strength from which a term of the question is matched
CUED_KINDS = ("person", "number", "date")  # of questions whose answers always have a cue

Features = dict[str, float]
Strengths = Sequence[float]  # for each term of the question, how strongly it is matched


class Candidate(Value, frozen=True, kw_only=True):
    """A sentence of a hit with its features."""

    hit: Hit
    rank: int  # of the hit, from 0
    span: Span  # in the article
    words: tuple[str, ...]
    features: Features

    @property
    def text(self) -> str:
        """The sentence as the article has it."""
        return self.span.of(self.hit.article.text)


class _PassageSentence(Value, frozen=True, kw_only=True):
    """A sentence of a passage without features."""

    rank: int
    place: int  # in the passage, from 0
    span: Span
    text: str
    words: tuple[str, ...]


def candidates(question: Question, hits: Sequence[Hit], frequency: Frequency) -> tuple[Candidate, ...]:
    """Return the sentences of the hits that say something beyond the question."""
    return tuple(_FeatureExtractor(question, hits, frequency).candidates())


class _FeatureExtractor:
    """Compute the features of the sentences of the hits of a question."""

    def __init__(self, question: Question, hits: Sequence[Hit], frequency: Frequency) -> None:
        self.question = question
        self.hits = hits
        self.asked = frozenset(words(question.text))
        self.weights = [_weight(word, question, frequency) for word in question.terms]
        self.total = sum(self.weights) or 1.0
        self.casualty = count_query(question.text).casualty if question.kind == "number" else None
        self.answer_type = answer_type(question)
        self.role = role(question)
        self.places = find_places(question.terms) if self.role else frozenset()
        self.speaker = [question.terms.index(word) for word in speaker(question)]
        self.first_term = next((at for at, word in enumerate(question.terms) if word not in question.frame), 0)
        self.scorer = OverlapScorer(question.text, frequency)
        self.titles = [tuple(words(hit.article.title or "")) for hit in hits]
        self.passages = [list(_passage_sentences(rank, hit)) for rank, hit in enumerate(hits)]
        vocabulary = [word for title in self.titles for word in title]
        vocabulary += [word for passage in self.passages for sentence in passage for word in sentence.words]
        self.matches = TermMatches(question.terms, vocabulary)
        self.shares = [self.scorer.share(f"{hit.article.title or ''}\n{hit.passage.text}") for hit in hits]

    def candidates(self) -> Iterator[Candidate]:
        """Yield the sentences that can be answers."""
        seen: set[tuple[str, ...]] = set()
        for rank, passage in enumerate(self.passages):
            strengths = [self.matches.best(sentence.words) for sentence in passage]
            title = self.matches.best(self.titles[rank])
            whole = _strongest(*strengths) if strengths else title
            for at, sentence in enumerate(passage):
                if sentence.words in seen:
                    continue
                seen.add(sentence.words)
                before = strengths[at - 1] if at else _none(title)
                after = strengths[at + 1] if at + 1 < len(passage) else _none(title)
                features = self.features(sentence, strengths[at], title, before, after, whole)
                if self.can_answer(sentence, features):
                    yield Candidate(
                        hit=self.hits[rank], rank=rank, span=sentence.span, words=sentence.words, features=features
                    )

    def can_answer(self, sentence: _PassageSentence, features: Features) -> bool:
        """Test that a sentence is new, has the cue of a heading, and counts no others."""
        if not features["new"] and self.question.kind != "yes-no":
            return False
        is_title = sentence.words == self.titles[sentence.rank]
        if is_title and self.question.kind in CUED_KINDS and features["lacks_cue"]:
            return False
        mentions = numbers(sentence.text) if self.casualty else ()
        return not mentions or may_count(sentence.text, mentions, self.casualty)

    def share(self, strengths: Strengths) -> float:
        """Return the share of the question's weight that is matched."""
        return sum(weight * strength for weight, strength in zip(self.weights, strengths, strict=True)) / self.total

    def features(
        self,
        sentence: _PassageSentence,
        strengths: Strengths,
        title: Strengths,
        before: Strengths,
        after: Strengths,
        whole: Strengths,
    ) -> Features:
        """Return the features of a sentence from the match strengths around it."""
        question = self.question
        positions = self.matches.positions(sentence.words, MATCHED)
        here = _strongest(strengths, title)
        opening = self.share([1.0 if any(at < OPENING for at in places) else 0.0 for places in positions])
        best = max(self.shares, default=0.0) or 1.0
        context = _strongest(
            strengths,
            [0.8 * strength for strength in _strongest(title, before, after)],
            [0.5 * strength for strength in whole],
        )
        lacking = [
            weight * (1 - strength) for weight, strength in zip(self.weights, _strongest(here, before), strict=True)
        ]
        is_first = sentence.place == 0
        defines = question.kind in ("definition", "person") and len(strengths) <= 3
        result = {
            "cover": self.share(strengths),
            "cover_exact": self.share([1.0 if strength == 1 else 0.0 for strength in strengths]),
            "cover_context": self.share(context),
            "cover_window": self.best_window(positions),
            "cover_title": self.share(title),
            "cover_before": self.share(before),
            "cover_passage": self.share(whole),
            "pairs": _ordered_pairs(positions),
            "sentence_share": self.scorer.share(sentence.text),
            "passage_share": self.shares[sentence.rank],
            "passage_ratio": self.shares[sentence.rank] / best,
            "rank": 1 / (1 + sentence.rank),
            "first": float(is_first),
            "second": float(sentence.place == 1),
            "opens": opening * is_first,
            "opens_definition": opening * is_first * defines,
            "length": math.log1p(len(sentence.words)),
            "short": float(len(sentence.words) < 6),
            "new": math.log1p(sum(self.is_new(word) for word in sentence.words)),
            "covers_first": strengths[self.first_term],
            "lacks": max(lacking, default=0.0) / self.total,
            "lacks_number": float(self.count_missing(question.numbers, here)),
            "lacks_name": float(self.count_missing(question.names, here)),
        }
        result |= self.cue_features(sentence) | self.person_features(sentence)
        if self.speaker:
            result["lacks_speaker"] = 1 - max(max(strengths[at], before[at], title[at]) for at in self.speaker)
        if question.kind == "number":
            result["counts"] = float(self.counts_first_term(sentence, positions))
        return result

    def cue_features(self, sentence: _PassageSentence) -> Features:
        """Return the features of the cue that an answer of the question's kind has."""
        kind = self.question.kind
        if kind in ("other", "yes-no", "definition"):
            return {}
        if self.answer_type:
            cue = has_answer_type(self.answer_type, sentence.words, sentence.text, self.asked)
        else:
            cue = has_cue(kind, sentence.words, sentence.text, self.asked)
        return {f"cue_{kind}": float(cue), "lacks_cue": float(not cue), f"lacks_cue_{kind}": float(not cue)}

    def person_features(self, sentence: _PassageSentence) -> Features:
        """Return whether a sentence lacks the role or is about another country."""
        if not self.role:
            return {}
        title = self.titles[sentence.rank]
        context = [*title, *(word for other in self.passages[sentence.rank] for word in other.words)]
        return {
            "lacks_role": float(not holds_office(self.role, self.places, sentence.words, title)),
            "elsewhere": float(is_elsewhere(self.role, self.places, sentence.words, context)),
        }

    def counts_first_term(self, sentence: _PassageSentence, positions: Sequence[Sequence[int]]) -> bool:
        """Test whether a new number, or a dual, counts the first term of the question."""
        if duals(self.question.terms[self.first_term], sentence.words):
            return True
        counted = positions[self.first_term]
        return any(abs(at - place) <= 3 for at in new_numbers(sentence.words, self.asked) for place in counted)

    def is_new(self, word: str) -> bool:
        """Test whether a word adds something to the question."""
        in_question = word in self.asked or self.matches.matches(word, MATCHED)
        return len(word) > 1 and word not in FUNCTION_WORDS and not in_question

    def best_window(self, positions: Sequence[Sequence[int]]) -> float:
        """Return the largest share of the question within a window of a few words."""
        starts = {at for places in positions for at in places}
        windows = (
            self.share([float(any(start <= at < start + WINDOW for at in places)) for places in positions])
            for start in starts
        )
        return max(windows, default=0.0)

    def count_missing(self, wanted: Sequence[str], strengths: Strengths) -> int:
        """Count the words of the question among `wanted` that are not matched."""
        terms = self.question.terms
        return sum(strengths[terms.index(word)] < MATCHED for word in wanted if word in terms)


def _passage_sentences(rank: int, hit: Hit) -> Iterator[_PassageSentence]:
    text, start = hit.passage.text, hit.passage.start
    place = 0
    for span in sentences(text):
        tokens = tuple(words(span.of(text)))
        whole = Span(start + span.start, start + span.end)
        if tokens and not covering(hit.article.boilerplate, whole.start, whole.end):
            yield _PassageSentence(rank=rank, place=place, span=whole, text=span.of(text), words=tokens)
            place += 1


def _weight(word: str, question: Question, frequency: Frequency) -> float:
    weight = rarity(frequency.document_frequency("h", stem(word)), frequency.passages)
    return weight * (FRAME_WEIGHT if word in question.frame else 1.0)


def _strongest(*strengths: Strengths) -> tuple[float, ...]:
    """Return the largest strength of each term."""
    return tuple(map(max, zip(*strengths, strict=True))) if len(strengths) > 1 else tuple(strengths[0])


def _none(strengths: Strengths) -> tuple[float, ...]:
    return (0.0,) * len(strengths)


def _ordered_pairs(positions: Sequence[Sequence[int]]) -> float:
    """Return the share of neighbouring terms that are near each other in order."""
    near = sum(
        any(0 < second - first <= 3 for first in left for second in right) for left, right in pairwise(positions)
    )
    return near / max(1, len(positions) - 1)
