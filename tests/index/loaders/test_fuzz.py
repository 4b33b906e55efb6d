"""Damage the bytes of sound files: what comes out is read or refused in words.

The short form damages thirty files of each kind, `make test-long` for some ten minutes a kind, in rounds that can be
repeated. What once broke a reader is kept among the seeds.
"""

from __future__ import annotations

import io
import json
import traceback
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from index.loaders import extraction
from index.loaders.encoding import Unreadable
from index.loaders.extraction import extract
from index.loaders.jsonl import check_line
from index.loaders.member_files import Member, find_members
from index.loaders.metadata import stated_metadata
from tests.index.loaders.test_documents import message, open_document, rtf
from tests.index.loaders.test_member_files import ATOM, RSS, book, chapter, mailbox, web_archive
from tests.index.loaders.test_pages import PARAGRAPHS, json_ld, meta
from tests.index.loaders.test_pages import page as site_page
from tests.index.papers import META, STORY, TITLE, page, pdf, word
from tools.page_set import made_pages

OURS = Path(extraction.__file__).parents[1]
NOTES = (
    rb"{\rtf1\ansi{\header Top\par}One{\footnote\chftn A note.} of{\shp{\*\shpinst{\shptxt A box\par}}} two.\par "
    rb"\u1575?\'c7 Three.\par}"
)
SAVED = (
    b"MIME-Version: 1.0\r\nSnapshot-Content-Location: https://a.example/1\r\nContent-Type: multipart/related; "
    b'boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable'
    b"\r\n\r\n<html><body><p>One story of=20two lines.</p></body></html>\r\n--b--\r\n"
)
TEXTS: dict[str, list[bytes]] = {
    "html": [
        page(head=META).encode(),
        site_page(
            json_ld(headline=TITLE, datePublished="2024-05-13") + meta("og:title", TITLE), story=PARAGRAPHS
        ).encode(),
        *[made.data for made in made_pages()][::12],
    ],
    "rtf": [rtf(*STORY), NOTES, rb"{\rtf1{\info{\title Two\par lines}}One story.}"],
    "email": [
        message(markup=f"<p>{STORY[0]}</p><blockquote>x</blockquote>").as_bytes(),
        b'From: a@b.example\nContent-Type: text/plain; charset="x\0y"\n\n\x80\x81 One story.',
        b"From: =?tf-8?b?2YbYtNix2Kkg2KfZhNiz2KfYrdmE?= <a@b.example>\n\n" + STORY[0].encode(),  # halves of pairs
    ],
    "mhtml": [SAVED],
    "chapter": [chapter("One", *STORY).encode()],
    "pdf": [pdf([STORY, STORY[:1]])],
}
ARCHIVES: dict[str, bytes] = {
    "archive": word(*STORY, title=TITLE, rows=[("a", "b"), ("c", "d")]),
    "archive of ODF": open_document(f"<text:h>{TITLE}</text:h><text:p>{STORY[0]}<text:s/>x</text:p>"),
}
MANY: dict[str, list[bytes]] = {
    "mbox": [mailbox(1, 2).encode()],
    "feed": [RSS.encode(), ATOM.encode()],
    "csv": [f'id,title,text,published\na1,{TITLE},"{STORY[0]}",2024-05-03\n'.encode()],
    "json": [
        json.dumps({"articles": [{"title": TITLE, "text": STORY[0], "source": {"name": "x"}}]}).encode(),
        b'[{"title": "a \\ud83d b", "text": "It opened on Monday."}]',
    ],
    "warc": [web_archive(("https://a.example/1", "text/html", page().encode()))],
}
RECORDS = [
    json.dumps(
        {"id": "a", "title": TITLE, "text": f"<p>{STORY[0]}</p>", "published": "2024-05-13", "tags": ["x", 1]}
    ).encode()
]
FRAGMENTS = [f"<p>{STORY[0]}</p><table><tr><td>1</td></tr></table><!-- x -->".encode()]
TOKENS = [
    *(b"<", b">", b"</p>", b"<p ", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&#x10FFFF;", b"&#xD800;", b"&amp;amp;"),
    *(b"{", b"}", b"\\", b"\\par ", b"\\u-1?", b"\\'ff", b"\\bin9 ", b"\\ansicpg0", b'"', b"'", b"[", b"]", b":", b","),
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xe2\x80\xae",
        b"\r\n\r\n",
        b"\n",
        b"--b",
        b"=",
        b"=?utf-8?B?",
    ),
    *(
        b"9" * 400,
        b"-1",
        b"1e999",
        b"NaN",
        b"null",
        b"2024-13-45",
        b"0000-00-00",
        b"32/13/99999",
        b"/Date(1e99)/",
        b"endobj",
    ),
    *(
        b"<script type='application/ld+json'>",
        b"<time datetime='",
        b"charset=utf-7",
        b"<br>" * 50,
        b"(" * 200,
        b"<div>" * 300,
    ),
]


@st.composite
def damaged(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed with some of its bytes changed, cut out, repeated, or put in."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from((1, 2, 8, 64, 1_000))))
        way = draw(st.sampled_from(("change", "cut", "repeat", "insert", "insert", "end")))
        if way == "change" and start < len(data):
            data[start] = draw(st.integers(0, 255))
        elif way == "cut":
            del data[start:end]
        elif way == "repeat":
            data[start:start] = data[start:end] * draw(st.integers(1, 30))
        elif way == "insert":
            data[start:start] = draw(st.sampled_from(TOKENS))
        elif way == "end":
            del data[end:]
    return bytes(data[:200_000])


def text_of(data: bytes) -> bytes:
    return data.decode("utf-8", "ignore").encode()


@st.composite
def damaged_archive(draw: st.DrawFn, seed: bytes) -> bytes:
    """An archive with a part of it damaged, or the archive itself."""
    if draw(st.integers(0, 9)) == 0:
        return draw(damaged([seed]))
    source = zipfile.ZipFile(io.BytesIO(seed))
    names = [name for name in source.namelist() if name.endswith((".xml", ".rels", ".xhtml", ".opf"))]
    chosen = draw(st.sampled_from(names))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            part = source.read(name)
            archive.writestr(name, draw(damaged([part])) if name == chosen else part)
    return target.getvalue()


@contextmanager
def refusing() -> Iterator[None]:
    """Let a file be refused; our own code may not fail.

    A library may, which the sandbox says in words.
    """
    try:
        yield
    except Unreadable as error:
        assert str(error)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        if Path(frames[-1].filename).is_relative_to(OURS):
            raise


def check(kind: str, data: bytes) -> None:
    """Read a file; what comes out can be stored, and its spans lie in its text."""
    extracted = None
    with refusing():
        extracted = extract(kind, data)
    if extracted is None:
        return
    text, metadata = extracted.text, stated_metadata(extracted.text, extracted.metadata)
    assert text.strip()
    for value in (text, metadata.title, metadata.publisher, metadata.url):
        assert value is None or value.encode("utf-8") is not None
    assert metadata.title is None or "\n" not in metadata.title
    assert all(0 <= span.start < span.end <= len(text) for span in metadata.boilerplate)


def check_many(kind: str, data: bytes) -> None:
    members: list[Member] = []
    with refusing():
        members = find_members(kind, data)
    for member in members[:20]:
        if member.kind == "record":
            assert check_line(1, member.data)
        else:
            check(member.kind, member.data)


def run(kind: str, examples: int, number: int) -> None:
    """Check so many damaged files; the number of the round decides which."""
    reads, strategy = CASES[kind]
    quiet = [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.large_base_example,
    ]

    @seed(number)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=quiet)
    @given(strategy)
    def check_one(data: bytes) -> None:
        reads(data)

    check_one()


CASES: dict[str, tuple[Callable[[bytes], object], st.SearchStrategy[bytes]]] = {
    **{kind: (partial(check, kind), damaged(seeds)) for kind, seeds in TEXTS.items()},
    **{name: (partial(check, "archive"), damaged_archive(data)) for name, data in ARCHIVES.items()},
    **{kind: (partial(check_many, kind), damaged(seeds)) for kind, seeds in MANY.items()},
    "fragment": (partial(check, "fragment"), damaged(FRAGMENTS).map(text_of)),
    "epub": (partial(check_many, "epub"), damaged_archive(book(chapter("One", *STORY)))),
    "record": (partial(check_line, 1), damaged(RECORDS)),
}
# Of 2,000 files, which take 3 to 22 seconds: some ten minutes a kind.
ROUNDS = {"archive": 28, "html": 46, "mhtml": 63, "feed": 70, "email": 92}
MOST_ROUNDS = 140


@pytest.mark.parametrize("kind", CASES)
def test_a_damaged_file_is_read_or_refused(kind: str) -> None:
    run(kind, 30, 0)


@pytest.mark.long
@pytest.mark.parametrize("kind", CASES)
def test_a_damaged_file_is_read_or_refused_at_length(kind: str) -> None:
    for number in range(ROUNDS.get(kind, MOST_ROUNDS)):
        run(kind, 2_000, number)
