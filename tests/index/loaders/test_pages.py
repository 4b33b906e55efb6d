"""Pages as sites write them: their title, their day, and what stands around the story."""

from __future__ import annotations

import json
from datetime import date

import pytest

from index.loaders.extraction import extract
from index.loaders.metadata import Metadata, extract_metadata
from tools.page_set import made_pages

TITLE = "افتتاح سوق السمك الجديد في ميناء الزهرة"
SITE = "صحيفة المرفأ"
STORY = (
    "افتتح محافظ الزهرة سامر نعمة صباح الاثنين سوق السمك الجديد في ميناء المدينة بحضور الصيادين وأهاليهم.",
    "ويضم السوق 48 متجرا ومخزنا مبردا، وبلغت كلفته سبعة ملايين ليرة دفعتها البلدية على مدى عامين.",
    "وقال نعمة إن السوق يستقبل الزبائن ستة أيام في الأسبوع من السادسة صباحا حتى الثانية بعد الظهر.",
)
PARAGRAPHS = "".join(f"<p>{text}</p>" for text in STORY)


def page(
    head: str = "", *, title: str = TITLE, above: str = f"<h1>{TITLE}</h1>", story: str = PARAGRAPHS, around: str = ""
) -> str:
    """A page with a story in an article."""
    return (
        f'<!doctype html><html lang="ar"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>'
        f"<article>{above}{story}</article>{around}<footer>جميع الحقوق محفوظة 2026</footer></body></html>"
    )


def read(html: str) -> tuple[str, Metadata]:
    extracted = extract("html", html.encode())
    return extracted.text, extract_metadata(extracted.text, extracted.metadata)


def marked(html: str) -> list[str]:
    text, metadata = read(html)
    return [span.of(text) for span in metadata.boilerplate]


def json_ld(**fields: object) -> str:
    data = json.dumps({"@context": "https://schema.org", "@type": "NewsArticle", **fields}, ensure_ascii=False)
    return f'<script type="application/ld+json">{data}</script>'


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


# --- the day ---


@pytest.mark.parametrize(
    "printed",
    [
        '<div class="date">الاثنين، 13 أيار/مايو 2024، آخر تحديث 02:21 (GMT+0300)</div>',
        '<div class="when"><span>13</span><span>مايو</span><span>2024</span></div>',
        "<div>نشر: 13/05/2024 | تحديث: 20/05/2024</div>",
        "<div><span>آخر تحديث</span> <b>20/5/2024</b></div><div><span>تاريخ النشر</span> <b>13/5/2024</b></div>",
        "<ul class=meta><li>كتب سامر نعمة</li><li>13 مايو 2024 - 10:15</li></ul>",
        "<div>سامر نعمة | محليات | 13 مايو 2024</div>",
        '<time datetime="2024-05-13T21:30:00+03:00">منذ ساعتين</time>',
        '<div>نشر <time datetime="2024-05-13">أمس</time></div><div>عدل <time datetime="2024-05-20">اليوم</time></div>',
        "<table><tr><td>القسم: محليات</td><td>التاريخ: 2024-05-13</td></tr></table>",
        "<div>٤ ذو القعدة ١٤٤٥ هـ الموافق ١٣ مايو ٢٠٢٤ م</div>",
    ],
)
def test_the_day_printed_beside_the_headline_is_that_of_publication(printed: str) -> None:
    assert read(page(above=f"<h1>{TITLE}</h1>{printed}"))[1].published == date(2024, 5, 13)
    assert read(page(above=f"{printed}<h1>{TITLE}</h1>"))[1].published == date(2024, 5, 13)


@pytest.mark.parametrize("changed", ["article:modified_time", "og:updated_time", "dateModified"])
def test_the_day_of_the_last_change_gives_way_to_any_other(changed: str) -> None:
    head = meta(changed, "2024-06-01T10:00:00Z")
    above = f"<h1>{TITLE}</h1><div>نشر: 13/05/2024</div>"
    assert read(page(head, above=above))[1].published == date(2024, 5, 13)
    dateline = PARAGRAPHS.replace("<p>افتتح", "<p>الزهرة-سانا 13/5/2024: افتتح")
    assert read(page(head, story=dateline))[1].published == date(2024, 5, 13)
    canonical = '<link rel="canonical" href="https://news.example/2024/05/13/market">'
    assert read(page(head + canonical))[1].published == date(2024, 5, 13)
    assert read(page(head))[1].published == date(2024, 6, 1)


@pytest.mark.parametrize(
    "head",
    [
        json_ld(datePublished="2024-05-13T08:00:00+03:00", dateModified="2024-05-20"),
        json_ld(**{"@type": ["Article", "Thing"], "datePublished": "13/05/2024"}),
        '<script type="application/ld+json">{"@graph": [{"@type": "WebSite", "name": "x"}, {"@type": "NewsArticle", '
        '"datePublished": "2024-05-13"}]};</script>',
        meta("article:published_time", "2024-05-13T23:30:00-05:00") + meta("article:modified_time", "2024-05-20"),
        '<meta itemprop="datePublished" content="2024-05-13">',
        '<meta name="pubdate" content="Mon, 13 May 2024 21:30:00 +0300">',
        '<meta name="parsely-pub-date" content="2024-05-13T05:22:18.1234536Z">',
    ],
)
def test_structured_data_say_the_day(head: str) -> None:
    assert read(page(head))[1].published == date(2024, 5, 13)


def test_of_two_articles_in_the_structured_data_the_one_of_the_headline_counts() -> None:
    other = json_ld(headline="مهرجان الزيتون يبدأ غدا", datePublished="2023-01-02")
    own = json_ld(headline=TITLE, datePublished="2024-05-13")
    assert read(page(other + own))[1].published == date(2024, 5, 13)


@pytest.mark.parametrize(
    "around",
    [
        '<aside><h3>اقرأ أيضا</h3><a href="/2">مهرجان الزيتون</a> <time datetime="2023-01-02">قبل عام</time></aside>',
        '<div class="related-posts"><a href="/2">مهرجان الزيتون يبدأ غدا</a><span>نشر في 2 يناير 2023</span></div>',
        '<ul class="most-read"><li><time datetime="2023-01-02"></time><a href="/2">مهرجان الزيتون</a></li></ul>',
    ],
)
def test_the_day_of_another_story_is_none_of_this_one(around: str) -> None:
    assert read(page(around=around))[1].published is None
    dated = page(above=f"<h1>{TITLE}</h1><div>13 مايو 2024</div>", around=around)
    assert read(dated)[1].published == date(2024, 5, 13)


# --- the title ---


@pytest.mark.parametrize("separator", [" - ", " | ", " – ", " — ", " :: ", " » ", " · "])
def test_the_name_of_the_site_is_not_of_the_title(separator: str) -> None:
    for title in (f"{TITLE}{separator}{SITE}", f"{SITE}{separator}{TITLE}"):
        named = meta("og:title", title) + meta("og:site_name", SITE)
        assert read(page(named, title=title))[1].title == TITLE
        assert read(page(meta("og:site_name", SITE), title=title, above=""))[1].title == TITLE
        assert read(page(json_ld(publisher={"name": SITE}), title=title, above=""))[1].title == TITLE
    long = f"{TITLE}{separator}{SITE}{separator}أخبار الساعة"
    assert read(page(title=long, above=""))[1].title == TITLE


@pytest.mark.parametrize(
    "above",
    [
        f'<header><h1><a href="/">{SITE}</a></h1></header><h2>{TITLE}</h2>',
        f'<h1 class="logo"><a href="https://news.example/"><img alt="x">{SITE}</a></h1><div><h2>{TITLE}</h2></div>',
        f"<h1>{SITE}</h1><h1>{TITLE}</h1>",
    ],
)
def test_a_logo_in_the_first_heading_is_not_the_title(above: str) -> None:
    html = page(meta("og:site_name", SITE) if "logo" not in above else "", title=f"{SITE} - {TITLE}", above=above)
    assert read(html)[1].title == TITLE


def test_a_title_keeps_its_quotation_marks_where_the_structured_data_are_broken() -> None:
    quoted = 'المحافظ: "السوق حلم" لصيادي الزهرة'
    broken = f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{quoted}"}}</script>'
    assert read(page(broken, title="x", above=f"<h1>{quoted}</h1>"))[1].title == quoted


def test_a_title_with_a_dash_of_its_own_is_kept_whole() -> None:
    title = "سوق السمك - سبعة ملايين ليرة و48 متجرا"
    assert read(page(title=title, above=f"<h1>{title}</h1>"))[1].title == title
    assert read(page(meta("og:site_name", SITE), title=f"{title} | {SITE}", above=""))[1].title == title


def test_entities_and_tags_in_titles_are_decoded() -> None:
    head = meta("og:title", "سوق &amp;quot;الزهرة&amp;quot; &amp;amp; ميناؤها")
    assert read(page(head, title="", above=""))[1].title == 'سوق "الزهرة" & ميناؤها'


# --- what stands around the story ---


@pytest.mark.parametrize(
    "teaser",
    [
        '<p><strong>شاهد:</strong> <a href="/y">انهيار رصيف في ميناء البطين</a></p>',
        '<p>من الأرشيف: <a href="/y">انهيار رصيف في ميناء البطين قبل عام</a></p>',
        '<p><a href="/y">انهيار رصيف في ميناء البطين يوقف الصيد أسبوعا</a></p>',
        '<blockquote><a href="/y"><b>انهيار رصيف في ميناء البطين يوقف الصيد أسبوعا</b></a></blockquote>',
    ],
)
def test_teasers_between_the_paragraphs_are_marked_by_their_links(teaser: str) -> None:
    story = f"<p>{STORY[0]}</p>{teaser}<p>{STORY[1]}</p><p>{STORY[2]}</p>"
    text, metadata = read(page(story=story))
    shown = [span.of(text) for span in metadata.boilerplate]
    assert all("انهيار" in line for line in shown)
    assert ("انهيار" in text) == bool(shown)
    assert all(paragraph in text for paragraph in STORY)


def test_a_link_inside_a_sentence_or_a_link_that_is_a_sentence_of_the_story_is_not_marked() -> None:
    linked = STORY[1].replace("البلدية", '<a href="/b">البلدية</a>')
    whole = f'<a href="/c">{STORY[2]}</a>'
    assert marked(page(story=f"<p>{STORY[0]}</p><p>{linked}</p><p>{whole}</p>")) == []


@pytest.mark.parametrize("name", ["poll", "related-news", "share-buttons", "comments", "newsletter-box", "widget-area"])
def test_a_part_of_the_page_beside_the_story_is_never_cited(name: str) -> None:
    box = f'<div class="{name}"><p>هل تؤيد نقل السوق القديم إلى موقع آخر في المدينة؟</p><p>نعم</p><p>لا أوافق</p></div>'
    story = f"<p>{STORY[0]}</p>{box}<p>{STORY[1]}</p><p>{STORY[2]}</p>"
    text, metadata = read(page(story=story))
    shown = [span.of(text) for span in metadata.boilerplate]
    assert ("هل تؤيد" in text) == any("هل تؤيد" in line for line in shown)
    assert not any(line in STORY for line in shown)


def test_a_class_that_holds_the_whole_story_is_not_beside_it() -> None:
    html = page(story=f'<div class="content widget">{PARAGRAPHS}</div>')
    text, _ = read(html)
    assert all(paragraph in text for paragraph in STORY) and marked(html) == []


def test_a_stray_byte_costs_a_page_one_letter() -> None:
    data = page().encode()
    place = data.index("سامر".encode()) + 1
    text = extract("html", data[:place] + b"\x8a" + data[place:]).text
    assert text.count("\ufffd") == 1 and STORY[1] in text


def test_pages_in_the_ways_of_newsrooms_are_read_right() -> None:
    """Where a page says no day of its own, one above the headline or in an unmarked list is still taken for it."""
    undated = {
        "ar: today's date on top alone",
        "ar: other stories' days alone, no name",
        "en: today's date on top alone",
    }
    wrong = []
    for made in made_pages():
        extracted = extract("html", made.data)
        metadata = extract_metadata(extracted.text, extracted.metadata)
        kept = extracted.text
        for span in reversed(metadata.boilerplate):
            kept = kept[: span.start] + kept[span.end :]
        if metadata.title != made.title or (metadata.published != made.day and made.name not in undated):
            wrong.append((made.name, metadata.title, metadata.published))
        wrong += [(made.name, line) for line in made.story if line not in kept]
        wrong += [(made.name, line) for line in made.furniture if line in kept]
    assert wrong == []
