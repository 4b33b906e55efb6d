"""Which sentences bear a claim out: in paraphrase, by numbers and names, across languages, no more of them than
needed.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.generative.attribution import attribute

ARABIC = (
    "افتتح والي السراج كمال الراوي جسر نور صباح الجمعة بحضور مئات السكان.",
    "وبلغت كلفة المشروع أربعين مليون دينار، دفعت الحكومة نصفها.",
    "وقال الراوي إن الشاحنات ستُمنع من عبور الجسر شهرا كاملا.",
    "من جهتها، انتقدت النائبة هدى منصور تأخر الافتتاح سنتين.",
    "ويبلغ طول الجسر 620 مترا، وعرضه 24 مترا.",
    "وكان الجسر القديم قد انهار في فيضان عام 2024.",
)
ENGLISH = (
    "Governor Kamal al-Rawi opened the Noor bridge on Friday morning before hundreds of residents.",
    "The project cost 40 million dinars, half of it paid by the government.",
    "Rawi said trucks would be kept off the bridge for a month.",
    "Huda Mansour, a member of parliament, criticised the two-year delay.",
    "The bridge is 620 metres long and 24 metres wide.",
    "The old bridge had collapsed in a flood in 2024.",
)
CLAIMS = [
    ("دشّن الوالي الراوي جسر نور يوم الجمعة", 0),
    ("كلّف الجسر 40 مليون دينار", 1),
    ("تحملت الحكومة نصف الكلفة", 1),
    ("لن يُسمح للشاحنات بعبوره خلال الشهر الأول", 2),
    ("اعترضت النائبة منصور على تأخر افتتاحه", 3),
    ("طوله 620 مترا", 4),
    ("سقط الجسر القديم عام ٢٠٢٤ بسبب الفيضان", 5),
    ("The governor, Kamal Rawi, opened the bridge on Friday", 0),
    ("It cost 40 million dinars", 1),
    ("The government paid half of its cost", 1),
    ("Trucks may not cross it for a month", 2),
    ("Huda Mansour complained that it came two years late", 3),
    ("It is 620 metres long", 4),
    ("In 2024 a flood destroyed the old bridge", 5),
]


@pytest.mark.parametrize("passage", [ARABIC, ENGLISH], ids=["arabic", "english"])
@pytest.mark.parametrize(("claim", "place"), CLAIMS)
def test_the_sentence_that_says_it_is_found_in_either_language(
    passage: tuple[str, ...], claim: str, place: int
) -> None:
    assert attribute(claim, passage).places[0] == place


@pytest.mark.parametrize("claim", ["خسر المنتخب مباراته أمام ضيفه", "The team lost its match"])
@pytest.mark.parametrize("passage", [ARABIC, ENGLISH], ids=["arabic", "english"])
def test_what_stands_nowhere_is_hardly_tied(passage: tuple[str, ...], claim: str) -> None:
    assert attribute(claim, passage).strength < 0.08


def test_a_claim_of_two_sentences_is_tied_to_both_and_a_claim_of_one_to_one() -> None:
    both = attribute("افتتح الراوي الجسر الجمعة، ويبلغ طوله 620 مترا وعرضه 24 مترا", ARABIC)
    assert set(both.places) == {0, 4}
    assert attribute("يبلغ طول الجسر 620 مترا", ARABIC).places == (4,)


def test_the_right_number_decides_between_sentences_alike() -> None:
    alike = ("زار المعرض 120 طالبا يوم الأحد.", "زار المعرض 310 طلاب يوم الاثنين.", "زار المعرض 95 طالبا يوم الثلاثاء.")
    assert attribute("زاره ثلاثمئة وعشرة طلاب", alike).places == (1,)


def test_the_question_decides_between_sentences_that_hold_a_short_answer() -> None:
    passage = ("وُلد الشاعر في حلب عام 1990.", "وتعمل أخته طبيبة في حلب منذ سنوات.", "ثم انتقل إلى عمّان.")
    assert attribute("في حلب", passage, "أين تعمل أخت الشاعر؟").places[0] == 1
    assert attribute("في حلب", passage, "أين وُلد الشاعر؟").places[0] == 0


def test_names_meet_across_scripts() -> None:
    passage = ("التقى فلاديمير نيكولاييف نظيره.", "وغادر سيرغي أورلوف القاعة.", "وبقي أندريه كوزلوف.")
    for name, place in (("Vladimir Nikolayev", 0), ("Sergey Orlov", 1), ("Andrei Kozlov", 2)):
        found = attribute(f"{name} was there", passage)
        assert found.places[0] == place and found.across


@given(st.text(max_size=80), st.lists(st.text(max_size=60), max_size=6))
def test_the_strength_is_a_share_and_the_places_are_places(claim: str, passage: list[str]) -> None:
    found = attribute(claim, passage)
    assert 0 <= found.strength <= 1
    assert len(set(found.places)) == len(found.places) <= 3
    assert set(found.places) <= set(range(len(passage)))
    assert bool(found.places) == bool(passage)
