"""An answer as data: JSON there and back, its quotes by file, a table, Markdown that nothing in it can turn into more
than text.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant import Answer, Assistant, Citation, Conflict, Sentence, Settings, Source, Usage, ask
from assistant.models import Side
from assistant.rendering.markdown import inert
from index.errors import UsageError

BRIDGE = Citation(
    file_id="bridge", start=0, end=23, quote="افتتح الوالي جسر نور.", context="افتتح الوالي جسر نور. ثم غادر."
)
COST = Citation(file_id="cost", start=5, end=20, quote="The bridge cost 3.", context=None)
ANSWER = Answer(
    question="من افتتح الجسر؟",
    text="افتتحه الوالي. [bridge][cost] كلف 3. [cost]\nلا أحد.",
    abstained=False,
    engine="model:m",
    sentences=(
        Sentence(
            text="افتتحه الوالي.", start=0, end=14, verdict="supported", probability=0.9, citations=(BRIDGE, COST)
        ),
        Sentence(text="كلف 3.", start=30, end=36, verdict="partly", reasons=("3 of what?",), citations=(COST,)),
        Sentence(text="لا أحد.", start=44, end=51, verdict="unsupported"),
    ),
    sources=(
        Source(file_id="bridge", title="جسر", published=date(2026, 3, 1), publisher="الساحل"),
        Source(file_id="cost"),
    ),
    conflicts=(
        Conflict(
            kind="number",
            about="الكلفة",
            sides=(
                Side(value="3", published=None, citation=COST),
                Side(value="4", published=date(2026, 3, 1), citation=BRIDGE),
            ),
        ),
    ),
    coverage=0.3333,
    usage=Usage(requests=1, tokens_in=10, tokens_out=5, cost=0.25),
    timings_ms={"total": 3.5},
)
REFUSAL = Answer(
    question="من هو وزير الزراعة؟",
    text="لا تجيب المقالات عن هذا السؤال.",
    abstained=True,
    engine="extract",
    closest=(COST,),
)


@pytest.mark.parametrize("answer", [ANSWER, REFUSAL], ids=["answer", "refusal"])
def test_an_answer_rebuilds_from_its_json(answer: Answer) -> None:
    assert Answer.from_json(answer.to_json()) == answer == Answer.from_json(answer.to_json().encode())


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"question": 3}', b"\xff\xfe"])
def test_what_is_no_answer_is_refused_with_its_source(text: str | bytes) -> None:
    with pytest.raises(UsageError, match="isnad ask --json"):
        Answer.from_json(text)


def test_citations_come_once_and_in_order() -> None:
    assert ANSWER.citations == (BRIDGE, COST) and REFUSAL.citations == ()


def test_a_file_id_gives_its_quotes() -> None:
    assert ANSWER["bridge"] == (BRIDGE,) and "cost" in ANSWER and "elsewhere" not in ANSWER and 3 not in ANSWER
    with pytest.raises(KeyError, match="it cites bridge, cost"):
        ANSWER["elsewhere"]
    with pytest.raises(KeyError, match="it cites nothing"):
        REFUSAL["bridge"]


def test_a_repr_is_short_and_says_what_matters() -> None:
    assert repr(ANSWER).endswith("3 sentences, 2 sources, 33% supported)") and len(repr(ANSWER)) < 250
    assert repr(REFUSAL) == "Answer('من هو وزير الزراعة؟': refused, 1 closest passages)"
    long = Answer(question="سؤال " * 300, text="جواب " * 3000, abstained=False, engine="extract")
    assert len(repr(long)) < 250


def test_a_table_has_a_row_for_each_citation() -> None:
    table = ANSWER.to_frame()
    assert list(table["sentence"]) == [0, 0, 1, 2] and list(table["file_id"])[:3] == ["bridge", "cost", "cost"]
    assert list(table["verdict"]) == ["supported", "supported", "partly", "unsupported"]
    assert table["published"][0].date() == date(2026, 3, 1) and table["quote"].isna()[3]
    assert REFUSAL.to_frame().empty and list(REFUSAL.to_frame().columns) == list(table.columns)


def test_hits_and_articles_become_tables(sample: Path) -> None:
    with Assistant.open(sample, settings=Settings()) as assistant:
        hits, articles = assistant.search("موسكو"), assistant.articles()
    assert list(hits.to_frame()["file_id"]) == [hit.article.id for hit in hits]
    assert list(articles.to_frame()["characters"]) == [len(article.text) for article in articles]


def test_without_pandas_a_table_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="pip install pandas"):
        ANSWER.to_frame()


def test_markdown_numbers_the_quotes_and_gives_each_its_place() -> None:
    shown = ANSWER.to_markdown()
    assert shown.startswith('<div dir="rtl">') and shown == ANSWER._repr_markdown_()
    assert "افتتحه الوالي. \\[1\\] \\[2\\] كلف 3. \\[2\\] *(مسند في بعضه)*\n\nلا أحد. *(غير مسند)*" in shown
    assert "1. bridge:0-23 · جسر · الساحل · 2026-03-01: «افتتح الوالي جسر نور.»" in shown
    assert "تختلف المصادر" in shown and "3 (cost:5-20) ≠ 4 (bridge:0-23" in shown
    assert "3 of what?" in shown


def test_markdown_of_a_refusal_shows_the_closest_passages() -> None:
    assert "1. cost:5-20: «The bridge cost 3.»" in REFUSAL.to_markdown()


HOSTILE = st.text(alphabet=st.sampled_from("ab1 \n\t#*_`[]()!<>&|~$=+-.:/@\\\u202e\x1bس"), max_size=60)


@given(HOSTILE)
def test_nothing_an_article_says_becomes_markup(text: str) -> None:
    kinds: set[str] = set()
    for token in (
        MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").parse(inert("x" + text))
    ):
        kinds |= {token.type} | {child.type for child in token.children or ()}
    assert kinds <= {"paragraph_open", "inline", "paragraph_close", "text", "text_special", "softbreak", "hardbreak"}


@pytest.mark.parametrize(
    "text", ["see http://evil.example/x", "https://evil.example", "www.evil.example", "me@evil.example"]
)
def test_no_bare_address_becomes_a_link(text: str) -> None:
    assert inert(text) != text
    assert "".join(token.content for token in MarkdownIt().parseInline(inert(text))[0].children or ()) == text


def test_the_markdown_of_an_answer_survives_its_parser(sample: Path) -> None:
    shown = ask("من استقبل الشيباني؟", store=sample, settings=Settings()).to_markdown()
    kinds: list[Any] = [token.type for token in MarkdownIt("commonmark").parse(shown)]
    assert "ordered_list_open" in kinds and "heading_open" not in kinds and kinds.count("html_block") == 2


def test_print_shows_the_text_of_an_answer_with_its_sources() -> None:
    assert str(ANSWER).startswith(ANSWER.text) and "[cost]" in str(ANSWER)
