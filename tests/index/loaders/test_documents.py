"""E-mails, saved pages, RTF, OpenDocument and old Word files: their own words, and what their heads say."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from index.loaders.article_loader import read
from index.loaders.email_message import newest_part
from index.models import Article, Skipped
from tests.index.papers import META, STORY, TITLE, page, word

SENDER = "نشرة الساحل <news@sahel.example>"
OLD = "نص الرسالة القديمة لا يخص أحدا."


def only(tmp_path: Path, name: str, data: bytes) -> Article | Skipped:
    (tmp_path / name).write_bytes(data)
    (entry,) = read(tmp_path)
    return entry


def article(tmp_path: Path, name: str, data: bytes) -> Article:
    entry = only(tmp_path, name, data)
    assert isinstance(entry, Article), entry
    return entry


def reason(tmp_path: Path, name: str, data: bytes) -> str:
    entry = only(tmp_path, name, data)
    assert isinstance(entry, Skipped), entry
    return entry.reason


def message(text: str = "\n\n".join(STORY), markup: str = "", subject: str = f"Fwd: {TITLE}") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = SENDER, subject, "Fri, 03 May 2024 23:30:00 +0300"
    mail["Message-ID"] = "<1@sahel.example>"
    mail.set_content(text)
    if markup:
        mail.add_alternative(markup, subtype="html")
    return mail


# --- e-mail ---


def test_an_email_is_its_text_with_subject_day_and_sender(tmp_path: Path) -> None:
    found = article(tmp_path, "a.eml", message().as_bytes())
    assert found.text == "\n\n".join(STORY)
    assert (found.title, found.published, found.publisher) == (TITLE, date(2024, 5, 3), "نشرة الساحل")


@pytest.mark.parametrize("charset", ["windows-1256", "iso-8859-6", "utf-8"])
def test_an_email_is_read_in_the_encoding_that_it_names(tmp_path: Path, charset: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = SENDER, TITLE
    mail.set_content("\n".join(STORY), charset=charset)
    assert article(tmp_path, "a.eml", mail.as_bytes()).text == "\n".join(STORY)


@pytest.mark.parametrize(
    "tail",
    [
        f"\n\nفي الجمعة، 3 مايو 2024 في 10:00 ص، كتب سامر <s@x.example>:\n\n> {OLD}\n> نعم\n",
        f"\n\nOn Fri, May 3, 2024 at 10:00 AM Samer Haddad\n<s@x.example> wrote:\n> {OLD}\n>\n> نعم\n",
        f"\n\n-----Original Message-----\nFrom: A <a@b.example>\nSent: Friday\nTo: C\nSubject: D\n\n{OLD}",
        f"\n\n{'_' * 32}\nمن: سامر <a@b.example>\nتاريخ الإرسال: الجمعة\nإلى: ليلى\nالموضوع: جسر\n\n{OLD}",
        f"\n-- \nسامر\n{OLD}",
    ],
    ids=["Arabic", "English, in two lines", "rule", "Arabic rule", "signature"],
)
def test_quoted_messages_and_signatures_are_left_out(tail: str) -> None:
    assert newest_part("\n".join(STORY) + tail) == "\n".join(STORY)


def test_a_message_that_is_only_forwarded_is_read(tmp_path: Path) -> None:
    forwarded = f"-----Original Message-----\nFrom: A <a@b.example>\nSent: Friday\nTo: C\nSubject: D\n\n{STORY[0]}"
    assert STORY[0] in article(tmp_path, "a.eml", message(forwarded).as_bytes()).text


def test_a_line_that_ends_in_a_colon_or_a_list_of_fields_is_no_quotation() -> None:
    text = "قال الوزير في 3 مايو 2024:\nافتُتح الجسر.\nالكلفة: 5 ملايين\nالطول: 850 مترا\nالمدة: عامان"
    assert newest_part(text) == text


def test_the_html_part_of_a_newsletter_is_read_without_earlier_messages(tmp_path: Path) -> None:
    quote = f'<div class="gmail_quote"><blockquote>{OLD}</blockquote></div><p>{STORY[1]}</p>'
    markup = f'<html><body dir="rtl"><style>p {{}}</style><p>{STORY[0]}</p>{quote}</body></html>'
    found = article(tmp_path, "a.eml", message("اعرضها في المتصفح", markup).as_bytes())
    assert found.text == "\n".join(STORY)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 100, STORY[0].encode(), b"Subject: x\n\n", b"Content-Type: multipart/mixed\n\n" * 1000],
    ids=["empty", "binary", "text", "no body", "nested"],
)
def test_what_is_no_email_is_refused(tmp_path: Path, data: bytes) -> None:
    assert reason(tmp_path, "a.eml", data)


def test_a_saved_page_is_read_as_the_page_with_its_address(tmp_path: Path) -> None:
    saved = EmailMessage()
    saved["From"], saved["MIME-Version"] = "<Saved by Blink>", "1.0"
    saved["Snapshot-Content-Location"] = "https://example.org/news/1"
    saved.set_content(page(head=META), subtype="html", cte="quoted-printable")
    saved.add_related(b"\x89PNG", "image", "png")
    found = article(tmp_path, "a.mhtml", saved.as_bytes())
    assert all(paragraph in found.text for paragraph in STORY) and "الرئيسية" not in found.text
    assert (found.title, found.url) == (TITLE, "https://example.org/news/1")


# --- documents ---


def rtf(*lines: str, page: int = 1256) -> bytes:
    def escaped(text: str) -> str:
        return "".join(f"\\'{byte:02x}" if byte > 127 else chr(byte) for byte in text.encode(f"cp{page}"))

    body = "\\par ".join(map(escaped, lines))
    fonts = r"{\fonttbl{\f0\fnil\fcharset178 Arial;}}"
    return f"{{\\rtf1\\ansi\\ansicpg{page}\\deff0{fonts}{{\\info{{\\title {escaped(TITLE)}}}}}\\f0 {body}}}".encode()


def open_document(body: str, **parts: str) -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    head = f'<?xml version="1.0" encoding="UTF-8"?>{parts.pop("doctype", "")}'
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        content = f"<office:document-content {spaces}><office:body><office:text>{body}</office:text></office:body>"
        archive.writestr("content.xml", f"{head}{content}</office:document-content>")
        for name, text in parts.items():
            archive.writestr(name, text)
    return target.getvalue()


def test_a_rich_text_is_read_in_its_code_page(tmp_path: Path) -> None:
    found = article(tmp_path, "a.rtf", rtf(*STORY))
    assert found.text.split("\n") == list(STORY)
    assert found.title == TITLE
    unicode = "".join(f"\\u{ord(sign)}?" for sign in STORY[0])
    assert article(tmp_path, "a.rtf", f"{{\\rtf1\\ansi {unicode}}}".encode()).text == STORY[0]


def test_deleted_and_hidden_text_of_a_rich_text_is_left_out(tmp_path: Path) -> None:
    body = r"It cost {\deleted\revauthdel1 three }{\revised\revauth1 seven }million. {\v secret}{\b\v0 It is open.}"
    assert article(tmp_path, "a.rtf", f"{{\\rtf1\\ansi {body}}}".encode()).text == "It cost seven million. It is open."


def test_notes_boxes_and_margins_of_a_rich_text_stand_in_place_and_once(tmp_path: Path) -> None:
    note = r"{\super\chftn{\footnote\pard\plain{\super\chftn } Counted in {\i May}.\par A second line.}}"
    box = (
        r"{\shp{\*\shpinst\shpleft0{\sp{\sn shapeType}{\sv 202}}{\shptxt\pard A box\{1\}.\par}}"
        r"{\shprslt{\*\do{\dptxbxtext\pard A box\{1\}.\par}}}}"
    )
    margins = r"{\header\pard News desk\par}{\footer\pard Page {\chpgn}\par}"
    last = r"The end{\*\footnote Of it}."
    body = f"{margins}\\pard It holds 48 shops{note}.{box}\\par It opens at six.\\par {margins}{last}"
    text = article(tmp_path, "a.rtf", f"{{\\rtf1\\ansi\\pard {body}}}".encode()).text
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    expected = (
        "News desk|It holds 48 shops.|Counted in May.|A second line.|A box{1}.|It opens at six.|The end.|Of it|Page"
    )
    assert lines == expected.split("|")


@pytest.mark.parametrize("name", ["a.rtf", "a.doc"])
def test_a_rich_text_named_as_a_word_file_is_read(tmp_path: Path, name: str) -> None:
    assert STORY[0] in article(tmp_path, name, rtf(*STORY)).text


def test_an_open_document_is_read_as_its_reader_sees_it(tmp_path: Path) -> None:
    region = "<text:changed-region><text:p>محذوف</text:p></text:changed-region>"
    deleted = f"<text:tracked-changes>{region}</text:tracked-changes>"
    words = "<text:note-body><text:p>بحسب البلدية.</text:p></text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{words}</text:note>"
    row = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in ("الجسر", "5 ملايين"))
    item = '<text:list><text:list-item><text:p>بند<text:s text:c="2"/>أول</text:p></text:list-item></text:list>'
    grid = f"<table:table><table:table-row>{row}</table:table-row></table:table>"
    body = f"{deleted}<text:h>{TITLE}</text:h><text:p>{STORY[0]}{note}</text:p>{item}{grid}"
    found = article(tmp_path, "a.odt", open_document(body))
    assert found.text.split("\n") == [TITLE, STORY[0], "بحسب البلدية.", "بند  أول", "الجسر | 5 ملايين"]


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.odt", open_document("<text:p>&b;</text:p>", doctype=BOMB)),
        ("a.odt", open_document("<text:p>" * 100_000)),
        ("a.odt", open_document(f"<text:p>{STORY[0]}</text:p>")[:-60]),
        ("a.odt", open_document(f"<text:p>{STORY[0]}</text:p>", zeros="0" * 30_000_000)),
        ("a.odt", STORY[0].encode()),
        ("a.rtf", b"{\\rtf1 " + b"{" * 100_000),
        ("a.rtf", STORY[0].encode()),
        ("a.doc", STORY[0].encode()),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")),
    ],
    ids=["entities", "nested", "cut", "bomb", "text as odt", "nested rtf", "text as rtf", "text as doc", "encrypted"],
)
def test_a_hostile_or_damaged_document_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    assert reason(tmp_path, name, data)


def test_an_old_word_file_is_read_by_libreoffice_or_its_reason_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    (tmp_path / "articles").mkdir()
    assert "LibreOffice" in reason(tmp_path / "articles", "a.doc", old)
    programs = tmp_path / "programs"
    programs.mkdir()
    office = programs / "soffice"  # converts as LibreOffice does: the file's name is the last word
    (programs / "converted.docx").write_bytes(word(*STORY))
    office.write_text(
        f'#!/bin/sh\nwhile [ $# -gt 1 ]; do [ "$1" = --outdir ] && out="$2"; shift; done\n/bin/mkdir -p "$out"\n'
        f'/bin/cp "{programs}/converted.docx" "$out/article.docx"\n'
    )
    office.chmod(office.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}")
    assert article(tmp_path / "articles", "a.doc", old).text == "\n".join(STORY)
