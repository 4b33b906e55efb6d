"""Hold hits and articles as tuples that notebooks show and tables are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.rendering.html import articles_html, hits_html
from assistant.rendering.plain_text import article_line, hits_text
from index.models import Article, Hit

if TYPE_CHECKING:
    import pandas as pd


class Hits(tuple[Hit, ...]):
    """Passages that a search found, best first.

    >>> from assistant import Assistant
    >>> with Assistant.open(sample) as assistant:
    ...     hits = assistant.search("إعادة الإعمار", limit=2)
    >>> len(hits), list(hits.to_frame().columns)[:2]
    (2, ['score', 'file_id'])
    """

    __slots__ = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row for each hit.

        Columns: score (0..1), file_id, title, published, publisher, language, start, end, text.

        Raises UsageError, with the line to install it, where pandas is not installed.
        """
        from assistant.rendering.dataframe import HIT, frame, hit_rows

        return frame(hit_rows(self), HIT)

    def __str__(self) -> str:
        return hits_text(self)

    def _repr_html_(self) -> str:
        return hits_html(self)


class Articles(tuple[Article, ...]):
    """Articles of a store, in order of id.

    >>> from assistant import Assistant
    >>> with Assistant.open(sample) as assistant:
    ...     articles = assistant.articles()
    >>> len(articles), articles[3].published
    (5, datetime.date(2025, 12, 23))
    """

    __slots__ = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row for each article.

        Columns: file_id, title, published, publisher, language, url, characters.

        Raises UsageError, with the line to install it, where pandas is not installed.
        """
        from assistant.rendering.dataframe import ARTICLE, article_rows, frame

        return frame(article_rows(self), ARTICLE)

    def __str__(self) -> str:
        return "\n".join(map(article_line, self))

    def _repr_html_(self) -> str:
        return articles_html(self)
