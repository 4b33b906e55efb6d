"""Files that hold many articles: mailboxes, feeds, tables, JSON, e-books and web archives."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from index.ingest.sync import sync
from index.loaders.article_loader import ArticleRef, read, scan
from index.models import Article, Skipped
from index.store.ledger import Ledger
from tests.index.loaders.test_documents import message
from tests.index.papers import META, STORY, TITLE, page

SECOND = ("سوق السمك يفتح أبوابه في الميناء", "فتح سوق السمك أبوابه صباح الأحد بحضور مئات الأهالي والصيادين.")


def entries(tmp_path: Path, name: str, data: str | bytes) -> list[Article | Skipped]:
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    (tmp_path / "zz.txt").write_text(STORY[0])
    *found, sound = read(tmp_path)
    assert isinstance(sound, Article) and sound.id == "zz"
    return found


def articles(tmp_path: Path, name: str, data: str | bytes) -> list[Article]:
    found = entries(tmp_path, name, data)
    assert all(isinstance(entry, Article) for entry in found), found
    return [entry for entry in found if isinstance(entry, Article)]


def refusal(tmp_path: Path, name: str, data: str | bytes) -> Skipped:
    (entry,) = entries(tmp_path, name, data)
    assert isinstance(entry, Skipped), entry
    return entry


# --- feeds ---

RSS = f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>وكالة الساحل</title><language>ar</language>
<item><title>{TITLE}</title><link>https://sahel.example/1</link><guid isPermaLink="false">1</guid>
<pubDate>Fri, 03 May 2024 10:00:00 +0300</pubDate><description>{STORY[0][:30]}</description>
<content:encoded><![CDATA[<p>{STORY[0]}</p><p>{STORY[1]}</p><script>x()</script>]]></content:encoded></item>
<item><title>{SECOND[0]}</title><link>https://sahel.example/2</link><description>&lt;p&gt;{SECOND[1]}&lt;/p&gt;</description></item>
</channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>وكالة الساحل</title>
<entry><title>{TITLE}</title><id>tag:sahel.example,2024:1</id><published>2024-05-03T10:00:00+03:00</published>
<content type="html">&lt;p&gt;{STORY[0]}&lt;/p&gt;&lt;p&gt;{STORY[1]}&lt;/p&gt;</content></entry></feed>"""


@pytest.mark.parametrize("name", ["a.rss", "a.xml"])
def test_entries_of_a_feed_are_articles_with_their_day_publisher_and_address(tmp_path: Path, name: str) -> None:
    first, second = articles(tmp_path, name, RSS)
    assert (first.title, first.published, first.publisher) == (TITLE, date(2024, 5, 3), "وكالة الساحل")
    assert (first.url, first.language, first.path) == ("https://sahel.example/1", "ar", name)
    assert first.text == "\n".join(STORY)
    assert (second.title, second.text, second.published) == (*SECOND, None)


def test_an_entry_of_atom_without_an_address_is_named_after_its_id(tmp_path: Path) -> None:
    (entry,) = articles(tmp_path, "a.atom", ATOM)
    assert (entry.title, entry.published, entry.text) == (TITLE, date(2024, 5, 3), "\n".join(STORY))
    longer = ATOM.replace(STORY[1], f"{STORY[1]} {SECOND[1]}")
    assert [each.id for each in articles(tmp_path, "a.atom", longer)] == [entry.id]


def test_an_entry_keeps_its_id_when_others_come_before_it(tmp_path: Path) -> None:
    known = {entry.id for entry in articles(tmp_path, "a.rss", RSS)}
    news = f"<item><title>جديد</title><link>https://sahel.example/3</link><description>{STORY[1]}</description></item>"
    assert known < {entry.id for entry in articles(tmp_path, "a.rss", RSS.replace("<item>", f"{news}<item>", 1))}


# --- tables and JSON ---


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rows_of_a_table_are_articles(tmp_path: Path, delimiter: str) -> None:
    rows = [["id", "العنوان", "النص", "date"], ["7", TITLE, f'"{STORY[0]}\n{STORY[1]}"', "13/05/2024"]]
    (entry,) = articles(tmp_path, "a.csv", "\n".join(delimiter.join(row) for row in rows) + "\n")
    assert (entry.id, entry.title, entry.text) == ("7", TITLE, "\n".join(STORY))
    assert entry.published == date(2024, 5, 13)


def test_a_table_of_other_things_is_passed_over_and_says_what_it_lacks(tmp_path: Path) -> None:
    refused = refusal(tmp_path, "a.csv", "year,price\n2024,5\n")
    assert not refused.error and "النص" in refused.reason


def test_the_same_row_twice_is_an_article_once(tmp_path: Path) -> None:
    found = entries(tmp_path, "a.csv", f"title,text\n{TITLE},{STORY[0]}\n{TITLE},{STORY[0]}\n")
    assert [type(entry) for entry in found] == [Article, Skipped]


@pytest.mark.parametrize("wrap", ["{}", '{{"status": "ok", "articles": {}}}', '{{"data": {{"items": {}}}}}'])
def test_objects_in_a_list_are_articles_wherever_the_list_stands(tmp_path: Path, wrap: str) -> None:
    records = [
        {
            "id": "a",
            "title": TITLE,
            "content": STORY[0],
            "source": {"name": "وكالة الساحل"},
            "publishedAt": "2024-05-03",
        },
        {"id": "b", "text": f"<p>{STORY[1]}</p>"},
    ]
    first, second = articles(tmp_path, "a.json", wrap.format(json.dumps(records)))
    assert (first.id, first.title, first.publisher, first.published) == ("a", TITLE, "وكالة الساحل", date(2024, 5, 3))
    assert (second.id, second.text) == ("b", STORY[1])


@pytest.mark.parametrize("data", ['{"name": "x", "version": [1, 2]}', "[]", "[1, 2]", "{"], ids=str)
def test_json_of_other_things_is_passed_over(tmp_path: Path, data: str) -> None:
    assert not refusal(tmp_path, "package.json", data).error


# --- mailboxes, e-books, web archives ---


def test_messages_of_a_mailbox_are_articles_that_keep_their_ids(tmp_path: Path) -> None:
    first, second = message(), message(SECOND[1], subject=SECOND[0])
    second.replace_header("Message-ID", "<2@sahel.example>")
    texts = [f"From x Fri May  3 10:00:00 2024\n{mail.as_string()}\n\n" for mail in (first, second)]
    found = articles(tmp_path, "box.mbox", "".join(texts))
    assert [entry.title for entry in found] == [TITLE, SECOND[0]]
    assert all(entry.id.startswith("box/") for entry in found)
    assert {entry.id for entry in articles(tmp_path, "box.mbox", "".join(reversed(texts)))} == {one.id for one in found}
    assert len(articles(tmp_path, "box.mbox", "".join([*texts, texts[0]]))) == 2


def book(*chapters: str, container: str = "", **more: str) -> bytes:
    items = "".join(
        f'<item id="c{number}" href="text/ch{number}.xhtml" media-type="application/xhtml+xml"/>'
        for number in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in reversed(range(len(chapters))))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>مجلة الساحل</dc:title><dc:date>2024-05-03</dc:date><dc:language>ar</dc:language></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        root = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
        archive.writestr("META-INF/container.xml", container or root)
        archive.writestr("OEBPS/book.opf", package)
        for number, chapter in enumerate(chapters):
            archive.writestr(f"OEBPS/text/ch{number}.xhtml", chapter)
        for name, content in more.items():
            archive.writestr(name, content)
    return target.getvalue()


def chapter(title: str, *paragraphs: str) -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<html><head><title>x</title></head><body><h1>{title}</h1>{text}</body></html>"


def test_chapters_of_a_book_are_articles_in_reading_order(tmp_path: Path) -> None:
    cover = '<html><body><img src="cover.jpg"/></body></html>'
    found = articles(tmp_path, "issue.epub", book(chapter(TITLE, *STORY), chapter(*SECOND), cover))
    assert [entry.id for entry in found] == ["issue/ch1", "issue/ch0"]
    first = found[1]
    assert (first.title, first.text) == (TITLE, "\n".join((TITLE, *STORY)))
    assert (first.publisher, first.published, first.language) == ("مجلة الساحل", date(2024, 5, 3), "ar")


def web_archive(*pages: tuple[str, str, bytes], status: str = "200 OK") -> bytes:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    target = io.BytesIO()
    writer = WARCWriter(target, gzip=True)
    for url, kind, body in pages:
        headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
        writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=headers))
    return target.getvalue()


def test_pages_of_a_web_archive_are_articles_with_their_addresses(tmp_path: Path) -> None:
    other = page(body=f"<p>{SECOND[1]}</p>").encode("cp1256")
    crawl = web_archive(
        ("https://sahel.example/1", "text/html; charset=utf-8", page(head=META).encode()),
        ("https://sahel.example/2", "text/html; charset=windows-1256", other),
        ("https://sahel.example/style.css", "text/css", b"p {}"),
    )
    first, second = articles(tmp_path, "crawl.warc.gz", crawl)
    assert all(paragraph in first.text for paragraph in STORY)
    assert (first.title, first.published) == (TITLE, date(2024, 5, 3))
    assert second.url == "https://sahel.example/2" and SECOND[1] in second.text


# --- damaged and hostile ---


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.rss", RSS.replace("<rss", '<!DOCTYPE x [<!ENTITY a "ha">]><rss')),
        ("a.rss", "<rss>" + "<item>" * 100_000),
        ("a.mbox", "no mailbox"),
        ("a.mbox", b"\x00" * 1_000),
        ("a.epub", book(chapter(TITLE, *STORY))[:-80]),
        ("a.epub", book(chapter(TITLE, *STORY), container="<container>&a;</container>")),
        ("a.epub", book("<html><body>" + "<div>" * 50_000)),
        ("a.epub", book(chapter(TITLE, *STORY), zeros="0" * 30_000_000)),
        ("a.epub", "text"),
        ("a.warc", b"WARC/1.0\r\n garbage"),
        ("a.warc.gz", b"\x1f\x8b garbage"),
        ("a.warc", web_archive(("https://sahel.example/1", "text/html", b"<p>x</p>"), status="404 Not Found")),
        ("a.json", "[" * 100_000),
        ("a.csv", "text\n" + '"' + "x" * 6_000_000),
    ],
    ids=[
        *("entities", "nested feed", "no mailbox", "zeros", "cut book", "no package", "nested chapter", "bomb"),
        *("no book", "garbage", "no gzip", "not found", "nested JSON", "cell without an end"),
    ],
)
def test_a_damaged_or_hostile_file_of_many_is_refused(tmp_path: Path, name: str, data: str | bytes) -> None:
    assert all(isinstance(entry, Skipped) and entry.error for entry in entries(tmp_path, name, data))


@pytest.mark.parametrize(
    ("name", "advice"), [("a.xlsx", "CSV"), ("a.msg", "EML"), ("a.zip", "unpack"), ("a.jpg", "OCR"), ("a.mp3", "text")]
)
def test_what_is_not_read_is_named_with_what_to_do(tmp_path: Path, name: str, advice: str) -> None:
    refused = refusal(tmp_path, name, b"x")
    assert not refused.error and advice in refused.reason


def mailbox(*numbers: int) -> str:
    lines = (
        "From x Fri May  3 10:00:00 2024\nSubject: Bridge {0}\nMessage-ID: <{0}@x>\n\nThe bridge number {0} opened.\n\n"
    )
    return "".join(map(lines.format, numbers))


def test_what_leaves_a_file_of_many_leaves_the_store_and_what_is_damaged_keeps_its_articles(tmp_path: Path) -> None:
    folder, file = tmp_path / "articles", tmp_path / "articles" / "box.mbox"
    folder.mkdir()
    (folder / "zz.txt").write_text(STORY[0])
    with closing(Ledger.create(tmp_path / "store")) as ledger:
        file.write_text(mailbox(*range(130)))  # so many that further processes prepare some
        assert len(sync(folder, ledger, []).added) == 131
        kept = set(ledger.known(str(folder.resolve())))
        file.write_text(mailbox(200, *range(1, 130)))
        report = sync(folder, ledger, [])
        assert (len(report.added), len(report.deleted), report.unchanged) == (1, 1, 130)
        file.write_text("garbage")
        report = sync(folder, ledger, [])
        assert report.deleted == () and len(report.retained) == 130
        assert len(kept & set(ledger.known(str(folder.resolve())))) == 130


def test_a_file_of_many_can_be_indexed_by_itself(tmp_path: Path) -> None:
    (tmp_path / "a.rss").write_text(RSS)
    (tmp_path / "b.txt").write_text(STORY[0])
    assert sum(isinstance(entry, ArticleRef) for entry in scan(tmp_path / "a.rss")) == 2
