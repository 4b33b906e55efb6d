"""What an article says of itself: its title, its day, its source and its language, and None where it is silent."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from index.loaders.article_loader import read
from index.loaders.metadata import Metadata, extract_metadata
from index.models import Article

ARTICLES = Path("../shared/articles")

BODY = (
    "افتتح رئيس البلدية صباح أمس الجسر الجديد فوق النهر بحضور الأهالي ومئات الزوار من القرى المجاورة.\n"
    "وقال رئيس البلدية إن الجسر كلف خمسة ملايين، وإن العمل فيه بدأ في 3 مايو 2021 واستغرق عامين كاملين."
)
TITLE = "رئيس البلدية يفتتح جسرا جديدا فوق النهر"


@pytest.mark.parametrize(
    "above",
    [
        "",
        "اخبار سياسية\n\n",
        "زر الذهاب إلى الأعلى\n",
        "زر الذهاب إلى الأعلى",
        "Next Previous ",
        "نسخ الرابط ",
        "الرئيسية > محليات\nالأحد 5 مايو 2024\nشارك\n",
        "صوت وصورة\n\n",
        "استمع للمادة كاملة\n",
        "# ",
        "العنوان: ",
        "بقلم: سامر العلي\nنشرت في\nاعلان\n",
    ],
)
def test_the_title_is_the_headline_whatever_stands_above_it(above: str) -> None:
    assert extract_metadata(f"{above}{TITLE}\n\nالعمل استغرق عامين\n\n{BODY}").title == TITLE


def test_a_button_after_the_headline_is_not_of_the_title() -> None:
    assert extract_metadata(f"{TITLE} …. إليكم التفاصيل في الرابط\n{BODY}").title == TITLE
    assert extract_metadata(f"{TITLE} نسخ الرابط\n{BODY}").title == TITLE


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        f"اخبار سياسية\n{BODY}",
        f"استمع للمادة كاملة\n{BODY}",
        f"بقلم: سامر العلي\nنشرت في\n{BODY}",
        "كلمتان فقط",
        "",
        f"• {TITLE}\n{BODY}",
        " ".join(BODY.split()[:12] * 4) + "\n" + BODY,
    ],
    ids=["story", "section", "button", "byline", "two words", "nothing", "list", "long first line"],
)
def test_an_article_without_a_headline_has_no_title(text: str) -> None:
    assert extract_metadata(text).title is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (f"نشر في ٣ أيار ٢٠٢٤\n{TITLE}\n{BODY}", date(2024, 5, 3)),
        (f"{TITLE}\nالأحد، 5 مايو 2024 - 10:15\n{BODY}", date(2024, 5, 5)),
        (f"{TITLE}\nتاريخ النشر: 01/08/2025 - آخر تحديث: 03/08/2025\n{BODY}", date(2025, 8, 1)),
        (f"آخر تحديث: 3 أوت 2025\nنشر في 1 جويلية 2025\n{TITLE}\n{BODY}", date(2025, 7, 1)),
        (f"{TITLE}\nآخر تحديث: 3 أوت 2025\n{BODY}", date(2025, 8, 3)),
        (
            f"{TITLE}\nهذا الخبر نشر أولا على موقع الساحل وتم جلبه بتاريخ ٢٣ كانون الأول ٢٠٢٥.\n{BODY}",
            date(2025, 12, 23),
        ),
        (f"{TITLE}\nطرطوس 4 أيار 2024 (الساحل) – {BODY}", date(2024, 5, 4)),
        (f"{TITLE}\nطرطوس، 4 أيار 2024 (وكالة الساحل للأنباء)\n{BODY}", date(2024, 5, 4)),
        (f"{TITLE}\nصحيفة الساحل – السبت ٤ أيار ٢٠٢٤\n{BODY}", date(2024, 5, 4)),
        (
            "The mayor opens the new bridge over the river after two years of work\nThe Coast Gazette, 6 May 2024\n"
            "Cars crossed the new bridge over the river on Monday, the mayor said.",
            date(2024, 5, 6),
        ),
        (f"{TITLE}\n{BODY}\nنشر بتاريخ 6 مايو 2024", date(2024, 5, 6)),
        (f"{TITLE}\n2024-05-06T10:30:00Z\n{BODY}", date(2024, 5, 6)),
        (
            "Bridge opens\nPublished on May 6, 2024\nThe mayor opened the new bridge over the river on Monday.",
            date(2024, 5, 6),
        ),
        (f"{TITLE}\nالجمعة 7 صفر 1447هـ - 1 أغسطس 2025\n{BODY}", date(2025, 8, 1)),
        (f"{TITLE}\nتم النشر في 13 مايو 2024 | تم التحديث في 20 مايو 2024\n{BODY}", date(2024, 5, 13)),
        (f"{TITLE}\nاخر تحديث 20/5/2024 نشر 13/5/2024\n{BODY}", date(2024, 5, 13)),
        (
            "Bridge opens\nLast updated 20 May 2024, first published 13 May 2024\n"
            "The mayor opened the new bridge over the river on Monday.",
            date(2024, 5, 13),
        ),
        *(
            (f"{TITLE}\n{dateline} {BODY}", date(2024, 5, 13))
            for dateline in (
                *("دمشق-سانا 13/5/2024:", "لندن 13 أيار/مايو 2024 (أ ف ب) -", "CAIRO, May 13, 2024 (AFP) -"),
                *("الرباط في 13 ماي 2024 /ومع/", "أبوظبي في 13 مايو 2024/ وام /", "تونس 13 ماي 2024 (وات) -"),
                *("باريس - أ ف ب - 13 مايو 2024 -", "عمان (بترا) 13 أيار 2024 -", "بغداد/ المستقلة/ 13-5-2024 .."),
                *("الدوحة - قنا - 13 مايو 2024:", "رام الله 13-5-2024 وفا-", "شينخوا / بكين 13 مايو 2024 /"),
                *("سانا، طرطوس، الاثنين 13 أيار 2024:", "الرياض 05 ذو القعدة 1445هـ الموافق 13 مايو 2024م واس"),
            )
        ),
        (f"{TITLE}\nالرياض 05 ذو القعدة 1445 هـ الموافق 13 مايو 2024 م واس\n{BODY}", date(2024, 5, 13)),
    ],
)
def test_the_day_of_publication_is_what_the_article_says_of_itself(text: str, day: date) -> None:
    assert extract_metadata(text).published == day


@pytest.mark.parametrize(
    "text",
    [
        f"{TITLE}\n{BODY}",
        f"أسعار القمح اليوم السبت 2 أغسطس 2025\n{BODY}",
        (
            f"{TITLE}\n{BODY}\nتم تحديثه السبت 2025/8/2 09:15 ص منذ أن تولت المديرة منصبها في الشركة…\nتراجعت "
            f"أسعار الطماطم في السوق…"
        ),
        f"{TITLE}\n{BODY}\nمقالات ذات صلة\nالسوق يغلق أبوابه\nنشر في 3 مايو 2024",
        f"{TITLE}\nالجمعة 7 صفر 1447هـ\n{BODY}",
        f"{TITLE}\nالأحد 5 مايو\n{BODY}",
        f"{TITLE}\nافتتحت البلدية في 13 مايو 2024 - كما وعدت - جسرا طويلا فوق النهر.\n{BODY}",
        f"{TITLE}\nسامر أحمد العلي (13 أكتوبر 1958، الزهرة - 2 أكتوبر 2018) مهندس بنى جسر النهر.\n{BODY}",
        f"{TITLE}\nالكويت - 13 - 5 (كونا) -- {BODY}",
        "Bridge opens\nPublished 01/08/2025\nThe mayor opened the new bridge over the river on Monday.",
    ],
    ids=["story", "headline", "teaser", "related", "hijri", "no year", "sentence", "life", "dateline", "ambiguous"],
)
def test_a_date_of_the_story_or_of_another_one_is_not_the_day_of_publication(text: str) -> None:
    assert extract_metadata(text).published is None


def test_the_source_is_taken_from_its_label_or_the_notice() -> None:
    assert extract_metadata(f"{TITLE}\n{BODY}\nالمصدر: وكالة الساحل").publisher == "وكالة الساحل"
    assert (
        extract_metadata(f"{TITLE}\nهذا الخبر نشر أولاً على موقع صحيفة الساحل وتم جلبه.\n{BODY}").publisher
        == "صحيفة الساحل"
    )
    assert extract_metadata(f"{TITLE}\n{BODY} هذا أول لقاء له أول مرة في البرازيل، وتم ذلك.").publisher is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BODY, "ar"),
        ("The mayor opened the new bridge over the river on Monday morning.", "en"),
        ("Der Bürgermeister hat am Montag die neue Brücke über den Fluss eröffnet.", "de"),
        ("وزیر امور خارجه گفت که این دیدار در تهران برگزار می‌شود و درباره همکاری گفتگو کردند", "fa"),
        ("وزیراعظم نے کہا ہے کہ ملک میں انتخابات وقت پر ہوں گے اور سب کو موقع ملے گا", "ur"),
        ("市长周一上午为新桥揭幕，许多居民参加了仪式，大家都很高兴。", "zh"),
        ("市長は月曜日の朝に新しい橋を開通させ、多くの住民が式典に出席した。", "ja"),
        ("Ο δήμαρχος εγκαινίασε τη νέα γέφυρα τη Δευτέρα.", "el"),
        ("12:30", None),
        ("ok", None),
    ],
)
def test_the_language_is_told_from_the_text(text: str, code: str | None) -> None:
    assert extract_metadata(text).language == code


def test_what_is_known_from_outside_goes_before_what_the_text_says() -> None:
    known = Metadata(
        title="عنوان", published=date(2020, 1, 1), publisher="ناشر", url="https://example.org", language="fr"
    )
    about = extract_metadata(f"نشر في ٣ أيار ٢٠٢٤\n{TITLE}\n{BODY}", known)
    assert (about.title, about.published, about.publisher, about.url, about.language) == (
        *("عنوان", date(2020, 1, 1), "ناشر", "https://example.org", "fr"),
    )


def test_an_arabic_corpus_does_not_load_the_language_model() -> None:
    program = (
        "import sys\nfrom index.loaders.metadata import extract_metadata\n"
        f"assert extract_metadata({BODY!r}).language == 'ar'\n"
        "assert not {'py3langid', 'numpy', 'trafilatura', 'pypdf', 'docx', 'datasketch'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not ARTICLES.is_dir(), reason=f"{ARTICLES} is not here")
def test_the_reference_articles_are_described_as_by_hand() -> None:
    # first and last words of the titles only
    found = {one.id[:3]: one for one in read(ARTICLES) if isinstance(one, Article)}
    titles = {key: match.title and (match.title.split()[0], match.title.split()[-1]) for key, match in found.items()}
    assert titles == {
        "000": ("بوتين", "الكرملين"),
        "001": None,
        "002": ("قمة", "سياسية"),
        "003": ("موسكو", "سوريا"),
        "004": None,
    }
    assert {key: match.published for key, match in found.items() if match.published} == {"003": date(2025, 12, 23)}
    assert {match.language for match in found.values()} == {"ar"}
