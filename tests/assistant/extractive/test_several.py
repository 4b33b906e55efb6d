"""Questions for several things: a quote for each part, for each day, none twice, nothing that is off the subject."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from assistant.extractive.extractive_writer import Extractive
from assistant.generators import run_to_completion
from assistant.models import Draft
from assistant.query.parse import parse_question
from assistant.query.plan import Archive, plan_question
from index.models import Hit
from tests.assistant.extractive.test_extract import Counted
from tests.assistant.written import hit

ARCHIVE = Archive(oldest=date(2031, 5, 1), newest=date(2031, 6, 30))
MINE = {
    4: "انهار منجم الورد في السراج وقتل عاملان. وقال المدير إن السبب لم يعرف.",
    5: "ارتفع عدد قتلى منجم الورد إلى خمسة بعد ليلة من البحث.",
    9: "بلغ عدد قتلى منجم الورد ثمانية وانتهى البحث عن العمال.",
    12: "افتتح الوزير معرض الكتاب في مدينة بعيدة وحضره مئات الزوار.",
}
TRAM = (
    "أعلن الوزير أن كلفة ترام السراج 240 مليون دينار وأنه سينطلق في الصيف.",
    "انطلق ترام السراج صباح السبت وبلغت كلفته عند الافتتاح 265 مليون دينار.",
)


def answered(question: str, hits: Sequence[Hit]) -> Draft:
    asked = parse_question(question, ["ar"])
    writer = Extractive(Counted(hits))
    return run_to_completion(writer.write(asked, tuple(hits), plan_question(asked, ARCHIVE, date(2031, 6, 30))))


def cited(draft: Draft) -> list[str]:
    return [citation.file_id for sentence in draft.sentences for citation in sentence.citations]


@pytest.mark.parametrize(
    "question", ["كيف تطور عدد قتلى منجم الورد يوما بعد يوم؟", "رتب أحداث منجم الورد بحسب أيامها."]
)
def test_a_timeline_has_the_best_sentence_of_each_day_in_order(question: str) -> None:
    hits = [hit(text, f"d{day:02}", published=date(2031, 5, day)) for day, text in sorted(MINE.items(), reverse=True)]
    assert cited(answered(question, hits)) == ["d04", "d05", "d09"]


def test_each_part_of_a_question_has_its_quote() -> None:
    hits = [hit(text, f"t{n}", published=date(2031, 5, n + 1)) for n, text in enumerate(TRAM)]
    draft = answered("كم كانت كلفة ترام السراج عند الإعلان وكم بلغت عند الافتتاح؟", hits)
    assert cited(draft) == ["t0", "t1"] and not draft.abstained


def test_copies_of_one_sentence_are_no_two_answers() -> None:
    hits = [hit(TRAM[1], name, published=date(2031, 5, 3)) for name in ("t1", "t2")]
    draft = answered("كم كانت كلفة ترام السراج عند الافتتاح وكم بلغت كلفته؟", hits)
    assert len(cited(draft)) == 1


def test_where_no_part_is_answered_it_is_a_refusal() -> None:
    hits = [hit(MINE[12], "d12", published=date(2031, 5, 12))]
    assert answered("متى انهار منجم الورد وكم قتل فيه؟", hits).abstained
