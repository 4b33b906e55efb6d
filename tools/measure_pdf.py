"""Measure how much of the text of Arabic PDFs their readers take, in order.

`python -m tools.measure_pdf [FOLDER]` makes PDFs of the same texts in many ways (Firefox, Chromium, LibreOffice,
WeasyPrint, fpdf2, ReportLab, rewritten by cairo and by Ghostscript), as far as the programs are installed, keeps them
in FOLDER, and prints the word F1 of our reader, of poppler's pdftotext, of pypdf and of pdfplumber. Words count where
they stand in the longest common blocks.
"""

from __future__ import annotations

import base64
import html
import io
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from difflib import SequenceMatcher
from pathlib import Path
from shutil import which
from statistics import mean
from typing import Any, NamedTuple

from index.loaders.pdf import extract_pdf_text
from tools.measure_word import cells, office, package, paragraph, table

FONTS = ("Noto Naskh Arabic", "Noto Sans Arabic", "DejaVu Sans", "Amiri", "KacstBook")
FILES = {
    "DejaVu Sans": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "Amiri": "/usr/share/fonts/opentype/fonts-hosny-amiri/Amiri-Regular.ttf",
    "Noto Naskh Arabic": "/usr/share/fonts/truetype/noto/NotoNaskhArabic-Regular.ttf",
}
PLAIN = (
    "افتتاح مكتبة في مدينة السهل",
    "قال رئيس البلدية سامر الحداد إن المكتبة تستقبل 9000 زائر في الشهر، وإن كلفتها بلغت 45.5 مليون دولار. "
    "ولا يزال العمل جاريا في القاعة الكبرى، والأمل أن تكتمل خلال عام. وأضاف أن الأهالي أسهموا في البناء.",
    "وقالت شركة Nahr Books إنها ستورد 12 جهازا من طراز X-500 بحلول 2026/05/01، ولا سيما لأهالي الأحياء البعيدة "
    "(نحو 40%)، وإن الأطفال سيزورون المكتبة كل يوم أحد. وختم بقوله: «الكتاب للجميع».",
)
VOWELS = (
    "أيضًا وبناءً على ذلك",
    "وقال أيضًا إنّ الوزارة، بناءً على طلب الأهالي، ستفتح مركزًا جديدًا يوميًا من التاسعة صباحًا حتى الرابعة عصرًا، "
    "وإنّه سيضمّ قاعةً للأطفال وأخرى للباحثين.",
    "إِنَّ الْكِتَابَ صَدِيقٌ لا يَخُونُ صَاحِبَهُ، وَمَنْ قَرَأَ كِتَابًا فَكَأَنَّمَا عَاشَ حَيَاةً أُخْرَى.",
)
MIXED = (
    "تقرير عن برنامج Python 3.12",
    "أعلنت مؤسسة Python Software Foundation إصدار 3.12 في 2 أكتوبر 2023، ويمكن تنزيله من python.org مجانا. "
    "واستخدمه 65.2% من المبرمجين في 14 دولة عربية.",
    "The release was welcomed by developers in Amman and Cairo, who said that it is 5% faster.",
    "وقال المهندس خالد (من شركة IBM) إن نسخة Windows 11 تعمل من دون مشكلات.",
)
FORM = (
    "الاسم: سامر الحداد",
    "رقم الهاتف: 0991234567",
    "تاريخ الميلاد: 1984/03/12",
    "العنوان: حي الأمل، شارع 15، بناء 7",
)
ROWS = (("السلعة", "الكمية", "السعر"), ("السردين", "120 طنا", "14 دينارا"), ("التونة الزرقاء", "35 طنا", "28.5 دينارا"))
TEXTS = {"plain": PLAIN, "vowels": VOWELS, "mixed": MIXED, "form": FORM}


class Printed(NamedTuple):
    """A PDF, and the text that was printed."""

    way: str
    name: str
    data: bytes
    text: str


def page(lines: tuple[str, ...], font: str, style: str = "", rows: tuple[tuple[str, ...], ...] = ()) -> str:
    first, *rest = map(html.escape, lines)
    paragraphs = "".join(f"<p{' dir=ltr' if line[0].isascii() else ''}>{line}</p>" for line in rest)
    grid = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    rules = f'body{{font-family:"{font}";font-size:15px;{style}}}td{{padding:4px 20px;border:1px solid}}'
    body = f"<h1>{first}</h1>{paragraphs}<table>{grid}</table>"
    return f'<html dir="rtl" lang="ar"><meta charset="utf-8"><style>{rules}</style><body>{body}</body></html>'


def pages() -> Iterator[tuple[str, str, str]]:
    """Yield name, HTML and text of the pages that are printed from HTML."""
    for font in FONTS:
        for kind, lines in TEXTS.items():
            yield f"{kind}, {font}", page(lines, font), "\n".join(lines)
    long = PLAIN + VOWELS[1:2] + MIXED[1:2] + PLAIN[1:]
    text = "\n".join(long)
    for font in FONTS[:4]:
        yield f"justified, {font}", page(long, font, "text-align:justify"), text
        yield f"two columns, {font}", page(long * 2, font, "columns:2"), f"{text}\n{text}"
        rows = "\n".join(" ".join(row) for row in ROWS)
        yield f"table, {font}", page(PLAIN[:2], font, rows=ROWS), "\n".join((*PLAIN[:2], rows))
    yield "letters set wide", page(PLAIN, FONTS[0], "font-size:28px;word-spacing:6px"), "\n".join(PLAIN)
    yield "small and bold", page(PLAIN, FONTS[1], "font-size:9px;font-weight:bold"), "\n".join(PLAIN)


def command(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=120)


def chromium(markup: str) -> bytes:
    program = which("chromium") or which("google-chrome") or ""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.html").write_text(markup)
        flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/p")
        command(program, *flags, f"--print-to-pdf={folder}/a.pdf", f"{folder}/a.html")
        return Path(folder, "a.pdf").read_bytes()


class Firefox:
    """Ask Firefox to print, over Marionette, its remote protocol.

    A message is `length:[type, id, command, values]`.
    """

    def __init__(self, program: str) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        Path(self._folder.name, "user.js").write_text('user_pref("marionette.port", 0);')  # any that is free
        self._process = subprocess.Popen(
            [program, "--headless", "--marionette", "--no-remote", "--profile", self._folder.name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self._folder.name},
        )
        self._socket = self._connected()
        self._replies = self._socket.makefile("rb")
        self._read()
        self._ask("WebDriver:NewSession", capabilities={})

    def print(self, markup: str) -> bytes:
        Path(self._folder.name, "a.html").write_text(markup)
        self._ask("WebDriver:Navigate", url=f"file://{self._folder.name}/a.html")
        return base64.b64decode(self._ask("WebDriver:Print")["value"])

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._replies.close()
        self._socket.close()
        self._folder.cleanup()

    def _connected(self) -> socket.socket:
        port = Path(self._folder.name, "MarionetteActivePort")
        for _ in range(600):
            if port.exists() and port.read_text():
                with suppress(OSError):
                    return socket.create_connection(("127.0.0.1", int(port.read_text())), timeout=120)
            time.sleep(0.1)
        raise TimeoutError("Firefox does not answer")

    def _ask(self, command: str, **values: object) -> dict[str, str]:
        message = json.dumps([0, 1, command, values])
        self._socket.sendall(f"{len(message.encode())}:{message}".encode())
        _, _, error, reply = self._read()
        if error:
            raise RuntimeError(str(error))
        return dict(reply)

    def _read(self) -> Any:
        size = b""
        while (letter := self._replies.read(1)) != b":":
            size += letter
        return json.loads(self._replies.read(int(size)))


def weasyprint(markup: str) -> bytes:
    import weasyprint as library

    return bytes(library.HTML(string=markup).write_pdf())


def writer(lines: tuple[str, ...], font: str, style: str = "", rows: tuple[tuple[str, ...], ...] = ()) -> bytes:
    """What LibreOffice prints of a Word file."""

    def line(text: str) -> str:
        right = "" if text[0].isascii() else "<w:rtl/>"
        fonts = f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:cs="{font}"/>'
        run = f'<w:r><w:rPr>{fonts}{right}</w:rPr><w:t xml:space="preserve">{html.escape(text)}</w:t></w:r>'
        return paragraph(run, properties=f"{'<w:bidi/>' if right else ''}{style}")

    body = "".join(map(line, lines))
    if rows:
        grid = table(*("".join(cells(*row)) for row in rows)).replace("<w:tblPr>", "<w:tblPr><w:bidiVisual/>")
        body += grid.replace("<w:pPr></w:pPr>", "<w:pPr><w:bidi/></w:pPr>").replace(
            "<w:rPr></w:rPr>", "<w:rPr><w:rtl/></w:rPr>"
        )
    return office(package(body), "pdf")


def shaped(lines: tuple[str, ...], font: str) -> bytes:
    """What fpdf2 draws with HarfBuzz."""
    from fpdf import FPDF

    paper = FPDF()
    paper.add_page()
    paper.add_font("F", fname=FILES[font])
    paper.set_font("F", size=13)
    paper.set_text_shaping(use_shaping_engine=True, direction="rtl", script="arab", language="ara")
    for line in lines:
        paper.multi_cell(0, 9, line, align="R", new_x="LMARGIN", new_y="NEXT")
    return bytes(paper.output())


def visual(lines: tuple[str, ...], font: str) -> bytes:
    """What ReportLab draws of presentation forms in the order in which they are seen."""
    import arabic_reshaper
    from bidi.algorithm import get_display
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(TTFont("F", FILES[font]))
    target = io.BytesIO()
    canvas = Canvas(target)
    canvas.setFont("F", 12)
    height = 800
    for line in lines:
        words = line.split()
        for start in range(0, len(words), 12):
            canvas.drawRightString(
                560, height, get_display(arabic_reshaper.reshape(" ".join(words[start : start + 12])))
            )
            height -= 22
    canvas.save()
    return target.getvalue()


def rewritten(data: bytes, program: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/a.pdf", f"{folder}/b.pdf"
        Path(source).write_bytes(data)
        if program == "pdftocairo":
            command(program, "-pdf", source, target)
        else:
            command(program, "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=pdfwrite", f"-sOutputFile={target}", source)
        return Path(target).read_bytes()


def printed_files() -> Iterator[Printed]:
    """Yield the files of all ways whose programs are there."""
    program = which("firefox") or which("firefox-esr")
    firefox = Firefox(program) if program else None
    for name, markup, text in pages() if firefox else ():
        yield Printed("Firefox", name, firefox.print(markup), text)
    if firefox:
        firefox.close()
    for place, (name, markup, text) in enumerate(pages()):
        data = chromium(markup)
        yield Printed("Chromium", name, data, text)
        for program in ("pdftocairo", "gs"):
            if place % 8 == 0 and which(program):
                yield Printed(f"rewritten by {program}", name, rewritten(data, program), text)
        if place % 3 == 0:
            with suppress(ImportError, OSError):
                yield Printed("WeasyPrint", name, weasyprint(markup), text)
    for font in (*FONTS[:2], "Amiri", "DejaVu Sans"):
        for kind, lines in TEXTS.items():
            yield Printed("LibreOffice", f"{kind}, {font}", writer(lines, font), "\n".join(lines))
    both = '<w:jc w:val="both"/>'
    yield Printed("LibreOffice", "justified", writer(PLAIN + VOWELS, "Amiri", both), "\n".join(PLAIN + VOWELS))
    rows = "\n".join(" ".join(row) for row in ROWS)
    yield Printed("LibreOffice", "table", writer(PLAIN[:2], "Amiri", rows=ROWS), "\n".join((*PLAIN[:2], rows)))
    for way, draw in (("fpdf2", shaped), ("ReportLab", visual)):
        for font in FILES:
            for kind, lines in TEXTS.items():
                if way == "ReportLab" and (font != "DejaVu Sans" or kind == "vowels"):
                    continue  # the others lack presentation forms; the reshaper drops vowel signs
                if font == "Noto Naskh Arabic" and kind != "vowels":
                    continue  # it has no Latin letters
                with suppress(ImportError):
                    yield Printed(way, f"{kind}, {font}", draw(lines, font), "\n".join(lines))


def words(text: str) -> list[str]:
    text = unicodedata.normalize("NFC", text).replace("\u0640", "")  # shadda and vowel in one order
    return re.findall(r"[\w\u064b-\u0655\u0670]+", text)


def score(text: str, expected: str) -> float:
    """Return the F1 of the words in their order."""
    got, wanted = words(text), words(expected)
    matcher = SequenceMatcher(None, got, wanted, autojunk=False)
    return 2 * sum(block.size for block in matcher.get_matching_blocks()) / (len(got) + len(wanted))


def ours(data: bytes) -> str:
    return extract_pdf_text(data, 5_000_000)


def pdftotext(data: bytes) -> str:
    return subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True).stdout.decode()


def pypdf(data: bytes) -> str:
    import pypdf as library

    return "\n".join(page.extract_text() for page in library.PdfReader(io.BytesIO(data)).pages)


def pdfplumber(data: bytes) -> str:
    import pdfplumber as library

    with library.open(io.BytesIO(data)) as document:
        return "\n".join(page.extract_text() for page in document.pages)


READERS: dict[str, Callable[[bytes], str]] = {
    "ours": ours,
    "pdftotext": pdftotext,
    "pypdf": pypdf,
    "pdfplumber": pdfplumber,
}


def main() -> None:
    """Print F1 by file and, at the end, by way and reader."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number, printed in enumerate(printed_files()):
        if folder:
            folder.mkdir(exist_ok=True, parents=True)
            (folder / f"{number:03}.pdf").write_bytes(printed.data)
            (folder / f"{number:03}.txt").write_text(f"{printed.way}, {printed.name}\n{printed.text}")
        line = []
        for name, reader in READERS.items():
            try:
                value = score(reader(printed.data), printed.text)
            except ImportError:
                continue
            except Exception:
                value = 0.0
            scores[printed.way][name].append(value)
            scores["all"][name].append(value)
            line.append(f"{value:.3f}")
        print(" ".join(line), printed.way, printed.name, flush=True)
    for way, by_reader in scores.items():
        count = len(next(iter(by_reader.values())))
        shown = ", ".join(f"{name} {mean(values):.3f} ({min(values):.2f})" for name, values in by_reader.items())
        print(f"{way}: {count} files; {shown}")


if __name__ == "__main__":
    main()
