"""Render the article beside the chat, with the quoted words marked exactly.

A quotation of an answer that is kept is held against the article of today: other words in its place are never
marked as the quoted ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from assistant.models import Citation
from assistant.rendering.plain_text import direction, escaped
from assistant.web.markup import button, inline, isolated, link, tag
from assistant.web.service import AnswerService
from assistant.web.words import WORDS, Language, Words
from index.errors import NotFound
from index.language.normalize import find
from index.models import Article, Span, covering


def place_html(service: AnswerService, place: str, language: Language, cited: Sequence[Citation] = ()) -> str:
    """Render the article of FILE_ID[:START-END], or a notice if there is none.

    `cited`: what an answer quotes of this article, that of the place first (`AnswerService.cited`); empty where no
    answer led here.
    """
    words = WORDS[language]
    file_id = cited[0].file_id if cited else re.sub(r":\d+-\d+$", "", place)
    try:
        article, span = (service.article(file_id), None) if cited else service.place(place)
    except NotFound:
        known = service.articles([file_id])
        return absent_html(words.no_place if known else words.no_article, words, cited[0].quote if cited else "")
    note = ""
    if cited:
        span, note = _today(cited[0], article, words)
    others = [
        quoted
        for citation in cited[1:]
        if (quoted := Span(citation.start, citation.end)).of(article.text) == citation.quote
    ]
    return article_html(article, span, words, service.copies([article.id]).get(article.id, ()), others, note)


def _today(cited: Citation, article: Article, words: Words) -> tuple[Span | None, str]:
    """Return where cited words stand today, and a note if they moved or are gone."""
    then = Span(cited.start, cited.end)
    if then.of(article.text) == cited.quote:
        return then, ""
    if now := find(cited.quote, article.text):
        return now, tag("p", inline(words.moved), class_="altered")
    return None, _was(words.altered, cited.quote)


def _was(label: str, quote: str) -> str:
    """Render a quotation that the article no longer holds."""
    return tag(
        "p", inline(label) + " " + tag("q", inline(quote), dir=direction(quote)), class_="altered", role="status"
    )


def article_html(
    article: Article,
    span: Span | None,
    words: Words,
    copies: Iterable[str] = (),
    others: Iterable[Span] = (),
    note: str = "",
) -> str:
    """Render the article; `mark#hit` holds `article.text[start:end]` of `span`.

    `others` are further quotations of the same answer, marked more quietly; `note` is markup above the text.

    >>> from assistant.web.words import ENGLISH
    >>> article = Article(id="a", text="It rained. The <dam> held.", sha256="")
    >>> html = article_html(article, Span(11, 26), ENGLISH)
    >>> "<mark id=\\"hit\\" tabindex=\\"-1\\">The &lt;dam&gt; held.</mark>" in html
    True
    """
    way = direction(article.text)
    quotes = sorted({(span_of.start, span_of.end) for span_of in (*others, *([span] if span else []))})
    also = [Span(*quote) for quote in quotes if not span or quote != (span.start, span.end)]
    body = tag("div", _body(article, span, also), class_="text", dir=way, lang=article.language, tabindex="0")
    head = _head(article, span, words, copies, _steps(article, span, quotes, words))
    return tag("article", head + note + body, aria_label=words.article)


def absent_html(message: str, words: Words, quote: str = "") -> str:
    """Render a notice for an article or place that does not exist.

    `quote` is what was quoted of it.
    """
    bar = tag("div", _close(words), class_="bar")
    was = _was(words.was_quoted, quote) if quote else ""
    return tag(
        "article", tag("header", bar) + tag("p", inline(message), class_="absent") + was, aria_label=words.article
    )


def _head(article: Article, span: Span | None, words: Words, copies: Iterable[str], steps: str) -> str:
    where = article.id if span is None else f"{article.id}:{span.start}-{span.end}"
    copying = button("quote", words.copy_quote, class_="act quote") if span else ""
    picking = button(f"pick:{article.id}", words.only_this, class_="act pick")
    linking = link(where, inline(words.copy_link), class_="act link", id="do-link")
    bar = tag("div", copying + linking + picking + steps + _close(words), class_="bar")
    title = tag(
        "h2", inline(article.title or words.untitled), dir=direction(article.title or words.untitled), tabindex="-1"
    )
    day = isolated(article.published.isoformat()) if article.published else inline(words.undated)
    known = [inline(article.publisher or ""), day, isolated(article.id), isolated(article.url) if article.url else ""]
    facts = tag("p", " · ".join(filter(None, known)), class_="facts")
    same = " ".join(link(copy, isolated(copy)) for copy in copies)
    also = tag("p", f"{inline(words.copies)} {same}", class_="copies") if same else ""
    return tag("header", bar + title + facts + also)


def _steps(article: Article, span: Span | None, quotes: Sequence[tuple[int, int]], words: Words) -> str:
    """Render which quote of the article this is, with links to its neighbours.

    "" for a single quote.
    """
    if span is None or len(quotes) < 2:
        return ""
    at = quotes.index((span.start, span.end))
    before, after = (quotes[(at + step) % len(quotes)] for step in (-1, 1))
    ways = [
        link(
            f"{article.id}:{target[0]}-{target[1]}",
            tag("span", inline(name), class_="sr"),
            class_=f"act icon {way}",
            title=name,
        )
        for target, name, way in ((before, words.quote_before, "before"), (after, words.quote_after, "after"))
    ]
    where = tag("span", inline(words.quote_of.format(at=at + 1, all=len(quotes))), class_="at")
    return tag("span", ways[0] + where + ways[1], class_="steps")


def _close(words: Words) -> str:
    return button("close", words.close, class_="close icon", title=words.close)


def _body(article: Article, span: Span | None, also: Sequence[Span]) -> str:
    """Render the text, cut wherever a marked span begins or ends."""
    edges = {edge for stretch in (*article.boilerplate, *also) for edge in (stretch.start, stretch.end)}
    ends = {0, len(article.text), *edges}
    if span:
        ends = {end for end in ends if not span.start < end < span.end} | {span.start, span.end}
    parts = []
    for start, end in pairwise(sorted(ends)):
        piece = escaped(article.text[start:end].replace("\r\n", "\n").replace("\r", "\n"))
        if span and (start, end) == (span.start, span.end):
            parts.append(f'<mark id="hit" tabindex="-1">{piece}</mark>')
        elif covering(also, start, end):
            parts.append(tag("span", piece, class_="also"))
        elif covering(article.boilerplate, start, end):
            parts.append(tag("span", piece, class_="around"))
        else:
            parts.append(piece)
    return "".join(parts)
