"""Questions that count reports, those that only look like it, and the answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import Answer, Assistant
from assistant.models import Plan
from assistant.query.counting import count_request
from tests.index.search.test_aggregate import report
from tests.shop import index, isnad, write

COUNTED = [
    ("كم خبرا عن منجم الصوان؟", "article", ("منجم", "الصوان")),
    ("كم عدد المقالات التي تناولت إضراب الممرضين؟", "article", ("إضراب", "الممرضين")),
    ("ما الصحف التي نشرت عن ترام رأس سنام؟", "publisher", ("ترام", "رأس", "سنام")),
    ("من نشر عن العبارة من الصحف والوكالات؟", "publisher", ("العبارة",)),
    ("في أي مدن وقعت انفجارات؟", "place", ("انفجارات",)),
    ("كم مرة ذُكر وليد الدالي؟", "mention", ("وليد", "الدالي")),
    ("كم قصة عن برقان؟", "story", ("برقان",)),
    ("How many articles mention the ferry?", "article", ("ferry",)),
    ("Which newspapers reported on the mine in June 2026?", "publisher", ("mine",)),
]
FACTS = [
    "كم قتيلا سقط في منجم الصوان؟",
    "كم مرة زار الرئيس دمشق؟",
    "في أي مدينة سورية توجد القاعدة البحرية؟",
    "كم دولة شاركت في المؤتمر؟",
    "How many people died in the fire?",
]


@pytest.mark.parametrize(("question", "by", "words"), COUNTED)
def test_what_is_counted_and_by_which_words(question: str, by: str, words: tuple[str, ...]) -> None:
    request = count_request(question, Plan())
    assert request is not None and (request.by, request.words) == (by, words)


@pytest.mark.parametrize("question", FACTS)
def test_a_number_that_a_report_states_is_not_counted(question: str) -> None:
    assert count_request(question, Plan()) is None


def test_publishers_and_days_of_the_plan_are_no_words_to_search_for() -> None:
    request = count_request("كم خبرا نشرت صوت المرفأ عن السد في آذار 2021؟", Plan(publishers=("صوت المرفأ",)))
    assert request is not None and request.words == ("السد",)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("counting")
    dam = "افتتح وزير المياه سد الوادي يوم الأربعاء، وحضر الحفل مئات من سكان القرى."
    files = {
        "a.md": report("افتتاح السد", "2021-03-04", "وكالة النهر", dam),
        "b.md": report("افتتاح سد الوادي", "2021-03-05", "صحيفة الضفة", dam + " بحسب وكالة النهر."),
        "c.md": report("السد يمتلئ", "2021-04-02", "صحيفة الضفة", "امتلأ سد الوادي بعد أمطار الأسبوع الماضي."),
    }
    index(write(folder / "news", files), folder / "store")
    return Assistant.open(folder / "store")


def answered(assistant: Assistant, question: str) -> Answer:
    answer = assistant.ask(question)
    for sentence in answer.sentences:
        assert answer.text[sentence.start : sentence.end] == sentence.text and sentence.checked_by == "quote"
    assert Answer.from_json(answer.to_json()) == answer
    return answer


@pytest.mark.process
def test_the_number_stands_first_and_each_article_behind_it_is_quoted(assistant: Assistant) -> None:
    answer = answered(assistant, "كم خبرا عن سد الوادي؟")
    assert answer.count is not None and answer.count.number == 3 and answer.count.file_ids == ("c", "b", "a")
    assert answer.text.startswith("3 مقالات وردت فيها هذه الكلمات: سد، الوادي")
    assert [citation.file_id for citation in answer.citations] == ["c", "b", "a"]
    for shown in (str(answer), answer.to_markdown(), answer._repr_html_()):
        assert "3 مقالات" in shown


@pytest.mark.process
def test_days_and_publishers_are_filters_of_the_count(assistant: Assistant) -> None:
    march = answered(assistant, "كم خبرا عن سد الوادي في آذار 2021؟")
    assert march.count is not None and march.count.file_ids == ("b", "a")
    own = answered(assistant, "كم خبرا نشرت صحيفة الضفة عن السد؟")
    assert own.count is not None and own.count.file_ids == ("c", "b")
    papers = answered(assistant, "ما الصحف التي نشرت عن سد الوادي؟")
    assert "صحيفة الضفة (2)" in papers.text and "وكالة النهر (1)" in papers.text


@pytest.mark.process
def test_what_no_article_holds_is_refused_with_that_reason(assistant: Assistant) -> None:
    answer = answered(assistant, "كم خبرا عن زلزال اليابان؟")
    assert answer.abstained and answer.details[0].code == "counting.none" and not answer.sentences


@pytest.mark.process
def test_the_command_counts(tmp_path: Path) -> None:
    files = {
        "a.md": report("السد", "2021-03-04", "النهر", "افتتح الوزير السد."),
        "b.txt": "Rain fell on the dam today.",
    }
    index(write(tmp_path / "news", files), tmp_path / "store")
    run = isnad("count", "السد", "--by", "publisher", "--store", tmp_path / "store")
    assert run.returncode == 0 and "1 publisher has" in run.stdout and "النهر" in run.stdout
    none = isnad("count", "زلزال", "--store", tmp_path / "store")
    assert none.returncode == 0 and none.stdout.startswith("no article has all of these words: زلزال")
