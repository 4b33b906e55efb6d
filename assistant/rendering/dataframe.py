"""Answers, hits and articles as pandas tables, for those who have pandas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from assistant.rendering.plain_text import article_record
from index.errors import UsageError
from index.models import Article, Hit

if TYPE_CHECKING:
    import pandas as pd

    from assistant.models import Answer

Row = dict[str, Any]
ANSWER = (
    "sentence",
    "text",
    "verdict",
    "checked_by",
    "probability",
    "file_id",
    "start",
    "end",
    "quote",
    "title",
    "published",
    "publisher",
)
HIT = ("score", "file_id", "title", "published", "publisher", "language", "start", "end", "text")
ARTICLE = ("file_id", "title", "published", "publisher", "language", "url", "characters")


def frame(rows: Iterable[Row], columns: tuple[str, ...] = ANSWER) -> pd.DataFrame:
    """Rows as a table with these columns, days as pandas' own.

    Raises UsageError where pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise UsageError("assistant.needs_pandas") from None
    table = pd.DataFrame(list(rows), columns=list(columns))
    if "published" in columns:
        table["published"] = pd.to_datetime(table["published"])
    return table


def answer_rows(answer: Answer) -> list[Row]:
    """Return a row for each citation, and for each sentence without one."""
    sources = {source.file_id: source for source in answer.sources}
    rows: list[Row] = []
    for place, sentence in enumerate(answer.sentences):
        own = {
            "sentence": place,
            "text": sentence.text,
            "verdict": sentence.verdict,
            "checked_by": sentence.checked_by,
            "probability": sentence.probability,
        }
        for citation in sentence.citations:
            source = sources.get(citation.file_id)
            about = {name: getattr(source, name, None) for name in ("title", "published", "publisher")}
            rows.append(
                {
                    **own,
                    "file_id": citation.file_id,
                    "start": citation.start,
                    "end": citation.end,
                    "quote": citation.quote,
                    **about,
                }
            )
        if not sentence.citations:
            rows.append(own)
    return rows


def answer_frame(answer: Answer) -> pd.DataFrame:
    """Return the table of an answer; UsageError where pandas is not installed."""
    return frame(answer_rows(answer))


def hit_rows(hits: Iterable[Hit]) -> list[Row]:
    """Return a row for each hit."""
    return [
        {
            **article_record(hit.article),
            "score": hit.score,
            "start": hit.passage.start,
            "end": hit.passage.end,
            "text": hit.passage.text,
        }
        for hit in hits
    ]


def article_rows(articles: Iterable[Article]) -> list[Row]:
    """Return a row for each article, without its text."""
    return [{**article_record(article), "characters": len(article.text)} for article in articles]
