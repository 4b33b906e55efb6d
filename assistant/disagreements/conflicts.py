"""Find numbers, dates and holders of offices on which reports of a story differ.

Precise rather than complete. Numbers are compared in `assistant.disagreements.comparison`. Of dates and offices two
sentences are about the same thing if they share most of the rarer words around the two values. Near-duplicate articles
count as a single source, spelling variants as a single name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import combinations

from msgspec.structs import replace

from assistant.disagreements.comparison import comparable
from assistant.disagreements.events import event_specific
from assistant.disagreements.mentions import Mention, mentions
from assistant.disagreements.offices import OfficeHolder, is_name, office_holders, repeated_holders, same_name
from assistant.extractive.amounts import CountQuery, count_query, same_time
from assistant.models import Citation, Conflict, Kind, Side, Update
from assistant.query.parse import content_words, parse_question
from index.language.analyzer import stem, word_spans, words
from index.language.dates.date_mentions import DateMention, compatible, dates
from index.language.lexicons import load
from index.language.normalize import fold
from index.language.sentences import sentences
from index.models import Article, Hit, Span, Value, covering

SIMILAR = 0.5  # the share of the shorter sentence's specific words that the other must have
SIMILAR_CONTEXT = 0.5  # the same for the words around the two values
WINDOW = 40  # characters on either side of a value that are its context
ANSWERS = 0.75  # the share of the question's words that a sentence which answers it must have
ON_EVENT = 0.5  # the share of the place and names asked about that a report whose story is not known must have
ON_QUESTION = 0.4  # the share of the question's words that two sentences together must have

_Place = tuple[Article, Span, str, Span]  # the article, the sentence in it, its text, the value in that

_GENERIC = frozenset(map(stem, load("report_words") | load("reporting_verbs")))


class _Statement(Value, frozen=True, kw_only=True):
    """A sentence of an article, with the group of near-duplicates of the article."""

    hit: Hit
    group: str
    span: Span
    text: str
    content: frozenset[str]  # the stems of its content words
    specific: frozenset[str]  # the same without those that any report of a number has

    def at(self, value: Span) -> _Place:
        """Return where a value of the sentence stands."""
        return self.hit.article, self.span, self.text, value


class Differences(Value, frozen=True, kw_only=True):
    """Where the sources of an answer differ, and which numbers later reports raised."""

    conflicts: tuple[Conflict, ...] = ()
    updates: tuple[Update, ...] = ()


def compare(hits: Sequence[Hit], question: str = "") -> Differences:
    """Compare what the sources of the hits say of one story.

    With a question, only the differences that it is about are returned.

    >>> compare([])
    Differences(conflicts=(), updates=())
    """
    statements = list(_statements(hits))
    asked, query = _content(question), count_query(question)
    numbers: dict[str, list[Conflict]] = {"conflict": [], "update": []}
    for left, right, relation in comparable([item for item in mentions(hits) if _is_asked(item, query)]):
        if len(asked & (_of_mention(left) | _of_mention(right))) >= ON_QUESTION * len(asked):
            numbers[relation].append(_number_conflict(left, right))
    kind = parse_question(question, ()).kind if question else None
    others = [*_holders_and_dates(statements, asked, dated=kind not in ("number", "person"))]
    if kind == "date":
        others += _date_answers(statements, query.about - _GENERIC)
    raised = (Update(about=item.about, counted=item.counted, sides=item.sides) for item in merge(numbers["update"]))
    return Differences(conflicts=merge([*numbers["conflict"], *others]), updates=tuple(raised))


def updates(hits: Sequence[Hit], question: str) -> tuple[Update, ...]:
    """Return the numbers of what is asked that later reports raised."""
    return compare(hits, question).updates


def _is_asked(mention: Mention, query: CountQuery) -> bool:
    """Test whether a number can count what a question for a number counts."""
    if query.substance is not None and query.substance not in mention.content:
        return False
    specific = event_specific(query.about - _GENERIC) if mention.story is None else frozenset()
    if len(specific & _of_mention(mention)) < ON_EVENT * len(specific):
        return False
    if query.casualty is not None:
        return mention.casualty == query.casualty
    has_unit = mention.number.unit not in (None, "%")  # "how much did it cost" names no thing that is counted
    return has_unit or query.counted in (None, "people") or query.counted in mention.counted


def _of_mention(mention: Mention) -> frozenset[str]:
    return _content(mention.text) | _content(mention.article.title or "")


def _number_conflict(left: Mention, right: Mention) -> Conflict:
    newest, _ = sorted((left, right), key=lambda item: item.article.published or date.min, reverse=True)
    return _conflict(
        "number",
        (left.article, left.sentence, left.text, left.number.span),
        (right.article, right.sentence, right.text, right.number.span),
        counted=newest.casualty if newest.casualty and newest.number.unit is None else newest.noun_as_written,
    )


def _holders_and_dates(statements: Sequence[_Statement], asked: frozenset[str], *, dated: bool) -> Iterator[Conflict]:
    """Yield different holders of an office and, if `dated`, different dates."""
    known = repeated_holders(statement.text for statement in statements)
    nearest = _mutually_nearest(statements)
    for (at, left), (other, right) in combinations(enumerate(statements), 2):
        if not _same_story(left, right) or left.text == right.text or not _on_question(asked, left, right):
            continue
        yield from _holder_conflicts(left, right, statements, known)
        if dated and (at, other) in nearest and same_time(left.text, right.text):
            yield from _date_conflicts(left, right)


def _same_story(left: _Statement, right: _Statement) -> bool:
    """Test for reports of one story, no copies.

    A report whose story is not known may be of any.
    """
    here, there = left.hit.story, right.hit.story
    return left.group != right.group and (here is None or there is None or here == there)


def _date_answers(statements: Sequence[_Statement], about: frozenset[str]) -> Iterator[Conflict]:
    """Yield the sources' different answers to a question for a date."""
    answers = [
        statement
        for statement in statements
        if about & statement.content and len(about & _with_title(statement)) >= ANSWERS * len(about)
    ]
    for left, right in combinations(answers, 2):
        if _same_story(left, right) and same_time(left.text, right.text):
            yield from _single_date_conflicts(left, right)


def _with_title(statement: _Statement) -> frozenset[str]:
    return statement.content | _content(statement.hit.article.title or "")


def _single_date_conflicts(left: _Statement, right: _Statement) -> Iterator[Conflict]:
    """Yield the conflict between the only dates of two sentences."""
    here, there = (
        [mention for mention in dates(side.text, side.hit.article.published) if _is_definite(mention)]
        for side in (left, right)
    )
    if len(here) == len(there) == 1 and not _can_be_same_day(here[0], there[0]):
        yield _conflict("date", left.at(here[0].span), right.at(there[0].span))


def _on_question(asked: frozenset[str], left: _Statement, right: _Statement) -> bool:
    return len(asked & (left.content | right.content)) >= ON_QUESTION * len(asked)


def _statements(hits: Iterable[Hit]) -> Iterator[_Statement]:
    """Yield each sentence of the hits once, without boilerplate."""
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
            content = _content(text)
            yield _Statement(hit=hit, group=group, span=span, text=text, content=content, specific=content - _GENERIC)


@lru_cache(maxsize=4096)
def _content(text: str) -> frozenset[str]:
    """Return the stems of the content words."""
    return frozenset(stem(word) for word in content_words(words(text)) if not word.isdecimal())


def _similarity(left: _Statement, right: _Statement) -> float:
    """Return the share of the shorter sentence's specific words that the other has."""
    return len(left.specific & right.specific) / max(3, min(len(left.specific), len(right.specific)))


def _context(text: str, span: Span) -> frozenset[str]:
    return _content(text[max(0, span.start - WINDOW) : span.start]) | _content(text[span.end : span.end + WINDOW])


def _same_context(left: str, here: Span, right: str, there: Span) -> bool:
    around, other = _context(left, here), _context(right, there)
    return len(around & other) >= max(2, SIMILAR_CONTEXT * min(len(around), len(other)))


def _mutually_nearest(statements: Sequence[_Statement]) -> set[tuple[int, int]]:
    """Return the indexes of similar sentences that are each other's most similar ones."""
    best: dict[tuple[int, str], tuple[float, int]] = {}
    for (at, left), (other, right) in combinations(enumerate(statements), 2):
        if left.group != right.group and (similarity := _similarity(left, right)) >= SIMILAR:
            best[at, right.group] = max(best.get((at, right.group), (0.0, 0)), (similarity, -other))
            best[other, left.group] = max(best.get((other, left.group), (0.0, 0)), (similarity, -at))
    pairs = {(at, -other) for (at, _), (_, other) in best.items()}
    return {(at, other) for at, other in pairs if at < other and (other, at) in pairs}


def _date_conflicts(left: _Statement, right: _Statement) -> Iterator[Conflict]:
    """Yield dates in the same context that no date of the other sentence can equal."""
    left_dates, right_dates = (dates(side.text, side.hit.article.published) for side in (left, right))
    for here in left_dates:
        for there in right_dates:
            if not _is_definite(here) or not _is_definite(there):
                continue
            if not _same_context(left.text, here.span, right.text, there.span):
                continue
            known = any(_can_be_same_day(here, other) for other in right_dates)
            if not known and not any(_can_be_same_day(there, other) for other in left_dates):
                yield _conflict("date", left.at(here.span), right.at(there.span))


def _is_definite(mention: DateMention) -> bool:
    """Test for a date with a month or year; "Sunday" can be of any week."""
    return not mention.relative and bool(mention.values) and all(value.month or value.year for value in mention.values)


def _can_be_same_day(left: DateMention, right: DateMention) -> bool:
    """Test whether two dates can be the same day, or cannot be compared."""
    return (
        not left.values
        or not right.values
        or any(
            here.calendar != there.calendar or compatible(here, there) for here in left.values for there in right.values
        )
    )


def _holder_conflicts(
    left: _Statement, right: _Statement, statements: Sequence[_Statement], known: frozenset[str]
) -> Iterator[Conflict]:
    """Yield holders of an office whom the other source does not call holders."""
    for here in _trusted_holders(left, known):
        for there in _trusted_holders(right, known):
            if here.role != there.role or same_name(here.name, there.name):
                continue
            if not any(
                _gives_holder(statement, right.group, here, known) or _gives_holder(statement, left.group, there, known)
                for statement in statements
            ):
                yield _conflict("name", left.at(here.span), right.at(there.span))


def _trusted_holders(statement: _Statement, known: frozenset[str]) -> list[OfficeHolder]:
    return [holder for holder in office_holders(statement.text) if is_name(holder.name, known)]


def _gives_holder(statement: _Statement, group: str, holder: OfficeHolder, known: frozenset[str]) -> bool:
    """Test whether a sentence of this group gives the office to this name."""
    return statement.group == group and any(
        holder.role == other.role and same_name(holder.name, other.name) for other in _trusted_holders(statement, known)
    )


def _conflict(kind: Kind, left: _Place, right: _Place, counted: str = "") -> Conflict:
    shared = _content(left[2]) & _content(right[2])
    text = left[2]
    about = {word: span.of(text) for word, span in word_spans(fold(text)) if stem(word) in shared}
    sides = sorted((_side(*left), _side(*right)), key=_newest_first)
    return Conflict(kind=kind, about=" ".join(about.values()), counted=counted, sides=tuple(sides))


def _side(article: Article, sentence: Span, text: str, value: Span) -> Side:
    citation = Citation(file_id=article.id, start=sentence.start, end=sentence.end, quote=sentence.of(article.text))
    return Side(value=value.of(text), published=article.published, publisher=article.publisher, citation=citation)


def _newest_first(side: Side) -> tuple[int, str]:
    return (-side.published.toordinal() if side.published else 0, side.citation.file_id)


def merge(pairs: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """Merge conflicts that share a side, transitively.

    Each value of a source then appears once.
    """
    merged: list[Conflict] = []
    for pair in pairs:
        touched = [other for other in merged if other.kind == pair.kind and not set(pair.sides).isdisjoint(other.sides)]
        if not touched:
            merged.append(pair)
            continue
        sides = dict.fromkeys(side for conflict in (*touched, pair) for side in conflict.sides)
        whole = replace(touched[0], sides=tuple(sorted(sides, key=_newest_first)))
        merged = [whole if other is touched[0] else other for other in merged if other not in touched[1:]]
    return tuple(merged)
