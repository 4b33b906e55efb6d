"""The article beside the chat: its whole text, the quoted words marked exactly, what the site put around it set back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from assistant.showing.render import direction, escaped
from assistant.web.desk import Desk
from assistant.web.markup import button, isolated, link, tag, text
from assistant.web.words import WORDS, Language, Words
from index.errors import NotFound
from index.records import Article, Span, covering


def opened(desk: Desk, place: str, language: Language) -> str:
    """The article of a place, FILE_ID or FILE_ID:START-END, as HTML; a word of the page where there is none."""
    words = WORDS[language]
    try:
        article, span = desk.place(place)
    except NotFound:
        known = desk.articles([re.sub(r":\d+-\d+$", "", place)])
        return absent(words.no_place if known else words.no_article, words)
    return shown(article, span, words, desk.copies([article.id]).get(article.id, ()))


def shown(article: Article, span: Span | None, words: Words, copies: Iterable[str] = ()) -> str:
    """The article as HTML; the words of `span` stand in `mark#hit`, letter by letter `article.text[start:end]`.

    >>> from assistant.web.words import ENGLISH
    >>> article = Article(id="a", text="It rained. The <dam> held.", sha256="")
    >>> "<mark id=\\"hit\\" tabindex=\\"-1\\">The &lt;dam&gt; held.</mark>" in shown(article, Span(11, 26), ENGLISH)
    True
    """
    way = direction(article.text)
    body = tag("div", _body(article, span), class_="text", dir=way, lang=article.language, tabindex="0")
    return tag("article", _head(article, span, words, copies) + body, aria_label=words.article)


def absent(said: str, words: Words) -> str:
    """What stands there where the article or the place does not exist."""
    bar = tag("div", _close(words), class_="bar")
    return tag("article", tag("header", bar) + tag("p", text(said), class_="absent"), aria_label=words.article)


def _head(article: Article, span: Span | None, words: Words, copies: Iterable[str]) -> str:
    where = article.id if span is None else f"{article.id}:{span.start}-{span.end}"
    copying = button("quote", words.copy_quote, class_="act quote") if span else ""
    linking = link(where, text(words.copy_link), class_="act link", id="do-link")
    bar = tag("div", copying + linking + _close(words), class_="bar")
    title = tag(
        "h2", text(article.title or words.untitled), dir=direction(article.title or words.untitled), tabindex="-1"
    )
    day = isolated(article.published.isoformat()) if article.published else text(words.undated)
    told = [text(article.publisher or ""), day, isolated(article.id)]
    facts = tag("p", " · ".join(filter(None, told)), class_="facts")
    same = " ".join(link(one, isolated(one)) for one in copies)
    also = tag("p", f"{text(words.copies)} {same}", class_="copies") if same else ""
    return tag("header", bar + title + facts + also)


def _close(words: Words) -> str:
    return button("close", words.close, class_="close icon", title=words.close)


def _body(article: Article, span: Span | None) -> str:
    """The text cut where something begins or ends, each piece in its element."""
    ends = {0, len(article.text), *(end for one in article.boilerplate for end in (one.start, one.end))}
    if span:
        ends = {end for end in ends if not span.start < end < span.end} | {span.start, span.end}
    cuts = sorted(ends)
    parts = []
    for start, end in pairwise(cuts):
        piece = escaped(article.text[start:end].replace("\r\n", "\n").replace("\r", "\n"))
        if span and (start, end) == (span.start, span.end):
            parts.append(f'<mark id="hit" tabindex="-1">{piece}</mark>')
        elif covering(article.boilerplate, start, end):
            parts.append(tag("span", piece, class_="around"))
        else:
            parts.append(piece)
    return "".join(parts)
