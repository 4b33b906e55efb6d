"""A comparison as a table: whose cells are the answer's own cited sentences, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.models import Answer, Citation, Plan, Sentence, Source
from assistant.rendering.comparison_table import comparison_table
from assistant.rendering.html import answer_html
from assistant.rendering.markdown import answer_markdown
from assistant.rendering.plain_text import answer_text
from assistant.web import chat_markup
from assistant.web.chat_markup import View
from assistant.web.words import WORDS

TUNIS, AMMAN, BOTH = "بلغت ديون تونس 40 مليارا.", "بلغت ديون الأردن 38 مليارا.", "ديون تونس أعلى من ديون الأردن."
LATER, THEN = "وزادت تونس الضرائب.", "وخفض الأردن الدعم."


def answered(*texts: str, parts: tuple[str, ...] = ("ديون تونس", "الأردن"), cited: bool = True) -> Answer:
    """A comparison whose n-th sentence cites the file n."""
    text, sentences = "", []
    for number, said in enumerate(texts):
        start = len(text) + bool(text)
        text += (" " if text else "") + said
        quote = (Citation(file_id=f"f{number}", start=0, end=4, quote="كلام"),) if cited else ()
        sentences.append(Sentence(text=said, start=start, end=len(text), verdict="supported", citations=quote))
    return Answer(
        question="قارن بين ديون تونس والأردن",
        text=text,
        abstained=False,
        engine="model:m",
        sentences=tuple(sentences),
        sources=tuple(Source(file_id=f"f{number}") for number in range(len(texts))) if cited else (),
        coverage=1.0,
        plan=Plan(kind="comparison", parts=parts),
    )


def rows(answer: Answer) -> object:
    table = comparison_table(answer)
    return table and table.rows


def test_sentences_told_in_turn_are_rows() -> None:
    assert rows(answered(BOTH, TUNIS, AMMAN, LATER, THEN)) == (((1,), (2,)), ((3,), (4,)))
    assert rows(answered(AMMAN, TUNIS)) == (((1,), (0,)),)


def test_sentences_told_by_part_stand_in_one_row_so_that_nothing_is_set_side_by_side() -> None:
    assert rows(answered(TUNIS, LATER, AMMAN, THEN)) == (((0, 1), (2, 3)),)
    assert rows(answered(TUNIS, AMMAN, THEN)) == (((0,), (1, 2)),)


def test_what_is_said_of_all_or_cites_nothing_is_no_cell_and_a_table_has_two_columns() -> None:
    assert rows(answered(BOTH, TUNIS)) is None
    assert rows(answered(TUNIS, AMMAN, cited=False)) is None
    assert rows(answered(TUNIS, AMMAN, parts=())) is None
    assert rows(answered(TUNIS, AMMAN, parts=("ديون", "ديون"))) is None
    assert rows(Answer(question="?", text=TUNIS, abstained=True, engine="m", plan=Plan(kind="comparison"))) is None


def test_days_of_a_week_are_parts() -> None:
    parts = ("إغلاق سوق الأسهم الأحد 26 يوليو", "إغلاق سوق الأسهم الاثنين 27 يوليو")
    answer = answered("أغلقت السوق يوم الأحد عند 9301 نقطة.", "وأغلقت يوم الاثنين عند 9080 نقطة.", parts=parts)
    assert rows(answer) == (((0,), (1,)),)


@given(st.lists(st.sampled_from([TUNIS, AMMAN, BOTH, LATER, THEN, "ولم يُذكر غير ذلك."]), max_size=9))
def test_each_sentence_stands_in_one_cell_at_most(texts: list[str]) -> None:
    table = comparison_table(answered(*texts))
    if table:
        placed = [number for row in table.rows for cell in row for number in cell]
        assert sorted(set(placed)) == sorted(placed) and all(len(row) == 2 for row in table.rows)
        assert all("ديون تونس أعلى" not in texts[number] for number in placed)


def test_every_surface_shows_the_table_with_its_citations() -> None:
    answer = answered(BOTH, TUNIS, AMMAN, LATER, THEN)
    markdown = answer_markdown(answer)
    assert "| ديون تونس | الأردن |\n| --- | --- |\n" in markdown
    assert f"| {TUNIS} \\[2\\] | {AMMAN} \\[3\\] |\n| {LATER} \\[4\\] | {THEN} \\[5\\] |" in markdown
    assert markdown.count(TUNIS) == 1 and markdown.index(BOTH) < markdown.index("| ---")
    text = answer_text(answer)
    assert f"  ديون تونس | {TUNIS} [f1]\n  الأردن | {AMMAN} [f2]\n  ---\n" in text
    page = chat_markup.answer_html(answer, 1, View(words=WORDS["ar"], language="ar", articles={}))
    assert page.count("<tr>") == 3 and page.count(TUNIS) == 1 and 'scope="col"' in page
    assert page.index("<table") < page.index(TUNIS) < page.index("f1:0-4")
    notebook = answer_html(answer)
    assert notebook.count("<tr>") == 3 and notebook.count(f">{TUNIS}<") == 1


def test_nothing_of_a_model_becomes_markup_in_a_table() -> None:
    evil = "<b onclick=x>تونس</b> | # [x](http://e.example)"
    answer = answered(f"{evil} لها ديون.", AMMAN, parts=(evil, "الأردن"))
    assert comparison_table(answer)
    line = next(line for line in answer_markdown(answer).split("\n") if "لها ديون" in line)
    assert line.replace("\\|", "").count("|") == 3 and "\\<b" in line and "\\[x\\](" in line
    page = chat_markup.answer_html(answer, 1, View(words=WORDS["ar"], language="ar", articles={}))
    for shown in (page, answer_html(answer)):
        assert "<b onclick" not in shown and "&lt;b onclick" in shown
