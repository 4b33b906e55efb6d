"""Where sentences end: Arabic and other marks, what does not end one, and exact offsets whatever the text."""

from __future__ import annotations

import json
import time
import timeit
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.language.sentences import paragraphs, sentences
from index.models import Span

DATA = Path("../shared/data")


def cut(text: str) -> list[str]:
    return [span.of(text) for span in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["وصل الوفد صباحا.", "هل يبقى؟", "نعم!", "انتهى الخبر"],
        ["افتُتح الجسر الجديد أمس؛", "فعبرته مئات السيارات."],
        ["یہ پہلی خبر ہے۔", "یہ دوسری ہے۔"],
        ["The bridge opened.", "Did it hold?", "Yes."],
        ["ठीक है।", "फिर मिलेंगे।"],
        ["قال الوزير: «سنعود قريبا.»", "ثم غادر القاعة."],
        ["سأل الصحفي: «متى تعودون؟»", "فابتسم الوزير."],
        ["انتهى الاجتماع (وقد طال كثيرا).", "ثم خرج الجميع."],
        ["غابت الشمس.", "(وكان البرد شديدا.)", "ثم نمنا."],
        ["He left.", "“It is late.”", "She stayed."],
        ["عقد اللقاء عام 2010 م.", "وحضره كثيرون."],
        ["نقلت ذلك قناة بي بي سي.", "ولم تعلق الشركة."],
        ["بلغ العدد 2013.", "وارتفع بعدها."],
        ["انتهت الجلسة في ساعة متأخرة من ليل الأحد وسط خلاف واضح…", "وقال النائب إنه لن يعود إليها في الشهر القادم."],
    ],
)
def test_a_text_is_cut_where_its_sentences_end(parts: list[str]) -> None:
    assert cut(" ".join(parts)) == parts


def test_chinese_sentences_need_no_space_between_them() -> None:
    assert cut("今天下雨。明天晴天！") == ["今天下雨。", "明天晴天！"]


@pytest.mark.parametrize(
    "text",
    [
        "أوضح د. سامر و أ. هناء و م. كريم خطة العمل.",
        "زار أ.د. منير المدينة قبل يومين.",
        "كتبها جون سي. هاربر و ر. سالم قبل عام.",
        "ارتفع السعر 6.5 بالمئة ثم ٢٠.٥ بالمئة.",
        "وقع ذلك في 1.10.2025 وانتهى في 3.10.2025 مساء.",
        "حدث هذا سنة 300 ق.م. في بلاد الشام.",
        "صدر كتاب «لماذا نقرأ؟» عن دار صغيرة.",
        "قرأ النص (ما معنى هذا؟ لا أحد يعلم. ربما) ثم صمت.",
        "قال إن «الطريق طويل… والصبر قليل، لكن الناس ماضون في سيرهم إلى آخر الدرب» ثم جلس.",
        "قمة الجبل.. “رسائل واضحة” بعد غياب",
        "يبدأ العمل غدا إذا وافق المجلس؛ لأن المال متوفر.",
        "Mr. Hale met Dr. Ruiz of the U.S. Senate at 5.30 p.m. on Monday.",
        "Brown v. Board was decided then.",
        "See p. 12 and No. 7, approx. five pages.",
        "Er kam am 3. Oktober nach Hause.",
        "1. البند الأول من القرار",
        "اكتب إلى news@example.org أو زر www.example.org/a?b=1.2 اليوم",
    ],
)
def test_a_mark_that_ends_nothing_does_not_cut(text: str) -> None:
    assert cut(text) == [text]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("وصل القطار متأخرا.", "وقال الركاب إنهم غاضبون."),
        ("وتستقبل المحطة 900 راكب يوميًا.", "وأوضح المدير أن العدد يزداد."),
        ("انتهى الاجتماع مساءً.", "ثم غادر الوفد."),
        ("هذا خبرٌ.", "وذاك آخر."),
        ("انتهى عام 2024.", "وبدأ عام جديد."),
        ("The mayor opened it today.", "The bridge cost 5 million."),
        ("They met in Damascus.", "It was the third time."),
        ("Der Minister kam heute.", "Danach ging er."),
        ("Он приехал вчера.", "Потом уехал домой."),
    ],
)
def test_a_full_stop_run_together_with_the_next_word_still_ends(first: str, second: str) -> None:
    assert cut(first + second) == [first, second]


@pytest.mark.parametrize(
    "text",
    [
        "زار موقع الجزيرة.نت أمس وقال إنه جيد.",
        "نشرت صحيفة الساحل.كوم الخبر أولا.",
        "قال د.محمد العلي إن أ.د.سامر حضر.",
        "تأسست ش.م.ل عام 2010 وهي شركة.",
        "بلغت الكلفة 3.500 دولار و2.5 بالمئة.",
        "He used Node.js and Yahoo.Com for work.",
        "U.S.A and Ph.D holders met at example.com.The-page today.",
        "رواه البخاري (ت.256هـ) في صحيحه.",
    ],
)
def test_a_full_stop_inside_a_name_a_number_or_an_address_does_not_end(text: str) -> None:
    assert cut(text) == [text]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\n\n \n", "\u2028", "\x85"])
def test_a_line_break_ends_a_sentence_so_a_headline_is_one(newline: str) -> None:
    assert cut(f"جسر جديد فوق النهر{newline}افتُتح الجسر أمس.") == ["جسر جديد فوق النهر", "افتُتح الجسر أمس."]


def test_a_bullet_opens_a_sentence_and_belongs_to_it() -> None:
    assert cut("القرارات:\n • رفع الأجور • خفض الرسوم") == ["القرارات:", "• رفع الأجور", "• خفض الرسوم"]


def test_paragraphs_are_the_lines_that_are_not_blank() -> None:
    text = "عنوان\n\n  فقرة أولى. وجملة ثانية.\r\nفقرة ثانية \n"
    assert [span.of(text) for span in paragraphs(text)] == ["عنوان", "فقرة أولى. وجملة ثانية.", "فقرة ثانية"]


MIXED = st.text(
    st.sampled_from("ابتمن د.؟!…؛۔،:«»“”\"'()[] \n\r\t\xa0•-1٢5AaZz。中\u200f\u0640\u064b😀\ud800\u2028")
    | st.characters(),
    max_size=200,
)


@settings(max_examples=400, deadline=None)
@given(MIXED)
def test_spans_are_ordered_trimmed_and_cover_every_character_that_is_not_space(text: str) -> None:
    for spans in (sentences(text), paragraphs(text)):
        assert list(spans) == sorted(spans)
        assert all(one.end <= other.start for one, other in pairwise(spans))
        assert all(span.of(text) == span.of(text).strip() != "" for span in spans)
        inside = {place for span in spans for place in range(span.start, span.end)}
        assert {place for place, sign in enumerate(text) if not sign.isspace()} <= inside


@pytest.mark.parametrize(
    "unit",
    [
        *("م. ", ". (", '. "', "(a. ", "د.م.", "[。", "1. ", "؛ ", "a؛ ", "A. B", "x… ", "«؟» ", " • ", "كلمة.كلمة"),
        *("\n", "a\n", ".", "ـ", " ", "…“ا ", "a، ب. جد ه", "د. علي ", "(", "قال. و"),
    ],
)
def test_DOS_01_splitting_the_worst_text_costs_in_proportion_to_its_length(unit: str) -> None:
    for split in (sentences, paragraphs):
        short, long = (
            # timeit keeps the garbage collector out, whose share is that of all a suite has loaded
            min(timeit.repeat(partial(split, unit * (size // len(unit))), timer=time.process_time, repeat=5, number=1))
            for size in (20_000, 100_000)
        )
        assert long < 12 * short + 0.02  # five times as long; a quadratic splitter takes twenty-five times the time


@pytest.mark.parametrize(
    ("name", "lang", "least"), [("arcd", "ar", 0.995), ("xquad", "ar", 0.995), ("xquad", "en", 0.995)]
)
def test_an_answer_stays_inside_one_sentence(name: str, lang: str, least: float) -> None:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    passages = {row["id"]: row["text"] for row in _rows(folder / "passages.jsonl") if row["lang"] == lang}
    pieces = {key: cut(text) for key, text in passages.items()}
    whole = [
        any(answer in piece for piece in pieces[row["passage_id"]])
        for row in _rows(folder / "questions.jsonl")
        for answer in row["answers"][:1]
        if answer in passages.get(row["passage_id"], "")
    ]
    assert sum(whole) / len(whole) >= least


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_a_sentence_is_a_span_of_the_records() -> None:
    assert sentences(" نص ") == (Span(1, 3),)
    assert sentences(" \n ") == paragraphs("") == ()
