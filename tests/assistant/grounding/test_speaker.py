"""Who does what, what is only to come, and numbers said in another way."""

from __future__ import annotations

import pytest

from assistant.alignment.proper_names import names
from assistant.alignment.tokenization import tokenize
from assistant.grounding import check_claim

DISPUTE = (
    "قال مدير السد منصف الشابي إن منسوب المياه ارتفع مترين هذا الأسبوع. وانتقدت النائبة ريما القباني تأخر "
    "أعمال الصيانة، "
    "بينما دافع وزير الري كريم العبيدي عن ميزانية المشروع. وأضافت القباني أنها ستطلب لجنة تحقيق في البرلمان."
)
FERRY = (
    "Captain Ingrid Solberg steered the damaged ferry into the harbour at dawn. Engineer Pavel Dvorak, who "
    "had repaired the pump "
    "twice, blamed the owners for the delay. The company hopes to sail again in June. A fifth of the "
    "passengers were children."
)


@pytest.mark.parametrize(
    ("claim", "text", "code"),
    [
        ("انتقد كريم العبيدي تأخر أعمال الصيانة.", DISPUTE, "name"),
        ("دافعت ريما القباني عن ميزانية المشروع.", DISPUTE, "name"),
        ("Ingrid Solberg blamed the owners for the delay.", FERRY, "name"),
        ("Dvorak steered the damaged ferry into the harbour.", FERRY, "name"),
        (
            "رفعت الجمعية دعوى ضد قرار الهدم أمام المحكمة.",
            "رفع سكان الحي دعوى ضد قرار الهدم أمام المحكمة، وقالت الجمعية إنها لم تشارك.",
            "name",
        ),
    ],
)
def test_a_deed_of_another_is_caught(claim: str, text: str, code: str) -> None:
    judgement = check_claim(claim, text)
    assert judgement.verdict == "unsupported" and code in {item.code for item in judgement.contradictions}


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("The company sailed again in June.", FERRY),
        ("تقدمت الشركة بعرض جديد لشراء المصنع.", "من المتوقع أن تتقدم الشركة بعرض جديد لشراء المصنع."),
        ("افتتح الوزير المعرض في الميناء.", "قال المنظمون إن الوزير سيفتتح المعرض في الميناء."),
    ],
)
def test_what_is_still_to_come_is_never_supported_as_done(claim: str, text: str) -> None:
    assert check_claim(claim, text).verdict != "supported"


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("انتقدت القباني تأخر الصيانة.", DISPUTE),
        ("كريم العبيدي هو وزير الري، وقد دافع عن ميزانية المشروع.", DISPUTE),
        ("Dvorak blamed the owners for the delay.", FERRY),
        ("Solberg brought the damaged ferry into the harbour at dawn.", FERRY),
        ("The company hopes the ferry will sail again in June.", FERRY),
        ("يعتزم الوزير افتتاح المعرض في الميناء.", "قال المنظمون إن الوزير سيفتتح المعرض في الميناء."),
        ("يفتتح الوزير المعرض في الميناء.", "قال المنظمون إن الوزير سيفتتح المعرض في الميناء."),
        ("20 percent of the passengers were children.", FERRY),
        ("Profit fell by 40 million to 160 million.", "Profit fell to 160 million from 200 million a year before."),
        ("تنتهي المهلة يوم 25 من الشهر.", "تنتهي المهلة في الخامس والعشرين من الشهر الجاري."),
        ("لم يقبل رئيس النادي العرض.", "رفض رئيس النادي العرض."),
        ("ما زالت المياه موضع خلاف بين البلدين.", "لا تزال المياه موضع خلاف بين البلدين."),
    ],
)
def test_the_same_said_in_another_way_raises_no_alarm(claim: str, text: str) -> None:
    assert not check_claim(claim, text).contradictions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("تحدث عبد الستار الجبوري عن عمر ناهز تسعين عاما", ["عبد الستار الجبوري"]),
        ("على التوالي رد بن عاشور على أرقام هواتف كثيرة", ["بن عاشور"]),
        ("وامتنع بن عاشور عن الرد", ["بن عاشور"]),
        ("التقت التونسية إيفا نوفوتسكا سنية بن رمضان", ["إيفا نوفوتسكا", "سنية بن رمضان"]),
        ("تسلم الوزير رسالة خطية وأرقاما كثيرة", []),
    ],
)
def test_arabic_names_are_told_by_lists_links_and_rare_words(text: str, found: list[str]) -> None:
    line = tokenize(text)
    assert [name.text(line) for name in names(line)] == found
