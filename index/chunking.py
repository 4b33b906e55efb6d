"""Split articles at sentence boundaries into passages of a token budget."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from index.language.analyzer import words
from index.language.invisible_chars import clean
from index.language.sentences import sentences, trimmed
from index.models import Article, Passage, Span
from index.token_count import count as count_tokens

# In o200k_base tokens, by `python -m tools.measure_passage_size`: smaller passages have a lower recall at 1, and larger
# ones exceed the 512 tokens of many embedding models.
BUDGET = 384
WHOLE = 768  # tokens; a shorter report is best kept as one passage (`python -m tools.measure_passage_size`)

SizedSpan = tuple[Span, int]  # a span and its tokens, white space before it included

MANY = 20_000  # sentences; more than any real article has

_GAP = 40  # characters of white space across which no passage extends
_CUTS = (re.compile(r"(?<=[،,;؛:–—])\s"), re.compile(r"\s"))  # where a sentence above the budget may be cut


def cut(article: Article, budget: int = BUDGET, whole: int = 0) -> tuple[Passage, ...]:
    """Split an article into passages of whole sentences without boilerplate.

    Neighbouring sentences are packed into passages of about equal size. A sentence above the budget is cut at a clause
    mark, else between words, else anywhere. Tokens are counted on the cleaned text that a model sees. A run of at most
    `whole` tokens is not cut, whatever the budget. The title alone is a passage only if there is no other, because each
    passage is searched together with it. An article of boilerplate or white space has no passage.

    >>> [passage.text for passage in cut(Article(id="a", sha256="", text="وصل الوفد. غادر الوفد."), budget=6)]
    ['وصل الوفد.', 'غادر الوفد.']
    """
    text = article.text
    tokens = count_tokens if clean(text) is text else _clean_tokens
    packed = (span for run in _runs(article) for span in _pack(_sized(text, run, budget, tokens), budget, whole))
    spans = [span for piece in packed if (span := trimmed(text, piece)).start < span.end]
    body = [span for span in spans if not _same_words(span.of(text), article.title or "")]
    return tuple(
        Passage(
            id=f"{article.id}:{span.start}-{span.end}",
            article_id=article.id,
            start=span.start,
            end=span.end,
            text=span.of(text),
        )
        for span in body or spans
    )


def _same_words(piece: str, title: str) -> bool:
    return len(piece) < 2 * len(title) and words(piece) == words(title)


def _runs(article: Article) -> Iterator[list[Span]]:
    """Yield the sentences of each run of text between boilerplate."""
    text, low = article.text, 0
    for barrier in (*sorted(article.boilerplate), Span(len(text), len(text))):
        if low < barrier.start:
            part = text[low : barrier.start] if low or barrier.start < len(text) else text
            yield [Span(low + sentence.start, low + sentence.end) for sentence in sentences(part)]
        low = max(low, barrier.end)


def _sized(text: str, run: list[Span], budget: int, count: Callable[[str], int]) -> Iterator[SizedSpan]:
    before = run[0].start if run else 0
    size = count if len(run) < MANY else _upper_bound
    for sentence in run:
        if sentence.start - before > _GAP:
            before = sentence.start
        tokens = size(text[before : sentence.end])
        if tokens <= budget:
            yield Span(before, sentence.end), tokens
        else:
            yield from _split(text, before, sentence.end, tokens, budget, count)
        before = sentence.end


def _clean_tokens(piece: str) -> int:
    return count_tokens(clean(piece))


def _upper_bound(piece: str) -> int:
    """Count tokens, or the bytes of a short piece, which are never fewer."""
    return len(piece.encode("utf-8", "surrogatepass")) if len(piece) < 40 else _clean_tokens(piece)


def _split(
    text: str, start: int, end: int, tokens: int, budget: int, count: Callable[[str], int]
) -> Iterator[SizedSpan]:
    """Split a span above the budget into parts of about equal size within it."""
    if tokens <= budget or end - start == 1:
        yield Span(start, end), tokens
        return
    share = max(1, (end - start) // -(-tokens // budget))
    at = start
    while at < end:
        stop = end if end - at <= share * 1.2 else _cut_near(text, at, at + share)
        yield from _split(text, at, stop, count(text[at:stop]), budget, count)
        at = stop


def _cut_near(text: str, start: int, wanted: int) -> int:
    """Return the last good place for a cut in the second half, else `wanted`."""
    low = start + (wanted - start) // 2
    for pattern in _CUTS:
        last = max((match.start() for match in pattern.finditer(text, low, wanted)), default=start)
        if last > start:
            return last
    return max(wanted, start + 1)


def _pack(pieces: Iterator[SizedSpan], budget: int, whole: int) -> Iterator[Span]:
    """Join neighbours into passages, but not across a wide gap."""
    group: list[SizedSpan] = []
    for piece in pieces:
        if group and piece[0].start != group[-1][0].end:
            yield from _split_evenly(group, budget, whole)
            group = []
        group.append(piece)
    if group:
        yield from _split_evenly(group, budget, whole)


def _split_evenly(group: list[SizedSpan], budget: int, whole: int) -> Iterator[Span]:
    """Make as few passages as the budget allows, of about equal size."""
    total = sum(tokens for _, tokens in group)
    if total <= whole:
        yield Span(group[0][0].start, group[-1][0].end)
        return
    share = total / _min_passages(group, budget)
    start, weight, before, made = group[0][0].start, 0, 0, 1
    for span, tokens in group:
        if weight and (weight + tokens > budget or before + tokens / 2 > share * made):
            yield Span(start, span.start)
            start, weight, made = span.start, 0, made + 1
        weight += tokens
        before += tokens
    yield Span(start, group[-1][0].end)


def _min_passages(group: list[SizedSpan], budget: int) -> int:
    passages, weight = 1, 0
    for _, tokens in group:
        if weight + tokens > budget:
            passages, weight = passages + 1, 0
        weight += tokens
    return passages


def embedding_text(article: Article, passage: Passage) -> str:
    """Return what an embedding model is given for a passage.

    Headline and text, without invisible characters.
    """
    return clean(f"{article.title}\n{passage.text}" if article.title else passage.text)
