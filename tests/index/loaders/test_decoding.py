"""Bytes to text, strictly: every encoding that is certain gives the same text, everything else is refused with the
reason.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.loaders.encoding import Unreadable, decode

STORY = (
    "افتتح وزير النقل أمس الجسر الجديد في المدينة، وقال إن العمل فيه كان قد بدأ قبل عامين.\r\n"
    "وأضاف الوزير أن الجسر يربط بين الضفتين، وأن السيارات التي تعبره لا تدفع رسوما في هذا العام (2025).\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1256", "iso8859_6"])
def test_ING_01_every_certain_encoding_of_an_article_gives_the_same_text(encoding: str) -> None:
    story = STORY.replace("،", "") if encoding == "iso8859_6" else STORY
    assert decode(story.encode(encoding)) == story


@pytest.mark.parametrize(("mark", "encoding"), [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
def test_ING_01_utf_16_is_read_by_its_byte_order_mark(mark: bytes, encoding: str) -> None:
    assert decode(mark + STORY.encode(encoding)) == STORY


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_ING_01_utf_16_without_a_mark_is_refused(encoding: str) -> None:
    with pytest.raises(Unreadable):
        decode(STORY.encode(encoding))


@pytest.mark.parametrize(
    "data",
    [
        STORY.encode()[:-3] + b"\xd8",
        STORY.encode()[:60] + b"\xff" + STORY.encode()[60:],
        b"\xed\xa0\x80\xed\xb0\x80",
        "кабинет министров принял решение".encode("cp1251"),
        "Übermäßige Äußerungen über Österreich".encode("cp1252"),
        "خبر".encode("cp1256"),
        b"\xff\xfe" + STORY.encode("utf-16-le")[:-1],
    ],
    ids=["truncated", "invalid byte", "surrogates", "russian", "german", "too short to be sure", "half a character"],
)
def test_ING_02_what_is_broken_or_not_certain_is_refused_with_the_place(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"byte \d+"):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04\x00\x00 text", b"text \x00 text", b"\x01\x02\x03ab", bytes(range(256)) * 8],
    ids=["zip", "nul", "controls", "every byte"],
)
def test_ING_04_a_binary_file_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(data)


def test_ING_04_random_bytes_are_never_an_article() -> None:
    dice = random.Random(7)
    for _ in range(300):
        with pytest.raises(Unreadable):
            decode(dice.randbytes(2000))


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_a_text_comes_back_as_it_was_written(text: str) -> None:
    assert decode(text.encode("utf-8-sig")) == text
    assert decode(b"\xff\xfe" + text.encode("utf-16-le")) == text


def test_line_ends_and_spaces_are_left_as_they_are() -> None:
    assert decode(b"a\r\nb\rc\n\n d\t") == "a\r\nb\rc\n\n d\t"
