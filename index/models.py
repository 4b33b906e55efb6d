"""The values that travel through the house: an article, its passages, and the hits of a search.

Frozen and compared by content. A span is a pair of offsets in Unicode code points: `article.text[start:end]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import singledispatch

import msgspec

from index.errors import UsageError


@singledispatch
def page_of(value: object) -> str | None:
    """A value as HTML for a notebook, None where it is shown as text. `assistant.rendering.html` registers what it can show."""
    return None


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen value: keyword-only, compared by content, validated where it is decoded from JSON."""

    def _repr_html_(self) -> str | None:
        return page_of(self)


class Span(msgspec.Struct, frozen=True, order=True):
    """A stretch of a text, `text[start:end]`, in code points."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The words themselves.

        >>> Span(0, 5).of("إسناد الخبر")
        'إسناد'
        """
        return text[self.start : self.end]


class Article(Value, frozen=True, kw_only=True):
    """One news article as it was read. Nothing later rewrites `text`; what a file does not say of itself is None.

    >>> Article(id="bridge", text="افتتح الوالي جسر نور.", sha256="", title="جسر نور", published=date(2026, 3, 1))
    Article('bridge', 'جسر نور', '2026-03-01', 21 characters)
    """

    id: str
    text: str
    sha256: str  # of the bytes it was read from
    title: str | None = None
    published: date | None = None
    publisher: str | None = None
    url: str | None = None
    language: str | None = None  # ISO 639-1
    root: str = ""  # the PATH of the index run that brought it in
    path: str = ""  # the file, relative to root
    boilerplate: tuple[Span, ...] = ()  # put there by the site: not searched, never cited

    def __repr__(self) -> str:
        told = (self.id, self.title, self.published and self.published.isoformat())
        return f"Article({', '.join(repr(item) for item in told if item)}, {len(self.text):,} characters)"


class Passage(Value, frozen=True, kw_only=True):
    """A stretch of an article that search can return: `article.text[start:end] == text`.

    >>> article = Article(id="a", text="وصل الوفد. غادر الوفد.", sha256="")
    >>> Passage(id="a:0-10", article_id="a", start=0, end=10, text=article.text[0:10]).text
    'وصل الوفد.'
    """

    id: str
    article_id: str
    start: int
    end: int
    text: str


def day(said: str | None) -> date | None:
    """The day that somebody typed, None where nothing was typed; UsageError where it is none.

    >>> day("2025-12-23"), day("  ")
    (datetime.date(2025, 12, 23), None)
    """
    text = (said or "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{text[:40]!r} is not a date; write it as 2025-12-23") from None


class Filters(Value, frozen=True, kw_only=True):
    """Which articles may answer. Dates are inclusive; an article without a date never lies in a range. UsageError for what is no filter.

    >>> bool(Filters()), bool(Filters(since=date(2025, 12, 1), languages=("ar",)))
    (False, True)
    """

    since: date | None = None
    until: date | None = None
    languages: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    file_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            day = getattr(self, name)
            if isinstance(day, datetime):  # a later hour of the day is later than the day
                msgspec.structs.force_setattr(self, name, day.date())
            elif day is not None and not isinstance(day, date):
                raise UsageError(f"the filter {name} is a day, as in {name}=date(2025, 12, 23)")
        for name in ("languages", "publishers", "file_ids"):
            if isinstance(one := getattr(self, name), str):  # its letters would be taken for so many names
                raise UsageError(f"the filter {name} is a list, as in {name}=[{one[:40]!r}]")

    def __bool__(self) -> bool:
        return self != Filters()


class Hit(Value, frozen=True, kw_only=True):
    """A passage that a search found. Scores lie in 0..1: the share of the best that any text could reach for the question.

    >>> article = Article(id="a", text="وصل الوفد.", sha256="")
    >>> Hit(passage=Passage(id="a:0-10", article_id="a", start=0, end=10, text=article.text), article=article, score=0.5)
    Hit(0.500, 'a:0-10', 'وصل الوفد.')
    """

    passage: Passage
    article: Article
    score: float
    ranks: dict[str, int] = {}  # search -> its own rank, from 1
    also: tuple[str, ...] = ()  # ids of articles that carry the same report

    def __repr__(self) -> str:
        return f"Hit({self.score:.3f}, {self.passage.id!r}, {short(self.passage.text)!r})"


class Skipped(Value, frozen=True, kw_only=True):
    """A file or a record that was not indexed, and why."""

    path: str
    reason: str
    id: str | None = None  # the article it would have been, where that can be told
    error: bool = True  # False: not a news file at all (a picture, say), which is nobody's fault
    nameless: bool = False  # its name can be no id: it is none of the articles that are there


class SyncReport(Value, frozen=True, kw_only=True):
    """What an index run did. Every file is in one of the five.

    >>> report = SyncReport(added=("a",), skipped=(Skipped(path="b.txt", reason="it is empty"),))
    >>> report.failed, report.skipped[0].reason
    (True, 'it is empty')
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: int = 0
    skipped: tuple[Skipped, ...] = ()
    unseen: dict[
        str, int
    ] = {}  # kind -> characters that no reader sees: kept in the articles, left out of search and prompts
    kept: tuple[str, ...] = ()  # articles that were not met and stay all the same: `unread` may hold them

    @property
    def failed(self) -> bool:
        """Whether something that should have gone in did not."""
        return any(one.error for one in self.skipped)

    @property
    def unread(self) -> tuple[Skipped, ...]:
        """What may hold any article, as it could not be read and has no id; while there is such, no article is dropped."""
        return tuple(one for one in self.skipped if one.error and one.id is None and not one.nameless)


def short(text: str, longest: int = 60) -> str:
    """The beginning of a text on one line, at most `longest` characters.

    >>> short("one\\ntwo three", 8)
    'one two…'
    """
    line = " ".join(text[: 4 * longest].split())
    return line if len(line) <= longest and len(text) <= 4 * longest else line[: longest - 1].rstrip() + "…"


def covering(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether any of the spans touches `start:end`."""
    return any(span.start < end and start < span.end for span in spans)
