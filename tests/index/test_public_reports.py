"""Kinds of files that people reported of tools of this sort, indexed together and asked as a reader would.

The ids are those of the list of reports; O01, O31, O32 and O38, and PDF and Word files (O02 to O08), have tests of
their own in `test_replacing`, `test_doctor`, `test_articles`, `test_sources`, `test_formats` and `test_word`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.api import Assistant
from index.models import Article
from tests.shop import index, write

TITLE = "افتتاح مكتبة عامة في بلدة السنديان"
SITE = "وكالة الساحل"
OPENING = "افتتحت وزيرة الثقافة هدى كنعان مكتبة عامة في بلدة السنديان صباح الاثنين بحضور مئات الأهالي."
COST = "وتضم المكتبة 7000 كتاب وقاعة للأطفال، وبلغت كلفتها 350 ألف دولار بحسب الوزارة."
MAYOR = "وقال رئيس البلدية جابر عيسى إن المكتبة ستفتح أبوابها ستة أيام في الأسبوع من التاسعة صباحا حتى السابعة مساء."
STORY = f"<p>{OPENING}</p><p>{COST}</p><p>{MAYOR}</p>"
DAY = date(2024, 5, 13)
RULES = (
    "ترحب شبكتنا بنقاشكم، ونرجو مراجعة إرشادات الاستخدام قبل نشر التعليقات، "
    "وقد تستخدم مشاركاتكم مع أسمائكم وصوركم وفق سياسة الخصوصية."
)
DISCLAIMER = "الآراء الواردة أدناه لا تعبر عن رأي الموقع بل عن رأي أصحابها فقط."


def page(above: str = f"<h1>{TITLE}</h1>", *, head: str = "", title: str = TITLE, story: str = STORY) -> bytes:
    head = f'<meta charset="utf-8"><title>{title}</title>{head}'
    return (
        f'<!doctype html><html lang="ar"><head>{head}</head><body><header><a href="/">{SITE}</a></header>'
        f"<article>{above}{story}</article><footer>جميع الحقوق محفوظة 2026</footer></body></html>"
    ).encode()


def text(line: str = "", *, opening: str = "") -> str:
    return "\n\n".join(part for part in (TITLE, line, opening + OPENING + "\n" + COST) if part)


def record(**fields: object) -> str:
    return json.dumps({"title": TITLE, "text": OPENING, **fields}, ensure_ascii=False)


QUOTED = 'الوزيرة: "المكتبة حلم" لأهالي السنديان'
FILES: dict[str, str | bytes] = {
    "O17a.html": page(f"<h1>{TITLE}</h1><div class=date>الاثنين، 13 أيار/مايو 2024، آخر تحديث 02:21 (GMT+0400)</div>"),
    "O17b.html": page(f"<h1>{TITLE}</h1><div><span>13</span><span>مايو</span><span>2024</span></div>"),
    "O18a.txt": text("تم النشر في 13 مايو 2024 | تم التحديث في 20 مايو 2024"),
    "O18b.txt": text("اخر تحديث 20/5/2024 نشر 13/5/2024"),
    "O19.html": page(
        f"<h1>{TITLE}</h1><div>نشر: 13/05/2024</div>",
        head='<meta property="article:modified_time" content="2024-06-01T10:00:00Z">',
    ),
    "O20.txt": text(opening="دمشق-سانا 13/5/2024: "),
    "O21.html": page(title=f"{TITLE} - {SITE}", head=f'<meta property="og:site_name" content="{SITE}">'),
    "O22.html": page(
        f"<h1>{QUOTED}</h1>",
        title="x",
        head=f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{QUOTED}"}}</script>',
    ),
    "O23.html": page(f'<h1><a href="/">{SITE}</a></h1><h2>{TITLE}</h2>', title=f"{SITE} - {TITLE}"),
    "O25.html": page(title=f"{TITLE} | {SITE}").replace("السنديان |".encode(), "السنديا".encode() + b"\xd9 |"),
    "O26.jsonl": record(id="O26", published="Mon, 13 May 2024 21:30:00 +0300"),
    "O27.jsonl": record(id="O27", source={"id": None, "name": SITE}, publishedAt="2024-05-13T05:22:18.1234536Z"),
    "O28.html": page(story=f"{STORY}<p>{RULES}</p><p>{DISCLAIMER}</p>"),
    "O29.html": page(
        story=f'<p>{OPENING}</p><p><a href="/x">اقرأ أيضا: حريق كبير في سوق الخضار يقتل 3 أشخاص</a></p><p>{COST}</p>'
        f'<p><strong>شاهد:</strong> <a href="/y">انهيار جسر في بلدة الورد</a></p><p>{MAYOR}</p>'
    ),
    "O30.txt": text().encode("cp1256").decode("cp1252"),
    "O33.jsonl": record(id="O33", text=f"<p>{OPENING}</p><p>وبلغت الكلفة 350&nbsp;ألف دولار.</p>"),
    "تقرير [فيديو].txt": text(),
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """All of the files in one store."""
    place = tmp_path_factory.mktemp("reports")
    write(place / "articles", FILES)
    index(place / "articles", place / "store")
    with Assistant.open(place / "store") as opened:
        yield opened


def article(assistant: Assistant, name: str) -> Article:
    return next(article for article in assistant.articles() if article.id == name)


def test_every_file_is_an_article(assistant: Assistant) -> None:
    ids = {Path(name).stem for name in FILES} - {"تقرير [فيديو]"} | {"تقرير (فيديو)"}
    assert {article.id for article in assistant.articles()} == ids


@pytest.mark.parametrize("name", ["O17a", "O17b", "O18a", "O18b", "O19", "O20", "O26", "O27"])
def test_the_day_is_that_of_publication(assistant: Assistant, name: str) -> None:
    assert article(assistant, name).published == DAY


@pytest.mark.parametrize("name", ["O21", "O23", "O25", "O27", "O30", "O33"])
def test_the_title_is_the_headline_alone(assistant: Assistant, name: str) -> None:
    assert article(assistant, name).title == TITLE


def test_a_title_keeps_its_quotation_marks_and_a_publisher_may_be_an_object(assistant: Assistant) -> None:
    assert article(assistant, "O22").title == QUOTED
    assert article(assistant, "O27").publisher == SITE


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("هل تستخدم الشبكة مشاركات القراء وأسماءهم وصورهم؟", RULES),
        ("هل تعبر الآراء عن رأي الموقع؟", DISCLAIMER),
        ("أين انهار الجسر؟", "انهيار جسر في بلدة الورد"),
        ("كم شخصا قتل حريق سوق الخضار؟", "حريق كبير في سوق الخضار يقتل 3 أشخاص"),
    ],
)
def test_what_stands_around_a_story_is_never_cited(assistant: Assistant, question: str, words: str) -> None:
    answer = assistant.ask(question)
    quotes = [citation.quote for sentence in answer.sentences for citation in sentence.citations]
    assert not any(words in quote or quote in words for quote in quotes)
    assert not any(words in passage.text for passage in (hit.passage for hit in assistant.search(question)))


def test_html_in_a_record_is_quoted_as_its_reader_sees_it(assistant: Assistant) -> None:
    answer = assistant.ask("كم بلغت الكلفة؟")
    assert "وبلغت الكلفة 350 ألف دولار." in [sentence.text for sentence in answer.sentences]
    assert article(assistant, "O30").language == "ar"
