"""Render what surrounds the chat: the name, the state, the welcome, the lists."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.rendering.plain_text import direction
from assistant.web import article_browser
from assistant.web.markup import (
    LINE,
    article_rows,
    button,
    day,
    file_name,
    inline,
    isolated,
    link,
    prose,
    shortened,
    tag,
    title,
)
from assistant.web.service import AnswerService
from assistant.web.words import Words
from index.language.normalize import folded
from index.language.sentences import sentences
from index.loaders.file_kinds import LIMITS
from index.models import Article, Hit, Span

KEY_LINES = ("export OPENAI_API_KEY=…", "isnad chat")
ALIASES = (".markdown", ".htm", ".xhtml")  # of types that are named
SHOWN = 200  # conversations in the list
NEWEST = 4  # articles in the welcome


def brand(words: Words) -> str:
    """Render the name of the service and its purpose."""
    return tag(
        "div",
        tag("p", inline(words.name), class_="name") + tag("p", inline(words.tagline)),
        class_="brand",
        dir=words.direction,
    )


def top(words: Words) -> str:
    """Render the bar above the chat."""
    kept = tag(
        "div",
        button("share", words.share, class_="bar share", title=words.share)
        + button("export-md", words.export_md, class_="bar md", title=words.export_md)
        + button("export-json", words.export_json, class_="bar json", title=words.export_json),
        class_="kept",
    )
    menu = button("menu", words.menu, class_="bar menu icon", title=words.menu, aria_expanded="false")
    switch = button(f"switch:{words.switch_to}", words.switch, class_="bar switch", lang=words.switch_to)
    theme = button("theme", words.theme, class_="bar theme icon", title=words.theme)
    name = tag("h1", inline(words.name), class_="sr")
    return name + tag("nav", menu + kept + switch + theme, dir=words.direction, aria_label=words.more)


def welcome(service: AnswerService, words: Words) -> str:
    """Render an empty chat: how it works, and the newest articles."""
    newest, _ = article_browser.browse(service.store)
    rows = article_rows(_begun(service, newest[:NEWEST]), words)
    head = tag("h2", inline(words.welcome)) + tag("p", inline(words.welcome_more))
    shown = tag("h3", inline(words.newest)) + rows if newest else tag("p", inline(words.no_store))
    return tag("section", head + shown, class_="welcome", dir=words.direction)


def goes(service: AnswerService, words: Words) -> str:
    """Before anything is sent: to which host it goes."""
    host = service.status()["passages_go_to"]
    if not host:
        return tag("p", inline(words.stays), class_="stays", dir=words.direction)
    before, _, after = words.goes_to.partition("{host}")
    return tag("p", inline(before) + " " + isolated(host) + inline(after), class_="goes", dir=words.direction)


def state(service: AnswerService, words: Words) -> str:
    """Render which engine answers, how many articles there are, how new, and the cost."""
    status = service.status()
    model = str(status["engine"]).partition("model:")[2]
    if model:
        before, _, after = words.engine_model.partition("{model}")
        engine = tag("p", inline(before) + " " + isolated(model) + inline(after), class_="engine")
    else:
        lines = tag("pre", tag("code", "\n".join(map(inline, KEY_LINES))), dir="ltr", tabindex="0")
        adding = tag("p", inline(words.add_key)) + lines
        engine = tag("details", tag("summary", inline(words.engine_quotes)) + adding, class_="engine")
    spent = status["spent"]
    parts = [_filled(words.count_articles, "{count}", f"{status['articles']:,}")]
    if status["newest"]:
        parts.append(_filled(words.newest_is, "{date}", status["newest"]))
    meaning = status["meaning"]
    if meaning.get("embedded", 0) < meaning.get("passages", 0):
        parts.append(inline(words.embedded.format(done=f"{meaning['embedded']:,}", total=f"{meaning['passages']:,}")))
    if spent.cost is not None:
        parts.append(_filled(words.cost, "{cost}", f"{spent.cost:,.4f} {status['currency']}"))
    elif spent.requests:
        parts.append(_filled(words.tokens, "{tokens}", f"{spent.tokens_in + spent.tokens_out:,}"))
    return tag("div", engine + tag("p", " · ".join(parts), class_="facts"), class_="state", dir=words.direction)


def conversations(service: AnswerService, owner: str, words: Words, current: str, query: str = "") -> str:
    """Render the visitor's conversations, newest first, with their actions."""
    listed = service.conversations.listed(owner, query)
    rows = [
        tag(
            "li",
            tag(
                "button",
                inline(match.title),
                type="button",
                id=f"do-open:{match.id}",
                class_="open",
                dir=direction(match.title),
                title=f"{match.at:%Y-%m-%d} · {match.title}",
            )
            + button(f"rename:{match.id}", words.rename, class_="act rename icon", title=words.rename)
            + button(f"delete:{match.id}", words.delete, class_="act delete icon", title=words.delete),
            class_="current" if match.id == current else None,
        )
        for match in listed[:SHOWN]
    ]
    if not rows:
        return tag("p", inline(words.conversations_none), class_="none", dir=words.direction)
    shown = words.conversations_shown.format(shown=len(rows), all=len(listed))
    more = tag("p", inline(shown), class_="count", dir=words.direction) if len(rows) < len(listed) else ""
    return tag("ul", "".join(rows), class_="rows", dir=words.direction) + more


def articles(service: AnswerService, words: Words, query: str = "") -> str:
    """Render articles by title, newest first, then sentences that hold the query."""
    titled, every = article_browser.browse(service.store, query)
    ids = {article.id for article in titled}
    mentions = [(hit, _best(hit, query)) for hit in service.mentions(query) if hit.article.id not in ids]
    listed = ""
    if titled or not mentions:
        count = words.articles_shown.format(shown=len(titled), all=every) if titled else words.articles_none
        listed = tag("p", inline(count), class_="count")
    if titled:
        listed += article_rows(_begun(service, titled), words)
    if mentions:
        listed += tag("h3", inline(words.in_texts)) + tag(
            "ul", "".join(_mention(hit, span, words) for hit, span in mentions), class_="rows"
        )
    return tag("div", listed, dir=words.direction)


def _mention(hit: Hit, span: Span, words: Words) -> str:
    """Render a sentence that holds words of a query as a link to it."""
    article = hit.article
    passage = hit.passage
    quote = shortened(passage.text[span.start - passage.start : span.end - passage.start])
    facts = [day(article.published, words), inline(article.publisher or ""), isolated(article.id)]
    inner = tag("span", tag("bdi", inline(quote), dir="auto"), class_="title") + tag(
        "span", " · ".join(filter(None, facts)), class_="facts"
    )
    return tag("li", link(f"{article.id}:{span.start}-{span.end}", inner, title=title(article, words, LINE)))


def _best(hit: Hit, query: str) -> Span:
    """Return the sentence of the passage that has most words of the query."""
    wanted, passage = set(folded(query).split()), hit.passage
    every = sentences(passage.text) or (Span(0, len(passage.text)),)

    def held(span: Span) -> int:
        words = folded(span.of(passage.text))
        return sum(word in words for word in wanted)

    best = max(every, key=held)
    return Span(passage.start + best.start, passage.start + best.end)


def only(service: AnswerService, words: Words, files: Sequence[str]) -> str:
    """Render the articles that alone are asked, each with a way to leave it out."""
    known = service.article_headers(list(files))
    rows = [
        tag("li", tag("bdi", inline(title(known.get(file), words)), dir="auto")
            + button(f"unpick:{file}", words.not_this, class_="act close icon", title=words.not_this))
        for file in files
    ]  # fmt: skip
    if not rows:
        return ""
    return tag("div", inline(words.only_these) + tag("ul", "".join(rows)), class_="only", dir=words.direction)


def taking(service: AnswerService, words: Words) -> str:
    """Which files can be added, and how many."""
    limits = service.limits
    types = " ".join(suffix.removeprefix(".") for suffix in LIMITS if suffix not in ALIASES)
    limits_text = words.add_limits.format(types=types, files=limits.files, size=f"{limits.upload / 1e6:,.0f}")
    return tag("p", prose(limits_text), class_="count", dir=words.direction)


def own(service: AnswerService, owner: str, words: Words) -> str:
    """Render the visitor's own uploads, each with a button to remove it."""
    ids = service.uploads(owner) if owner else ()
    articles, _ = article_browser.browse(service.store, ids=ids) if ids else ((), 0)
    if not articles:
        return ""
    rows = [
        tag("li", link(match.id, tag("span", tag("bdi", inline(name), dir="auto"), class_="title"))
            + button(f"remove:{match.id}", words.remove, class_="act remove icon", title=f"{words.remove}: {name}"))
        for match in articles
        for name in (match.title or file_name(match.id),)
    ]  # fmt: skip
    return tag("div", tag("h3", inline(words.mine)) + tag("ul", "".join(rows), class_="rows"), dir=words.direction)


def _begun(service: AnswerService, articles: Sequence[Article]) -> list[Article]:
    """Return the articles; those without a title get how they begin."""
    begun = service.article_headers([match.id for match in articles if not match.title])
    return [begun.get(match.id, match) for match in articles]


def _filled(template: str, gap: str, value: str) -> str:
    before, _, after = template.partition(gap)
    return f"{inline(before)} {isolated(value)} {inline(after)}".strip()
