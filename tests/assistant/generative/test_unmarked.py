"""Marks of Markdown: taken away, with nothing that is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.generative.strip_markdown import MarkdownStripper, strip_markdown


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("كلّف **الجسر** كثيرا.", "كلّف الجسر كثيرا."),
        ("قال و**الرئيس** معه.", "قال والرئيس معه."),
        ("**40** مليون، و**الكلفة: 2*3**.", "40 مليون، والكلفة: 2*3."),
        ("The *bridge* and __the road__ and _the port_.", "The bridge and the road and the port."),
        ("***Both*** and **one *in* another**.", "Both and one in another."),
        ("**«لن نتراجع»**، قال.", "«لن نتراجع»، قال."),
        ("# عنوان\n###### آخر\nنص", "عنوان\nآخر\nنص"),
        ("- أول\n  * ثان\n+ **ثالث**: نص", "أول\n  ثان\nثالث: نص"),
        ("**1. Cost:** 40 million", "1. Cost: 40 million"),
    ],
)
def test_marks_of_emphasis_headings_and_lists_are_taken_away(written: str, plain: str) -> None:
    assert strip_markdown(written) == plain


@pytest.mark.parametrize(
    "said",
    [
        "5 * 3 = 15, 5*3, 2**3, 5 ** 3",
        "-5 درجات\n-5",
        "#السراج و #نور",
        "####### seven",
        "snake_case and a__b and copy_4",
        "f**k",
        "قال - كما يبدو - نعم",
        "كلمة* وحاشية",
        "C# و C++",
        "1. أول\n2. ثان",
    ],
)
def test_what_is_no_mark_stays(said: str) -> None:
    assert strip_markdown(said) == said


@given(st.text(alphabet="ab ا1.[]*_#-+\n«"))
def test_nothing_is_lost_but_marks(written: str) -> None:
    assert [one for one in strip_markdown(written) if one not in "*_#-+ "] == [
        one for one in written if one not in "*_#-+ "
    ]


@given(st.text(alphabet="ab ا1.*_\n"))
def test_a_letter_waits_for_no_more_than_the_next(written: str) -> None:
    reading, shown = MarkdownStripper(), ""
    for letter in written:
        shown += reading.feed(letter)
        if letter.isalnum():
            assert shown.endswith(letter)
    assert shown + reading.close() == strip_markdown(written)
