"""What the page shows of answers and articles: the words, where they stand, and never any markup of theirs."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from assistant.models import Answer, Citation, Conflict, Contradiction, Days, Plan, Sentence, Side, Source, Step, Update
from assistant.rendering.plain_text import plain
from assistant.rendering.reasons import worded
from assistant.web import article_panel, chat_markup, clipboard, markup
from assistant.web.chat_markup import View
from assistant.web.words import ARABIC, ENGLISH, Words
from index.messages.reason import Reason
from index.models import Article, Skipped, Span, SyncReport
from tests.assistant.web.hostile import HOSTILE

TAGS = {
    "a", "article", "bdi", "button", "details", "div", "h2", "h3", "header", "li", "mark", "ol", "p", "q", "s",
    "section", "span", "strong",
    "summary", "ul",
}  # fmt: skip
ATTRIBUTES = {"aria-label", "class", "dir", "href", "id", "lang", "role", "tabindex", "title", "type"}


class Read(HTMLParser):
    """The tags, links and text of markup."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.hit = ""
        self._in_hit = False
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.links += [value or "" for name, value in attrs if name == "href"]
        self._in_hit = self._in_hit or tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._in_hit = self._in_hit and tag != "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        self.hit += data if self._in_hit else ""

    def harmless(self) -> bool:
        """Whether nothing but our own elements, attributes and links are there."""
        return (
            set(self.tags) <= TAGS
            and {name for name, _ in self.attributes} <= ATTRIBUTES
            and all(link.startswith("?a=") for link in self.links)
        )


def cited(said: str, file_id: str = "a", quote: str = "ok", verdict: str = "supported", *reasons: str) -> Sentence:
    citation = Citation(file_id=file_id, start=3, end=3 + len(quote), quote=quote)
    return Sentence(text=said, start=0, end=len(said), verdict=verdict, reasons=reasons, citations=(citation,))  # type: ignore[arg-type]


def told(*sentences: Sentence, sources: tuple[Source, ...] = (), **rest: object) -> Answer:
    """An answer of these sentences, each followed by its marks."""
    text, placed = "", []
    for sentence in sentences:
        placed.append(Sentence(**{**_fields(sentence), "start": len(text), "end": len(text) + len(sentence.text)}))
        text += sentence.text + "".join(f" [{mark.file_id}]" for mark in sentence.citations) + " "
    supported = sum(sentence.verdict == "supported" for sentence in sentences)
    coverage = supported / len(sentences) if sentences else None
    fields = {"question": "q", "text": text, "abstained": False, "engine": "extract", "coverage": coverage, **rest}
    return Answer(sentences=tuple(placed), sources=sources, **fields)  # type: ignore[arg-type]


def _fields(sentence: Sentence) -> dict[str, object]:
    return {name: getattr(sentence, name) for name in sentence.__struct_fields__}


def view(words: Words = ENGLISH, *articles: Article, copies: dict[str, tuple[str, ...]] | None = None) -> View:
    language = "ar" if words is ARABIC else "en"
    return View(
        words=words, language=language, articles={article.id: article for article in articles}, copies=copies or {}
    )  # fmt: skip


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_what_a_model_writes_is_text_wherever_it_stands(payload: str) -> None:
    article = Article(id="a", text="", sha256="", title=payload, publisher=payload)
    source = Source(file_id="a", title=payload, publisher=payload)
    side = Side(value=payload, published=None, citation=Citation(file_id="a", start=0, end=1, quote=payload))
    answer = told(
        cited(payload, "a", payload, "partly", payload),
        sources=(source,),
        reasons=(payload,),
        conflicts=(Conflict(kind="number", about=payload, sides=(side, side)),),
        closest=(side.citation,),
        engine=f"model:{payload}",
    )
    shown = view(ENGLISH, article)
    whole = (
        chat_markup.answer_html(answer, 1, shown)
        + chat_markup.question_html(payload, 1, ENGLISH)
        + chat_markup.draft_html(payload, shown)
    )
    whole += chat_markup.notice_html(payload) + markup.article_rows([article], ENGLISH)
    assert Read(whole).harmless() and "\n" not in whole
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", whole)


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_what_an_article_says_is_text_in_the_panel(payload: str) -> None:
    article = Article(id="a", text=f"It rained. {payload} The dam held.", sha256="", title=payload, publisher=payload)
    found = Read(article_panel.article_html(article, Span(11, 11 + len(payload)), ENGLISH))
    assert found.harmless() and found.hit == plain(payload)


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_what_is_pasted_elsewhere_has_text_and_nothing_active(payload: str) -> None:
    source = Source(file_id="a", title=payload, publisher=payload)
    answer = told(cited(payload, "a", payload, "partly", payload), sources=(source,), question=payload)
    pasted = Read(clipboard.as_html(answer, ENGLISH))
    assert set(pasted.tags) <= {"p", "strong", "br"} and {name for name, _ in pasted.attributes} <= {"dir"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", clipboard.as_text(answer, ENGLISH) + pasted.text)


def test_a_copied_answer_names_each_source_once_with_all_that_is_quoted_of_it() -> None:
    sources = (
        Source(file_id="b", title="The dam", publisher="Coast Wire", published=date(2024, 5, 3)),
        Source(file_id="c"),
    )
    answer = told(
        cited("It held.", "b", "held"),
        cited("It cost 4.", "b", "cost 4", "unsupported"),
        cited("Rain fell.", "c", "rain"),
        sources=sources,
    )
    lines = clipboard.as_text(answer, ENGLISH).splitlines()
    assert lines[2] == "It held. [1] It cost 4. [1] (not borne out) Rain fell. [2]"
    assert lines[4:8] == ["Sources", "[1] The dam · Coast Wire · 2024-05-03 · b", "    “held”", "    “cost 4”"]
    assert lines[8] == "[2] untitled · undated · c"
    pasted = Read(clipboard.as_html(answer, ENGLISH)).text
    assert all(line.strip() in pasted for line in lines if line)


@pytest.mark.parametrize(
    ("words", "days", "order"), [(ARABIC, "7 أغسطس 2015", "الأحدث أولًا"), (ENGLISH, "7 Aug 2015", "newest first")]
)
def test_the_plan_of_a_question_stands_above_the_answer_and_each_part_can_be_taken_away(
    words: Words, days: str, order: str
) -> None:
    day = date(2015, 8, 7)
    plan = Plan(days=Days(since=day, until=day), publishers=("<b>Press",), newest_first=True, relaxed=("publishers",))
    answer = told(cited("It held."), plan=plan)
    shown = Read(chat_markup.answer_html(answer, 3, view(words)))
    assert shown.harmless() and shown.text.index(words.plan) < shown.text.index("It held.")
    assert days in shown.text and order in shown.text and "<b>Press" in shown.text
    buttons = [value for name, value in shown.attributes if name == "id" and "without" in str(value)]
    assert buttons == ["do-without-3:days", "do-without-3:publishers", "do-without-3:newest_first"]
    assert words.without_part.format(part=days) in [value for name, value in shown.attributes if name == "title"]
    shared = chat_markup.answer_html(answer, None, view(words))
    assert days in shared and "do-without" not in shared
    assert words.plan not in chat_markup.answer_html(told(cited("It held."), plan=Plan(kind="count")), 3, view(words))


def test_a_copied_refusal_has_the_closest_passages() -> None:
    closest = (Citation(file_id="b", start=5, end=20, quote="The dam held."),)
    refused = Answer(question="q", text="No.", abstained=True, engine="extract", closest=closest)
    said = clipboard.as_text(refused, ENGLISH)
    assert (
        "The closest passages" in said
        and "“The dam held.”" in said
        and "No." in Read(clipboard.as_html(refused, ENGLISH)).text
    )


def test_the_other_quotes_of_an_answer_are_marked_too_and_lead_to_each_other() -> None:
    article = Article(id="a", text="One. Two. Three. Four.", sha256="")
    shown = article_panel.article_html(article, Span(5, 9), ENGLISH, others=(Span(17, 22), Span(0, 4)))
    found = Read(shown)
    assert found.hit == "Two." and re.findall('class="also">([^<]+)<', shown) == ["One.", "Four."]
    assert "Quote 2 of 3" in found.text
    assert [link for link in found.links if ":" in link] == ["?a=a:5-9", "?a=a:0-4", "?a=a:17-22"]
    assert "Quote" not in Read(article_panel.article_html(article, Span(5, 9), ENGLISH)).text


@given(some.text(min_size=1), some.lists(some.tuples(some.integers(0, 60), some.integers(1, 30)), max_size=4))
def test_quotes_that_overlap_leave_the_text_whole(text: str, places: list[tuple[int, int]]) -> None:
    others = [Span(start, start + long) for start, long in places if start + long <= len(text)]
    shown = article_panel.article_html(Article(id="a", text=text, sha256=""), Span(0, 1), ENGLISH, others=others)
    body = re.search('<div class="text".*?>(.*)</div></article>', shown, re.DOTALL)
    whole = plain(text.replace("\r\n", "\n").replace("\r", "\n")) if not text.startswith("\r\n") else None
    assert body and (whole is None or Read(body[1]).text.replace("\r", "\n") == whole)


@given(some.text(min_size=1), some.data())
def test_the_marked_words_are_those_of_the_span_letter_by_letter(text: str, data: some.DataObject) -> None:
    start = data.draw(some.integers(0, len(text) - 1))
    end = data.draw(some.integers(start + 1, len(text)))
    cut = data.draw(some.integers(0, len(text)))
    article = Article(id="a", text=text, sha256="", boilerplate=(Span(0, cut),))
    shown = article_panel.article_html(article, Span(start, end), ENGLISH)
    said = plain(text[start:end].replace("\r\n", "\n").replace("\r", "\n"))
    assert Read(shown).hit == said and shown.count("<mark") == 1


def test_a_chip_shows_number_and_file_and_says_title_and_date() -> None:
    source = Source(file_id="a-7", title="The dam held", published=date(2024, 5, 3))
    shown = chat_markup.answer_html(told(cited("It held.", "a-7"), sources=(source,)), 1, view())
    chip = re.search(r'<a href="\?a=a-7:3-5" class="chip" title="([^"]+)">(.*?)</a>', shown)
    assert chip and chip[1] == "The dam held · 2024-05-03 · a-7: ok"
    assert Read(chip[2]).text.strip() == "Source 1 a-7: The dam held 2024-05-03"


def test_a_file_id_of_any_letters_makes_a_link_that_leads_back_to_it() -> None:
    shown = chat_markup.answer_html(told(cited("نعم.", "أخبار/يوم & ليلة", "ok")), 1, view())
    assert 'href="?a=%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1%2F%D9%8A%D9%88%D9%85%20%26%20%D9%84%D9%8A%D9%84%D8%A9:3-5"' in shown


@pytest.mark.parametrize(
    ("verdict", "checked_by", "element", "name"),
    [
        ("supported", "judge", '<span class="s">', "supported (judge)"),
        ("supported", "entailment", '<span class="s">', "supported (entailment model)"),
        ("supported", "quote", '<span class="s">', "verbatim quotation"),
        ("supported", None, '<span class="s">', None),  # an answer of before
        ("partly", "judge", '<span class="s partly">', "partly borne out"),
        ("unsupported", "rules", '<span class="s unsupported">It held.', "not borne out"),
        ("unchecked", None, '<span class="s unchecked">', "not verified: read the source"),
    ],
)
def test_each_verdict_looks_its_own_way_and_says_who_knows(
    verdict: str, checked_by: Any, element: str, name: str | None
) -> None:
    sentence = replace(cited("It held.", "a", "ok", verdict), checked_by=checked_by)
    composed = replace(cited("So it rained.", "a", "ok", "supported"))
    shown = chat_markup.answer_html(told(sentence, composed), 1, view())
    assert element in shown
    assert (f">{name}<" in shown) if name else 'class="verdict' not in shown


def test_only_the_wrong_words_are_marked_with_those_of_the_source_beside_them() -> None:
    wrong = Contradiction(code="number", start=8, end=9, text="7", evidence="3")
    sentence = replace(cited("It took 7 hours.", "a", "ok", "unsupported"), checked_by="rules", contradictions=(wrong,))
    shown = chat_markup.answer_html(told(sentence), 1, view())
    marked = 'It took <mark class="wrong">7</mark><span class="instead">(in the source: 3)</span> hours.'
    assert marked in shown and "<s>" not in shown
    struck = chat_markup.answer_html(told(replace(sentence, struck=True)), 1, view())
    assert "<s>It took <mark" in struck


def test_a_sentence_that_cites_nothing_has_no_source() -> None:
    bare = replace(cited("It held.", "a", "ok", "unchecked"), citations=())
    shown = chat_markup.answer_html(told(bare), 1, view())
    assert 'class="verdict no_source"' in shown and ">no source<" in shown and "not verified" not in shown


@pytest.mark.parametrize(("words", "name"), [(ENGLISH, "verbatim quotation"), (ARABIC, "اقتباس حرفي")])
def test_bare_quotations_are_called_that_and_nothing_more(words: Words, name: str) -> None:
    quotes = [replace(cited(text), checked_by="quote") for text in ("It held.", "It rained.")]
    shown = chat_markup.answer_html(told(*quotes), 1, view(words))
    assert Read(shown).text.count(name) == 1 and 'class="verdict' not in shown
    assert words.borne_out_all.partition("(")[0] not in shown


def test_sentences_that_nobody_verified_are_counted_below_the_answer() -> None:
    open_, judged = cited("One.", "a", "ok", "unchecked"), replace(cited("Two."), checked_by="judge")
    shown = Read(chat_markup.answer_html(told(open_, judged), 1, view())).text
    assert "1 of 2 sentences are borne out" in shown and "not verified: 1" in shown


def test_a_reason_is_on_hover_and_is_heard_in_the_language_of_the_page() -> None:
    why = Reason.of("citations.other_source", named="87", actual="85")
    doubted = replace(cited("Some 85.", "a", "ok", "unsupported"), details=(why,))
    shown = chat_markup.answer_html(told(doubted), 1, view(ARABIC))
    said = "ذكر النموذج 87، لكن هذا في 85"
    assert f'title="{said}"' in shown and f'<span class="sr">: {said}</span>' in shown


def test_a_supported_sentence_with_a_remark_does_not_hide_it() -> None:
    shown = chat_markup.answer_html(
        told(cited("It held.", "a", "ok", "supported", "the model named no source")), 1, view()
    )
    assert "the model named no source" in shown and '<span class="s">It held.</span>' in shown


def test_coverage_counts_what_is_borne_out() -> None:
    two = told(cited("One.", "a"), cited("Two.", "a", "ok", "partly"))
    assert "1 of 2 sentences are borne out" in chat_markup.answer_html(two, 1, view())
    assert "Every sentence is borne out (1 of 1)" in chat_markup.answer_html(told(cited("One.", "a")), 1, view())


@pytest.mark.parametrize(
    ("days", "said", "old"),
    [
        ([date(2020, 1, 1), None, date(2021, 1, 1)], "newest source 2021-01-01", True),
        ([date(2024, 1, 1)], "newest source 2024-01-01", False),
        ([None], "undated sources only", False),
    ],
    ids=["old", "new", "none"],
)
def test_an_answer_says_how_new_its_newest_source_is(days: list[date | None], said: str, old: bool) -> None:
    sources = tuple(Source(file_id=f"a{number}", published=day) for number, day in enumerate(days))
    shown = chat_markup.answer_html(told(cited("x."), sources=sources), 1, replace(view(), today=date(2024, 5, 3)))
    assert said in Read(shown).text and ('class="old"' in shown) == old


def test_sources_stand_newest_first_and_copies_of_one_report_as_one() -> None:
    sources = (
        Source(file_id="old", title="Old", published=date(2020, 1, 1)),
        Source(file_id="none", title="None"),
        Source(file_id="new", title="New", published=date(2024, 1, 1)),
        Source(file_id="copy", title="Copied", published=date(2020, 1, 2)),
    )
    answer = told(*(cited("x.", source.file_id) for source in sources), sources=sources)
    shown = chat_markup.answer_html(answer, 1, view(copies={"old": ("copy",), "copy": ("old",)}))
    listed = shown[shown.index('class="sources"') :]
    titles = re.findall(r'class="title"><bdi dir="auto">(\w+)<', listed)
    assert titles == ["New", "Copied", "None"]
    assert 'word for word also in <a href="?a=old:3-5">' in listed


def test_a_conflict_shows_both_values_with_source_and_date_and_opens_each() -> None:
    sides = tuple(
        Side(value=value, published=day, citation=Citation(file_id=one, start=0, end=4, quote="said"))
        for value, day, one in (("380 metres", date(2024, 1, 2), "b"), ("412 metres", None, "a"))
    )
    answer = told(cited("x."), conflicts=(Conflict(kind="number", about="the dam", sides=sides),))
    shown = chat_markup.answer_html(answer, 1, view())
    told_of = Read(shown[shown.index('class="conflict"') : shown.index('class="actions"')])
    assert {"?a=b:0-4", "?a=a:0-4"} <= set(told_of.links)
    for said in ("380 metres", "412 metres", "2024-01-02", "undated"):
        assert said in told_of.text


def test_an_update_is_headed_by_what_it_counts_and_begins_with_the_newest() -> None:
    sides = tuple(
        Side(value=value, published=day, citation=Citation(file_id=name, start=0, end=4, quote="text"))
        for value, day, name in (("36", date(2026, 3, 3), "new"), ("29", date(2026, 3, 1), "old"))
    )
    answer = told(cited("x."), updates=(Update(about="x", counted="killed", sides=sides),))
    shown = chat_markup.answer_html(answer, 1, view())
    part = shown[shown.index('class="conflict"') : shown.index('class="actions"')]
    assert "the dead" in part and part.index("36") < part.index("29")


def test_sources_that_agree_stand_under_one_value_of_a_conflict() -> None:
    sides = tuple(
        Side(value=value, published=None, citation=Citation(file_id=one, start=0, end=4, quote=f"{one} said {value}"))
        for value, one in (("15", "a"), ("15", "a"), ("ten", "b"), ("15", "c"))
    )
    answer = told(cited("x."), conflicts=(Conflict(kind="number", about="words folded", sides=sides),))
    shown = chat_markup.answer_html(
        answer, 1, view(ENGLISH, Article(id="c", text="", sha256="", publisher="Coast Wire"))
    )
    part = shown[shown.index('class="conflict"') : shown.index('class="actions"')]
    assert re.findall("<strong><bdi[^>]*>([^<]+)<", part) == ["15", "ten"]
    assert Read(part).links == ["?a=a:0-4", "?a=c:0-4", "?a=b:0-4"]
    assert "a said 15" in part and "Coast Wire" in part and "words folded" not in part


def test_a_refusal_leads_to_the_closest_passages() -> None:
    closest = (Citation(file_id="b", start=5, end=20, quote="The dam held."),)
    refused = Answer(question="q", text="No.", abstained=True, engine="extract", closest=closest)
    dated = Article(id="b", text="", sha256="", title="The dam", published=date(2024, 5, 3))
    found = Read(chat_markup.answer_html(refused, 1, view(ENGLISH, dated)))
    assert found.links == ["?a=b:5-20"] and "The dam held." in found.text and "2024-05-03" in found.text


def test_an_answer_that_broke_off_says_so_once_and_is_not_called_borne_out() -> None:
    broken = told(cited("It held."), complete=False, engine="model:m", reasons=("the server closed the connection",))
    shown = chat_markup.answer_html(broken, 1, view())
    assert "1 of 1 sentences are borne out" in shown and "Every sentence" not in shown
    assert shown.count("notice wrong") == 1 and "the server closed the connection" in shown
    assert "broke off" in chat_markup.answer_html(replace(broken, reasons=()), 1, view())


@pytest.mark.parametrize(
    ("engine", "reasons", "offered"),
    [("model:m", ("down",), True), ("extract", ("the disk is full",), False), ("model:m", (), False)],
    ids=["a model failed", "no model was asked", "the reader stopped it"],
)
def test_where_a_model_failed_an_answer_by_quoting_is_offered(
    engine: str, reasons: tuple[str, ...], offered: bool
) -> None:
    failed = Answer(question="q", text="", abstained=False, engine=engine, complete=False, reasons=reasons)
    shown = chat_markup.answer_html(failed, 3, view())
    assert ('id="do-plainly-3"' in shown) == offered
    assert 'id="do-retry-3"' in shown and "do-good" not in shown and "do-copy" not in shown


def test_a_long_title_is_whole_in_a_list_and_short_in_a_chip() -> None:
    title = "The dam held, " + "and held again, " * 6
    source = Source(file_id="a", title=title)
    shown = chat_markup.answer_html(told(cited("x.", "a"), sources=(source,)), 1, view())
    assert title.strip() in Read(shown[shown.index('class="sources"') :]).text
    assert title.strip() not in shown[: shown.index('class="sources"')]


def test_an_answer_under_way_links_the_articles_it_names_and_invents_none() -> None:
    known = Article(id="a", text="", sha256="", title="The dam")
    found = Read(chat_markup.draft_html("It held. [a] It did not. [zzz]", view(ENGLISH, known)))
    assert found.links == ["?a=a"] and "[zzz]" in found.text and "[a]" not in found.text


def test_each_message_runs_its_own_way() -> None:
    assert 'dir="rtl"' in chat_markup.question_html("متى؟", None, ENGLISH)
    assert 'dir="ltr"' in chat_markup.question_html("When?", None, ARABIC)
    assert '<div class="said" dir="rtl">' in chat_markup.answer_html(told(cited("وصل IMF أمس.")), 1, view(ENGLISH))


def test_somebody_elses_conversation_can_only_be_read() -> None:
    shown = chat_markup.answer_html(told(cited("x.")), None, view()) + chat_markup.question_html("q", None, ENGLISH)
    assert "<button" not in shown


def test_a_report_names_every_file_and_why_it_was_refused() -> None:
    report = SyncReport(added=("a",), changed=("b",), skipped=(Skipped(path="c.exe", reason="not a <type>"),))
    found = Read(markup.report_html(report, ENGLISH))
    for said in ("a", "b", "c.exe", "not a <type>", "refused", "renewed"):
        assert said in found.text


def test_a_report_on_the_arabic_page_says_in_arabic_why_a_file_was_refused() -> None:
    refused = Skipped(path="c.exe", detail=Reason.of("uploads.wrong_type", suffixes=["txt", "pdf"]))
    shown = markup.report_html(SyncReport(skipped=(refused,)), ARABIC)
    found = Read(shown)
    assert "ليس من أنواع ملفات المقالات؛ المقبول: txt، pdf" in found.text and "not a type" not in found.text
    assert '<p dir="rtl">' in shown


@pytest.mark.parametrize("words", [ENGLISH, ARABIC], ids=["en", "ar"])
def test_a_report_names_the_articles_that_stay_and_what_may_hold_them(words: Words) -> None:
    unread = Skipped(path="folder/<torn>", reason="the folder cannot be read: no")
    found = Read(markup.report_html(SyncReport(retained=("a1", "a2"), skipped=(unread,)), words))
    before, _, after = words.kept_because.partition("{unread}")
    for said in ("a1", "a2", words.kept, before.strip(), "folder/<torn>", after.strip()):
        assert said in found.text


def test_ids_and_days_in_an_arabic_reason_keep_their_order() -> None:
    record = [Reason.of("record.published", value="2025-12-23")]
    reason = Reason.of("citations.metadata", file="003_a84", record=record)
    shown = chat_markup.answer_html(told(replace(cited("وصل الوفد."), details=(reason,))), 1, view(ARABIC))
    for run in ("003_a84", "2025-12-23"):
        assert f'<bdi dir="ltr">{run}</bdi>' in shown
    assert (
        markup.prose("اعتذر النموذج: I can't do that.") == 'اعتذر النموذج: <bdi dir="ltr">I can&#x27;t do that</bdi>.'
    )
    mixed = "لا يقبل example.org المفتاح (401)؛ ويقول: Incorrect API key provided, ask the people who run this server"
    assert '<bdi dir="ltr">Incorrect API key provided</bdi>' in markup.prose(mixed)
    assert markup.prose("المقبول: .txt") == 'المقبول: <bdi dir="ltr">.txt</bdi>'
    assert markup.prose("4 is not in the <evidence>") == "4 is not in the &lt;evidence&gt;"


def test_a_reason_that_nobody_translated_stays_as_it_was_written() -> None:
    assert worded("something new", "ar") == "something new"
    assert worded("nothing was found", "en") == "nothing was found"


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_the_steps_of_a_second_look_are_shown_while_it_works_and_kept_as_text(payload: str) -> None:
    steps = [
        Step(tool="search", query=payload, result_ids=("a:0-1", "b:0-1")),
        Step(tool="count", query="jam", number=7),
    ]
    growing = Read(chat_markup.draft_html("", view(), steps))
    assert "Searching" in growing.text and growing.tags.count("li") == 2 and "counted: jam: 7" in growing.text
    kept = Read(chat_markup.answer_html(replace(told(cited("It held.")), steps=tuple(steps)), 1, view()))
    assert "Searched again" in kept.text and "counted: jam: 7" in kept.text
    assert growing.harmless() and kept.harmless()
