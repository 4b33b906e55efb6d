"""Word files: what a reader sees is read, once and in order, and what no reader sees is not."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from index.loaders.article_loader import read
from index.models import Article, Skipped
from tools.measure_word import Made, cells, made_files, package, paragraph, run, score, table

LINES = ("افتتاح سوق السمك في ميناء رامة", "افتتح رئيس بلدية رامة عادل نصار سوق السمك الجديد صباح الأحد بحضور الأهالي.")
PLAIN = paragraph(run(LINES[0])) + paragraph(run(LINES[1]))
CHANGE = 'w:id="1" w:author="x"'


def only(tmp_path: Path, data: bytes) -> Article | Skipped:
    (tmp_path / "a.docx").write_bytes(data)
    (entry,) = read(tmp_path)
    return entry


def text(tmp_path: Path, data: bytes) -> str:
    entry = only(tmp_path, data)
    assert isinstance(entry, Article), entry
    return entry.text


@pytest.mark.parametrize("made", made_files(), ids=lambda made: made.name)
def test_a_word_file_is_read_as_its_reader_sees_it(tmp_path: Path, made: Made) -> None:
    assert score(text(tmp_path, made.data), made.text) == 1.0


def test_O03_text_of_tracked_changes_stands_in_its_sentence(tmp_path: Path) -> None:
    changed = paragraph(
        run("وبلغت كلفة السوق "),
        f"<w:del {CHANGE}><w:r><w:delText>ثلاثة</w:delText></w:r></w:del><w:ins {CHANGE}>{run('سبعة ')}</w:ins>",
        run("ملايين دولار."),
    ) + paragraph(f"<w:ins {CHANGE}>{run('وقال نصار إن السوق يضم 48 متجرا.')}</w:ins>")
    read_lines = text(tmp_path, package(PLAIN + changed)).split("\n")
    assert read_lines == [*LINES, "وبلغت كلفة السوق سبعة ملايين دولار.", "وقال نصار إن السوق يضم 48 متجرا."]


def test_O06_merged_cells_are_read_once_and_tables_in_cells_row_by_row(tmp_path: Path) -> None:
    wide = f'<w:tc><w:tcPr><w:gridSpan w:val="3"/></w:tcPr>{paragraph(run("مبيعات السوق"))}</w:tc>'
    inner = table(cells("ملاحظة", "سعر التونة 14 دينارا"), columns=2)
    note = cells("التونة", "35 طنا") + f"<w:tc>{paragraph(run('الاثنين'))}{inner}{paragraph()}</w:tc>"
    read_lines = text(tmp_path, package(PLAIN + table(wide, cells("السردين", "120 طنا", "الأحد"), note))).split("\n")
    assert read_lines[2:] == [
        "مبيعات السوق",
        "السردين | 120 طنا | الأحد",
        "التونة | 35 طنا | الاثنين",
        "ملاحظة | سعر التونة 14 دينارا",
    ]


def test_a_note_stands_behind_the_paragraph_that_refers_to_it(tmp_path: Path) -> None:
    note = f'<w:footnote w:id="2">{paragraph(run("بحسب بيان البلدية."))}</w:footnote>'
    body = paragraph(run(LINES[0]), '<w:r><w:footnoteReference w:id="2"/></w:r>') + paragraph(run(LINES[1]))
    assert text(tmp_path, package(body, footnotes=note)).split("\n") == [LINES[0], "بحسب بيان البلدية.", LINES[1]]


@pytest.mark.parametrize("suffix", ["html", "mht"])
def test_a_page_that_was_put_into_a_word_file_as_it_is_is_read(tmp_path: Path, suffix: str) -> None:
    page = f"<html><body><p>{LINES[1]}</p><script>x()</script></body></html>"
    if suffix == "mht":
        page = f"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{page}"
    source = zipfile.ZipFile(io.BytesIO(package(paragraph(run(LINES[0])) + '<w:altChunk r:id="c1"/>')))
    target = io.BytesIO()
    links = "word/_rels/document.xml.rels"
    link = f'<Relationship Id="c1" Type="x/aFChunk" Target="chunk.{suffix}"/></Relationships>'
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name).decode()
            archive.writestr(name, content.replace("</Relationships>", link) if name == links else content)
        archive.writestr(f"word/chunk.{suffix}", page)
    assert text(tmp_path, target.getvalue()).split("\n") == list(LINES)


def test_the_first_paragraph_in_a_style_of_titles_is_the_title(tmp_path: Path) -> None:
    style = '<w:style w:type="paragraph" w:styleId="a3"><w:name w:val="Title"/></w:style>'
    headline = paragraph(run(LINES[0]), properties='<w:pStyle w:val="a3"/>')
    entry = only(tmp_path, package(paragraph(run("وكالة الساحل")) + headline + paragraph(run(LINES[1])), styles=style))
    assert isinstance(entry, Article)
    assert entry.title == LINES[0]


@pytest.mark.parametrize(
    "body",
    ["", paragraph(), f"<w:del {CHANGE}>{run('x')}</w:del>", "<w:tbl>" * 100, "<w:p>" * 1_000 + "</w:p>" * 1_000],
    ids=["empty", "empty paragraph", "all deleted", "unclosed", "nested deep"],
)
def test_a_word_file_without_a_text_or_damaged_is_refused(tmp_path: Path, body: str) -> None:
    assert isinstance(only(tmp_path, package(body)), Skipped)
