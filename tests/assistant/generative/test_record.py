"""A sentence that only repeats a source's title, day or publisher keeps its citation, and is shown as what the file
says of itself.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from assistant import Assistant, Settings
from assistant.generative.citation_stream import parse_citations
from assistant.generative.metadata_claims import fact_spans, stated_facts
from assistant.generative.verification import verify_sentences
from assistant.models import Answer, Citation, Sentence
from assistant.rendering.plain_text import after_text
from assistant.revalidation import verified
from index.language.normalize import find
from index.models import Article, Hit
from index.store.ledger import Ledger
from tests.assistant.written import BRIDGE, hit

pytestmark = pytest.mark.process

AGENCY = "وكالة السراج"
ASKED = "متى نُشر خبر الجسر ومن نشره؟"
DATED = f"نشر في ٢ أيار ٢٠٣١\nالمصدر: {AGENCY}\n{BRIDGE}"


def told(said: str, text: str = BRIDGE, question: str = ASKED, **fields: object) -> tuple[Hit, Sentence]:
    """A hit on an article of that text, and the sentence of a model that names it, checked."""
    one = hit(text, **({"title": "افتتاح جسر نور", "publisher": AGENCY} | fields))
    found = parse_citations(f"{said} [1]", {1: one}, question)
    (sentence,) = verify_sentences(found.sentences, question, [one])
    for quote in sentence.citations:
        assert one.article.text[quote.start : quote.end] == quote.quote
    return one, sentence


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("نُشر الخبر في 2 مايو 2031.", ("published",)),
        ("نشرت وكالة السراج الخبر بتاريخ 2031-05-02.", ("published", "publisher")),
        ("The report was published on 2 May 2031.", ("published",)),
        ("الناشر هو وكالة السراج.", ("publisher",)),
        ("مصدر الخبر موقع وكالة السراج.", ("publisher",)),
        ("The headline is «افتتاح جسر نور».", ("title",)),
        ("عنوان المقال «افتتاح جسر نور».", ("title",)),
        ("في 2 أيار/مايو 2031.", ("published",)),
    ],
)
def test_what_a_file_says_of_itself_bears_a_sentence_out(said: str, facts: tuple[str, ...]) -> None:
    _, sentence = told(said)
    assert sentence.verdict == "supported" and sentence.citations
    assert {quote.record for quote in sentence.citations} == {facts}
    assert any("this of itself" in reason for reason in sentence.reasons)
    _, sentence = told(said, DATED)  # the passage says some of it in words, which then are the quote
    assert sentence.verdict == "supported" and sentence.citations


def test_the_quote_is_where_the_text_says_it_and_else_how_the_article_begins() -> None:
    _, sentence = told("نُشر الخبر في 2 مايو 2031 عن وكالة السراج.", DATED)
    assert [quote.quote for quote in sentence.citations] == ["نشر في ٢ أيار ٢٠٣١", f"المصدر: {AGENCY}"]
    _, sentence = told("نُشر الخبر في 2 مايو 2031.", "افتتح الوالي جسر نور أمس. وحضر الناس.", title=None)
    assert [quote.quote for quote in sentence.citations] == ["افتتح الوالي جسر نور أمس."]


def test_a_day_that_the_story_names_is_not_taken_for_the_day_it_was_published() -> None:
    story = f"{BRIDGE}\nوتبدأ أعمال الصيانة الكبرى في 2 أيار 2031 على ضفتي النهر وعند مدخل المدينة القديمة كله."
    one, sentence = told("نُشر الخبر في 2 مايو 2031.", story)
    assert find("أعمال الصيانة", sentence.citations[0].quote) is None
    (span,) = fact_spans(one.article, ["published"])
    assert span.of(story).startswith("افتتح والي مدينة السراج")


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("افتُتح الجسر في 2 مايو 2031.", ASKED),  # of the story
        ("في 2 مايو 2031.", "متى افتُتح الجسر؟"),
        ("نُشر الخبر.", ASKED),  # no fact
        ("نشرت وكالة السراج أن الوزير استقال.", ASKED),  # more than the record
    ],
)
def test_a_sentence_on_the_story_is_not_held_against_the_record(said: str, question: str) -> None:
    article = hit(title="افتتاح جسر نور", publisher=AGENCY).article
    assert stated_facts(said, article, question) == ()
    _, sentence = told(said, question=question)
    assert not any(quote.record for quote in sentence.citations)


@pytest.mark.parametrize("text", [BRIDGE, DATED], ids=["record alone", "dated"])
@pytest.mark.parametrize(
    "said",
    [
        "نُشر الخبر في 3 مايو 2031.",
        "The report was published on 3 May 2031.",
        "نشرت وكالة السراج الخبر في نيسان 2031.",
    ],
)
def test_a_wrong_day_of_a_report_is_tied_to_its_record_and_not_borne_out(said: str, text: str) -> None:
    _, sentence = told(said, text)
    assert sentence.verdict == "unsupported"
    assert any(reason.endswith("is not in the evidence, which says 2031-05-02") for reason in sentence.reasons)
    assert sentence.citations and all("published" in quote.record for quote in sentence.citations)


def test_of_two_reports_a_day_is_tied_to_the_one_that_has_it() -> None:
    one, other = hit(BRIDGE), hit(BRIDGE, "a2", published=date(2031, 5, 3))
    found = parse_citations("نُشر الخبر في 3 مايو 2031. [1][2]", {1: one, 2: other}, ASKED)
    assert [quote.file_id for quote in found.sentences[0].citations] == ["a2"]


def test_a_title_that_names_a_day_or_the_publisher_is_a_title_and_no_more() -> None:
    article = hit(title=f"بيان {AGENCY} في 7 أيار 2031 عن الجسر", publisher=AGENCY).article
    assert stated_facts(f"عنوان الخبر «{article.title}».", article) == ("title",)
    assert stated_facts(f"عنوان الخبر «{article.title}»، واستقال الوزير.", article) == ()


def test_what_no_file_says_of_itself_is_not_stated() -> None:
    assert stated_facts("نُشر الخبر في 2 مايو 2031.", Article(id="a", text=BRIDGE, sha256="")) == ()


def test_a_kept_answer_is_held_against_the_record_of_today(tmp_path: Path) -> None:
    kept = {"id": "a1", "text": BRIDGE, "title": "افتتاح جسر نور", "publisher": AGENCY}
    _, sentence = told("نُشر الخبر في 2 مايو 2031.")
    answer = Answer(question=ASKED, text=sentence.text, abstained=False, engine="model:m", sentences=(sentence,))
    for day, verdict in (("2031-05-02", "supported"), ("2031-05-03", "unsupported")):
        with Assistant.open(tmp_path / day, create=True, settings=Settings()) as assistant:
            assistant.add([kept | {"published": day}])
        (found,) = verified(answer, Ledger.open(tmp_path / day))
        assert (found.state, found.verdict) == ("verbatim", verdict)


def test_readers_are_told_in_their_language_and_an_older_answer_still_reads() -> None:
    _, sentence = told("نُشر الخبر في 2 مايو 2031.")
    said = sentence.details[0].text("ar")
    assert said == "هذا ما يقوله الملف a1 عن نفسه: تاريخ النشر 2031-05-02"
    answer = Answer(question=ASKED, text=sentence.text, abstained=False, engine="model:m", sentences=(sentence,))
    assert f"• {sentence.text}" in after_text(answer) and "✗" not in after_text(answer)
    assert msgspec.json.decode(answer.to_json(), type=Answer) == answer
    older = b'{"file_id":"a","start":0,"end":1,"quote":"x"}'
    assert msgspec.json.decode(older, type=Citation).record == ()
