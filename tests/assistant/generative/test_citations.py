"""Marks: read in every form, wherever a stream is cut, turned into ids at the end of their sentence, and never
invented.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.generative.citation_stream import CitationStream, CitedText, parse_citations
from tests.assistant.written import BRIDGE, ENGLISH, OPPOSITION, hit, texts

HITS = {1: hit(), 2: hit(OPPOSITION, "b2"), 3: hit(ENGLISH, "c3", language="en"), 4: hit(BRIDGE, "copy_4")}
COST = "كلّف الجسر 40 مليون دينار"
LENGTH = "بلغ طول الجسر 620 مترا"
CRITIC = "انتقدت النائبة هدى منصور كلفة الجسر"
YEARS = "The work took three years"


def read(marked: str) -> CitedText:
    found = parse_citations(marked, HITS, "كم كلّف الجسر؟")
    check(found)
    return found


def check(found: CitedText) -> None:
    """What holds of every answer."""
    for sentence in found.sentences:
        assert found.text[sentence.start : sentence.end] == sentence.text
        ids = list(dict.fromkeys(citation.file_id for citation in sentence.citations))
        marks = "".join(f"[{item_id}]" for item_id in ids)
        assert found.text[sentence.end :].startswith(f" {marks}" if marks else "")
        assert not set("[]【】［］") & set(sentence.text)
        for one in sentence.citations:
            article = next(each.article for each in HITS.values() if each.article.id == one.file_id)
            assert article.text[one.start : one.end] == one.quote
            assert one.quote.strip() and one.context and one.quote in one.context
    assert re.findall(r"\[([^\]]*)\]", found.text) == [
        file_id
        for sentence in found.sentences
        for file_id in dict.fromkeys(each.file_id for each in sentence.citations)
    ]


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        (f"{COST} [1].", f"{COST}. [a1]"),
        (f"{COST}[1].", f"{COST}. [a1]"),
        (f"{COST}. [1]", f"{COST}. [a1]"),
        (f"{COST}.[1]", f"{COST}. [a1]"),
        (f"{COST}. [1].", f"{COST}. [a1]"),
        (f"{COST} [١].", f"{COST}. [a1]"),
        (f"{COST} [۱].", f"{COST}. [a1]"),
        (f"{COST} 【1】.", f"{COST}. [a1]"),
        (f"{COST} 【1†source】.", f"{COST}. [a1]"),
        (f"{COST} ［1］.", f"{COST}. [a1]"),
        (f"{COST} [[1]].", f"{COST}. [a1]"),
        (f"{COST} [^1].", f"{COST}. [a1]"),
        (f"{COST} [المصدر 1].", f"{COST}. [a1]"),
        (f"{COST} [source 1].", f"{COST}. [a1]"),
        (f"{COST} (المصدر: 1).", f"{COST}. [a1]"),
        (f"{COST} (Source: [1]).", f"{COST}. [a1]"),
        (f"{COST} [1][4].", f"{COST}. [a1][copy_4]"),
        (f"{COST} [1] [4].", f"{COST}. [a1][copy_4]"),
        (f"{COST} [1, 4].", f"{COST}. [a1][copy_4]"),
        (f"{COST} [1،4].", f"{COST}. [a1][copy_4]"),
        (f"{COST} [1 و4].", f"{COST}. [a1][copy_4]"),
        (f"{COST} [1 and 4].", f"{COST}. [a1][copy_4]"),
        (f"{COST} [1, source 4].", f"{COST}. [a1][copy_4]"),
        (f"{COST} [1][1].", f"{COST}. [a1]"),
        ("كلّف الجسر [1] 40 مليون دينار.", f"{COST}. [a1]"),
        (f"{COST} [1]، وفق الوالي.", f"{COST}، وفق الوالي. [a1]"),
        (f"{COST} [1] [", f"{COST} [a1]"),
        (f"{COST} [1", f"{COST}"),
        (f"{COST}. [1] {LENGTH}. [1]", f"{COST}. [a1] {LENGTH}. [a1]"),
        (f"{COST} [1]. {LENGTH} [1].", f"{COST}. [a1] {LENGTH}. [a1]"),
        (f"{COST} [1]؟ {LENGTH} [1]!", f"{COST}؟ [a1] {LENGTH}! [a1]"),
        (f"{COST} [1]\n{CRITIC} [2]\n", f"{COST} [a1]\n{CRITIC} [b2]"),
        (f"{COST}.\n[1]\n\n{CRITIC}.\n[2]", f"{COST}. [a1]\n\n{CRITIC}. [b2]"),
        (f"[1] {COST}.\n[2] {CRITIC}.", f"{COST}. [a1] {CRITIC}. [b2]"),
        (f"- {COST} [1]\n- {CRITIC} [2]", f"{COST} [a1]\n{CRITIC} [b2]"),
        (f"## الكلفة\n\n**{COST} [1].**", f"الكلفة\n\n{COST}. [a1]"),
        (f"**{COST}** **[1]**. *{CRITIC}* _[2]_.", f"{COST}. [a1] {CRITIC}. [b2]"),
        (f"{YEARS}.[3] {YEARS}. [3]", f"{YEARS}. [c3] {YEARS}. [c3]"),
    ],
)  # fmt: skip
def test_a_mark_in_any_form_and_place_is_the_id_at_the_end_of_its_sentence(marked: str, text: str) -> None:
    assert read(marked).text == (text if "[" in text else read(text).text)


@pytest.mark.parametrize(
    ("marked", "sentences"),
    [
        ("بلغ الارتفاع 6.5 بالمئة [1]. ثم هبط.", 2),
        ("قال د. كمال الراوي [1] إن الجسر جاهز. وشكر العمال [1].", 2),
        ("Dr. Haddad spoke at 9.30 a.m. on Friday [3]. He left.", 2),
        ("بلغ السعر 3.75 [1][2]. وبلغ الوزن 4.20 [1].", 2),
        ("The U.S. [3] envoy came. He left [3].", 2),
        ("قال: «لن نتراجع.» [2] ثم خرج.", 2),
        ("هل كلّف كثيرا؟ [1] كلّف كثيرا.", 2),
        ("انتظروا… [1] ثم عادوا.", 2),
        ("1. الأول كلّف الكثير [1]\n2. الثاني [2]", 2),
    ],
)
def test_a_mark_is_no_end_of_a_sentence_and_a_decimal_or_an_abbreviation_neither(marked: str, sentences: int) -> None:
    assert len(read(marked).sentences) == sentences


@pytest.mark.parametrize(
    "mark", ["[99]", "[0]", "[٩٩]", "【7】", "[a1]", "[b2]", "[000_340ca49b287b2275]", "[folder/file-2]"]
)
def test_CIT_02_a_number_or_an_id_that_was_not_given_never_becomes_a_link_and_is_reported(mark: str) -> None:
    found = read(f"{COST} {mark}.")
    shown = str(int(re.sub(r"\D", "", mark))) if re.fullmatch(r".\d+.", mark) else mark[1:-1]
    assert found.text.startswith(f"{COST}. [")  # tied by its words instead
    assert texts(found) == (f"the model cited [{shown}], which it was not given",)
    assert texts(found)[0] in found.sentences[0].reasons
    assert "the model named no source; tied by its words" in found.sentences[0].reasons


def test_CIT_02_a_mark_with_a_hidden_character_in_it_is_read_without_it() -> None:
    assert read(f"{COST} [\U000e00311\u200f\u2060].").text == f"{COST}. [a1]"


@pytest.mark.parametrize(
    "written",
    [
        "[موقع](http://evil.example/?q=1)",
        "![صورة](http://evil.example/p.png)",
        "[x]: http://evil.example",
        "[sic]",
        "[2031]",
        "[...]",
    ],
)
def test_CIT_04_what_looks_like_a_link_or_an_image_is_text_without_square_brackets(written: str) -> None:
    found = read(f"{COST} {written} [1].")
    assert re.findall(r"\[[^\]]*\]", found.text) == ["[a1]"]
    assert re.sub(r"[^\w]", "", written) in re.sub(r"[^\w]", "", found.text)


def test_CIT_04_a_mark_made_into_a_link_leaves_no_link() -> None:
    assert "](" not in read(f"{COST} [1](http://evil.example).").text
    assert "](" not in read(f"{COST} ![1](http://evil.example).").text


def test_CIT_03_a_source_that_says_nothing_of_the_sort_is_dropped_for_the_one_that_does() -> None:
    (sentence,) = read(f"{BRIDGE[BRIDGE.index('وأوضح') :]} [2]").sentences
    assert {citation.file_id for citation in sentence.citations} <= {"a1", "copy_4"}
    assert sentence.reasons == ("the model named b2, but a1 is where this stands",)


def test_CIT_03_a_source_is_not_replaced_by_one_that_only_shares_more_words() -> None:
    (sentence,) = read(f"{LENGTH} [2].").sentences
    assert {citation.file_id for citation in sentence.citations} <= {"b2"}
    assert not any("is where this stands" in reason for reason in sentence.reasons)


def test_CIT_03_where_no_source_says_it_there_is_no_citation_and_a_reason() -> None:
    (sentence,) = read("وزعت البلدية الخبز على الناس [2].").sentences
    assert sentence.citations == ()
    assert sentence.reasons == ("nothing in the passage of b2 that the model named says this",)


def test_of_two_sources_only_the_one_that_says_it_stays() -> None:
    (sentence,) = read(f"{LENGTH} [1][2].").sentences
    assert {citation.file_id for citation in sentence.citations} == {"a1"}
    assert sentence.reasons == ("nothing in the passage of b2 that the model named says this",)


def test_a_sentence_without_a_mark_is_tied_by_its_words_and_says_so() -> None:
    (sentence,) = read(f"{CRITIC} وقالت إنها 52 مليون دينار.").sentences
    assert [citation.file_id for citation in sentence.citations] == ["b2"]
    assert sentence.reasons == ("the model named no source; tied by its words",)


@pytest.mark.parametrize(
    "said", ["لا تذكر المصادر من أين جاءت النائبة بالرقم.", "The sources do not say where the number came from."]
)
def test_a_sentence_about_what_is_not_there_is_tied_to_nothing(said: str) -> None:
    (sentence,) = read(said).sentences
    assert sentence.citations == ()
    assert sentence.reasons == ("says what the sources do not tell",)


def test_an_english_sentence_over_an_arabic_article_is_tied_by_names_numbers_and_words() -> None:
    (sentence,) = read("Haddad, an engineer, said the bridge is 620 metres long [1].").sentences
    assert [citation.quote for citation in sentence.citations] == [BRIDGE[BRIDGE.index("وأوضح") :]]


@pytest.mark.parametrize("said", ["نعم. كلّف الجسر 40 مليون دينار [1].", "Yes. The bridge cost 40 million dinars [3]."])
def test_a_bare_yes_is_one_sentence_with_what_follows_it(said: str) -> None:
    (sentence,) = read(said).sentences
    assert len(sentence.citations) == 1


def test_a_quote_comes_with_its_paragraph() -> None:
    (sentence,) = read(f"{COST} [1].").sentences
    (citation,) = sentence.citations
    assert citation.quote.startswith("وقال الراوي") and citation.context == BRIDGE.split("\n")[2]


PIECES = [
    COST,
    LENGTH,
    CRITIC,
    YEARS,
    "د. كمال",
    "6.5",
    " ",
    " ",
    "\n",
    ".",
    "؟",
    "…",
    "[1]",
    "[2]",
    "[99]",
    "[1, 4]",
    "【٣】",
    "[[1]]",
    "[a1]",
]
PIECES += [
    "[",
    "]",
    "(",
    ")",
    "(المصدر 1)",
    "«",
    "»",
    "- ",
    "**",
    "\u200f",
    "!",
    "،",
    "[x](y)",
    "U.S.",
    "<b>",
    "؛",
    "1. ",
    "\U000e0041",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.randoms(use_true_random=False))
def test_it_does_not_matter_where_a_stream_is_cut(marked: str, random: object) -> None:
    whole = read(marked)
    reading, shown, at = CitationStream(HITS, "كم كلّف الجسر؟"), "", 0
    while at < len(marked):
        step = random.randint(1, 9)  # type: ignore[attr-defined]
        shown += reading.feed(marked[at : at + step])
        at += step
    shown += reading.close()
    assert reading.result() == whole
    assert shown == whole.text


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab ا1.[]()【】\n؟\u200b(", max_size=60))
def test_whatever_the_model_writes_the_result_keeps_its_promises(marked: str) -> None:
    check(parse_citations(marked, HITS))


def test_text_appears_as_it_comes() -> None:
    reading = CitationStream(HITS)
    shown = [reading.feed(letter) for letter in f"{COST} [1]. {CRITIC} [2]."]
    assert "".join(shown[: len(COST)]) == COST
    assert "".join(shown[: len(COST) + 6]).startswith(f"{COST}.")
    assert reading.close().endswith("[b2]")


@pytest.mark.parametrize("worst", ["[", "(", "[(", "[1", ". ", "[1]", "a.[", "[[", "\n", "(((1", "المصدر "])
def test_DOS_01_the_worst_text_is_read_in_time(worst: str) -> None:
    import time

    began = time.perf_counter()
    parse_citations(worst * (10_000 // len(worst)), {1: hit("كلمة.")})
    assert time.perf_counter() - began < 5
