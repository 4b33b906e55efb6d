"""The sentences that answer a question, or why none does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assistant.disagreements.conflicts import updates
from assistant.extractive.extraction import Extract, extract, model
from assistant.extractive.extractive_writer import Extractive
from assistant.extractive.overlap import Field
from assistant.generators import run_to_completion
from assistant.models import Plan
from assistant.query.parse import parse_question
from index.embeddings.carried import CarriedEmbedder
from index.embeddings.protocol import Embedder
from index.errors import ProviderError
from index.language.analyzer import terms
from index.models import Hit, Span
from tests.assistant.written import BRIDGE, ENGLISH, OPPOSITION, hit, texts

pytestmark = pytest.mark.process

MARKET = (
    "حريق في سوق الورد\n\n"
    "اندلع حريق في سوق الورد بمدينة السراج مساء الثلاثاء 14 أيار. وأصيب تسعة أشخاص بحروق، ونُقلوا إلى مستشفى الشفق.\n"
    "وقالت قائدة الإطفاء رنا عبود إن الحريق سببه تماس كهربائي في مخزن للأقمشة."
)


class Counted:
    """Term frequencies of some hits, counted."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self._held = [terms(f"{hit.article.title}\n{hit.passage.text}") for hit in hits]

    def document_frequency(self, field: Field, term: str) -> int:
        return sum(term in held.by_field[field] for held in self._held)

    @property
    def passages(self) -> int:
        return len(self._held)


def answered(
    question: str,
    hits: Sequence[Hit],
    languages: Sequence[str] = ("ar",),
    limit: int = 3,
    embedder: Embedder | None = None,
) -> Extract:
    """What is extracted from these hits, which are all of the store."""
    parsed = parse_question(question, languages)
    return extract(parsed, hits, frequency=Counted(hits), limit=limit, embedder=embedder)


STORE = (hit(BRIDGE, "bridge"), hit(MARKET, "market"), hit(OPPOSITION, "opposition"))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("من افتتح جسر نور؟", "كمال الراوي"),
        ("كم مترا طول الجسر؟", "620"),
        ("كم شخصا أصيب في حريق سوق الورد؟", "تسعة"),
        ("متى اندلع الحريق في سوق الورد؟", "14 أيار"),
        ("ما سبب الحريق في السوق؟", "تماس كهربائي"),
        ("إلى أي مستشفى نُقل المصابون بالحروق؟", "الشفق"),
        ("مين النائبة اللي انتقدت كلفة الجسر؟", "هدى منصور"),
    ],
)
def test_the_sentence_that_answers_is_quoted(question: str, answer: str) -> None:
    found = answered(question, STORE)
    assert not found.abstained
    assert any(answer in citation.quote for citation in found.citations)
    assert found.closest == ()


@pytest.mark.parametrize(
    "question",
    [
        "من فاز ببطولة الشطرنج في جزر المرجان؟",
        "كم بلغ سعر القمح في بورصة ميناء الياسمين؟",
        "متى تزوجت المطربة سلوى الدهان؟",
    ],
)
def test_a_question_about_what_no_article_names_is_refused_with_the_nearest_sentences(question: str) -> None:
    found = answered(question, STORE)
    assert found.abstained
    assert found.citations == ()
    assert found.confidence < model().threshold
    assert texts(found)
    assert all(citation.quote for citation in found.closest)


@pytest.mark.parametrize(
    ("asked", "not_told"),
    [
        ("كم مترا طول جسر نور؟", "كم عمر جسر نور؟"),
        ("كم بلغت كلفة جسر نور؟", "كم شاحنة عبرت جسر نور؟"),
        ("كم شخصا أصيب في حريق سوق الورد؟", "كم سيارة احترقت في حريق سوق الورد؟"),
        ("من افتتح جسر نور؟", "ما اسم القاضي الذي أغلق جسر نور؟"),
        ("ماذا قالت هدى منصور عن كلفة جسر نور؟", "ماذا قال سفير الجزيرة عن كلفة جسر نور؟"),
    ],
)
def test_what_an_article_does_not_tell_is_less_probable_than_what_it_tells(asked: str, not_told: str) -> None:
    assert answered(asked, STORE).confidence > answered(not_told, STORE).confidence + 0.1


def test_a_minister_of_another_country_is_not_who_is_asked_for() -> None:
    visit = hit("زيارة\n\nوصل وزير النقل الأردني سالم باعوم إلى مدينة السراج صباح الثلاثاء.", "visit")
    at_home = answered("من هو وزير النقل الأردني؟", [visit, *STORE])
    abroad = answered("من هو وزير النقل اليمني؟", [visit, *STORE])
    assert not at_home.abstained
    assert abroad.abstained
    assert abroad.closest


def test_a_question_in_another_language_is_refused_with_that_reason_though_names_sound_alike() -> None:
    found = answered("Who is Kamal al-Rawi?", STORE)
    assert found.abstained
    assert "language" in texts(found)[0]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many people were burned in the fire?", "تسعة أشخاص"),
        ("Quelle est la cause de l'incendie du marché aux fleurs ?", "تماس كهربائي"),
        ("Çiçek pazarındaki yangının nedeni neydi?", "تماس كهربائي"),
        ("علت آتش‌سوزی در بازار گل چه بود؟", "تماس كهربائي"),
        ("Какова причина пожара на цветочном рынке?", "تماس كهربائي"),
    ],
)
def test_a_question_in_another_language_is_answered_by_meaning_and_both_languages_are_named(
    question: str, answer: str
) -> None:
    extracted = answered(question, STORE, embedder=CarriedEmbedder())
    assert any(answer in citation.quote for citation in extracted.citations)
    assert [reason.code for reason in extracted.details] == ["extraction.quoted_other_language"]
    assert "ar" in texts(extracted)[0]


def test_what_no_article_tells_in_any_language_is_refused_with_the_nearest_sentences() -> None:
    extracted = answered("Who won the Nobel Prize in Chemistry?", STORE, embedder=CarriedEmbedder())
    assert extracted.abstained and extracted.closest
    assert [reason.code for reason in extracted.details] == ["extraction.nothing_by_meaning"]


def test_an_arabic_question_is_answered_from_english_articles_in_a_store_of_both() -> None:
    hits = [hit(MARKET, "market"), hit(ENGLISH, "english", language="en")]
    extracted = answered("من افتتح جسر نور يوم الجمعة؟", hits, ["ar", "en"], embedder=CarriedEmbedder())
    assert any("Kamal al-Rawi" in citation.quote for citation in extracted.citations)


class Unreachable(CarriedEmbedder):
    """An embedder whose model fails."""

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        raise ProviderError("embeddings.model_failed", error="out of memory")


def test_where_the_embedding_model_fails_the_refusal_says_so() -> None:
    extracted = answered("Who opened the Nour bridge?", STORE, embedder=Unreachable())
    assert extracted.abstained
    assert [reason.code for reason in extracted.details] == ["extraction.other_language", "vectors.words_only"]


def test_an_english_question_is_answered_from_english_articles() -> None:
    found = answered(
        "How many years did the work on the bridge take?", [hit(ENGLISH, "english", language="en")], ["en"]
    )
    assert any("three years" in citation.quote for citation in found.citations)


def test_without_hits_the_answer_is_a_refusal() -> None:
    found = answered("من افتتح جسر نور؟", ())
    assert found.abstained
    assert texts(found)


def test_boilerplate_is_never_quoted() -> None:
    start = MARKET.index("وأصيب")
    end = MARKET.index("\nوقالت")
    marked = hit(MARKET, "market", boilerplate=(Span(start, end),))
    found = answered("كم شخصا أصيب في حريق سوق الورد؟", [marked, STORE[0]])
    assert all(
        citation.end <= start or citation.start >= end
        for citation in (*found.citations, *found.closest)
        if citation.file_id == "market"
    )


def test_copies_of_a_report_are_quoted_once() -> None:
    copies = [hit(MARKET, f"copy-{number}") for number in range(3)] + [
        hit(MARKET.replace("مساء", "ليل"), "nearly"),
        STORE[0],
    ]
    found = answered("متى اندلع الحريق في سوق الورد؟", copies)
    assert sum("اندلع" in citation.quote for citation in found.citations) == 1


def test_the_context_is_the_paragraph_around_the_quote() -> None:
    found = answered("كم مترا طول الجسر؟", STORE)
    quoted = next(citation for citation in found.citations if "620" in citation.quote)
    assert quoted.context is not None
    assert quoted.quote in quoted.context
    assert quoted.context in BRIDGE.split("\n")


def test_no_more_sentences_are_given_than_asked_for() -> None:
    assert len(answered("ماذا قيل عن كلفة جسر نور؟", STORE, limit=1).citations) == 1


def test_sentences_of_one_article_stand_in_its_order() -> None:
    found = answered("ماذا قالت هدى منصور عن كلفة جسر نور؟", STORE)
    places = [citation.start for citation in found.citations if citation.file_id == "opposition"]
    assert places == sorted(places)


def test_the_newer_report_answers_how_things_are_now() -> None:
    older = hit("مدير الميناء\n\nمدير الميناء هو فارس نجم.", "older", published=date(2029, 1, 5))
    newer = hit("مدير الميناء\n\nمدير الميناء هو ليلى شاهين.", "newer", published=date(2031, 3, 9))
    found = answered("من هو مدير الميناء الآن؟", [older, newer, *STORE])
    assert {citation.file_id for citation in found.citations} == {"newer"}


def test_the_same_question_gets_the_same_answer() -> None:
    assert answered("من افتتح جسر نور؟", STORE) == answered("من افتتح جسر نور؟", STORE)


PIECES = (
    "افتتح الوالي الجسر.",
    "Rain fell, 3.5 mm.",
    "هل عاد؟ نعم",
    "د. سامر",
    "\n\n",
    " ",
    "…",
    "«قال: لا»",
    "١٢ أيار 2031",
    "\u200f",
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=12),
    st.integers(0, 9),
    st.sampled_from(("الجسر", "rain?", "متى؟")),
)
def test_every_quote_is_the_article_s_own_words_at_its_place(pieces: list[str], start: int, question: str) -> None:
    text = " ".join(pieces) + " الجسر rain."
    found = answered(question, [hit(text, "mixed", start=min(start, len(text) - 1))])
    for citation in (*found.citations, *found.closest):
        assert text[citation.start : citation.end] == citation.quote
        assert citation.context is not None
        assert citation.quote.strip() == citation.quote


def test_the_coefficients_say_where_they_come_from_and_name_features_that_exist() -> None:
    from assistant.extractive.extraction import answer_features, rank
    from assistant.extractive.sentence_scoring import candidates

    asked = parse_question("كم مترا طول الجسر؟", ["ar"])
    ranked = rank(candidates(asked, STORE, Counted(STORE)), model())
    known = set(ranked[0][0].features)
    kinds = {f"cue_{kind}" for kind in ("person", "date", "place", "number", "reason", "statement")}
    assert set(model().ranking) <= known | kinds
    assert set(model().answering) <= set(answer_features(asked, ranked))
    assert 0 < model().threshold < 1


def test_two_of_a_thing_are_counted_by_its_dual() -> None:
    text = (
        "اجتماع البلدية\n\nعقد المجلس جلسته صباح الأحد برئاسة ليلى قباني. وقرر المجلس بناء مدرستين في الحي "
        "الشرقي قبل الشتاء."
    )
    found = answered("كم مدرسة قرر المجلس بناءها في الحي الشرقي؟", [hit(text, "town")], ["ar"])
    assert [citation.quote for citation in found.citations] == ["وقرر المجلس بناء مدرستين في الحي الشرقي قبل الشتاء."]


def quoted(question: str, text: str) -> str:
    """What is quoted from an article of this text, sentence after sentence."""
    return " ".join(citation.quote for citation in answered(question, [hit(text)]).citations)


def test_the_dead_are_not_given_for_the_injured() -> None:
    told = "زلزال يضرب طارين\n\nقتل 12 شخصا في زلزال طارين فجر أمس، وفق الدفاع المدني. وتضررت بيوت كثيرة في البلدة."
    assert "12" in quoted("كم قتيلا في زلزال طارين؟", told)
    assert "12" not in quoted("كم جريحا في زلزال طارين؟", told)


def test_a_headline_that_names_nobody_does_not_say_who() -> None:
    told = "افتتاح جسر نور في مدينة طارين\n\nافتتح محافظ طارين، سامي الخطيب، جسر نور يوم الثلاثاء."
    assert quoted("من افتتح جسر نور؟", told) == "افتتح محافظ طارين، سامي الخطيب، جسر نور يوم الثلاثاء."


def test_a_name_that_no_article_has_in_any_spelling_is_not_answered_about() -> None:
    hits = [
        hit(
            "The Siraj Book Prize\n\nSalim Haddad won the Siraj Book Prize on Friday for his novel.",
            "a1",
            language="en",
        )
    ]
    found = answered("Who won the Zephyr Book Prize?", hits, ("en",))
    assert found.abstained and texts(found) == ("no article speaks of zephyr",)
    assert not answered("Who won the Siraj Book Prize?", hits, ("en",)).abstained


def test_a_question_for_the_latest_quotes_the_newest_toll_and_no_toll_that_it_overtook() -> None:
    text = "ارتفعت حصيلة قتلى غرق المركب في نهر الوادي إلى {} قتيلا."
    hits = tuple(hit(text.format(n), f"d{day}", published=date(2031, 5, day)) for n, day in ((29, 1), (36, 2)))
    question = parse_question("كم بلغ عدد قتلى غرق المركب في نهر الوادي حتى الآن؟", ["ar"])
    draft = run_to_completion(Extractive(Counted(hits), updates=updates).write(question, hits, Plan(newest_first=True)))
    assert [citation.file_id for sentence in draft.sentences for citation in sentence.citations] == ["d2"]
