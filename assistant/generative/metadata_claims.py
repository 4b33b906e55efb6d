"""Recognise sentences that only repeat an article's metadata.

Its title, day of publication or publisher.

A model may cite these lines of a source; their words often stand nowhere in the passage that it was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from assistant.models import Fact
from assistant.query.question_type import FUNCTION_WORDS
from index.language.analyzer import QUESTION_WORDS, stem, words
from index.language.dates.date_mentions import PartialDate, compatible, dates
from index.language.normalize import find
from index.language.sentences import sentences
from index.messages.reason import Reason
from index.models import Article, Span, covering

SENTENCE = 6  # words, at least, of a sentence that is none of a site's own
SHORT = 25  # words of a line, at most, that names the publisher of what stands around it


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(text))


_PUBLISHED = _stems(  # one of these is said of a report that somebody made public
    "نشر نشرت نشره نشرته منشور منشورة المنشور النشر صدر صدرت صادر الصادر خبر الخبر تقرير التقرير مقال المقال "
    "المقالة مادة المادة مصدر المصدر مصدره مؤرخ مؤرخة المؤرخ عنوان عنوانه بعنوان العنوان معنون ناشر الناشر ناشره "
    "published publish publisher report reports article articles source story news dated title titled headline "
    "headlined entitled issued"
)
_ABOUT_REPORTS = _stems(
    "ورد تاريخ بتاريخ التاريخ تاريخه يعود تعود موقع صحيفة وكالة قناة يوم أحدث آخر بحسب وفق حسب "
    "date dates newspaper site website agency channel appeared day latest newest recent according"
)


def stated_facts(sentence: str, article: Article, question: str = "") -> tuple[Fact, ...]:
    """Return the metadata that a sentence states, () where it states anything else.

    Any day counts, the right one or not: the sentence is then checked against the metadata. A word of the sentence, or
    of the question that it answers, must show that the report is meant and not its story.

    >>> from datetime import date
    >>> bridge = Article(id="a", text="", sha256="", published=date(2031, 5, 2), publisher="وكالة السراج")
    >>> stated_facts("نُشر الخبر في 2 أيار 2031 عن وكالة السراج.", bridge)
    ('published', 'publisher')
    >>> stated_facts("The report is dated 2 May 2031.", bridge), stated_facts("افتُتح الجسر في 2 أيار 2031.", bridge)
    (('published',), ())
    >>> stated_facts("The report is dated 3 May 2031.", bridge)
    ('published',)
    >>> day = "في 2 أيار 2031."
    >>> stated_facts(day, bridge, "متى نُشر الخبر؟"), stated_facts(day, bridge, "متى افتُتح الجسر؟")
    (('published',), ())
    """
    rest, facts = sentence, set[Fact]()
    names: tuple[tuple[Fact, str | None], ...] = (("title", article.title), ("publisher", article.publisher))
    for name, value in names:
        if value and (span := find(value, rest)):
            rest = _without(rest, span)
            facts.add(name)
    for date in dates(rest) if article.published else ():
        if not date.relative:
            rest = _without(rest, date.span)
            facts.add("published")
    left = [word for word in words(rest) if word not in QUESTION_WORDS and word not in FUNCTION_WORDS]
    stems = {stem(word) for word in left}
    if not facts or stems - _PUBLISHED - _ABOUT_REPORTS or _PUBLISHED.isdisjoint(stems | _stems(question)):
        return ()
    return tuple(fact for fact in get_args(Fact) if fact in facts)


def dates_it(sentence: str, article: Article) -> bool:
    """Return whether the sentence names the article's possible day of publication.

    >>> from datetime import date
    >>> bridge = Article(id="a", text="", sha256="", published=date(2031, 5, 2))
    >>> dates_it("It was published in May 2031.", bridge), dates_it("It was published on 3 May 2031.", bridge)
    (True, False)
    """
    if not (day := article.published):
        return False
    own = PartialDate(year=day.year, month=day.month, day=day.day)
    return any(compatible(value, own) for date in dates(sentence) for value in date.values)


def _without(text: str, span: Span) -> str:
    """Blank a span of a text, so that the rest keeps its offsets."""
    return text[: span.start] + " " * (span.end - span.start) + text[span.end :]


def fact_spans(article: Article, facts: Sequence[Fact]) -> tuple[Span, ...]:
    """Return where the text states these facts.

    Where it states none, its opening sentence.
    """
    spans = [span for fact in facts if (span := _place(article, fact))]
    begins = opening_sentence(article)
    return tuple(dict.fromkeys(spans)) or ((begins,) if begins else ())


def named(article: Article, facts: Sequence[Fact]) -> tuple[Reason, ...]:
    """Return the facts with their values, as parameters of a reason."""
    return tuple(Reason.of(f"record.{fact}", value=getattr(article, fact)) for fact in facts)


def _place(article: Article, fact: Fact) -> Span | None:
    from index.loaders.line_features import split_lines  # of a model's answers only, and of few of them
    from index.loaders.publication_date import find_publication_day

    text = article.text
    if fact == "title":
        return find(article.title or "", text)
    for line in split_lines(text):
        span = line.span
        if fact == "published" and find_publication_day([line]) == article.published:
            return span
        publisher = fact == "publisher" and find(article.publisher or "", span.of(text))
        if publisher and (line.words <= SHORT or covering(article.boilerplate, span.start, span.end)):
            return span
    return None


def opening_sentence(article: Article) -> Span | None:
    """Return the article's first sentence within 2,000 characters, None without.

    >>> text = "Share this.\\nThe bridge opened. Ships came."
    >>> opening_sentence(Article(id="a", text=text, sha256="", boilerplate=(Span(0, 11),))).of(text)
    'The bridge opened.'
    """
    own = [span for span in sentences(article.text[:2_000]) if not covering(article.boilerplate, span.start, span.end)]
    whole = (span for span in own if len(words(span.of(article.text))) >= SENTENCE)
    return next(whole, own[0] if own else None)
