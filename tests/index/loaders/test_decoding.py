"""Bytes to text, strictly: every encoding that is certain gives the same text, everything else is refused with the
reason.
"""

from __future__ import annotations

import random
import time
from contextlib import suppress
from difflib import SequenceMatcher

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from index.language.invisible_chars import clean, count_invisible
from index.loaders.encoding import Unreadable, decode
from index.loaders.mojibake import garbled_reason, repair_mojibake

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
        b"\xed\xa0\x80\xed\xb0\x80",
        "кабинет министров принял решение".encode("cp1251"),
        "Übermäßige Äußerungen über Österreich".encode("cp1252"),
        "خبر".encode("cp1256"),
        "Příliš žluťoučký kůň úpěl ďábelské ódy, řekl ministr v pondělí ráno.".encode("cp1250"),
        STORY.encode()[:60] + bytes(range(0x80, 0x90)) * 3 + STORY.encode()[60:],
        b"\xff\xfe" + "خبر".encode("utf-16-le")[:-1],
    ],
    ids=["surrogates", "russian", "german", "too short to be sure", "czech", "many broken bytes", "half of a word"],
)
def test_ING_02_what_is_broken_or_not_certain_is_refused_with_the_place(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"byte \d+"):
        decode(data)


def broken(data: bytes, place: int) -> bytes:
    """The bytes with a stray one at a place."""
    return data[:place] + b"\xff" + data[place:]


@pytest.mark.parametrize("place", range(120, 126))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1256", "iso8859_6"])
def test_a_stray_byte_costs_one_letter_and_not_the_article(encoding: str, place: int) -> None:
    story = STORY.replace("،", "")
    read = decode(broken(story.encode(encoding), place))
    same = SequenceMatcher(None, story, read, autojunk=False).get_matching_blocks()
    assert len(story) - sum(block.size for block in same) <= 1
    assert len(read) <= len(story) + 1


@pytest.mark.parametrize("cut", [STORY.encode()[:-3] + b"\xd8", b"\xff\xfe" + STORY.encode("utf-16-le")[:-1]])
def test_a_file_that_was_cut_off_inside_a_letter_lacks_that_letter(cut: bytes) -> None:
    assert decode(cut).startswith(STORY[:-3])


def test_a_lost_letter_is_told_and_left_out_of_search() -> None:
    read = decode(broken(STORY.encode(), 61))
    assert count_invisible(read) == {"lost": 1}
    assert "\ufffd" not in clean(read)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            b"The mayor\x92s office said that the caf\xe9 would open again.",
            "The mayor’s office said that the café would open again.",
        ),
        (
            "Der Bürgermeister hat am Montag die neue Brücke in der Stadt eröffnet, wie er sagte; viele Menschen kamen "
            "und gingen auf die andere Seite.".encode("cp1252"),
            None,
        ),
    ],
    ids=["english", "german"],
)
def test_prose_of_western_europe_is_read_as_windows_1252(data: bytes, text: str | None) -> None:
    assert decode(data) == (text or data.decode("cp1252"))


def test_a_page_may_name_its_encoding_where_none_is_certain() -> None:
    text = "Новый мост открыли в городе в понедельник утром"
    assert decode(text.encode("cp1251"), "windows-1251") == text
    assert decode(broken(text.encode(), 11), "utf-8") == text[:6] + "\ufffd" + text[6:]


# --- mojibake ---


@pytest.mark.parametrize("wrong", ["latin-1", "cp1252", "cp1250", "cp1254", "cp1256", "mac_roman", "cp437", "cp850"])
@pytest.mark.parametrize("right", ["utf-8", "cp1256", "iso8859_6"])
@pytest.mark.parametrize("text", [STORY.replace("،", ""), "افتتاح المكتبة في حي الميناء"], ids=["story", "headline"])
def test_arabic_that_was_saved_in_a_wrong_encoding_is_put_right(text: str, right: str, wrong: str) -> None:
    if wrong == right or (wrong, right) == ("cp1256", "iso8859_6"):
        return  # these two are alike: the outcome is Arabic letters that are no words
    garbled = "".join(_as_programs_decode(byte, wrong) for byte in text.encode(right))
    assert decode(garbled.encode()) == text


def _as_programs_decode(byte: int, encoding: str) -> str:
    try:
        return bytes((byte,)).decode(encoding)
    except UnicodeDecodeError:
        return chr(byte)  # what the encoding leaves undefined stays as it is


def test_text_that_was_saved_wrongly_twice_and_lines_of_it_are_put_right() -> None:
    once = STORY.encode().decode("latin-1")
    assert decode(once.encode().decode("latin-1").encode()) == STORY
    assert decode((STORY + STORY.encode().decode("cp1256")).encode()) == STORY * 2
    assert decode("La cafÃ© est dÃ©jÃ\xa0 ouvert â€” enfin.".encode()) == "La café est déjà ouvert — enfin."


@pytest.mark.parametrize(
    ("garbled", "code"),
    [
        ("Новый мост открыли в городе в понедельник".encode("cp1251").decode("latin-1"), "loaders.mojibake"),
        (STORY.encode("ascii", "replace").decode(), "loaders.letters_lost"),
        (STORY.encode().decode("cp1252", "replace"), "loaders.letters_lost"),
    ],
    ids=["russian", "question marks", "replaced"],
)
def test_what_cannot_be_put_right_is_refused(garbled: str, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        decode(garbled.encode())
    assert refused.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "Þetta er ágætur íslenskur texti með mörgum sérstökum stöfum á þessari öld, sagði ráðherrann.",
        "Đây là một văn bản tiếng Việt có dấu rất nhiều ở trong câu này.",
        "Smørrebrød på Ærø og i Ålborg: «œuvre», sagde ministeren på øen ‰ ™",
        "النفط… والغاز» ظ ط ط، ولا تعطين الرأي من لا يريده ¿que? ¡sí!",
        "ÇÖÜĞİŞ büyük harfler ve çğıöşü küçük harfler, dedi bakan.",
    ],
)
def test_what_was_meant_is_left_as_it_is(text: str) -> None:
    assert decode(text.encode()) == text


@pytest.mark.parametrize("unit", ["Ø§", "ط§", "ÀÀÀ ", "â€", "??? ", "Ã", "╪▒", "ÇáÍ "])
def test_DOS_01_repairing_the_worst_hundred_thousand_characters_is_quick(unit: str) -> None:
    began = time.process_time()
    with suppress(Unreadable):
        decode((unit * 100_000)[:100_000].encode())
    assert time.process_time() - began < 3


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
    assume(repair_mojibake(text) == text and garbled_reason(text) is None)
    assert decode(text.encode("utf-8-sig")) == text
    assert decode(b"\xff\xfe" + text.encode("utf-16-le")) == text


def test_line_ends_and_spaces_are_left_as_they_are() -> None:
    assert decode(b"a\r\nb\rc\n\n d\t") == "a\r\nb\rc\n\n d\t"
