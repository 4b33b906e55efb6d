"""What a site put around an article is marked, and the article is not."""

from __future__ import annotations

import gzip
import json
import time
from itertools import pairwise
from pathlib import Path

import pytest

from index.language.sentences import paragraphs
from index.loaders.boilerplate import find_boilerplate

ARTICLES = Path("../shared/articles")
NEWS = Path("../shared/data/saudinewsnet/passages.jsonl.gz")

BODY = (
    "افتتح رئيس البلدية صباح أمس الجسر الجديد فوق النهر بحضور الأهالي ومئات الزوار من القرى المجاورة.\n"
    "وقال رئيس البلدية إن الجسر كلف خمسة ملايين، وإن العمل فيه استغرق عامين كاملين.\n"
    "وعبرت السيارات الجسر طوال النهار، ثم أضيئت مصابيحه مع غروب الشمس."
)


def marked(text: str) -> list[str]:
    return [span.of(text) for span in find_boilerplate(text)]


@pytest.mark.parametrize(
    "line",
    [
        "الأخبار",
        "شؤون محلية",
        "الرئيسية > أخبار > محليات",
        "الأحد، 5 مايو 2024 - 10:15 صباحا",
        "سامر العلي - دمشق",
        "وكالة الساحل للأنباء – الجمعة ٣ أيار ٢٠٢٤",
        "بيت العين، 3 أيار 2024 (وكالة الساحل للأنباء)",
        "The Coast Gazette, 3 May 2024",
        "بقلم: سامر العلي",
        "بقلم:&nbspوكالة الساحل",
        "نشرت في",
        "إعلان",
        "Home > News > Local",
        "By Sam Hale",
        "مدة القراءة: 3 دقائق",
    ],
)
def test_labels_above_a_story_are_marked(line: str) -> None:
    text = f"{line}\n\nجسر جديد فوق النهر بعد عامين\n\n{BODY}"
    assert marked(text) == [line]


@pytest.mark.parametrize(
    "lines",
    [
        ["مقالات ذات صلة", "زر الذهاب إلى الأعلى"],
        ["شاركها.", "اترك تعليقاً", "Exit mobile version"],
        ["فيسبوك تويتر واتساب طباعة"],
        ["سياسة", "سياسة", "اقتصاد"],
        ["اقرأ أيضا: سوق السمك يغلق أبوابه"],
        ["اقرأ أيضاً", "سوق السمك يغلق أبوابه", "مهرجان الزيتون يبدأ غدا في القرية"],
        ["قد يهمك:", "سوق السمك يغلق أبوابه"],
        ["رابط الخبر بصحيفة الساحل: جسر جديد فوق النهر بعد عامين"],
        ["الوسوم: جسر، بلدية", "news@example.org", "https://example.org/1"],
        ["جميع الحقوق محفوظة لموقع الساحل 2024 ©"],
        ["اترك تعليقا", "أحمد: خبر سار لأهل المدينة كلهم، شكرا لكم.", "لن يتم نشر عنوان بريدك الإلكتروني."],
        ["فاز فريق السلة بكأس المدينة للمرة الثالثة بعد مباراة…", "تراجعت أسعار الطماطم في الأسواق منذ مطلع الأسبوع…"],
    ],
    ids=lambda lines: lines[0],
)
def test_what_stands_below_a_story_is_marked(lines: list[str]) -> None:
    assert marked(BODY + "\n" + "\n".join(lines)) == lines


@pytest.mark.parametrize(
    "rules",
    [
        "نرحب بآرائكم في صحيفتنا، ونرجو الالتزام بضوابط التعليق، وللإدارة حذف ما فيه إساءة.",
        "الآراء المنشورة في هذه الزاوية تمثل كتابها ولا تعكس رأي الصحيفة.",
        "لا تتحمل إدارة الموقع مسؤولية تعليقات القراء، وهي تخضع للمراجعة قبل أن تظهر.",
        "حقوق النشر محفوظة للموقع، ولا يسمح بنسخ المواد أو اقتباسها إلا بإذن خطي.",
        "Comments are moderated; by posting one you accept our terms and privacy policy.",
        "The opinions in this column are those of its author and do not represent the views of the newspaper.",
    ],
)
def test_the_rules_and_disclaimers_of_a_site_below_a_story_are_marked(rules: str) -> None:
    assert marked(f"{BODY}\n{rules}") == [rules]
    assert marked(f"{BODY}\nأرسل\n{rules}\nشارك هذا الخبر")[-2:] == [rules, "شارك هذا الخبر"]


def test_a_story_about_comments_and_rules_is_not_marked() -> None:
    story = (
        "أقر المجلس قانونا يلزم كل موقع إخباري بنشر سياسة الخصوصية وضوابط التعليق.\n"
        "وقال الوزير إن الموقع يتحمل مسؤولية تعليقات القراء التي تنشر فيه.\n"
        "وتخضع التعليقات للمراجعة، ويحق للإدارة حذف ما يخالف القانون، وفق سياسة الموقع."
    )
    assert marked(story) == []


@pytest.mark.parametrize(
    "line",
    [
        "شاهد: انهيار رصيف في ميناء البطين",
        "تم النشر في 13 مايو 2024 | تم التحديث في 20 مايو 2024",
        "var poll = document.getElementById('p'); poll.onclick = function () { vote(1); };",
        "$(document).ready(function(){ $('.vote').show(); });",
    ],
)
def test_teasers_dates_and_scripts_between_the_paragraphs_are_marked(line: str) -> None:
    head, rest = BODY.split("\n", 1)
    shown = marked(f"جسر جديد فوق النهر بعد عامين\n{line}\n{BODY}" if "تم" in line else f"{head}\n{line}\n{rest}")
    assert shown == [line]


def test_a_poll_is_marked_with_its_answers() -> None:
    assert marked(f"{BODY}\nاستطلاع رأي\nهل تؤيد إغلاق الجسر؟\nنعم\nلا") == [
        *("استطلاع رأي", "هل تؤيد إغلاق الجسر؟", "نعم", "لا")
    ]


def test_a_teaser_inside_a_paragraph_and_a_notice_of_the_site_are_marked_alone() -> None:
    text = BODY.replace(" وعبرت", " اقرأ أيضا: السوق يغلق أبوابه. وعبرت").replace(
        "\nوعبرت", " اقرأ أيضا: السوق يغلق. وعبرت"
    )
    text += "\nهذا الخبر نشر أولا على موقع الساحل. لا يتحمل موقعنا مضمونه."
    assert marked(text) == ["اقرأ أيضا: السوق يغلق.", "هذا الخبر نشر أولا على موقع الساحل.", "لا يتحمل موقعنا مضمونه."]


def test_a_button_glued_to_the_headline_is_marked_alone() -> None:
    text = f"زر الذهاب إلى الأعلىجسر جديد فوق النهر\n{BODY}"
    assert marked(text) == ["زر الذهاب إلى الأعلى"]


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        "جسر جديد فوق النهر\n" + BODY,
        "شارك الخبراء في المؤتمر الذي عقد أمس، وكتب بعضهم أن النتائج فاجأت الجميع.",
        "جسر جديد\nالأهالي يعبرون النهر للمرة الأولى\n" + BODY,
        "خبر قصير",
        "أسعار زيت الزيتون اليوم، 3 أيار 2024\n" + BODY,
        "جسر جديد\nعبره ألف زائر في 3 أيار 2024 وحده\n" + BODY,
        "سياسة",
        "اقرأ أيضا",
        "مشاهد من المدينة...\n" + "\n".join(f"جلس الشيخ رقم {n} أمام داره ينظر إلى البحر..." for n in range(8)),
        BODY + "\n• رفع الأجور في مطلع العام\n• خفض رسوم النقل",
        BODY + "\nثم ساد الصمت...",
    ],
)
def test_an_article_without_leftovers_has_nothing_marked(text: str) -> None:
    assert marked(text) == []


def test_marks_are_ordered_and_do_not_overlap() -> None:
    text = (
        f"زر الذهاب إلى الأعلىالأخبار\n{BODY} اقرأ أيضا: السوق. لا يتحمل موقعنا مضمونه.\nسياسة\nسياسة\nمقالات "
        f"ذات صلة\nخبر آخر…"
    )
    spans = find_boilerplate(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@pytest.mark.parametrize(
    "unit", ["-", "a@", "< > ", "سياسة\n", "اقرأ أيضا: ", "…\n", "a - ", "1 ", "&nbsp;", "/ ", "@", "ا…\n", "10:10 "]
)
def test_DOS_01_marking_the_worst_hundred_thousand_characters_is_quick(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    began = time.process_time()
    find_boilerplate(text)
    assert time.process_time() - began < 3


# The reference articles, judged by hand: which lines (from 1) are the site's.
BY_HAND = {
    "000_340ca49b287b2275": {1, 35, 37},
    "001_dc8abb098d9da563": {1, 3, 5, 27, 28, 30},
    "002_924c621b7ea87b2a": {1, 44, 46},
    "003_a84ef65c2610b456": {4, 5, 11, 12, 13, 14},
    "004_9f5a928a3eee6293": {9, 10, 11, 12, 13, 14},
}


@pytest.mark.skipif(not ARTICLES.is_dir(), reason=f"{ARTICLES} is not here")
@pytest.mark.parametrize("name", BY_HAND)
def test_the_reference_articles_are_marked_line_by_line_as_by_hand(name: str) -> None:
    text = (ARTICLES / f"{name}.txt").read_text(encoding="utf-8")
    spans = find_boilerplate(text)
    whole = {
        text.count("\n", 0, line.start) + 1
        for line in paragraphs(text)
        if sum(span.end - span.start for span in spans if line.start <= span.start < line.end)
        > 0.8 * (line.end - line.start)
    }
    assert whole == BY_HAND[name]


@pytest.mark.skipif(not NEWS.is_file(), reason=f"{NEWS} is not here")
def test_little_of_a_clean_news_corpus_is_marked() -> None:
    with gzip.open(NEWS, "rt", encoding="utf-8") as rows:
        texts = [json.loads(row)["text"] for row in rows][::10]
    share = sum(span.end - span.start for text in texts for span in find_boilerplate(text)) / sum(map(len, texts))
    assert share < 0.005
