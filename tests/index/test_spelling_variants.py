"""Names that are spelt in one way in the article and in another in the question: transcriptions, dialects of spelling,
slips.

Each name stands in a passage of its own; the passages are otherwise alike, so that the name alone has to bring the
right one up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from index.search.lexical import LexicalIndex, LexicalWriter

TRANSCRIBED = [  # as written, as asked
    ("سيرغي لافروف", "سيرجي لافروف"),
    ("أندريه بيلوسوف", "اندريه بيلاوسوف"),
    ("مرهف أبو قصرة", "مرهف ابو قصره"),
    ("فولوديمير زيلينسكي", "فلوديمير زلنسكي"),
    ("أنغيلا ميركل", "انجيلا مركل"),
    ("أولاف شولتس", "اولاف شولتز"),
    ("أنطونيو غوتيريش", "انتونيو جوتيريس"),
    ("بنيامين نتنياهو", "نتانياهو"),
    ("رجب طيب أردوغان", "اردوجان"),
    ("كمال كيليتشدار أوغلو", "كليجدار اوغلو"),
    ("شي جين بينغ", "شي جينبينج"),
    ("ناريندرا مودي", "نارندرا مودى"),
    ("جورجيا ميلوني", "جيورجيا ميلونى"),
    ("بيدرو سانشيز", "بدرو سانشيث"),
    ("فولكر تورك", "فولكر ترك"),
    ("غير بيدرسن", "جير بيدرسون"),
    ("ديمتري بيسكوف", "دميتري بسكوف"),
    ("دونالد ترامب", "دونلد ترمب"),
    ("كامالا هاريس", "كمالا هارس"),
    ("مايك بومبيو", "مايك بومبيه"),
    ("أنتوني بلينكن", "انطوني بلنكن"),
    ("غوستافو بيترو", "جوستافو بترو"),
    ("لولا دا سيلفا", "لولا دا سلفا"),
    ("نيكولاس مادورو", "نيقولاس مادورو"),
    ("يورغن كلوب", "يورجن كلوب"),
    ("بيب غوارديولا", "بيب جوارديولا"),
    ("ليونيل ميسي", "ليونل مسي"),
    ("كيليان مبابي", "كليان امبابي"),
    ("روبرت ليفاندوفسكي", "ليواندوسكي"),
    ("ميخائيل غورباتشوف", "ميخائيل قورباتشوف"),
    ("بوريس يلتسين", "بوريس يلتسن"),
    ("جيروم باول", "جيرم بأول"),
    ("أورسولا فون دير لاين", "اورزولا فون ديرلاين"),
    ("إيمانويل ماكرون", "ايمانوال مكرون"),
    ("تشيرنوبيل", "تشرنوبل"),
    ("غروزني", "جروزني"),
    ("خاركيف", "خاركوف"),
    ("ملبورن", "ميلبورن"),
    ("واشنطن", "واشنطون"),
    ("إسطنبول", "استانبول"),
    ("سالونيك", "تسالونيكي"),
    ("هلسنكي", "هيلسنكى"),
    ("غوتنبرغ", "جوتنبرج"),
    ("لوكسمبورغ", "لكسمبورج"),
    ("فيينا", "ڤيينا"),
    ("زابوريجيا", "زاباروجيا"),
    ("قيرغيزستان", "قرغيزستان"),
    ("أذربيجان", "اذربايجان"),
    ("موزمبيق", "موزامبيك"),
    ("ريو دي جانيرو", "ريودي جنيرو"),
    ("هيوستن", "هيوستون"),
    ("بوركينا فاسو", "بوركينافاسو"),
    ("القنيطرة", "قنيطره"),
    ("الحسكة", "الحسكه"),
    ("عبد الرحمن", "عبدالرحمن"),
    ("أبو ظبي", "ابوظبي"),
    ("مسؤول الشؤون", "مسئول الشئون"),
]
LATIN = [
    ("Volodymyr Zelenskyy", "Zelensky"),
    ("Muammar Gaddafi", "Moammar Qaddafi"),
    ("Sergei Shoigu", "Sergey Shoygu"),
    ("Mohammed Mossadegh", "Muhammad Mosaddeq"),
    ("Kharkiv", "Kharkov"),
    ("Tchaikovsky", "Chaikovsky"),
    ("São Paulo", "Sao Paolo"),
    ("Łódź", "Lodz"),
]
ACROSS_SCRIPTS = [
    ("سيرغي لافروف", "Sergey Lavrov"),
    ("أندريه بيلوسوف", "Andrei Belousov"),
    ("دونالد ترامب", "Donald Trump"),
    ("أنغيلا ميركل", "Angela Merkel"),
    ("Emmanuel Macron", "إيمانويل ماكرون"),
    ("Vladimir Putin", "فلاديمير بوتين"),
    ("Damascus", "داماسكوس"),
    ("تشيرنوبيل", "Chernobyl"),
    ("إسطنبول", "Istanbul"),
    ("ليونيل ميسي", "Lionel Messi"),
]

# of the hand: a letter left out, doubled, changed places with its neighbour, or its neighbour on the keyboard
SLIPS = [
    ("سيرغي لافروف", "سيرغي لافرروف"),
    ("أندريه بيلوسوف", "أندريه بيولسوف"),
    ("مرهف أبو قصرة", "مرهف أبو قصر"),
    ("فولوديمير زيلينسكي", "فولوديمير زيليسنكي"),
    ("أنغيلا ميركل", "أنغيلا مريكل"),
    ("أنطونيو غوتيريش", "أنطونيو غوتيرش"),
    ("بنيامين نتنياهو", "بنيامين نتنايهو"),
    ("رجب طيب أردوغان", "أردغوان"),
    ("ناريندرا مودي", "ناريندا مودي"),
    ("جورجيا ميلوني", "جوريجا ميلوني"),
    ("ديمتري بيسكوف", "ديمتري بيكسوف"),
    ("دونالد ترامب", "دونالد ترانب"),
    ("كامالا هاريس", "كامالا هاريسس"),
    ("أنتوني بلينكن", "أنتوني بلينن"),
    ("غوستافو بيترو", "غوستافو بترو"),
    ("يورغن كلوب", "يوغرن كلوب"),
    ("ليونيل ميسي", "ليونيلل ميسي"),
    ("كيليان مبابي", "كيليان مابابي"),
    ("ميخائيل غورباتشوف", "ميخائيل غورباشتوف"),
    ("إيمانويل ماكرون", "إيمانويل ماكرن"),
    ("تشيرنوبيل", "تشيرنوبيب"),
    ("إسطنبول", "إسطنبولل"),
    ("أذربيجان", "أذربجيان"),
    ("القنيطرة", "القنيترة"),
]

NAMESAKES = [  # others who share a name or its sound
    *("سيرجيو راموس", "سيرغي رحمانينوف", "بيلاروسيا", "أندريه أغاسي", "أبو قتادة", "مرهف حسين", "زين الدين زيدان"),
    *("أنجيلا ديفيس", "أولاف بالمه", "أنطونيو كونتي", "بنيامين فرنكلين", "رجب البنا", "كمال أتاتورك", "مايك تايسون"),
    *("أنتوني هوبكنز", "غوستاف مالر", "لولا فلوريس", "نيكولاس كيج", "يورغن هابرماس", "ليونيل جوسبان", "روبرت دي نيرو"),
    *("ميخائيل بولغاكوف", "بوريس جونسون", "جيروم بواتينغ", "جورج كلوني", "بيدرو ألمودوفار", "فولكر شلوندورف"),
    *("ديمتري ميدفيديف", "دونالد توسك", "جورجيا", "تركيا", "الخرطوم", "غوتنغن", "الأقصر", "ملبنة", "هيوز", "بروكسل"),
    *("أورسولا أندرس", "كامل الهراوي", "ترمبي", "باولو كويلو", "سالم ثابت", "جنيرال", "قنطرة", "عبد الرحيم", "أبو ظفر"),
    *("Sergio Ramos", "Muhammad Ali", "Zelenograd", "Kharg", "Paolo Rossi", "Andrew Bell", "Donald Duck", "Chernihiv"),
    *("Lionel Jospin", "Angela Davis", "Vladimir Horowitz", "Emmanuel Kant", "Isabel", "Lavender"),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    return made(tmp_path_factory.mktemp("names"), {one for one, _ in [*TRANSCRIBED, *LATIN]} | {*NAMESAKES})


def made(folder: Path, names: Iterable[str]) -> LexicalIndex:
    with LexicalWriter(folder) as writer:
        for name in names:
            writer.replace(name, None, [(name, f"جاء في نشرة اليوم ذكر {name} مرتين ثم انتقل المذيع إلى خبر آخر.")])
        writer.commit()
    return LexicalIndex.open(folder)


def missed(index: LexicalIndex, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The spellings that do not bring up the name first."""
    found = {asked: [one for one, _ in index.search(f"ماذا ذكر عن {asked}؟", 1)] for _, asked in pairs}
    return [asked for written, asked in pairs if found[asked] != [written]]


def test_a_name_is_found_under_another_transcription(index: LexicalIndex) -> None:
    """Measured: 56 of 57 come first; by stems alone 17, by grams and stems without consonants 54."""
    assert len(missed(index, TRANSCRIBED)) <= 2, missed(index, TRANSCRIBED)


def test_a_name_is_found_in_spite_of_a_slip(index: LexicalIndex) -> None:
    """Measured: all 24 come first."""
    assert len(missed(index, SLIPS)) <= 1, missed(index, SLIPS)


def test_a_name_is_found_under_another_romanisation(index: LexicalIndex) -> None:
    """Measured: 6 of 8 come first; by stems alone 3. A namesake spelt exactly as asked rightly comes before."""
    assert len(missed(index, LATIN)) <= 2, missed(index, LATIN)


def test_a_name_is_found_from_the_other_script(tmp_path: Path) -> None:
    """Measured: all 10 come first among the names of the other script; by stems or grams none."""
    names = [one for one, _ in [*TRANSCRIBED, *LATIN, *ACROSS_SCRIPTS]] + NAMESAKES
    lost = [
        asked
        for latin in (True, False)
        for asked in missed(
            made(tmp_path / str(latin), {name for name in names if name.isascii() == latin}),
            [(written, asked) for written, asked in ACROSS_SCRIPTS if written.isascii() == latin],
        )
    ]
    assert len(lost) <= 1, lost
