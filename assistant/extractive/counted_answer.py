"""Write the answer to a question that counts.

The number, and a quote from each article behind it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from assistant.extractive.extractive_writer import compose
from assistant.models import Citation, Draft
from index.language.sentences import paragraphs
from index.messages.catalog import render
from index.messages.reason import Reason
from index.models import Count, Hit, Passage
from index.search.aggregate import CountedArticle

LISTED = 20  # articles that are quoted; `count.file_ids` has all


def counted_draft(
    count: Count, counted: Sequence[CountedArticle], language: str | None, closest: tuple[Citation, ...] = ()
) -> Draft:
    """Return the number in words and a quote from each article, the newest first.

    A refusal with the closest passages where there is none.
    """
    if not count.number:
        refusal = render("answer.refusal", {}, language)
        none = Reason.of("counting.none", words=count.words)
        return Draft(text=refusal, abstained=True, details=(none,), closest=closest)
    lead = count_text(count, language)
    text, sentences = compose(tuple(map(_citation, _shown(count, counted))))
    start = len(lead) + 2
    moved = tuple(replace(item, start=item.start + start, end=item.end + start) for item in sentences)
    return Draft(text=f"{lead}\n\n{text}", sentences=moved, examined=True)


def count_text(count: Count, language: str | None) -> str:
    """Return what was counted, the number and its groups, in a language.

    Without any article: that there is none.

    >>> print(count_text(Count(by="mention", words=("dam",), number=3, file_ids=("a", "b")), "en"))
    3 mentions of “dam” in 2 articles.
    """
    if not count.number:
        return Reason.of("counting.none", words=count.words).text(language)
    params = {"words": count.words, "articles": Reason.of("counting.articles", count=len(count.file_ids))}
    scope = "with" if count.words else "of_all"
    parts = [Reason.of(f"counting.{count.by}_{scope}", count=count.number, **params)]
    if count.groups and count.by != "story":
        listed = tuple(
            Reason.of("counting.group", label=group.label, articles=len(group.file_ids)) for group in count.groups
        )
        parts.append(Reason.of("counting.groups", groups=listed))
    if count.copies:
        parts.append(Reason.of("counting.copies", count=count.copies))
    if len(count.file_ids) > LISTED:
        parts.append(Reason.of("counting.more", count=len(count.file_ids) - LISTED))
    return "".join(part.text(language) for part in (*parts, Reason("counting.end")))


def counted_hits(counted: Sequence[CountedArticle]) -> tuple[Hit, ...]:
    """Return the articles as hits.

    Each with its opening passage, for the sources of the answer.
    """
    return tuple(
        Hit(
            passage=Passage(
                id=f"{item.article.id}#0",
                article_id=item.article.id,
                start=item.start,
                end=item.end,
                text=item.quote,
            ),
            article=item.article,
            score=1.0,
        )
        for item in counted
    )


def _shown(count: Count, counted: Sequence[CountedArticle]) -> list[CountedArticle]:
    """Return the articles to quote; of groups the newest of each comes first."""
    first = dict.fromkeys(group.file_ids[0] for group in count.groups)
    by_id = {item.article.id: item for item in counted}
    ordered = [*(by_id[file_id] for file_id in first), *(item for item in counted if item.article.id not in first)]
    return ordered[:LISTED] if count.by in ("article", "mention") else ordered[: min(LISTED, max(len(first), 1))]


def _citation(item: CountedArticle) -> Citation:
    text = item.article.text
    around = [span for span in paragraphs(text) if span.start < item.end and item.start < span.end]
    context = text[around[0].start : around[-1].end] if around else None
    return Citation(file_id=item.article.id, start=item.start, end=item.end, quote=item.quote, context=context)
