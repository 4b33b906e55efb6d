"""Render answers, hits, articles and reports as HTML for a notebook.

Everything is escaped, each sentence has its own direction, and no script or network is needed.

Colours are the notebook's own and shades of grey over them, so that it reads on light and on dark. A code host strips
the styles; the attributes `dir`, the headings and `<details>` carry the sense without them.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence

from assistant.models import Answer, Citation, Conflict, Sentence, Source, Update, wrong_spans
from assistant.rendering.comparison_table import ComparisonTable, comparison_table
from assistant.rendering.plain_text import (
    by_value,
    coverage_line,
    direction,
    escaped,
    kept_text,
    language_of,
    repeated_text,
    report_counts,
    subject,
    surroundings,
)
from assistant.rendering.reasons import reason_texts
from index.messages.catalog import labels
from index.models import Article, Hit, Span, SyncReport, short

ROWS = 50  # of a table; the rest is counted
_LINE = "1px solid rgba(128,128,128,.45)"
_CHIP = (
    f"display:inline;cursor:pointer;border:{_LINE};border-radius:.7em;padding:0 "
    f".55em;font-size:.8em;background:rgba(128,128,128,.15)"
)
_QUOTE = (
    "display:block;margin:.4em 0 .6em;padding:.4em .8em;border-inline-start:3px solid "
    "rgba(128,128,128,.6);background:rgba(128,128,128,.08)"
)
_MARK = "background:rgba(255,196,0,.38);color:inherit;padding:0 .1em"
_SMALL = "font-size:.85em;opacity:.85"
_WRONG = "background:rgba(200,40,40,.18);font-weight:bold;color:inherit"
_DOUBT = {"partly": "underline dotted", "unsupported": "underline wavy", "unchecked": "none", "supported": "none"}
_shown = itertools.count(1)


def answer_html(answer: Answer) -> str:
    """Render an answer: sentences with quotes, conflicts, sources or closest passages.

    A chip beside a sentence unfolds its quote in the paragraph.

    Ids are of this output alone, also where one answer is shown twice.

    >>> from assistant import ask
    >>> "<details" in answer_html(ask("من استقبل الشيباني؟", store=sample))
    True
    """
    language = language_of(answer)
    way = "rtl" if language == "ar" else "ltr"
    words, why = labels(language), reason_texts(answer, language)
    name = f"isnad-{hashlib.sha256(answer.text.encode(errors='replace')).hexdigest()[:8]}-{next(_shown)}"
    sources = {source.file_id: source for source in answer.sources}
    numbers = itertools.count(1)
    lines = [_sentence(sentence, language, sources, name, numbers) for sentence in answer.sentences]
    if table := comparison_table(answer):
        lines = [line for at, line in enumerate(lines) if at not in table.cells] + [_compared(table, lines)]
    lead = answer.text[: answer.sentences[0].start].strip() if answer.sentences else answer.text
    parts = [f'<div dir="{way}"><strong>{escaped(lead)}</strong></div>', *lines] if lead else lines
    if not answer.complete:
        parts.append(f'<div style="{_SMALL}">✗ {words["incomplete"]}</div>')
    parts += [f'<div dir="{direction(item)}" style="{_SMALL}">{escaped(item)}</div>' for item in why]
    parts += _listed(words["conflicts"], (_conflict(item, words) for item in answer.conflicts))
    parts += _listed(words["updates"], (_update(item, words) for item in answer.updates))
    parts += _listed(words["sources"], map(_source, answer.sources))
    if answer.closest:
        parts += [_heading(words["closest"]), *(_quoted(item, None) for item in answer.closest)]
    parts.append(f'<div style="{_SMALL};margin-top:.6em">{_facts(answer, words)}</div>')
    return _framed("\n".join(parts), way, name)


def _compared(compared: ComparisonTable, sentences: Sequence[str]) -> str:
    """Render the table of a comparison from the rendered sentences."""
    head = "".join(f'<th style="text-align:start">{escaped(column)}</th>' for column in compared.columns)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{''.join(sentences[at] for at in cell)}</td>" for cell in row) + "</tr>"
        for row in compared.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def hits_html(hits: Sequence[Hit]) -> str:
    """Render hits, best first, each with its passage to unfold.

    >>> hits_html(())
    '<div class="isnad" dir="ltr" style="text-align:start">no passage was found</div>'
    """
    return _framed("\n".join(map(_hit, hits)) or "no passage was found", "ltr")


def article_html(article: Article) -> str:
    """Render an article: its metadata, and its text to unfold."""
    way = direction(article.text)
    parts = [_known(article.id, article.title, article.published, article.publisher)]
    if article.url:
        parts.append(f'<div style="{_SMALL}"><bdi dir="ltr">{escaped(article.url)}</bdi></div>')
    body = f'<div dir="{way}" style="{_QUOTE};white-space:pre-line">{escaped(article.text)}</div>'
    folded = f"<details><summary>{len(article.text):,} characters</summary>{body}</details>"
    return _framed("\n".join([*parts, folded]), way)


def articles_html(articles: Sequence[Article]) -> str:
    """Render a table of articles; those beyond fifty are only counted."""
    head = ("file id", "title", "published", "publisher", "language", "characters")
    rows = (
        (article.id, article.title, article.published, article.publisher, article.language, f"{len(article.text):,}")
        for article in articles[:ROWS]
    )
    more = f"<div>… and {len(articles) - ROWS:,} more</div>" if len(articles) > ROWS else ""
    return _framed(table(head, rows) + more, "ltr")


def report_html(report: SyncReport) -> str:
    """Render what was indexed, what was skipped, and why.

    >>> "2 added" in report_html(SyncReport(added=("a", "b")))
    True
    """
    parts = [f"<div>{escaped(report_counts(report))}</div>"]
    if skipped := [item for item in report.skipped if not item.repeated]:
        rows = (("refused" if item.error else "passed over", item.path, item.reason) for item in skipped[:ROWS])
        parts.append(table(("", "file", "reason"), rows))
    if len(skipped) > ROWS:
        parts.append(f"<div>… and {len(skipped) - ROWS:,} more</div>")
    if repeated := repeated_text(report):
        parts.append(f"<div>{escaped(repeated)}</div>")
    if report.retained:
        parts.append(f"<div>{escaped(kept_text(report))}</div>")
    return _framed("\n".join(parts), "ltr")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Render a table; cells are escaped and have a direction, None is an empty cell."""
    top = "".join(f'<th style="text-align:start">{escaped(item)}</th>' for item in head)
    lines = ("".join(map(_cell, row)) for row in rows)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    wrap = ";white-space:nowrap" if len(text) <= 24 else ""
    return f'<td dir="{direction(text)}" style="text-align:start{wrap}">{escaped(text)}</td>'


def _framed(body: str, way: str, name: str | None = None) -> str:
    own = f' id="{name}"' if name else ""
    return f'<div class="isnad"{own} dir="{way}" style="text-align:start">{body}</div>'


def _heading(text: str) -> str:
    return f'<div style="margin-top:.6em"><strong>{escaped(text)}</strong></div>'


def _listed(title: str, items: Iterable[str]) -> list[str]:
    entries = "".join(f"<li>{item}</li>" for item in items)
    return [_heading(title), f'<ul style="margin:.2em 0;padding-inline-start:1.4em">{entries}</ul>'] if entries else []


def _sentence(
    sentence: Sentence, language: str, sources: dict[str, Source], name: str, numbers: itertools.count[int]
) -> str:
    """Render a sentence, its verdict unless supported, and a chip for each quote."""
    words = labels(language)
    doubt = "none" if sentence.contradictions else _DOUBT[sentence.verdict]
    style = f"text-decoration:{'line-through' if sentence.struck else doubt}"
    shown = "".join(
        escaped(re.sub(r"\s+", " ", piece)) if wrong is None else _wrong(piece, wrong.evidence, words)
        for piece, wrong in wrong_spans(sentence.text, sentence.contradictions)
    )
    content = f'<span style="{style}">{shown}</span>'
    if sentence.verdict != "supported":
        parts = reason_texts(sentence, language)
        reasons = [f'<bdi dir="{direction(item)}">{escaped(item)}</bdi>' for item in parts]
        content += f' <em style="{_SMALL}">({"; ".join([words[sentence.verdict], *reasons])})</em>'
    chips = "".join(
        _chip(citation, sources.get(citation.file_id), words, name, next(numbers)) for citation in sentence.citations
    )
    return f'<div dir="{direction(sentence.text)}" style="margin:.3em 0">{content} {chips}</div>'


def _wrong(piece: str, evidence: str, words: Mapping[str, str]) -> str:
    """Mark wrong words and show what stands in the source instead, if anything does."""
    instead = words["in_source"].format(text=evidence)
    instead_of = f' <bdi style="{_SMALL}">({escaped(instead)})</bdi>' if evidence else ""
    return f'<mark style="{_WRONG}">{escaped(piece)}</mark>{instead_of}'


def _chip(citation: Citation, source: Source | None, words: Mapping[str, str], name: str, number: int) -> str:
    """Render a number that unfolds the quote; its title names the source."""
    about = (source.title, source.publisher, source.published) if source else ()
    title = " · ".join(str(item) for item in (citation.file_id, *about) if item)
    shown = (
        f'<summary style="{_CHIP}" title="{escaped(title)}" aria-label="{words["quote"]} {number}: '
        f'{escaped(title)}">{number}</summary>'
    )
    own = f'id="{name}-{number}" style="display:inline"'
    return f"<details {own}>{shown}{_quoted(citation, source)}</details> "


def _quoted(citation: Citation, source: Source | None) -> str:
    """Render a quote marked in its paragraph, and its article."""
    context = citation.context or citation.quote
    at = context.find(citation.quote)
    if at < 0:
        context, at = citation.quote, 0
    before, after = context[:at], context[at + len(citation.quote) :]
    marked = f'{escaped(before)}<mark style="{_MARK}">{escaped(citation.quote)}</mark>{escaped(after)}'
    place = (
        f'<div style="{_SMALL}">{_place(f"{citation.file_id}:{citation.start}-{citation.end}")}{_about(source)}</div>'
    )
    return f'<div dir="{direction(citation.quote)}" style="{_QUOTE};white-space:pre-line">{marked}{place}</div>'


def _about(source: Source | None) -> str:
    return (
        "".join(f" · <bdi>{escaped(str(item))}</bdi>" for item in (source.title, source.published) if item)
        if source
        else ""
    )


def _place(text: str) -> str:
    return f'<bdi dir="ltr"><code>{escaped(text)}</code></bdi>'


def _known(id: str, *about: object) -> str:
    """Render an article on one line: headline, day, publisher, id.

    Each part is isolated, so that dates keep their order in Arabic text.
    """
    parts = [f"<bdi>{escaped(str(item))}</bdi>" for item in about if item]
    return " · ".join([*parts, _place(id)])


def _source(source: Source) -> str:
    return _known(source.file_id, source.title, source.published, source.publisher)


def _conflict(conflict: Conflict, words: Mapping[str, str]) -> str:
    return f"{escaped(subject(conflict, words))}: {' ≠ '.join(_values(conflict))}"


def _update(update: Update, words: Mapping[str, str]) -> str:
    newest, *earlier = _values(update)
    return f"{escaped(subject(update, words))}: {newest}; {words['earlier']}: {'; '.join(earlier)}"


def _values(item: Conflict | Update) -> list[str]:
    """Render each value once, with who says it and when."""
    return [
        f"<strong><bdi>{escaped(same[0].value)}</bdi></strong> "
        f"({'; '.join(_known(side.citation.file_id, side.published, side.publisher) for side in same)})"
        for same in by_value(item)
    ]


def _facts(answer: Answer, words: Mapping[str, str]) -> str:
    """Render who wrote the answer, how much is supported, and the usage."""
    parts = [answer.engine]
    if answer.coverage is not None:
        parts.append(coverage_line(answer, words))
    if answer.usage:
        parts.append(f"{answer.usage.tokens_in:,} → {answer.usage.tokens_out:,} tokens")
        if answer.usage.cost is not None:
            parts.append(f"{answer.usage.cost:.4f}")
    return " · ".join(f"<bdi>{escaped(item)}</bdi>" for item in parts)


def citation_html(citation: Citation) -> str:
    """Render a quote marked in its paragraph."""
    return _framed(_quoted(citation, None), direction(citation.quote))


def hit_html(hit: Hit) -> str:
    """Render one hit as a list of hits is rendered."""
    return hits_html((hit,))


def _hit(hit: Hit) -> str:
    article, passage = hit.article, hit.passage
    around = surroundings(article.text, Span(passage.start, passage.end)).of(article.text)
    quote = Citation(file_id=article.id, start=passage.start, end=passage.end, quote=passage.text, context=around)
    title = _known(article.id, article.title or short(passage.text), article.published, article.publisher)
    also = (
        f' <span style="{_SMALL}">(also: {escaped(", ".join(hit.duplicate_ids))})</span>' if hit.duplicate_ids else ""
    )
    shown = f"<summary><code>{hit.score:.3f}</code> {title}{also}</summary>"
    return f'<details dir="{direction(passage.text)}">{shown}{_quoted(quote, None)}</details>'
