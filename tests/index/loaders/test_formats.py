"""HTML, Word and PDF: their text, what they say of themselves, and hostile ones that cost no more than themselves."""

from __future__ import annotations

import os
import signal
import time
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from string import ascii_lowercase

import pytest

from index.loaders.article_loader import HTML, read
from index.loaders.encoding import Unreadable
from index.loaders.pdf import join_lines
from index.loaders.sandbox import Sandbox
from index.models import Article, Skipped
from tests.index.papers import META, STORY, TITLE, page, pdf, word, word_with

pytestmark = pytest.mark.process


def only(tmp_path: Path, name: str, content: str | bytes) -> Article | Skipped:
    """What becomes of one file beside a sound one."""
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    (tmp_path / "zz.txt").write_text(STORY[0])
    found = {one.path: one for one in read(tmp_path)}
    assert isinstance(found["zz.txt"], Article)
    return found[name]


def article(tmp_path: Path, name: str, content: str | bytes) -> Article:
    found = only(tmp_path, name, content)
    assert isinstance(found, Article), found
    return found


def reason(tmp_path: Path, name: str, content: str | bytes) -> str:
    found = only(tmp_path, name, content)
    assert isinstance(found, Skipped), found
    assert found.error
    return found.reason


@pytest.fixture(autouse=True)
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have neither tesseract nor LibreOffice, whatever this machine has."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def child() -> Iterator[Sandbox]:
    confined = Sandbox()
    yield confined
    confined.close()


# --- HTML ---


def test_a_page_becomes_its_story_with_what_its_head_says(tmp_path: Path) -> None:
    found = article(tmp_path, "a.html", page(head=META))
    assert (found.title, found.published, found.publisher) == (TITLE, date(2024, 5, 3), "صحيفة الساحل")
    assert (found.url, found.language) == ("https://example.org/news/1", "ar")
    assert all(one in found.text for one in STORY)
    assert not any(word in found.text for word in ("المرور", "الرئيسية", "سوق السمك", "<p>"))


def test_a_page_that_gives_no_date_has_none(tmp_path: Path) -> None:
    found = article(
        tmp_path, "a.html", page(body="".join(f"<p>{one}</p>" for one in (*STORY, "بدأ العمل في 3 مايو 2021.")))
    )
    assert found.published is None


def test_ING_04_a_page_named_txt_is_read_as_a_page(tmp_path: Path) -> None:
    found = article(tmp_path, "a.txt", "\n" + page())
    assert STORY[0] in found.text
    assert "المرور" not in found.text and "<" not in found.text


@pytest.mark.parametrize("charset", ["windows-1256", "utf-8", "utf-16"])
def test_ING_01_a_page_is_read_in_the_encoding_it_declares(tmp_path: Path, charset: str) -> None:
    assert STORY[0] in article(tmp_path, "a.html", page(charset=charset).encode(charset)).text


def test_ING_02_a_page_that_belies_its_encoding_is_refused(tmp_path: Path) -> None:
    assert "UTF-8" in reason(tmp_path, "a.html", page().encode()[:-30] + b"\xff\xfe\xfd" * 9 + b"</html>")


def test_a_page_without_a_text_is_refused(tmp_path: Path) -> None:
    assert reason(tmp_path, "a.html", "<html><body><script>x()</script></body></html>") == "there is no text in it"


# --- Word ---


def test_a_word_document_becomes_its_paragraphs_and_tables(tmp_path: Path) -> None:
    found = article(tmp_path, "a.docx", word(TITLE, *STORY, rows=[["البند", "الكلفة"], ["الجسر", "5 ملايين"]]))
    assert found.text == "\n".join((TITLE, *STORY, "البند | الكلفة", "الجسر | 5 ملايين"))
    assert found.title == TITLE
    assert article(tmp_path, "b.docx", word(*STORY, title="عنوان آخر")).title == "عنوان آخر"


@pytest.mark.parametrize("default", ("Word Document", "Document1", "untitled", "Microsoft Word - notes.docx"))
def test_a_title_that_a_program_put_into_a_word_file_gives_way_to_its_first_line(tmp_path: Path, default: str) -> None:
    assert article(tmp_path, "a.docx", word(TITLE, *STORY, title=default)).title == TITLE


# --- PDF ---


def test_a_pdf_becomes_its_pages(tmp_path: Path) -> None:
    found = article(tmp_path, "a.pdf", pdf([["The bridge is open.", "It cost five million."], ["Cars cross it."]]))
    assert found.text == "The bridge is open.\nIt cost five million.\n\nCars cross it."


@pytest.mark.parametrize("drawn_backwards", [True, False], ids=["as seen", "as read"])
def test_arabic_is_read_in_order_whichever_way_the_file_holds_it(tmp_path: Path, drawn_backwards: bool) -> None:
    lines = ["افتتح الوزير الجسر الجديد في المدينة", "وقال إن العمل في الجسر القديم انتهى", "عبر الأهالي والزوار النهر"]
    drawn = [line[::-1] if drawn_backwards else line for line in lines]
    assert article(tmp_path, "a.pdf", pdf([drawn])).text.split() == " ".join(lines).split()


def test_numbers_and_foreign_names_are_read_from_left_to_right_in_an_arabic_line(tmp_path: Path) -> None:
    drawn = ["2024 رايأ 12 سمأ ةنيدملا يف", "BBC News ديدجلا رسجلا حاتتفا", "نييالم 3,5 ةفلكلا ىلإ اهتعيبط"]
    read = "في المدينة أمس 12 أيار 2024 افتتاح الجسر الجديد BBC News طبيعتها إلى الكلفة 3,5 ملايين"
    assert article(tmp_path, "a.pdf", pdf([drawn])).text.split() == read.split()


PRINTED = """افتتاح مكتبة في مدينة السهل
قال رئيس البلدية سامر الحداد إن المكتبة تستقبل 9000 زائر في الشهر، وإن كلفتها بلغت 45.5 مليون دولار. وقالت شركة \
Nahr Books إنها ستورد 12 جهازا من طراز X-500 بحلول 2026/05/01، ولا سيما لأهالي الأحياء."""


@pytest.mark.parametrize("font", ["noto_naskh", "noto_sans", "dejavu", "amiri", "firefox"])
def test_arabic_that_a_browser_printed_is_read_word_by_word(tmp_path: Path, font: str) -> None:
    printed = (Path(__file__).parents[2] / "data" / "pdf" / f"{font}.pdf").read_bytes()
    assert article(tmp_path, "a.pdf", printed).text.split() == PRINTED.split()


def test_a_lam_alef_that_firefox_does_not_name_is_told_by_its_outline(tmp_path: Path) -> None:
    printed = (Path(__file__).parents[2] / "data" / "pdf" / "firefox_lam_alef.pdf").read_bytes()
    assert article(tmp_path, "a.pdf", printed).text.split("\n") == [
        "بلا ولأن ولإذا والآن",
        "وقال لأمه: لا تخافي، فالآن يصل القطار إلى الإسكندرية، ولأنه سريع فلا بأس. والأهم أن الآلات تعمل بلا توقف، "
        "وأن خلاصة الأمر: سلامٌ.",
    ]


VOWELS = """أيضًا وبناءً على ذلك
وقال أيضًا إنّ الوزارة، بناءً على طلب الأهالي، ستفتح مركزًا جديدًا يوميًا من التاسعة صباحًا حتى الرابعة عصرًا، \
وإنّه سيضمّ قاعةً للأطفال وأخرى للباحثين.
إِنَّ الْكِتَابَ صَدِيقٌ لا يَخُونُ صَاحِبَهُ، وَمَنْ قَرَأَ كِتَابًا فَكَأَنَّمَا عَاشَ حَيَاةً أُخْرَى."""


@pytest.mark.parametrize("name", ["vowels", "vowels_libreoffice"])
def test_vowel_signs_stand_on_their_letters_and_tear_no_word(tmp_path: Path, name: str) -> None:
    printed = (Path(__file__).parents[2] / "data" / "pdf" / f"{name}.pdf").read_bytes()
    text = unicodedata.normalize("NFC", article(tmp_path, "a.pdf", printed).text)
    assert text.split() == unicodedata.normalize("NFC", VOWELS).split()


def test_a_table_is_read_row_by_row_from_right_to_left(tmp_path: Path) -> None:
    printed = (Path(__file__).parents[2] / "data" / "pdf" / "table.pdf").read_bytes()
    text = article(tmp_path, "a.pdf", printed).text
    rows = ["السلعة الكمية السعر", "السردين 120 طنا 14 دينارا", "التونة الزرقاء 35 طنا 28.5 دينارا"]
    assert text.split("\n")[-3:] == rows


def filled_form(flags: int = 4) -> bytes:
    """A PDF with two labels, a field beside the second, and a typed note; it has no table of objects."""
    drawn = "BT /F1 12 Tf 1 0 0 1 50 780 Tm (Applications for the library) Tj 1 0 0 1 50 740 Tm (Name:) Tj ET"
    value = "سامر الحداد".encode("utf-16-be").hex()
    return (
        "%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [6 0 R]>>>> endobj\n"
        "2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n"
        "3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] "
        "/Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>> /Annots [6 0 R 7 0 R]>> endobj\n"
        f"4 0 obj <</Length {len(drawn)}>> stream\n{drawn}\nendstream endobj\n"
        "5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj\n"
        f"6 0 obj <</Type /Annot /Subtype /Widget /FT /Tx /T (name) /F {flags} /V <feff{value}> "
        "/Rect [100 732 300 752]>> endobj\n"
        "7 0 obj <</Type /Annot /Subtype /FreeText /F 4 /Contents (Seen on Monday) /Rect [100 600 300 620]>> endobj\n"
        "trailer <</Root 1 0 R>>\n%%EOF"
    ).encode()


def test_what_was_entered_into_a_form_stands_beside_its_label(tmp_path: Path) -> None:
    lines = article(tmp_path, "a.pdf", filled_form()).text.split("\n")
    assert lines[-1] == "Seen on Monday"
    assert lines[-2].endswith("Name: سامر الحداد")
    assert "سامر" not in article(tmp_path, "b.pdf", filled_form(flags=2)).text


@pytest.mark.parametrize("shift", [5, 6])
def test_a_text_layer_that_is_no_language_is_refused_and_ocr_named(tmp_path: Path, shift: int) -> None:
    lines = ["The mayor of Belfield opened the new library in Marisa before a crowd of four hundred people."] * 2
    turned = str.maketrans(ascii_lowercase, ascii_lowercase[shift:] + ascii_lowercase[:shift])
    shifted = [line.translate(turned) for line in lines]
    assert "OCR" in reason(tmp_path, "a.pdf", pdf([shifted]))
    assert article(tmp_path, "a.pdf", pdf([lines])).text


@pytest.mark.parametrize(
    "turned",
    ["".join(chr(0xE000 + ord(sign) % 100) for sign in STORY[0]), STORY[0].encode("cp1256").decode("latin-1")],
    ids=["private use", "mojibake"],
)
def test_a_text_layer_of_signs_that_no_script_has_is_refused_and_ocr_named(tmp_path: Path, turned: str) -> None:
    assert "OCR" in reason(tmp_path, "a.pdf", pdf([[turned]]))


def test_lines_of_a_column_are_joined_and_headlines_and_items_are_not() -> None:
    lines = [
        "New bridge",
        "The mayor opened the bridge on Mon-",
        "day and many people came to see it",
        "there.",
        "• a list item",
        "• another item",
    ]
    assert join_lines(lines).split("\n") == [
        "New bridge",
        "The mayor opened the bridge on Monday and many people came to see it there.",
        "• a list item",
        "• another item",
    ]


def test_a_pdf_without_text_says_that_it_may_be_a_scan(tmp_path: Path) -> None:
    assert "OCR" in reason(tmp_path, "a.pdf", pdf([[]]))


# --- hostile ---

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]><w:document "
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&m;</w:t>'
    "</w:r></w:p></w:body></w:document>"
)
FILE = BOMB.replace('<!ENTITY a "ha">', '<!ENTITY m SYSTEM "file:///etc/passwd">')
NESTED = (
    '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    + "<w:p>" * 100_000
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", word_with(BOMB)),
        ("a.docx", word_with(FILE)),
        ("a.docx", word_with(NESTED)),
        ("a.docx", word_with("x", **{"word/media/zeros.bin": b"\0" * 30_000_000})),
        ("a.docx", word("x")[:-40]),
        ("a.docx", b"PK\x03\x04 no archive"),
        ("a.docx", STORY[0]),
        ("a.pdf", b"%PDF-1.4 garbage"),
        ("a.pdf", STORY[0]),
        ("a.txt", b"%PDF-1.4 \x00\x01 garbage"),
        ("a.pdf", pdf([["x"]], kids=" ".join(["6 0 R"] * 100_000), count=100_000)),
        ("a.pdf", pdf([["x"]], kids="2 0 R", count=1)),
    ],
    ids=[
        *("entity bomb", "foreign file", "nested", "zip bomb", "cut", "no archive", "text as docx"),
        *("garbage", "text as pdf", "pdf as text", "pages", "recursive pages"),
    ],
)
def test_ING_08_a_hostile_file_is_refused_and_the_next_one_is_read(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    assert reason(tmp_path, name, content)


def test_ING_08_deeply_nested_html_costs_only_itself(tmp_path: Path) -> None:
    found = only(tmp_path, "a.html", page(body="<div>" * 100_000 + STORY[0]))
    assert isinstance(found, Skipped) or "<div>" not in found.text


def test_ING_08_a_text_of_nothing_but_comments_is_told_from_a_page_at_once() -> None:
    started = time.process_time()
    comments = "<!-- x -->\n" * 10_000
    assert not HTML.match(comments + "خبر")
    assert HTML.match(f"<?xml version='1.0'?>\n{comments}<!DOCTYPE html>")
    assert time.process_time() - started < 1


def test_ING_08_a_file_that_takes_too_long_is_given_up(child: Sandbox) -> None:
    child.extract("html", page().encode())
    child.seconds = 0.001
    with pytest.raises(Unreadable, match="seconds"):
        child.extract("pdf", pdf([["word " * 20] * 40] * 200))
    child.seconds = 20
    assert STORY[0] in child.extract("html", page().encode()).text


def test_ING_08_a_file_that_needs_too_much_memory_is_refused() -> None:
    tight = Sandbox(memory=200_000_000)
    try:
        with pytest.raises(Unreadable, match="memory"):
            tight.extract("pdf", bytes(100_000_000))
    finally:
        tight.close()


def test_a_reader_that_dies_is_started_again(child: Sandbox) -> None:
    child.extract("html", page().encode())
    assert child._child is not None
    os.kill(child._child.pid, signal.SIGKILL)
    child._child.wait()
    assert STORY[0] in child.extract("html", page().encode()).text


def test_the_child_is_told_no_secrets(child: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-TEST-sentinel")
    child.extract("html", page().encode())
    assert child._child is not None
    assert b"sentinel" not in Path(f"/proc/{child._child.pid}/environ").read_bytes()
