"""Pages and documents made for tests: HTML, Word and PDF, sound and hostile."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import docx

STORY = (
    "افتتح رئيس البلدية صباح أمس الجسر الجديد فوق النهر بحضور الأهالي ومئات الزوار من القرى المجاورة.",
    "وقال رئيس البلدية إن الجسر كلف خمسة ملايين، وإن العمل فيه استغرق عامين كاملين.",
)
TITLE = "جسر جديد فوق النهر بعد عامين"


def page(*, head: str = "", charset: str = "utf-8", body: str | None = None) -> str:
    """A web page with a menu, the story, a script, and teasers."""
    story = "".join(f"<p>{one}</p>" for one in STORY) if body is None else body
    return (
        f'<!doctype html><html lang="ar"><head><meta charset="{charset}"><title>{TITLE} - صحيفة '
        f"الساحل</title>{head}</head>"
        f'<body><nav><a href="/">الرئيسية</a> <a href="/s">رياضة</a></nav><article><h1>{TITLE}</h1>{story}'
        '<script>document.write("كلمة المرور")</script></article><aside><a href="/2">سوق السمك يغلق '
        "أبوابه</a></aside></body></html>"
    )


META = (
    f'<meta property="og:title" content="{TITLE}"><meta property="og:site_name" content="صحيفة الساحل">'
    '<meta property="article:published_time" content="2024-05-03T10:00:00+03:00">'
    '<link rel="canonical" href="https://example.org/news/1">'
)


def word(*paragraphs: str, title: str = "", rows: Sequence[Sequence[str]] = ()) -> bytes:
    """A Word document."""
    document = docx.Document()
    document.core_properties.title = title
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def word_with(main: str, **parts: bytes) -> bytes:
    """A Word document with another main part, and further parts."""
    source = zipfile.ZipFile(io.BytesIO(word("x")))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, main if name == "word/document.xml" else source.read(name))
        for name, data in parts.items():
            archive.writestr(name, data)
    return target.getvalue()


def pdf(pages: Sequence[Sequence[str]], kids: str | None = None, count: int | None = None) -> bytes:
    """A PDF that draws the lines letter by letter from left to right; what each code means is in its ToUnicode map."""
    letters = sorted({letter for lines in pages for line in lines for letter in line})
    codes = {letter: number + 33 for number, letter in enumerate(letters)}
    mapped = "".join(f"<{code:02x}> <{ord(letter):04x}>\n" for letter, code in codes.items())
    unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
        f"1 begincodespacerange <00> <ff> endcodespacerange\n{len(codes)} "
        f"beginbfchar\n{mapped}endbfchar\nendcmap end end"
    )
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Courier /ToUnicode 4 0 R >>")
    objects.append(f"<< /Length {len(unicode)} >>\nstream\n{unicode}\nendstream")
    own = []
    for lines in pages:
        drawn = "".join(
            f"1 0 0 1 40 {800 - 20 * place} Tm <{''.join(f'{codes[letter]:02x}' for letter in line)}> Tj\n"
            for place, line in enumerate(lines)
        )
        objects.append(f"<< /Length {len(drawn) + 20} >>\nstream\nBT /F1 8 Tf\n{drawn}ET\nendstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 900 842] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {len(objects)} 0 R >>"
        )
        own.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(own) if kids is None else kids}] /Count {count or len(pages)} >>"
    data, places = "%PDF-1.4\n", []
    for number, object_ in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{object_}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    data += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return (data + f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF").encode()
