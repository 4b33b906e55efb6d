"""What a notebook shows: escaped, each sentence in its own direction, quotes that unfold without a script, ids of their
own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from assistant import Articles, Hits
from assistant.grounding.checking import reason_of
from assistant.models import Answer, Contradiction, Sentence, Update
from assistant.rendering.html import ROWS
from assistant.rendering.notebook import live, paced
from assistant.rendering.plain_text import after_text
from assistant.streaming import Stream
from index.models import Article, Filters, Hit, Passage, Skipped, SyncReport
from tests.assistant.test_records import ANSWER, BRIDGE, REFUSAL

EVIL = '<script>alert(1)</script><img src=x onerror="alert(1)"> " onclick="x" \u202e &amp; javascript:alert(1)'
TEXT = "افتتح الوالي جسر نور.\nثم غادر إلى المطار."
ARTICLE = Article(id="bridge", text=TEXT, sha256="", title="جسر", published=date(2026, 3, 1), url="http://e.example/x")
PASSAGE = Passage(id="bridge:0-21", article_id="bridge", start=0, end=21, text=TEXT[:21])
HIT = Hit(passage=PASSAGE, article=ARTICLE, score=0.75, duplicate_ids=("copy",))
VOID = {"br", "img", "meta", "input"}


class Reading(HTMLParser):
    """The tags of a page, which must be nested as they should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def harmless(page: str) -> Reading:
    read = Reading(page)
    assert not {tag for tag, _ in read.tags} & {
        "script",
        "img",
        "a",
        "iframe",
        "style",
        "link",
        "form",
        "svg",
        "object",
    }
    for _, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href")]
    assert "\u202e" not in page
    return read


def test_each_sentence_has_its_direction_and_a_chip_for_each_quote() -> None:
    english = replace(ANSWER.sentences[0], text="He did.")
    read = harmless(replace(ANSWER, sentences=(english, *ANSWER.sentences[1:]))._repr_html_())
    lines = [one for one in read.all("div") if "margin:.3em 0" in (one.get("style") or "")]
    assert [line["dir"] for line in lines] == ["ltr", "rtl", "rtl"]
    chips = read.all("summary")
    assert [str(chip["aria-label"]).split(":")[0] for chip in chips] == ["الشاهد 1", "الشاهد 2", "الشاهد 3"]
    assert "2026-03-01" in str(chips[0]["title"]) and "جسر" in str(chips[0]["title"])


def test_a_chip_unfolds_the_quote_in_its_paragraph() -> None:
    page = ANSWER._repr_html_()
    assert re.search(r"<details [^>]*><summary.*?<mark [^>]*>افتتح الوالي جسر نور\.</mark> ثم غادر\.", page, re.DOTALL)


def test_ids_are_unique_also_where_one_answer_is_shown_twice() -> None:
    read = harmless(ANSWER._repr_html_() + ANSWER._repr_html_() + REFUSAL._repr_html_())
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids)) == 2 * 4 + 1


def test_what_is_not_supported_is_said_in_words() -> None:
    said = harmless(ANSWER._repr_html_()).said
    assert "مسند في بعضه; 3 of what?" in said and "غير مسند" in said and "1/3" in said


def test_only_the_wrong_words_are_marked_in_text_and_markdown() -> None:
    wrong = Contradiction(code="number", start=6, end=7, text="7", evidence="3")
    text = "دامت\n 7 ساعات"
    sentence = Sentence(text=text, start=0, end=len(text), verdict="unsupported", contradictions=(wrong,))
    sentence = replace(sentence, details=(reason_of(wrong),))
    answer = Answer(question="?", text=text, abstained=False, engine="model:m", sentences=(sentence,))
    assert "دامت **7** ساعات" in answer.to_markdown() and " *7* ساعات: " in after_text(answer)


def test_conflicts_sources_and_costs_are_shown() -> None:
    said = harmless(ANSWER._repr_html_()).said
    assert (
        "تختلف المصادر" in said and "≠" in said and "المصادر" in said and "10 → 5 tokens" in said and "0.2500" in said
    )


def test_an_update_shows_the_newest_value_and_the_earlier_one_with_day_and_paper() -> None:
    sides = tuple(
        replace(side, value=value, published=date(2026, 3, day), publisher=paper)
        for side, value, day, paper in zip(
            ANSWER.conflicts[0].sides, ("36", "29"), (3, 1), ("النهار", "المساء"), strict=True
        )
    )
    answer = replace(ANSWER, conflicts=(), updates=(Update(about="غرق المركب", counted="killed", sides=sides),))
    for shown in (after_text(answer), answer.to_markdown(), harmless(answer._repr_html_()).said):
        assert "القتلى (غرق المركب)" in shown and "وقبل ذلك" in shown and "≠" not in shown
        assert shown.index("36") < shown.index("وقبل ذلك") < shown.rindex("29")
    for shown in (after_text(answer), harmless(answer._repr_html_()).said):
        assert "2026-03-01" in shown and "النهار" in shown and "المساء" in shown


def test_a_refusal_shows_the_closest_passages() -> None:
    read = harmless(replace(REFUSAL, reasons=("too little",))._repr_html_())
    assert "The bridge cost 3." in read.said and "أقرب ما في المقالات" in read.said and "too little" in read.said


@pytest.mark.parametrize(
    ("said", "label"),
    [("استقبله بوتين.", "الجمل المسندة: 1/1"), ("Putin received الشيباني in Moscow.", "Supported: 1/1")],
    ids=["arabic", "english"],
)
def test_labels_are_in_the_language_of_the_sentences_whatever_ids_and_names_stand_in_them(
    said: str, label: str
) -> None:
    sentence = Sentence(text=said, start=0, end=len(said), verdict="supported")
    answer = Answer(
        question="?",
        text=f"{said} [report-of-the-foreign-ministers-visit-to-moscow]",
        abstained=False,
        engine="model:m",
        sentences=(sentence,),
        coverage=1.0,
    )
    assert label in after_text(answer) and label in Reading(answer._repr_html_()).said
    assert ('dir="rtl"' in answer.to_markdown()) == (said == "استقبله بوتين.")


def test_an_answer_that_broke_off_says_so() -> None:
    assert "انقطع الجواب" in harmless(replace(ANSWER, complete=False)._repr_html_()).said


def pages(text: str) -> Iterator[str]:
    """Everything that is shown, with this text in every place that comes from outside."""
    words = f"س{text}"
    citation = replace(BRIDGE, file_id=words, quote=words, context=f"قبل {words} بعد")
    sentence = replace(ANSWER.sentences[1], text=words, reasons=(words,), citations=(citation,))
    source = replace(ANSWER.sources[0], file_id=words, title=words, publisher=words)
    side = replace(ANSWER.conflicts[0].sides[0], value=words, citation=citation)
    conflict = replace(ANSWER.conflicts[0], about=words, sides=(side, side))
    told: dict[str, Any] = {"question": words, "text": words, "engine": words, "reasons": (words,)}
    yield replace(ANSWER, sentences=(sentence,), sources=(source,), conflicts=(conflict,), **told)._repr_html_()
    yield replace(REFUSAL, closest=(citation,), **told)._repr_html_()
    article = Article(id=words, text=words, sha256="", title=words, publisher=words, url=words, language=words)
    passage = Passage(id=words, article_id=words, start=0, end=len(words), text=words)
    hit = Hit(passage=passage, article=article, score=1.0, duplicate_ids=(words,))
    report = SyncReport(skipped=(Skipped(path=words, reason=words),))
    for shown in (Hits([hit]), Articles([article]), hit, article, report):
        page = shown._repr_html_()
        assert page is not None
        yield page


def test_nothing_that_anybody_wrote_becomes_markup() -> None:
    for page in pages(EVIL):
        assert "alert(1)" in harmless(page).said


@given(st.text(alphabet=st.sampled_from("<>&\"'/ab=\u202e\x00\n;#x"), max_size=40))
def test_no_text_breaks_out_of_its_place(text: str) -> None:
    for page, plainly in zip(pages(text), pages("text"), strict=True):
        assert [tag for tag, _ in harmless(page).tags] == [tag for tag, _ in Reading(plainly).tags]


def test_hits_articles_and_reports_show_themselves() -> None:
    assert "جسر" in harmless(Hits([HIT])._repr_html_()).said and "copy" in str(HIT._repr_html_())
    assert "افتتح الوالي" in harmless(str(ARTICLE._repr_html_())).said
    report = SyncReport(added=("a",), skipped=(Skipped(path="b.txt", reason="it is empty"),))
    said = harmless(str(report._repr_html_())).said
    assert "1 added" in said and "b.txt" in said and "it is empty" in said
    assert "no passage was found" in Hits()._repr_html_()


def test_a_long_list_is_counted_where_it_is_not_shown() -> None:
    many = Articles(replace(ARTICLE, id=f"a{number}") for number in range(ROWS + 7))
    read = harmless(many._repr_html_())
    assert len(read.all("tr")) == ROWS + 1 and "7 more" in read.said
    skipped = tuple(Skipped(path=f"{number}.txt", reason="it is empty") for number in range(ROWS + 3))
    assert "3 more" in str(SyncReport(skipped=skipped)._repr_html_())


def test_a_value_without_a_page_of_its_own_is_shown_as_text() -> None:
    assert Filters()._repr_html_() is None


def test_a_live_answer_is_rewritten_at_most_ten_times_a_second() -> None:
    now = iter(number / 100 for number in range(1000))
    shown = list(paced(["a"] * 200, lambda: next(now)))  # two seconds of a piece each hundredth
    assert 18 <= len(shown) <= 21 and shown[0] == "a"


class Screen:
    """IPython's display, remembered."""

    def __init__(self) -> None:
        self.shown: list[Any] = []

    def update(self, shown: Any) -> None:
        self.shown.append(shown)


def streaming() -> Stream:
    def pieces() -> Any:
        yield from ("<b>", "افتتحه", " الوالي")
        return ANSWER

    return Stream(pieces())


def test_a_stream_in_a_notebook_ends_as_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython
    import IPython.display

    screen = Screen()
    monkeypatch.setattr(IPython, "get_ipython", lambda: type("Shell", (), {"kernel": object()})())
    monkeypatch.setattr(IPython.display, "display", lambda shown, display_id: screen)
    stream = streaming()
    stream._ipython_display_()
    assert screen.shown[-1] is ANSWER and "&lt;b&gt;" in screen.shown[0].data and stream.show() is ANSWER


def test_a_stream_in_a_terminal_is_shown_when_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython.display

    screen = Screen()
    monkeypatch.setattr(IPython.display, "display", screen.update)
    assert live(streaming()) is ANSWER and screen.shown == [ANSWER]
