"""Cut an article on sentence ends into passages of a token budget, with exact offsets, around what the site put there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from index.language.analyzer import words
from index.language.invisible_chars import clean
from index.language.sentences import sentences, trimmed
from index.models import Article, Passage, Span
from index.token_count import count as tokens_of

# o200k_base tokens. By `python -m tools.budget`: a smaller passage is found less often (R@1), a larger one is no longer read
# whole by embedding models that take 512 tokens of their own; within the first 2,000 tokens that a model reads all are equal.
BUDGET = 384
WHOLE = 768  # tokens: a report of at most so many is found best as one passage (`python -m tools.budget`)

Weighed = tuple[Span, int]  # a piece of text and its tokens, counted with the white space before it

MANY = 20_000  # sentences: no article has as many

_GAP = 40  # characters of white space that no passage bridges
_CUTS = (re.compile(r"(?<=[،,;؛:–—])\s"), re.compile(r"\s"))  # where a sentence above the budget may be cut


def cut(article: Article, budget: int = BUDGET, whole: int = 0) -> tuple[Passage, ...]:
    """The passages of an article: whole sentences, at most `budget` tokens each, in order; boilerplate is in none of them.

    Neighbouring sentences are packed into passages of about equal size. A sentence above the budget is cut at a clause mark,
    failing that between words, failing that anywhere. Tokens are counted as a model will see the text, without invisible
    characters and floods of tatweel. A stretch of at most `whole` tokens is not cut, whatever the budget.
    The title on its own is no passage, as every passage is searched with it, unless there is nothing else.
    An article of boilerplate or white space has no passage.

    >>> [one.text for one in cut(Article(id="a", sha256="", text="وصل الوفد. غادر الوفد."), budget=6)]
    ['وصل الوفد.', 'غادر الوفد.']
    """
    text = article.text
    tokens = tokens_of if clean(text) is text else _cleaned
    packed = (span for run in _runs(article) for span in _packed(_weighed(text, run, budget, tokens), budget, whole))
    spans = [span for one in packed if (span := trimmed(text, one)).start < span.end]
    told = [span for span in spans if not _same(span.of(text), article.title or "")]
    return tuple(
        Passage(
            id=f"{article.id}:{span.start}-{span.end}",
            article_id=article.id,
            start=span.start,
            end=span.end,
            text=span.of(text),
        )
        for span in told or spans
    )


def _same(piece: str, title: str) -> bool:
    return len(piece) < 2 * len(title) and words(piece) == words(title)


def _runs(article: Article) -> Iterator[list[Span]]:
    """The sentences between one stretch of boilerplate and the next."""
    text, low = article.text, 0
    for barrier in (*sorted(article.boilerplate), Span(len(text), len(text))):
        if low < barrier.start:
            part = text[low : barrier.start] if low or barrier.start < len(text) else text
            yield [Span(low + sentence.start, low + sentence.end) for sentence in sentences(part)]
        low = max(low, barrier.end)


def _weighed(text: str, run: list[Span], budget: int, count: Callable[[str], int]) -> Iterator[Weighed]:
    before = run[0].start if run else 0
    weigh = count if len(run) < MANY else _at_most
    for sentence in run:
        if sentence.start - before > _GAP:
            before = sentence.start
        tokens = weigh(text[before : sentence.end])
        if tokens <= budget:
            yield Span(before, sentence.end), tokens
        else:
            yield from _parts(text, before, sentence.end, tokens, budget, count)
        before = sentence.end


def _cleaned(piece: str) -> int:
    return tokens_of(clean(piece))


def _at_most(piece: str) -> int:
    """The tokens of a piece; of a short one its bytes, which are never fewer and take no time to count."""
    return len(piece.encode("utf-8", "surrogatepass")) if len(piece) < 40 else _cleaned(piece)


def _parts(text: str, start: int, end: int, tokens: int, budget: int, count: Callable[[str], int]) -> Iterator[Weighed]:
    """A stretch of text above the budget, in parts of about equal size that are not."""
    if tokens <= budget or end - start == 1:
        yield Span(start, end), tokens
        return
    share = max(1, (end - start) // -(-tokens // budget))
    at = start
    while at < end:
        stop = end if end - at <= share * 1.2 else _cut_near(text, at, at + share)
        yield from _parts(text, at, stop, count(text[at:stop]), budget, count)
        at = stop


def _cut_near(text: str, start: int, wanted: int) -> int:
    """The last good place for a cut in the second half of `start:wanted`; `wanted` where there is none."""
    low = start + (wanted - start) // 2
    for places in _CUTS:
        found = max((place.start() for place in places.finditer(text, low, wanted)), default=start)
        if found > start:
            return found
    return max(wanted, start + 1)


def _packed(pieces: Iterator[Weighed], budget: int, whole: int) -> Iterator[Span]:
    """Neighbours joined into passages; a wide gap keeps them apart."""
    group: list[Weighed] = []
    for piece in pieces:
        if group and piece[0].start != group[-1][0].end:
            yield from _even(group, budget, whole)
            group = []
        group.append(piece)
    if group:
        yield from _even(group, budget, whole)


def _even(group: list[Weighed], budget: int, whole: int) -> Iterator[Span]:
    """As few passages as the budget allows, of about equal weight: a passage of one left-over sentence is hard to find."""
    total = sum(tokens for _, tokens in group)
    if total <= whole:
        yield Span(group[0][0].start, group[-1][0].end)
        return
    share = total / _fewest(group, budget)
    start, weight, before, made = group[0][0].start, 0, 0, 1
    for span, tokens in group:
        if weight and (weight + tokens > budget or before + tokens / 2 > share * made):
            yield Span(start, span.start)
            start, weight, made = span.start, 0, made + 1
        weight += tokens
        before += tokens
    yield Span(start, group[-1][0].end)


def _fewest(group: list[Weighed], budget: int) -> int:
    passages, weight = 1, 0
    for _, tokens in group:
        if weight + tokens > budget:
            passages, weight = passages + 1, 0
        weight += tokens
    return passages
