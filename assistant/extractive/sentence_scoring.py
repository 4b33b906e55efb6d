"""The sentences of the hits, and what speaks for each as an answer: named features, all of them shares or small counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.extractive.amounts import may_count, wanted
from assistant.extractive.answer_type import meets, sought
from assistant.extractive.overlap import Frequency, Matches, Yardstick, rarity
from assistant.extractive.person_answers import abroad, holds_office, located, role, subject
from assistant.extractive.type_markers import figures, has_cue, pairs
from assistant.query.parse import Question
from assistant.query.question_type import FUNCTION_WORDS
from index.language.analyzer import stem, words
from index.language.numbers.number_mentions import numbers
from index.language.sentences import sentences
from index.models import Hit, Span, Value, covering

FRAME = 0.3  # the weight of words that only say what kind of thing is asked for
WINDOW = 12  # words that count as close together
OPENING = 6  # words that open a sentence
SURE = 0.6  # the strength from which a word of the question counts as said

Features = dict[str, float]


class Candidate(Value, frozen=True, kw_only=True):
    """A sentence of a hit, and what speaks for it."""

    hit: Hit
    rank: int  # of the hit, from 0
    span: Span  # in the article
    words: tuple[str, ...]
    features: Features

    @property
    def text(self) -> str:
        """The sentence as it stands in the article."""
        return self.span.of(self.hit.article.text)


class _Line(Value, frozen=True, kw_only=True):
    """A sentence before it is weighed; `before` and `after` are its neighbours in the passage, by their place in it."""

    rank: int
    place: int
    span: Span
    text: str
    words: tuple[str, ...]
    said: tuple[float, ...] = ()


def candidates(question: Question, hits: Sequence[Hit], frequency: Frequency) -> tuple[Candidate, ...]:
    """The sentences of the hits outside boilerplate that say something beyond the question, once, in the order of the hits."""
    weighing = _Weighing(question, hits, frequency)
    return tuple(weighing.all())


NAMED = ("person", "number", "date")  # kinds of question whose answer shows by a mark of its own


class _Weighing:
    """One question over its hits."""

    def __init__(self, question: Question, hits: Sequence[Hit], frequency: Frequency) -> None:
        self.question = question
        self.hits = hits
        self.asked = frozenset(words(question.text))
        self.weights = [_weight(word, question, frequency) for word in question.terms]
        self.total = sum(self.weights) or 1.0
        self.fate = wanted(question.text).fate if question.kind == "number" else None
        self.sought = sought(question)
        self.role = role(question)
        self.places = located(question.terms) if self.role else frozenset()
        self.speaker = [question.terms.index(word) for word in subject(question)]
        self.leading = next((at for at, word in enumerate(question.terms) if word not in question.frame), 0)
        self.yardstick = Yardstick(question.text, frequency)
        self.titles = [tuple(words(hit.article.title or "")) for hit in hits]
        self.passages = [list(_lines(rank, hit)) for rank, hit in enumerate(hits)]
        spoken = [word for title in self.titles for word in title]
        spoken += [word for lines in self.passages for line in lines for word in line.words]
        self.matches = Matches(question.terms, spoken)
        self.shares = [self.yardstick.share(f"{hit.article.title or ''}\n{hit.passage.text}") for hit in hits]

    def all(self) -> Iterator[Candidate]:
        seen: set[tuple[str, ...]] = set()
        for rank, lines in enumerate(self.passages):
            said = [self.matches.best(line.words) for line in lines]
            title = self.matches.best(self.titles[rank])
            whole = _most(*said) if said else title
            for at, line in enumerate(lines):
                if line.words in seen:
                    continue
                seen.add(line.words)
                before = said[at - 1] if at else _nothing(title)
                after = said[at + 1] if at + 1 < len(lines) else _nothing(title)
                features = self.features(line, said[at], title, before, after, whole)
                if not features["new"] and self.question.kind != "yes-no":
                    continue  # a heading that repeats the question cannot answer it
                if line.words == self.titles[rank] and self.question.kind in NAMED and features["lacks_cue"]:
                    continue  # nor can one that has no name, figure or date, where that is asked for
                if not self.counts(line.text):
                    continue
                yield Candidate(hit=self.hits[rank], rank=rank, span=line.span, words=line.words, features=features)

    def counts(self, text: str) -> bool:
        """Whether a sentence's numbers, if it has any, can be of those who are asked for: the dead are not the injured."""
        found = numbers(text) if self.fate else ()
        return not found or may_count(text, found, self.fate)

    def share(self, said: Sequence[float]) -> float:
        """The share of the question's weight that is said."""
        return sum(weight * text for weight, text in zip(self.weights, said, strict=True)) / self.total

    def features(
        self,
        line: _Line,
        said: Sequence[float],
        title: Sequence[float],
        before: Sequence[float],
        after: Sequence[float],
        whole: Sequence[float],
    ) -> Features:
        """What speaks for a sentence."""
        question = self.question
        places = self.matches.places(line.words, SURE)
        here = _most(said, title)
        opening = self.share([1.0 if any(at < OPENING for at in place) else 0.0 for place in places])
        best = max(self.shares, default=0.0) or 1.0
        new = sum(self.is_new(word) for word in line.words)
        two = pairs(question.terms[self.leading], line.words) if question.kind == "number" else []
        cue = has_cue(question.kind, line.words, line.text, self.asked)
        if self.sought:
            cue = meets(self.sought, line.words, line.text, self.asked)
        around = _most(said, [0.8 * one for one in _most(title, before, after)], [0.5 * one for one in whole])
        lacking = [weight * (1 - one) for weight, one in zip(self.weights, _most(here, before), strict=True)]
        found = {
            "said": self.share(said),
            "said_exactly": self.share([1.0 if text == 1 else 0.0 for text in said]),
            "said_around": self.share(around),
            "said_closely": self.closely(places),
            "said_in_title": self.share(title),
            "said_before": self.share(before),
            "said_in_passage": self.share(whole),
            "pairs": _pairs(places),
            "sentence_share": self.yardstick.share(line.text),
            "passage_share": self.shares[line.rank],
            "passage_beside_best": self.shares[line.rank] / best,
            "rank": 1 / (1 + line.rank),
            "first": float(line.place == 0),
            "second": float(line.place == 1),
            "opens": opening * (line.place == 0),
            "opens_definition": opening
            * (line.place == 0)
            * (question.kind in ("definition", "person"))
            * (len(said) <= 3),
            "length": math.log1p(len(line.words)),
            "short": float(len(line.words) < 6),
            "new": math.log1p(new),
            "says_first": said[self.leading],
            "lacks": max(lacking, default=0.0) / self.total,
            "lacks_number": float(self.lacks(question.numbers, here)),
            "lacks_name": float(self.lacks(question.names, here)),
        }
        if question.kind not in ("other", "yes-no", "definition"):
            found[f"cue_{question.kind}"] = float(cue)
            found["lacks_cue"] = found[f"lacks_cue_{question.kind}"] = float(not cue)
        found |= self.whose(line)
        if self.speaker:
            found["lacks_speaker"] = 1 - max(max(said[at], before[at], title[at]) for at in self.speaker)
        if question.kind == "number":
            counted = places[self.leading]
            found["counts"] = float(
                bool(two) or any(abs(at - one) <= 3 for at in figures(line.words, self.asked) for one in counted)
            )
        return found

    def whose(self, line: _Line) -> Features:
        """Whether a sentence lacks the role, or is on another country, of somebody who is asked for."""
        if not self.role:
            return {}
        title = self.titles[line.rank]
        around = [*title, *(word for other in self.passages[line.rank] for word in other.words)]
        return {
            "lacks_role": float(not holds_office(self.role, self.places, line.words, title)),
            "abroad": float(abroad(self.role, self.places, line.words, around)),
        }

    def is_new(self, word: str) -> bool:
        """Whether a word says something that the question does not."""
        return (
            len(word) > 1
            and word not in FUNCTION_WORDS
            and word not in self.asked
            and not self.matches.says(word, SURE)
        )

    def closely(self, places: Sequence[Sequence[int]]) -> float:
        """The largest share of the question that stands within a few words."""
        starts = {at for place in places for at in place}
        return max(
            (
                self.share([float(any(start <= at < start + WINDOW for at in place)) for place in places])
                for start in starts
            ),
            default=0.0,
        )

    def lacks(self, wanted: Sequence[str], said: Sequence[float]) -> int:
        """How many of these words of the question are not said."""
        return sum(said[self.question.terms.index(word)] < SURE for word in wanted if word in self.question.terms)


def _lines(rank: int, hit: Hit) -> Iterator[_Line]:
    text, start = hit.passage.text, hit.passage.start
    place = 0
    for span in sentences(text):
        said = tuple(words(span.of(text)))
        if said and not covering(hit.article.boilerplate, start + span.start, start + span.end):
            yield _Line(
                rank=rank, place=place, span=Span(start + span.start, start + span.end), text=span.of(text), words=said
            )
            place += 1


def _weight(word: str, question: Question, frequency: Frequency) -> float:
    weight = rarity(frequency.document_frequency("h", stem(word)), frequency.passages)
    return weight * (FRAME if word in question.frame else 1.0)


def _most(*said: Sequence[float]) -> tuple[float, ...]:
    return tuple(map(max, zip(*said, strict=True))) if len(said) > 1 else tuple(said[0])


def _nothing(said: Sequence[float]) -> tuple[float, ...]:
    return (0.0,) * len(said)


def _pairs(places: Sequence[Sequence[int]]) -> float:
    """The share of neighbouring words of the question that stand within three words of each other, in their order."""
    beside = sum(any(0 < later - earlier <= 3 for earlier in one for later in other) for one, other in pairwise(places))
    return beside / max(1, len(places) - 1)
