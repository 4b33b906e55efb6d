"""Measure how much of the text of Word files their readers take: `python -m tools.measure_word [--office]`.

Makes Word files in many ways (tracked changes, boxes, notes, tables, fields, Strict Open XML), each with the text that
a reader sees, and prints the word F1 of our reader and of every other one that is installed. The measure respects
order: words count where they stand in the longest common blocks. `--office` adds files that LibreOffice rewrote, and
its own text export as a reader.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from index.loaders.encoding import Unreadable
from index.loaders.extraction import extract

TRANSITIONAL = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SPACES = (
    f'xmlns:w="{TRANSITIONAL}" xmlns:r="{RELATIONS}" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
ARABIC = (
    "افتتح رئيس البلدية صباح أمس الجسر الجديد فوق النهر بحضور الأهالي ومئات الزوار.",
    "وقال المهندس سامر الحداد إن الكلفة بلغت 45.5 مليون دولار، وإن العمل استغرق عامين.",
    "وكانت شركة Nahr Works قد بدأت الأعمال في 3 أيار 2022.",
    "وأضاف أنّ القطار سيصل إلى المحطة خلال شهر.",
)
ENGLISH = (
    "The mayor opened the new bridge over the river yesterday before hundreds of guests.",
    "Samer Haddad, an engineer, said that it cost 45.5 million dollars and took two years.",
    "Nahr Works began in May 2022 with eighty workers from the villages nearby.",
    "He added that trains would reach the station within a month.",
)


class Made(NamedTuple):
    """A Word file, and the text that a reader sees in it."""

    name: str
    data: bytes
    text: str


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def cell(content: str, properties: str = "") -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="2000" w:type="dxa"/>{properties}</w:tcPr>{content}</w:tc>'


def table(*rows: str, columns: int = 3) -> str:
    grid = '<w:gridCol w:w="2000"/>' * columns
    body = "".join(f"<w:tr>{row}</w:tr>" for row in rows)
    return f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>'


def cells(*texts: str) -> str:
    return "".join(cell(paragraph(run(text))) for text in texts)


def box(content: str) -> str:
    """A text box as Word 2010 and later write it.

    A shape, and the same in VML for older programs.
    """
    shape = (
        '<w:drawing><wp:inline><wp:extent cx="2000000" cy="500000"/><wp:docPr id="1" name="box"/><a:graphic>'
        '<a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>'
        '<wps:cNvSpPr txBox="1"/><wps:spPr><a:prstGeom prst="rect"/></wps:spPr><wps:txbx><w:txbxContent>'
        f"{content}</w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp></a:graphicData></a:graphic></wp:inline>"
        "</w:drawing>"
    )
    old = f"<w:pict>{vml(content)}</w:pict>"
    return (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps">{shape}</mc:Choice><mc:Fallback>{old}</mc:Fallback>'
        "</mc:AlternateContent></w:r>"
    )


def vml(content: str) -> str:
    return (
        f'<v:shape type="#_x0000_t202" style="width:200pt;height:40pt"><v:textbox><w:txbxContent>{content}'
        "</w:txbxContent></v:textbox></v:shape>"
    )


def field(code: str, result: str) -> str:
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> {code} </w:instrText>'
        f'</w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def package(body: str, strict: bool = False, **parts: str) -> bytes:
    """A Word file with this body.

    `parts` are footnotes, endnotes, styles, header, footer.
    """
    kinds = {"header": "hdr", "footer": "ftr"}  # of the elements that are not named as their parts
    section = "".join(
        f'<w:{kind}Reference w:type="default" r:id="{kind}"/>' for kind in ("header", "footer") if kind in parts
    )
    files = {
        "word/document.xml": f"<w:document {SPACES}><w:body>{body}<w:sectPr>{section}</w:sectPr></w:body></w:document>"
    }
    for kind, content in parts.items():
        files[f"word/{kind}.xml"] = f"<w:{kinds.get(kind, kind)} {SPACES}>{content}</w:{kinds.get(kind, kind)}>"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    types = "".join(f'<Override PartName="/word/{kind}.xml" ContentType="{main}.{kind}+xml"/>' for kind in parts)
    links = "".join(f'<Relationship Id="{kind}" Type="{RELATIONS}/{kind}" Target="{kind}.xml"/>' for kind in parts)
    space = "http://schemas.openxmlformats.org/package/2006"
    files["[Content_Types].xml"] = (
        f'<Types xmlns="{space}/content-types"><Default Extension="xml" ContentType="application/xml"/><Default '
        'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}.document.main+xml"/>{types}</Types>'
    )
    files["_rels/.rels"] = (
        f'<Relationships xmlns="{space}/relationships"><Relationship Id="r1" Type="{RELATIONS}/officeDocument" '
        'Target="word/document.xml"/></Relationships>'
    )
    files["word/_rels/document.xml.rels"] = f'<Relationships xmlns="{space}/relationships">{links}</Relationships>'
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if strict:
                content = content.replace(TRANSITIONAL, STRICT).replace(
                    RELATIONS, "http://purl.oclc.org/ooxml/officeDocument/relationships"
                )
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{content}')
    return target.getvalue()


def raw_files(lines: tuple[str, ...], language: str) -> Iterator[Made]:
    """Files of raw XML, each with what python-docx cannot write."""
    first, second, third, fourth = lines
    head, tail = second[: len(second) // 2], second[len(second) // 2 :]
    plain = paragraph(run(first))
    gone = "<w:r><w:delText>GONE WORDS </w:delText></w:r>"
    who = 'w:id="7" w:author="x" w:date="2024-05-03T10:00:00Z"'

    def made(name: str, body: str, *text: str, **more: str | bool) -> Made:
        return Made(f"{name} ({language})", package(body, **more), "\n".join(text))  # type: ignore[arg-type]

    yield made("plain", plain + paragraph(run(second)), first, second)
    yield made(
        "insertion and deletion",
        plain + paragraph(run(head), f"<w:del {who}>{gone}</w:del>", f"<w:ins {who}>{run(tail)}</w:ins>"),
        first,
        second,
    )
    yield made(
        "moved text",
        paragraph(f"<w:moveFrom {who}>{run(third)}</w:moveFrom>")
        + plain
        + paragraph(f"<w:moveTo {who}>{run(third)}</w:moveTo>"),
        first,
        third,
    )
    mark = f"<w:rPr><w:del {who}/></w:rPr>"
    yield made("deleted end of a paragraph", paragraph(run(head), properties=mark) + paragraph(run(tail)), second)
    yield made(
        "inserted and deleted rows",
        plain
        + table(
            f"<w:trPr><w:del {who}/></w:trPr>" + cells("GONE", "WORDS", "HERE"),
            f"<w:trPr><w:ins {who}/></w:trPr>" + cells(*first.split()[:3]),
        ),
        first,
        " ".join(first.split()[:3]),
    )
    control = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>"
    yield made(
        "content controls", control.format(plain) + paragraph(run(head), control.format(run(tail))), first, second
    )
    yield made(
        "controls in controls, around rows and cells",
        control.format(control.format(plain))
        + table(
            cells(head)
            .replace("<w:tc>", "<w:sdt><w:sdtContent><w:tc>")
            .replace("</w:tc>", "</w:tc></w:sdtContent></w:sdt>"),
            columns=1,
        ),
        first,
        head,
    )
    yield made("text box", plain + paragraph(run(second), box(paragraph(run(third)))), first, second, third)
    yield made(
        "old text box",
        plain + paragraph(run(second), f"<w:r><w:pict>{vml(paragraph(run(third)))}</w:pict></w:r>"),
        first,
        second,
        third,
    )
    yield made(
        "box in a box", plain + paragraph(box(paragraph(run(second), box(paragraph(run(third)))))), first, second, third
    )
    yield made(
        "table in a box",
        plain + paragraph(box(table(cells(*head.split()[:3])) + paragraph())),
        first,
        " ".join(head.split()[:3]),
    )
    wide = cell(paragraph(run(first)), '<w:gridSpan w:val="3"/>')
    yield made("merged cells", table(wide, cells("1", "2", "3")), first, "1 2 3")
    tall = cell(paragraph(run("4")), '<w:vMerge w:val="restart"/>'), cell(paragraph(), "<w:vMerge/>")
    yield made(
        "cells merged downwards",
        plain + table(tall[0] + cells("5", "6"), tall[1] + cells("7", "8")),
        first,
        "4 5 6 7 8",
    )
    yield made(
        "table in a cell",
        table(cells("9", "8") + cell(paragraph(run(first)) + table(cells("7", "6"), columns=2) + paragraph())),
        "9 8",
        first,
        "7 6",
    )
    short = '<w:trPr><w:gridBefore w:val="1"/><w:gridAfter w:val="1"/></w:trPr>'
    yield made(
        "short rows", plain + table(cells("1", "2", "3"), short + cells("4"), cells("5", "6")), first, "1 2 3 4 5 6"
    )
    yield made(
        "table for a layout",
        table(cell(plain + paragraph(run(second))) + cell(paragraph(run(third)) + paragraph(run(fourth))), columns=2),
        *lines,
    )
    yield made(
        "field results",
        plain
        + paragraph(
            run(head),
            field("DATE \\@ dd.MM.yyyy", run("3.5.2024")),
            f'<w:fldSimple w:instr=" PAGE ">{run(tail)}</w:fldSimple>',
        ),
        first,
        f"{head}3.5.2024{tail}",
    )
    nested = field("IF 1 = 1", field("MERGEFIELD x", run(head)) + run(tail))
    yield made("fields in fields", plain + paragraph(nested), first, second)
    link = field('HYPERLINK "https://example.org"', run(second))
    yield made(
        "links",
        plain + paragraph(link) + paragraph(f'<w:hyperlink w:anchor="x">{run(third)}</w:hyperlink>'),
        first,
        second,
        third,
    )
    yield made(
        "smart tags",
        plain
        + paragraph(
            run(head),
            f'<w:smartTag w:uri="x" w:element="place">{run(tail)}</w:smartTag>',
            f'<w:customXml w:element="y">{run(" 77")}</w:customXml>',
        ),
        first,
        f"{second} 77",
    )
    for kind, name in (("footnotes", "footnote"), ("endnotes", "endnote")):
        separator = f'<w:{name} w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:{name}>'
        note = f'{separator}<w:{name} w:id="2">{paragraph("<w:r><w:footnoteRef/></w:r>", run(third))}</w:{name}>'
        reference = f'<w:r><w:{name}Reference w:id="2"/></w:r>'
        yield made(
            kind, paragraph(run(first), reference) + paragraph(run(second)), first, third, second, **{kind: note}
        )
    yield made(
        "header and footer once",
        plain + paragraph(run(second)),
        third,
        first,
        second,
        fourth,
        header=paragraph(run(third)),
        footer=paragraph(run(fourth)) + paragraph(field("PAGE", run("1"))),
    )
    yield made(
        "strict", plain + paragraph(run(second)) + table(cells("1", "2", "3")), first, second, "1 2 3", strict=True
    )
    yield made(
        "hidden text",
        plain + paragraph(run("GONE", "<w:vanish/>"), run(second, '<w:vanish w:val="0"/>')),
        first,
        second,
    )
    yield made(
        "tabs and breaks",
        paragraph(run(first), "<w:r><w:tab/><w:t>12</w:t><w:br/><w:t>13</w:t><w:noBreakHyphen/><w:t>14</w:t></w:r>"),
        first,
        "12 13-14",
    )
    pieces = [run(letter) for letter in second]
    yield made("a run for each letter", plain + paragraph(*pieces), first, second)
    yield made(
        "ruby and right to left",
        paragraph(
            f'<w:bdo w:val="rtl">{run(first)}</w:bdo>',
            f"<w:r><w:ruby><w:rubyPr/><w:rt>{run('GONE')}</w:rt><w:rubyBase>{run(' 31')}</w:rubyBase></w:ruby></w:r>",
        ),
        f"{first} 31",
    )
    yield made(
        "formula",
        plain
        + paragraph(
            "<m:oMath><m:r><m:t>E=m</m:t></m:r><m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>"
        ),
        first,
        "E=mc2",
    )
    prompt = paragraph(run("GONE WORDS"))
    placeholder = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{prompt}</w:sdtContent></w:sdt>"
    yield made("control that nobody filled in", plain + placeholder + paragraph(run(second)), first, second)


def python_docx_files(lines: tuple[str, ...], language: str) -> Iterator[Made]:
    """Files that python-docx writes: headings, lists, tables, headers, sections."""
    import docx

    def made(name: str, document: object, *text: str) -> Made:
        target = io.BytesIO()
        document.save(target)  # type: ignore[attr-defined]
        return Made(f"python-docx: {name} ({language})", target.getvalue(), "\n".join(text))

    document = docx.Document()
    document.add_heading(lines[2], 0)
    for line in lines:
        document.add_paragraph(line, style="List Bullet")
    yield made("title and list", document, lines[2], *lines)
    document = docx.Document()
    document.add_paragraph(lines[0])
    grid = document.add_table(3, 3)
    for number, each in enumerate(grid._cells):
        each.text = f"{number} {lines[1].split()[number]}"
    merged = grid.cell(0, 0).merge(grid.cell(0, 2))
    merged.text = lines[3]
    text = " ".join(each.text for row in grid.rows[1:] for each in row.cells)
    yield made("merged table", document, lines[0], lines[3], text)
    document = docx.Document()
    for line in lines[1:]:
        document.add_paragraph(line)
        document.add_section()
    document.sections[0].header.paragraphs[0].text = lines[0]
    yield made("sections with a header", document, *lines)


def made_files() -> list[Made]:
    """Return the files in both languages."""
    kinds = ((ARABIC, "Arabic"), (ENGLISH, "English"))
    return [made for kind in kinds for maker in (raw_files, python_docx_files) for made in maker(*kind)]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def score(text: str, expected: str) -> float:
    """Return the F1 of the words in their order."""
    got, wanted = words(text), words(expected)
    matcher = SequenceMatcher(None, got, wanted, autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    return 2 * same / (len(got) + len(wanted)) if got or wanted else 1.0


def ours(data: bytes) -> str:
    return extract("archive", data).text


def python_docx(data: bytes) -> str:
    """What python-docx gives: paragraphs, and tables cell by cell."""
    import docx
    from docx.table import Table

    lines = []
    for part in docx.Document(io.BytesIO(data)).iter_inner_content():
        rows = part.rows if isinstance(part, Table) else ()
        lines += [each.text for row in rows for each in row.cells] or [getattr(part, "text", "")]
    return "\n".join(lines)


def mammoth(data: bytes) -> str:
    import mammoth as library

    return str(library.extract_raw_text(io.BytesIO(data)).value)


def docx2python(data: bytes) -> str:
    import docx2python as library

    return str(library.docx2python(io.BytesIO(data)).text)


def pandoc(data: bytes) -> str:
    import pypandoc

    return str(pypandoc.convert_text(data, "plain", format="docx", extra_args=["--wrap=none"]))


def office(data: bytes, target: str = "txt:Text (encoded):UTF8", suffix: str = "docx") -> bytes:
    """Return what LibreOffice makes of a file."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, f"in.{suffix}")
        source.write_bytes(data)
        profile = f"-env:UserInstallation=file://{tempfile.gettempdir()}/office-profile"
        command = ["soffice", profile, "--headless", "--convert-to", target, "--outdir", f"{folder}/out", str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return next(Path(folder, "out").iterdir()).read_bytes()


def office_text(data: bytes) -> str:
    return office(data).decode("utf-8-sig")


def rewritten(files: list[Made]) -> Iterator[Made]:
    """Files that LibreOffice wrote anew, directly or by way of ODT or DOC.

    Not those whose text it changed then.
    """
    for place, made in enumerate(files):
        way = (("docx",), ("odt", "docx"), ("doc", "docx"))[place % 3]
        data, suffix = made.data, "docx"
        for target in way:
            data, suffix = office(data, target, suffix), target
        if words(office_text(data)) == words(office_text(made.data)):
            yield Made(f"LibreOffice, {' and '.join(way)}: {made.name}", data, made.text)


def main() -> None:
    """Print F1 by file and reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--office", action="store_true")
    arguments = parser.parse_args()
    readers: dict[str, Callable[[bytes], str]] = {
        "ours": ours,
        "python-docx": python_docx,
        "mammoth": mammoth,
        "docx2python": docx2python,
        "pandoc": pandoc,
    }
    files = made_files()
    if arguments.office:
        readers["LibreOffice"] = office_text
        files += rewritten([made for made in files if "Arabic" in made.name and "python-docx" not in made.name])
    scores: dict[str, list[float]] = {name: [] for name in readers}
    for made in files:
        for name, reader in readers.items():
            try:
                scores[name].append(score(reader(made.data), made.text))
            except ImportError:
                continue
            except (Exception, Unreadable):
                scores[name].append(0.0)
        print(" ".join(f"{values[-1]:.3f}" if values else "  -  " for values in scores.values()), made.name)
    for name, values in scores.items():
        if values:
            low = sum(value < 0.99 for value in values)
            print(f"{name}: mean {mean(values):.4f}, least {min(values):.3f}, below .99: {low} of {len(values)}")


if __name__ == "__main__":
    main()
