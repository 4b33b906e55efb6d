"""The command `isnad stories`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from assistant.cli.output import emit

if TYPE_CHECKING:
    from index.models import Article
    from index.stories import Story


def stories(options: argparse.Namespace) -> int:
    """List events that several articles report, the most reported first."""
    from assistant.rendering.plain_text import plain
    from index.store.ledger import Ledger
    from index.stories import StoryIndex

    ledger = Ledger.open(options.store)
    listed = StoryIndex(ledger).stories(options.since, options.until)[: options.limit]
    articles = ledger.articles({article_id for story in listed for article_id in story.articles})
    records = [_record(story, articles) for story in listed]
    if options.json:
        return emit({"stories": records})
    for record in records:
        days = " – ".join(dict.fromkeys(str(day) for day in (record["first"], record["last"]) if day))
        publishers = ", ".join(record["publishers"])
        print(plain(" · ".join(filter(None, [f"{len(record['articles'])}", days, record["title"], publishers]))))
        print(f"    {' '.join(plain(article_id) for article_id in record['articles'])}")
    return 0


def _record(story: Story, articles: dict[str, Article]) -> dict[str, Any]:
    """Return a story as `--json` prints it.

    Its title is that of its first article with one.
    """
    known = [articles[article_id] for article_id in story.articles if article_id in articles]
    return {
        "story": story.id,
        "title": next((article.title for article in known if article.title), None),
        "first": story.first,
        "last": story.last,
        "publishers": list(dict.fromkeys(article.publisher for article in known if article.publisher)),
        "articles": story.articles,
    }
