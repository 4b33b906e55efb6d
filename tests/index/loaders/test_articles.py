"""From PATH to articles: ids, order, what is refused and why, and nothing that leads out or hangs."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from index.chunking import cut
from index.errors import SourceError
from index.loaders.article_loader import ArticleRef, read, scan
from index.loaders.folder import MAX_BYTES
from index.loaders.jsonl import Record
from index.loaders.metadata import Metadata
from index.loaders.sandbox import SANDBOX
from index.models import Article, Skipped, Span
from tests.shop import write

pytestmark = pytest.mark.process

PAGE = "<html><body><article><p>افتتح الوالي جسر نور صباح اليوم بحضور الأهالي.</p></article></body></html>"
STORY = "جسر جديد فوق النهر\n\nافتُتح الجسر أمس بحضور الأهالي، وعبرته مئات السيارات."


def articles(path: Path) -> dict[str, Article]:
    return {one.id: one for one in read(path) if isinstance(one, Article)}


def refused(path: Path, *, errors: bool = True) -> dict[str, str]:
    return {one.path: one.reason for one in read(path) if isinstance(one, Skipped) and one.error is errors}


def line(**fields: object) -> str:
    return json.dumps({"id": "a", "text": STORY, **fields}, ensure_ascii=False) + "\n"


# --- folders ---


def test_articles_come_in_order_with_their_relative_paths_as_ids(tmp_path: Path) -> None:
    write(tmp_path, {"b.txt": STORY, "sub/deep/c.md": STORY, "a.TXT": STORY, "sub/a.txt": STORY})
    found = list(read(tmp_path))
    assert [match.id for match in found] == ["a", "b", "sub/a", "sub/deep/c"]
    assert [match.path for match in found] == ["a.TXT", "b.txt", "sub/a.txt", "sub/deep/c.md"]


def test_the_text_is_the_file_decoded_and_nothing_else(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + "سطر أول\r\n\r\n  سطر ثان\t\u200f\n".encode()
    article = articles(write(tmp_path, {"a.txt": data}))["a"]
    assert article.text == data.decode("utf-8-sig")
    assert article.sha256 == hashlib.sha256(data).hexdigest()


def test_scanning_hashes_a_file_without_reading_it_as_text(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": b"\xff broken"})
    (found,) = scan(tmp_path)
    assert isinstance(found, ArticleRef)
    assert found.sha256 == hashlib.sha256(b"\xff broken").hexdigest()
    assert isinstance(found.load(), Skipped)


def test_a_file_that_changes_between_scan_and_load_is_read_as_it_is_then(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": STORY, "b.txt": STORY})
    first, second = scan(tmp_path)
    assert isinstance(first, ArticleRef) and isinstance(second, ArticleRef)
    (tmp_path / "a.txt").write_text("خبر آخر تماما")
    (tmp_path / "b.txt").unlink()
    article = first.load()
    assert isinstance(article, Article)
    assert (article.text, article.sha256) == ("خبر آخر تماما", hashlib.sha256("خبر آخر تماما".encode()).hexdigest())
    assert isinstance(second.load(), Skipped)


@pytest.mark.parametrize(
    "content", ["", " \n\t\r\n", "\ufeff", "\x07\x1b"], ids=["0 bytes", "spaces", "mark", "controls"]
)
def test_ING_03_an_empty_file_is_skipped_with_the_reason(tmp_path: Path, content: str) -> None:
    write(tmp_path, {"a.txt": content, "b.txt": STORY})
    assert list(articles(tmp_path)) == ["b"]
    assert list(refused(tmp_path)) == ["a.txt"]


def test_ING_04_a_picture_named_txt_is_refused_and_a_picture_is_nobodys_fault(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10
    write(tmp_path, {"a.txt": picture, "b.png": picture, "c.txt": STORY, "LICENSE": "text"})
    assert list(articles(tmp_path)) == ["c"]
    assert list(refused(tmp_path)) == ["a.txt"]
    assert list(refused(tmp_path, errors=False)) == ["LICENSE", "b.png"]


def test_ING_05_links_pipes_and_folders_named_like_articles_neither_lead_out_nor_hang(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "secret.txt": "سر لا يجوز أن يقرأ",
            "root/a.txt": STORY,
            "root/folder.txt/b.txt": STORY,
            "root/.hidden.txt": STORY,
        },
    )
    root = tmp_path / "root"
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "outdir").symlink_to(tmp_path)
    (root / "loop").symlink_to(root)
    (root / "gone.txt").symlink_to(root / "nothing")
    (root / "in.txt").symlink_to(root / "a.txt")
    os.mkfifo(root / "pipe.txt")
    assert list(articles(root)) == ["a", "folder.txt/b"]
    assert sorted(refused(root)) == ["gone.txt", "out.txt", "outdir", "pipe.txt"]
    assert sorted(refused(root, errors=False)) == [".hidden.txt", "in.txt", "loop"]


def test_ING_05_an_unreadable_file_is_named_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a.txt": STORY, "b.txt": STORY})
    really_open = os.open

    def denied(path: Path, flags: int) -> int:
        if Path(path).name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return really_open(path, flags)

    monkeypatch.setattr(os, "open", denied)
    (skipped, found) = scan(tmp_path)
    assert (skipped.path, skipped.id) == ("a.txt", "a") and skipped.reason == "it cannot be read: Permission denied"  # type: ignore[union-attr]
    assert found.id == "b"


def test_ING_05_a_file_swapped_for_a_link_after_the_scan_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"secret": STORY, "root/a.txt": STORY})
    (found,) = scan(tmp_path / "root")
    (tmp_path / "root" / "a.txt").unlink()
    (tmp_path / "root" / "a.txt").symlink_to(tmp_path / "secret")
    assert isinstance(found, ArticleRef)
    assert isinstance(found.load(), Skipped)


def test_ING_06_strange_names_are_ids_cleaned_or_refused_in_printable_words(tmp_path: Path) -> None:
    kept = ["x..%2f", "<img src=x onerror=alert(1)>", "خبر عاجل", "ا" * 120, "می\u200cرود"]
    cleaned = {"right\u202eleft": "rightleft", "تقرير [فيديو]": "تقرير (فيديو)", "[1]/a": "(1)/a"}
    bad = [b"new\nline.txt", b"bad\xff.txt", b"bell\x07.txt"]
    write(tmp_path, {f"{name}.txt": STORY for name in (*kept, *cleaned)})
    for name in bad:
        (tmp_path / os.fsdecode(name)).write_text(STORY)
    assert sorted(articles(tmp_path)) == sorted([*kept, *cleaned.values()])
    assert len(refused(tmp_path)) == len(bad)
    assert all(path.isprintable() for path in refused(tmp_path))


def test_a_path_that_is_too_long_for_an_id_is_cut_and_told_apart_by_a_hash(tmp_path: Path) -> None:
    deep = "/".join(["www.example.org", "2025", *["section" * 3] * 5])
    write(tmp_path, {f"{deep}/{name}.txt": STORY for name in ("خبر", "a" * 100)})
    first, second = sorted(articles(tmp_path))
    assert len(first) <= 90 and len(second) <= 90 and first.startswith("a" * 80 + "~") and second.startswith("خبر~")


def test_ING_07_a_file_above_the_limit_is_refused_by_its_size(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": STORY, "big.txt": b""})
    with (tmp_path / "big.txt").open("r+b") as file:
        file.truncate(100_000_000)
    assert list(articles(tmp_path)) == ["a"]
    assert refused(tmp_path) == {"big.txt": f"it has 100,000,000 bytes; the limit is {MAX_BYTES:,}"}


@pytest.mark.parametrize(
    "content",
    ["\n" * 1_000_000 + STORY, "ا" * 1_000_000, "a\n\n" * 400_000],
    ids=["blank lines", "no space", "short lines"],
)
def test_ING_07_a_million_strange_characters_are_read_within_ten_seconds(tmp_path: Path, content: str) -> None:
    began = time.process_time()
    article = articles(write(tmp_path, {"a.txt": content}))["a"]
    assert article.text == content
    assert cut(article)
    assert time.process_time() - began < 10


def test_ING_12_a_long_article_is_cut_without_the_tokenizer_that_some_installs_break() -> None:
    program = (
        "import sys\nfrom index.chunking import cut\nfrom index.models import Article\n"
        "text = 'وصل القطار إلى المحطة في موعده صباح اليوم. ' * 5_000\n"
        "assert len(cut(Article(id='a', text=text, sha256=''))) > 100\n"
        "assert not {'nltk', 'llama_index'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/a.jsonl", "file:///etc/passwd", "https://[::1]/x", "http://169.254.169.254/"]
)
def test_ING_14_an_address_is_no_path_and_nothing_is_fetched(address: str) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        list(scan(Path(address)))


def test_ING_09_articles_that_claim_one_id_each_get_one_and_no_file_is_refused(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.txt": STORY,
            "a.md": STORY,
            "b.txt": STORY,
            "c.jsonl": line(id="d") + line(id="d") + line(id="b") + line(id="e"),
            "sub/c.ndjson": line(id="e"),
            "a.png": b"",
        },
    )
    places = {one.id: one.place for one in scan(tmp_path) if isinstance(one, ArticleRef)}
    assert places == {
        "a": "a.md", "a.txt": "a.txt", "b": "c.jsonl:3", "b.txt": "b.txt", "e": "c.jsonl:4", "sub/c/e": "sub/c.ndjson:1"
    }  # fmt: skip
    assert sorted(refused(tmp_path)) == ["c.jsonl:1", "c.jsonl:2"]
    assert all(one.id in one.reason for one in scan(tmp_path) if isinstance(one, Skipped) and one.id and one.error)


def test_further_ids_that_are_taken_themselves_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": STORY, "a.md": STORY, "a.txt.html": PAGE, "b.jsonl": line(id="1"), "b/1.txt": STORY})
    write(tmp_path, {"c.jsonl": line(id="1") + line(id="c/1")})
    places = {one.id: one.place for one in scan(tmp_path) if isinstance(one, ArticleRef)}
    assert len(places) == 7
    assert (places["a"], places["a.txt"]) == ("a.md", "a.txt.html")
    assert (places["1"], places["b/1"], places["c/1"]) == ("b.jsonl:1", "b/1.txt", "c.jsonl:2")
    assert {key.partition("~")[0] for key in places if "~" in key} == {"a", "1"}


def test_ING_10_one_bad_file_among_a_thousand_costs_that_one(tmp_path: Path) -> None:
    write(tmp_path, {f"{number:04}.txt": STORY for number in range(1000)})
    (tmp_path / "0500.txt").write_bytes(b"\xff\xfe\xfd")
    assert len(articles(tmp_path)) == 999
    assert list(refused(tmp_path)) == ["0500.txt"]


@pytest.mark.parametrize("name", ["nothing", "empty", "pictures", "one.txt"])
def test_a_path_without_an_article_is_an_error_that_says_what_to_do(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"pictures/a.png": b"x", "one.txt": STORY})
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"give|put"):
        list(read(tmp_path / name))


@pytest.mark.parametrize("name", ["circle", "nul\0byte", "a.txt/b", "x" * 300, "x" * 5000])
def test_a_path_that_no_system_can_open_is_an_error_in_words(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"a.txt": STORY})
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(SourceError, match="give a folder"):
        list(scan(tmp_path / name))


def test_a_path_may_itself_be_a_link(tmp_path: Path) -> None:
    write(tmp_path, {"root/a.txt": STORY})
    (tmp_path / "link").symlink_to(tmp_path / "root")
    assert list(articles(tmp_path / "link")) == ["a"]


# --- Markdown ---


@pytest.mark.parametrize(
    "block",
    [
        (
            '---\ntitle: "جسر جديد"  # note\ndate: 2024-05-03T10:00:00Z\nsource: وكالة الساحل\nlink: '
            "https://example.org/1\nlang: ar-SY\ntags: [a, b]\n---\n"
        ),
        (
            "+++\r\ntitle = 'جسر جديد'\r\ndate = 2024-05-03\r\npublisher = 'وكالة الساحل'\r\nurl = "
            "'https://example.org/1'\r\n+++\r\n"
        ),
    ],
    ids=["yaml", "toml"],
)
def test_front_matter_says_what_a_file_is_and_is_not_searched(tmp_path: Path, block: str) -> None:
    article = articles(write(tmp_path, {"a.md": block + STORY}))["a"]
    assert (article.title, article.published, article.publisher) == ("جسر جديد", date(2024, 5, 3), "وكالة الساحل")
    assert (article.url, article.language) == ("https://example.org/1", "ar")
    assert article.text == block + STORY
    assert article.boilerplate == (Span(0, len(block)),)


def test_front_matter_that_only_says_whether_to_publish_keeps_its_date(tmp_path: Path) -> None:
    block = "---\npublished: true\ndate: 2024-05-03\nsource: https://example.org\nsite: وكالة الساحل\n---\n"
    article = articles(write(tmp_path, {"a.md": block + STORY}))["a"]
    assert (article.published, article.publisher) == (date(2024, 5, 3), "وكالة الساحل")


def test_a_rule_at_the_top_is_no_front_matter(tmp_path: Path) -> None:
    article = articles(write(tmp_path, {"a.md": "---\n\n" + STORY}))["a"]
    assert article.title == "جسر جديد فوق النهر"


# --- JSON Lines ---


@pytest.mark.parametrize("name", ["news.jsonl", "news.jsonl.gz", "NEWS.JSONL"])
def test_records_become_articles_with_what_they_say_of_themselves(tmp_path: Path, name: str) -> None:
    content = line(
        id="x/1",
        title="عنوان",
        published="2025-08-01T10:00:00Z",
        publisher="وكالة",
        url="https://example.org/1",
        lang="ar",
    )
    content += "\n" + line(id=7, extra={"kept": False}, title="", published=None)
    data = content.encode()
    write(tmp_path, {name: gzip.compress(data) if name.endswith("gz") else b"\xef\xbb\xbf" + data})
    for path in (tmp_path / name, tmp_path):
        found = articles(path)
        assert list(found) == ["x/1", "7"]
        first = found["x/1"]
        assert (first.title, first.published, first.publisher) == ("عنوان", date(2025, 8, 1), "وكالة")
        assert (first.url, first.language, first.text, first.path) == ("https://example.org/1", "ar", STORY, name)
        assert (found["7"].published, found["7"].publisher) == (None, None)


@pytest.mark.parametrize(
    "said",
    [
        {"date": "2024-05-03 10:00:00", "source": "وكالة", "headline": "عنوان", "language": "ar-SY", "body": STORY},
        {"datePublished": "2024-05-03T10:00Z", "site": "وكالة", "Title": "عنوان", "locale": "ar_SY", "content": STORY},
        {"published_at": "2024-05-03", "outlet": "وكالة", "عنوان": "عنوان", "lang": "ar", "articleBody": STORY},
        {
            "published": None,
            "pubDate": "2024-05-03",
            "المصدر": "وكالة",
            "title": "",
            "headline": "عنوان",
            "text": STORY,
        },
        {
            "published": "2024-05-03",
            "publisher": "وكالة",
            "title": "عنوان",
            "lang": "ar",
            "text": STORY,
            "date": "1999-01-01",
            "source": "x",
            "headline": "x",
            "language": "en",
            "body": "x",
        },
    ],
    ids=["plain", "schema.org", "snake", "empty ones", "documented ones win"],
)
def test_a_record_is_heard_under_the_names_that_news_files_use(tmp_path: Path, said: dict[str, object]) -> None:
    write(tmp_path, {"news.jsonl": json.dumps({"id": "a", **said}) + "\n"})
    article = articles(tmp_path / "news.jsonl")["a"]
    assert (article.title, article.published, article.publisher) == ("عنوان", date(2024, 5, 3), "وكالة")
    assert (article.text, article.language) == (STORY, "ar")


@pytest.mark.parametrize(
    "said",
    [
        {"date": "3 May", "source": {"rank": 1}},
        {"date": "yesterday", "source": "https://example.org/feed"},
        {"published": "2024-13-45", "source": True},
        {"published": 12},
        {"dated": "2024-05-03", "crawl_date": "2024-05-03", "by": "وكالة"},
        {"datePublished": {"a": "2024-05-03"}, "site": None},
    ],
    ids=["no year", "relative and an address", "no such day", "a number", "unknown names", "nested"],
)
def test_a_record_whose_day_or_publisher_cannot_be_told_is_read_without(
    tmp_path: Path, said: dict[str, object]
) -> None:
    write(tmp_path, {"news.jsonl": line(**said)})
    article = articles(tmp_path / "news.jsonl")["a"]
    assert (article.published, article.publisher) == (None, None)


@pytest.mark.parametrize(
    "day",
    [
        *("2024-05-03", "2024-05-03T23:30:00-07:00", "2024-05-03T05:22:18.1234536Z", "20240503", "2024/05/03 10:15"),
        *("Fri, 03 May 2024 21:30:00 +0300", "Fri May 03 2024 10:00:00 GMT+0200 (CEST)", "May 3, 2024 at 3:15pm"),
        *(
            1714730400,
            1714730400000,
            1714730400.5,
            "1714730400",
            "/Date(1714730400000)/",
            {"$date": "2024-05-03T10:00Z"},
        ),
        *(
            "٣ أيار ٢٠٢٤",
            "الجمعة 3 مايو 2024 - 10:15",
            "3/5/2024",
            "03-05-2024",
            "3 ماي 2024",
            "3 mai 2024",
            "3. Mai 2024",
        ),
        "24 شوال 1445 هـ الموافق 3 مايو 2024 م",
    ],
    ids=str,
)
def test_the_day_of_a_record_is_read_in_any_common_form(tmp_path: Path, day: object) -> None:
    write(tmp_path, {"news.jsonl": line(date=day)})
    assert articles(tmp_path / "news.jsonl")["a"].published == date(2024, 5, 3)


def test_a_day_of_two_readings_is_read_day_first_only_in_an_arabic_article(tmp_path: Path) -> None:
    english = "The mayor opened the new bridge over the river on Monday."
    write(tmp_path, {"news.jsonl": line(published="5/8/2015") + line(id="b", text=english, published="5/8/2015")})
    assert {key: one.published for key, one in articles(tmp_path / "news.jsonl").items()} == {
        "a": date(2015, 8, 5),
        "b": None,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"source": {"id": None, "name": "وكالة"}, "title": {"rendered": "الجسر &#8220;جديد&#8221; &amp; طويل"}},
        {"publisher": [{"@type": "Organization", "name": "وكالة"}], "headline": "الجسر &quot;جديد&quot; & <b>طويل</b>"},
        {"publisher": {"value": {"name": "وكالة"}}, "title": "الجسر &amp;quot;جديد&amp;quot;\n &amp;amp; طويل"},
    ],
    ids=["api", "schema.org", "escaped twice"],
)
def test_names_are_taken_out_of_objects_and_entities_are_decoded(tmp_path: Path, fields: dict[str, object]) -> None:
    write(tmp_path, {"news.jsonl": line(**fields)})
    article = articles(tmp_path / "news.jsonl")["a"]
    assert article.publisher == "وكالة"
    assert (article.title or "").translate({0x201C: '"', 0x201D: '"'}) == 'الجسر "جديد" & طويل'


@pytest.mark.parametrize(
    "text",
    [
        "<p>افتُتح <a href='/x'>الجسر</a> أمس.</p>\n<p>وبلغ طوله 850&nbsp;مترا.</p><script>x()</script><!-- no -->",
        "افتُتح الجسر أمس.<br/><br>وبلغ طوله 850 مترا.",
        "&lt;p&gt;افتُتح الجسر أمس.&lt;/p&gt;&lt;p&gt;وبلغ طوله 850&amp;nbsp;مترا.&lt;/p&gt;",
        {"rendered": "<div><ul><li>افتُتح الجسر أمس.</li><li>وبلغ طوله <b>850</b> مترا.</li></ul></div>"},
        [{"text": "<p>افتُتح الجسر أمس.</p>"}, {"text": "<p>وبلغ طوله 850 مترا.</p>"}],
        "افتُتح الجسر أمس.\nوبلغ طوله 850&nbsp;مترا.",
    ],
    ids=["paragraphs", "breaks", "escaped", "object", "list", "entities alone"],
)
def test_html_in_the_text_of_a_record_becomes_what_a_reader_sees(tmp_path: Path, text: object) -> None:
    write(tmp_path, {"news.jsonl": line(text=text)})
    assert articles(tmp_path / "news.jsonl")["a"].text == "افتُتح الجسر أمس.\nوبلغ طوله 850 مترا."


def test_signs_of_comparison_in_the_text_of_a_record_are_no_html(tmp_path: Path) -> None:
    text = "إذا كان س < 5 و ص > 3 فإن <الناتج> معروف & واضح."
    write(tmp_path, {"news.jsonl": line(text=text)})
    assert articles(tmp_path / "news.jsonl")["a"].text == text


def test_a_record_without_an_id_is_named_by_its_url_or_its_text(tmp_path: Path) -> None:
    def nameless(**fields: object) -> str:
        return json.dumps({"text": STORY, **fields}, ensure_ascii=False) + "\n"

    rows = [nameless(url="https://example.org/1"), nameless(url="https://example.org/2", text=STORY + " ثم انصرفوا.")]
    rows += [
        nameless(),
        nameless(id=None, text="خبر آخر قصير"),
        nameless(url="https://example.org/1", text="نسخة ثانية"),
    ]
    rows += [nameless(_id={"$oid": "66f0"}), nameless(guid="tag:1")]
    write(tmp_path, {"news.jsonl": "".join(rows)})
    first = articles(tmp_path / "news.jsonl")
    assert len(first) == 6 and {"66f0", "tag:1"} < set(first)
    assert all(len(key) <= 16 for key in first)
    assert refused(tmp_path / "news.jsonl") == {}
    assert refused(tmp_path / "news.jsonl", errors=False) == {
        "news.jsonl:5": "it has no id and is the article of line 1"
    }
    write(tmp_path, {"news.jsonl": "".join(reversed(rows[:4]))})
    assert set(articles(tmp_path / "news.jsonl")) == set(first) - {"66f0", "tag:1"}


def test_a_stray_byte_in_a_record_costs_one_letter(tmp_path: Path) -> None:
    data = line().encode()
    write(tmp_path, {"news.jsonl": data[:80] + b"\xff" + data[80:]})
    text = articles(tmp_path / "news.jsonl")["a"].text
    assert text.count("\ufffd") == 1 and len(text) <= len(STORY) + 1


def test_mojibake_in_a_record_is_put_right_or_refused(tmp_path: Path) -> None:
    garbled, lost = STORY.encode().decode("cp1256"), STORY.encode("ascii", "replace").decode()
    write(tmp_path, {"news.jsonl": line(text=garbled) + line(id="b", text=lost)})
    assert articles(tmp_path / "news.jsonl")["a"].text == STORY
    assert list(refused(tmp_path / "news.jsonl")) == ["news.jsonl:2"]


def test_a_record_under_its_documented_names_keeps_its_hash(tmp_path: Path) -> None:
    plain, more = line(published="2024-05-03"), line(published="2024-05-03", date="1999-01-01", body="x")
    write(tmp_path, {"a.jsonl": plain, "b.jsonl": more})
    first, second = (next(scan(tmp_path / name)) for name in ("a.jsonl", "b.jsonl"))
    assert isinstance(first, ArticleRef) and isinstance(second, ArticleRef)
    assert first.sha256 == second.sha256 == Record(id="a", text=STORY, published="2024-05-03").sha256


def test_a_record_is_the_same_whatever_its_spelling(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.jsonl": '{"id":"a","text":"خبر قصير"}',
            "b.jsonl": '{ "text" : "\\u062eبر قصير", "id": "a", "title": null, "more": 1 }',
        },
    )
    first, second = (next(scan(tmp_path / name)) for name in ("a.jsonl", "b.jsonl"))
    assert isinstance(first, ArticleRef) and isinstance(second, ArticleRef)
    assert first.sha256 == second.sha256


@pytest.mark.parametrize(
    "bad",
    [
        "not json",
        '{"id": "b"}',
        '{"id": "b", "text": 5}',
        '{"id": "b", "text": " "}',
        '{"id": "b\\n1", "text": "خبر"}',
        '{"id": "", "text": "خبر"}',
        '{"id": "b", "text": "\\ud800"}',
        '{"id": "b", "text": "a\\u0000b"}',
        "[" * 100_000,
        '{"id": "b", "text": "خبر", "more": ' + '{"a":' * 100_000,
        '{"id": "b", "text": "' + "ا" * 3_000_000 + '"}',
    ],
    ids=[
        "json",
        "no text",
        "number",
        "blank",
        "id",
        "empty id",
        "surrogate",
        "nul",
        "brackets",
        "nested",
        "long",
    ],
)
def test_ING_08_a_bad_line_is_named_by_its_number_and_the_rest_go_on(tmp_path: Path, bad: str) -> None:
    write(tmp_path, {"news.jsonl": line(id="a") + bad + "\n" + line(id="c")})
    assert list(articles(tmp_path / "news.jsonl")) == ["a", "c"]
    assert list(refused(tmp_path / "news.jsonl")) == ["news.jsonl:2"]


def test_ING_08_a_line_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"news.jsonl": line(id="a").encode() + b'{"id": "b", "text": "\xff\xff"}\n'})
    assert list(refused(tmp_path / "news.jsonl").values()) == ["it is not UTF-8"]


def test_ING_08_a_gzip_bomb_is_cut_off(tmp_path: Path) -> None:
    bomb = gzip.compress(line(id="a").encode() + (b" " * 999_999 + b"\n") * 80)
    write(tmp_path, {"news.jsonl.gz": bomb})
    assert list(articles(tmp_path / "news.jsonl.gz")) == ["a"]
    assert [reason for reason in refused(tmp_path / "news.jsonl.gz").values() if "expands" in reason]


def test_a_damaged_gzip_file_gives_what_stands_before_the_damage(tmp_path: Path) -> None:
    data = gzip.compress("".join(line(id=str(number), title=str(number * 7919)) for number in range(500)).encode())
    write(tmp_path, {"news.jsonl.gz": data[: len(data) // 2], "no.jsonl.gz": b"no gzip", "a.txt": STORY})
    assert 0 < len(articles(tmp_path)) < 500
    assert len(refused(tmp_path)) == 2


def test_a_packed_file_of_blank_lines_is_given_up_at_once(tmp_path: Path) -> None:
    record = b'{"id": "a", "text": "The bridge is open."}\n'
    write(tmp_path, {"news.jsonl.gz": gzip.compress(record + b"\n" * 300_000_000 + record, compresslevel=1)})
    began = time.process_time()
    assert list(articles(tmp_path / "news.jsonl.gz")) == ["a"]
    assert [reason for reason in refused(tmp_path / "news.jsonl.gz").values() if "expands" in reason]
    assert time.process_time() - began < 10


def test_blank_lines_are_counted_where_they_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, {"news.jsonl": b"\n" * 70_000 + b" \r\n\t\n" + b"no json\n\n\n" + b'{"id": "a", "text": "x"}'})
    assert list(articles(tmp_path)) == ["a"]
    assert [place.partition(":")[2] for place in refused(tmp_path)] == ["70003"]
    (ref,) = (entry for entry in scan(tmp_path) if isinstance(entry, ArticleRef))
    assert ref.line == 70_006


def test_a_folder_whose_name_is_not_unicode_is_refused_in_printable_words(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/news\xff"))
    folder.mkdir()
    write(folder, {"a.txt": STORY})
    with pytest.raises(SourceError, match="not valid Unicode") as caught:
        list(scan(folder))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("kind", ["txt", "jsonl"])
def test_a_long_text_is_searched_in_the_sandbox_with_the_same_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    lines = ["---", "publisher: وكالة الساحل", "---"] if kind == "txt" else []
    text = "\n".join([*lines, "نشر في ٣ أيار ٢٠٢٤", "جسر جديد فوق النهر", STORY * 2_000, "اقرأ أيضا:", "سوق"])
    record = json.dumps({"id": "a", "text": text, "publisher": "وكالة الساحل"}).encode()
    write(tmp_path, {f"a.{kind}": text if kind == "txt" else record})
    searched, in_sandbox = list[str](), SANDBOX.stated_metadata

    def search(text: str, known: Metadata) -> Metadata:
        searched.append(text)
        return in_sandbox(text, known)

    monkeypatch.setattr(SANDBOX, "stated_metadata", search)
    (article,) = articles(tmp_path).values()
    assert searched == [article.text]
    monkeypatch.setattr("index.loaders.article_loader.UNGUARDED", 10**9)
    assert articles(tmp_path)[article.id] == article
    assert len(searched) == 1
    assert (article.published, article.publisher, article.language) == (date(2024, 5, 3), "وكالة الساحل", "ar")


def test_a_text_that_takes_too_long_to_search_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a.txt": STORY, "long.txt": "جسر جديد\n" * 100_000})
    monkeypatch.setattr(SANDBOX, "seconds", 0.001)
    assert list(articles(tmp_path)) == ["a"]
    assert refused(tmp_path) == {"long.txt": "reading it takes more than 0.001 seconds"}


def test_want_of_processes_is_named_and_not_taken_for_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SANDBOX.close()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    write(tmp_path, {"a.html": f"<html><body><p>{STORY}</p></body></html>", "b.txt": STORY})
    assert list(articles(tmp_path)) == ["b"]
    assert list(refused(tmp_path).values()) == ["no process to read it can be started (No such file or directory)"]


# --- the day of retrieval ---


def test_the_day_an_article_was_crawled_is_kept_apart_from_the_day_it_was_published(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.jsonl": line(id="both", published="2015-07-22", crawled_at="2024-05-03T10:00:00Z")
            + line(id="crawled", date_download="3 May 2024")
            + line(id="neither"),
            "b.md": f"---\ndate: 2015-07-22\nretrieved: 2024-05-03\n---\n{STORY}",
        },
    )
    days = {key: (article.published, article.retrieved) for key, article in articles(tmp_path).items()}
    published, crawled = date(2015, 7, 22), date(2024, 5, 3)
    assert days == {
        "both": (published, crawled), "crawled": (None, crawled), "neither": (None, None), "b": (published, crawled)
    }  # fmt: skip


def test_a_record_that_is_only_crawled_again_is_the_same(tmp_path: Path) -> None:
    write(tmp_path, {"a.jsonl": line(crawled="2024-05-03"), "b.jsonl": line(crawled="2025-01-01"), "c.jsonl": line()})
    assert len({next(scan(tmp_path / f"{name}.jsonl")).sha256 for name in "abc"}) == 1  # type: ignore[union-attr]
