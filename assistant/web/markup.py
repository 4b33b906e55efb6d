"""Build escaped HTML: elements, links, buttons, and lists of articles and files.

What articles, models and visitors wrote goes through `plain_text.escaped`, on one line, as text.

No raw HTML, image or outside link: the only links are `?a=FILE_ID:START-END`, to a place in an article of this store.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from urllib.parse import quote

from assistant.models import Citation, Source
from assistant.rendering.plain_text import escaped, one_line
from assistant.rendering.reasons import worded
from assistant.web.words import Words
from index.models import Article, Skipped, SyncReport

NAME = 60  # characters of a title in a chip's name
LINE = 160  # in a list
SNIPPET = 280  # of a passage in a list


def inline(text: str) -> str:
    """Escape a text and put it on one line.

    So that Markdown sees no end of a paragraph.

    >>> inline("a\\n\\n<b>")
    'a &lt;b&gt;'
    """
    return escaped(one_line(text))


def prose(text: str) -> str:
    """Escape a line; isolate ids, dates and foreign words in Arabic.

    >>> prose("ليس في 003_a84")
    'ليس في <bdi dir="ltr">003_a84</bdi>'
    """
    if not _ARABIC.search(text):
        return inline(text)
    pieces = _RUN.split(one_line(text))
    return "".join(isolated(piece) if at % 2 else escaped(piece) for at, piece in enumerate(pieces))


_ARABIC = re.compile("[\u0621-\u064a]")
_RUN = re.compile(r"((?:(?<!\S)\.)?[A-Za-z0-9_][A-Za-z0-9_./:' -]*[A-Za-z0-9_])")


def tag(name: str, inner: str, **attributes: object) -> str:
    """Build an element; `inner` is markup, attributes are text.

    `class_` is class; True has no value, None and False leave an attribute out.

    >>> tag("p", inline("<"), class_="a", title='"')
    '<p class="a" title="&quot;">&lt;</p>'
    """
    rendered = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{inline(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return f"<{name}{rendered}>{inner}</{name}>"


def isolated(value: object) -> str:
    """Render a date, id or number that always runs from left to right."""
    return tag("bdi", inline(str(value)), dir="ltr")


def place(citation: Citation) -> str:
    """Where a quotation stands, `FILE_ID:START-END`."""
    return f"{citation.file_id}:{citation.start}-{citation.end}"


def link(to: str, inner: str, **attributes: object) -> str:
    """Render a link that opens an article, or a place in it, beside the chat."""
    return tag("a", inner, href=f"?a={quote(to, safe=':')}", **attributes)


def button(act: str, label: str, **attributes: object) -> str:
    """Render a button for page.js; `act` is `what-number` or `what:id`."""
    return tag("button", inline(label), type="button", id=f"do-{act}", **attributes)


# --- articles by name ---


def named(article: Source | Article | None, words: Words) -> str:
    """Render a title with its own direction inside a line of the page."""
    return tag("span", tag("bdi", inline(title(article, words, LINE)), dir="auto"), class_="title")


def file_name(file_id: str) -> str:
    """Return an id, of an uploaded file without the folder of its owner.

    >>> file_name("upload-92e2c0/bridge"), file_name("2031/bridge")
    ('bridge', '2031/bridge')
    """
    return _UPLOAD.sub("", file_id)


_UPLOAD = re.compile("^upload-[0-9a-f]{6}/")


def title(article: Source | Article | None, words: Words, most: int = NAME) -> str:
    """Return a title of at most `most` characters.

    An article without one shows how it begins.
    """
    whole = one_line(article.title) if article and article.title else words.untitled
    if isinstance(article, Article) and not article.title and article.text:
        whole += f": {one_line(article.text)}"
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"


def shortened(text: str) -> str:
    """Return a passage on one line, of at most 280 characters."""
    text = one_line(text)
    return text if len(text) <= SNIPPET else f"{text[: SNIPPET - 1]}…"


def day(published: date | None, words: Words) -> str:
    """Render a day, or a notice that it is not known."""
    return isolated(published.isoformat()) if published else inline(words.undated)


# --- lists beside the chat ---


def article_rows(articles: Iterable[Article], words: Words) -> str:
    """Articles to browse, each a link that opens it."""
    rows = [
        tag("li", link(article.id,
            named(article, words)
            + tag("span", _facts(article, words), class_="facts")))
        for article in articles
    ]  # fmt: skip
    return tag("ul", "".join(rows), class_="rows")


def _facts(article: Article, words: Words) -> str:
    facts = (day(article.published, words), inline(article.publisher or ""), isolated(article.id))
    return " · ".join(filter(None, facts))


def report_html(report: SyncReport, words: Words) -> str:
    """Render what became of each uploaded file, and which articles stay."""
    taken: list[tuple[str, str, str]] = [("added", words.added, item) for item in report.added]
    taken += [("added", words.changed, item) for item in report.changed]
    rows = [_file(kind, label, item) for kind, label, item in taken]
    rows += [_skipped(item, words) for item in report.skipped]
    if report.unchanged:
        rows.append(tag("li", inline(f"{words.unchanged}: {report.unchanged}"), class_="file same"))
    if report.retained:
        rows.append(_kept(report, words))
    return tag("ul", "".join(rows), class_="report", role="status")


def _file(kind: str, label: str, file_id: str) -> str:
    name = tag("bdi", inline(file_name(file_id)), dir="auto")
    return tag(
        "li", link(file_id, name, title=file_id) + tag("span", inline(label), class_="state"), class_=f"file {kind}"
    )


def _skipped(skipped: Skipped, words: Words) -> str:
    label = words.refused if skipped.error else words.passed_over
    why = prose(worded(skipped.detail or skipped.reason, words.language))
    shown = (
        tag("bdi", inline(skipped.path), dir="auto")
        + tag("span", inline(label), class_="state")
        + tag("p", why, dir=words.direction)
    )
    return tag("li", shown, class_="file refused" if skipped.error else "file same")


def _kept(report: SyncReport, words: Words) -> str:
    """Render the articles that were kept though not met, and what may hold them."""
    names = ", ".join(map(isolated, report.retained))
    unread = ", ".join(isolated(skipped.path or ".") for skipped in report.unreadable)
    before, _, after = words.kept_because.partition("{unread}")
    why = tag("p", f"{inline(before)} {unread} {inline(after)}".strip())
    return tag("li", names + tag("span", inline(words.kept), class_="state") + why, class_="file same")


def progress_html(names: Sequence[str], words: Words, done: int = 0, every: int = 0) -> str:
    """Files on their way in, and how far they are."""
    rows = "".join(tag("li", tag("bdi", inline(name), dir="auto"), class_="file") for name in names)
    bar = tag("progress", "", value=done or None, max=every or None, aria_label=words.adding)
    return tag("div", tag("p", inline(words.adding), role="status") + bar + tag("ul", rows, class_="report"))
