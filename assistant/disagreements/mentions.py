"""Bind the numbers of articles to what they count and to the words around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec.structs import replace

from assistant.disagreements.figures import figures
from assistant.extractive.amounts import casualty
from assistant.query.parse import content_words
from index.language.analyzer import stem, word_spans, words
from index.language.lexicons import load
from index.language.normalize import fold
from index.language.numbers.number_mentions import Number
from index.language.sentences import sentences
from index.models import Article, Hit, Passage, Span, Value, covering

WINDOW = 60  # characters on either side of a number that say what it is about
NEAR = 40  # characters of its clause on either side, in which a word says that a number counts the dead or the injured
COUNTED = 2  # content words behind a number, one of which it counts

_CLAUSE_END = re.compile(r"[،,;؛:]\s")
_NEXT_WORD = re.compile(r"\W*\w+")
_GENERIC = frozenset(map(stem, load("report_words") | load("reporting_verbs")))


class Mention(Value, frozen=True, kw_only=True):
    """A number in a sentence of an article.

    `counted`: stems of what it counts. `context`: stems around it. `content`: stems of the sentence. Numbers and words
    of any report are in none of them. `group`: the group of near-copies that the article belongs to.
    """

    article: Article
    group: str
    story: str | None
    sentence: Span  # in the article
    text: str  # of the sentence
    number: Number  # its span is in the sentence
    noun: str | None  # the first of `counted`
    counted: frozenset[str]
    casualty: str | None  # "killed" or "injured"
    context: frozenset[str]
    content: frozenset[str]

    @property
    def noun_as_written(self) -> str:
        """The word behind the number that it counts, "" for none."""
        after = self.text[self.number.span.end :][:WINDOW]
        return next((span.of(after) for word, span in word_spans(fold(after)) if stem(word) == self.noun), "")


def mentions(hits: Iterable[Hit]) -> Iterator[Mention]:
    """Yield each count in the hits' passages once, outside boilerplate.

    >>> from index.models import Article, Passage
    >>> text = "أسفر حريق السوق عن مقتل 12 شخصا."
    >>> passage = Passage(id="a:0-32", article_id="a", start=0, end=len(text), text=text)
    >>> hit = Hit(passage=passage, article=Article(id="a", text=text, sha256=""), score=0.5)
    >>> [(int(mention.number.value), mention.casualty, sorted(mention.counted)) for mention in mentions([hit])]
    [(12, 'killed', ['شخص'])]
    """
    groups: dict[str, str] = {}
    seen: set[tuple[str, int]] = set()
    for hit in hits:
        ids = (hit.article.id, *hit.duplicate_ids)
        group = next((groups[item_id] for item_id in ids if item_id in groups), hit.article.id)
        groups |= dict.fromkeys(ids, group)
        for piece in sentences(hit.passage.text):
            span = Span(hit.passage.start + piece.start, hit.passage.start + piece.end)
            if (hit.article.id, span.start) in seen or covering(hit.article.boilerplate, span.start, span.end):
                continue
            seen.add((hit.article.id, span.start))
            text = piece.of(hit.passage.text)
            for number in figures(text):
                if number.kind == "cardinal":
                    yield _mention(hit, group, span, text, number)


@lru_cache(maxsize=128)
def article_mentions(article: Article) -> tuple[Mention, ...]:
    """Return the numbers of a whole article."""
    passage = Passage(id=article.id, article_id=article.id, start=0, end=len(article.text), text=article.text)
    return tuple(mentions([Hit(passage=passage, article=article, score=0.0)]))


def _mention(hit: Hit, group: str, sentence: Span, text: str, number: Number) -> Mention:
    before, after = text[: number.span.start][-WINDOW:], text[number.span.end :][:WINDOW]
    counted = _stems(after)[:COUNTED]
    return Mention(
        article=hit.article,
        group=group,
        story=hit.story,
        sentence=sentence,
        text=text,
        number=number,
        noun=next(iter(counted), None),
        counted=frozenset(counted),
        casualty=_casualty(text, number),
        context=content(before) | content(after),
        content=content(text),
    )


def _casualty(text: str, number: Number) -> str | None:
    """Return "killed" or "injured" by the nearest such word in the number's clause.

    The clause begins behind another number and the word that this counts, and ends at the next number.
    """
    others = [other.span for other in figures(text) if other.span != number.span]
    starts = [0, *(mark.end() for mark in _CLAUSE_END.finditer(text, 0, number.span.start))]
    starts += [_counted_end(text, span) for span in others if span.end <= number.span.start]
    ends = [mark.start() for mark in _CLAUSE_END.finditer(text, number.span.end)]
    start = min(number.span.start, max(starts))
    end = min((*ends, *(span.start for span in others if span.start >= number.span.end)), default=len(text))
    clause = text[start:end]
    span = Span(number.span.start - start, number.span.end - start)
    return casualty(clause, replace(number, span=span), NEAR)


def _counted_end(text: str, number: Span) -> int:
    """Return where the word behind a number ends."""
    word = _NEXT_WORD.match(text, number.end)
    return word.end() if word else number.end


@lru_cache(maxsize=4096)
def content(text: str) -> frozenset[str]:
    """Return the stems of the content words, without numbers and words of any report."""
    return frozenset(_stems(text)) - _GENERIC


def _stems(text: str) -> list[str]:
    return [stem(word) for word in content_words(words(text)) if not word.isdecimal()]
