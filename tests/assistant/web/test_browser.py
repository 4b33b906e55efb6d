"""The page as a reader meets it, in a real browser: every test ends with no error, no dialog, and nothing that left
this machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.models import Answer, Citation, Sentence, Source
from assistant.settings import Secret, Settings
from assistant.web.service import AnswerService
from index.store.ledger import Ledger
from tests.assistant.web.browser import Reader, opened
from tests.assistant.web.hostile import HOSTILE
from tests.assistant.web.served import served
from tests.scripted import Scripted
from tests.shop import index, write

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("page")]  # one server, one browser
ARTICLES = Path(__file__).parents[3] / "articles"
DAM = {
    "dam-north.md": """---
title: سد الوادي الأخضر يفتح أبوابه
date: 2021-03-04
publisher: وكالة الضفة
---
افتتح وزير المياه يوم الأربعاء سد الوادي الأخضر شمالي مدينة مرجان.

وكلّف بناء السد 90 مليون دينار.
""",
    "dam-south.md": """---
title: أسئلة بعد افتتاح سد الوادي الأخضر
date: 2021-03-09
publisher: صحيفة النهر
---
عاد سكان القرى إلى مزارعهم بعد افتتاح سد الوادي الأخضر.

وكلّف بناء السد 120 مليون دينار، وفق ما قاله رئيس البلدية.
""",
    "lighthouse.txt": "The lighthouse of Port Selm was built in 1874 by the engineer Adela Brandt.\n\n"
    "It was repainted last spring, and visitors may climb its 212 steps on Sundays.\n",
    "hostile.txt": "The harbour master of Odd Bay wrote a letter.\n\n" + "\n\n".join(HOSTILE.values()) + "\n",
}
HOURS = "كم ساعة استمرت محادثات بوتين والأسد؟"
NOBODY = "من هو وزير الزراعة؟"
COST = "كم كلّف بناء سد الوادي الأخضر؟"
LIGHTHOUSE = "Who built the lighthouse of Port Selm?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened() as found:
        yield found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample reports, and some of our own: two that differ, one in English, one that is hostile."""
    folder = tmp_path_factory.mktemp("page")
    write(folder / "articles", DAM | {path.name: path.read_bytes() for path in ARTICLES.iterdir()})
    index(folder / "articles", folder / "store")
    return folder / "store"


@pytest.fixture(scope="module")
def quoting(browser: Any, store: Path) -> Iterator[tuple[str, AnswerService]]:
    """The page with no key."""
    with served(store) as found:
        yield found


@pytest.fixture
def address(quoting: tuple[str, AnswerService]) -> str:
    return quoting[0]


@pytest.fixture
def reader(browser: Any, address: str) -> Iterator[Reader]:
    """A reader of the Arabic page."""
    yield from reading(browser, address)


def reading(browser: Any, address: str, **window: Any) -> Iterator[Reader]:
    one = Reader(browser, address, **window).open()
    yield one
    one.close()
    assert one.trouble == []


def test_a_chip_opens_the_article_at_the_very_words(reader: Reader, store: Path) -> None:
    answer = reader.ask(HOURS)
    assert "3 ساعات" in answer.text_content()
    chip = answer.locator("a.chip").first
    place = str(chip.get_attribute("href")).removeprefix("?a=")
    assert place.split(":")[0] in str(chip.text_content()) and place.split(":")[0] in str(chip.get_attribute("title"))
    chip.focus()
    reader.page.keyboard.press("Enter")
    article, span = Ledger.open(store).place(place)
    assert span is not None and reader.shown().text_content() == span.of(article.text)
    reader.page.wait_for_function("document.activeElement.id === 'hit'")
    assert reader.in_view("#hit")
    assert reader.page.locator("#panel .text").text_content() == article.text
    reader.page.keyboard.press("Escape")
    reader.page.wait_for_selector("body:not(.panel-open)")
    assert chip.evaluate("element => element === document.activeElement")


def test_a_refusal_leads_to_the_closest_passages(reader: Reader, store: Path) -> None:
    answer = reader.ask(NOBODY)
    assert "لا تجيب المقالات" in answer.text_content() and answer.locator("a.chip").count() == 0
    closest = answer.locator(".closest a").first
    article, span = Ledger.open(store).place(str(closest.get_attribute("href")).removeprefix("?a="))
    closest.click()
    assert span is not None and reader.shown().text_content() == span.of(article.text)


def test_where_sources_differ_both_values_stand_with_source_and_date(reader: Reader) -> None:
    conflict = reader.ask(COST).locator(".conflict")
    said = conflict.text_content()
    for one in ("120 مليون", "90 مليون", "2021-03-09", "2021-03-04", "dam-north", "dam-south"):
        assert one in said
    conflict.locator("a", has_text="dam-north").click()
    assert "90 مليون" in reader.shown().text_content()


def test_the_days_of_a_question_are_shown_and_can_be_taken_away(reader: Reader) -> None:
    answer = reader.ask("كم كلّف بناء سد الوادي الأخضر في 9 مارس 2021؟")
    assert answer.locator(".plan li").count() == 1 and "9 مارس 2021" in answer.locator(".plan").text_content()
    assert "dam-south" in answer.text_content() and "dam-north" not in answer.text_content()
    answer.locator(".plan button").click()
    reader.page.wait_for_selector("#chat article.answer .closest:has-text('dam-north')")
    assert reader.answered(1).locator(".plan").count() == 0


def test_a_conversation_outlives_a_reload_and_can_be_found_named_and_deleted(reader: Reader) -> None:
    page = reader.page
    reader.ask("من افتتح سد الوادي الأخضر؟")
    follow_up = reader.ask("وكم كلّف؟")
    assert "مليون" in follow_up.text_content()
    page.wait_for_url(re.compile(r"\?c="))
    before = reader.text("#chat [role=log]")
    page.reload()
    reader.answered(2)
    assert reader.text("#chat [role=log]") == before
    page.click("#new")
    page.wait_for_selector("#chat .welcome")
    page.wait_for_function("!document.querySelector('#listed .current')")  # a list drawn anew would end the renaming
    page.fill("#search input", "الاخضر")
    listed = page.locator("#listed .open")
    page.wait_for_function("document.querySelectorAll('#listed .open').length === 1")
    page.locator("#listed li").hover()
    page.locator("#listed .rename").click()
    page.locator("#listed input").fill("حديث السد")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#listed .open')?.textContent === 'حديث السد'")
    listed.click()
    reader.answered(2)
    page.locator("#listed li").hover()
    page.locator("#listed .delete").click()
    page.locator("#listed .delete.sure").click()
    page.wait_for_selector("#chat .welcome")
    assert listed.count() == 0


def test_a_conversation_goes_out_as_a_file_and_as_a_link_for_others(reader: Reader, browser: Any) -> None:
    page = reader.page
    reader.ask(HOURS)
    kept = {}
    for form in ("md", "json"):
        with page.expect_download() as waiting:
            page.click(f"#do-export-{form}")
        kept[form] = Path(waiting.value.path()).read_text("utf-8")
    assert "3 ساعات" in kept["md"] and "002_924c621b7ea87b2a" in kept["md"].replace("\\", "")
    turn = json.loads(kept["json"])["turns"][0]
    assert (
        turn["question"] == HOURS
        and turn["answer"]["sentences"][0]["citations"][0]["file_id"] == "002_924c621b7ea87b2a"
    )
    page.evaluate("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }")
    page.click("#do-share")
    page.wait_for_function("window.copied")
    link = page.evaluate("window.copied")
    for other in reading(browser, reader.address):
        other.open("?" + link.partition("?")[2])
        answer = other.answered(1)
        assert "3 ساعات" in answer.text_content() and answer.locator("button").count() == 0
        answer.locator("a.chip").click()
        assert "3 ساعات" in other.shown().text_content()


def test_an_answer_is_copied_with_its_sources_as_text_and_as_html(reader: Reader) -> None:
    page = reader.page
    reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.ask(HOURS)
    page.click("#do-copy-1")
    page.wait_for_selector("#toast.shown")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith(HOURS) and "3 ساعات. [1]" in text and "002_924c621b7ea87b2a" in text
    read = "navigator.clipboard.read().then(all => all[0].getType('text/html')).then(one => one.text())"
    assert '<p dir="rtl">' in page.evaluate(read)
    page.evaluate("navigator.clipboard.writeText('')")
    page.evaluate(
        "() => { navigator.clipboard.write = () => Promise.reject(); }"
    )  # as where a page is served without TLS
    page.click("#do-copy-1")
    page.wait_for_function("navigator.clipboard.readText().then(text => text.includes('[1]'))")


def test_a_link_to_a_sentence_opens_it_and_a_link_to_nowhere_says_so(reader: Reader) -> None:
    reader.open("?a=lighthouse:0-40")
    assert reader.shown().text_content() == DAM["lighthouse.txt"][:40]
    reader.open("?a=lighthouse:0-40000")
    assert "ليس في المقال" in reader.shown(".absent").text_content()
    reader.open("?a=../../etc/passwd")
    assert "لم يعد موجود" in reader.shown(".absent").text_content()


def test_a_question_can_be_worded_anew_and_asked_again(reader: Reader, quoting: tuple[str, AnswerService]) -> None:
    page = reader.page
    reader.ask(NOBODY)
    page.locator("#do-edit-1").dispatch_event("click")
    page.wait_for_function("q => document.querySelector('#box textarea').value === q", arg=NOBODY)
    page.fill("#box textarea", HOURS)
    page.press("#box textarea", "Enter")
    page.wait_for_selector("#chat a.chip")
    reader.answered(1)
    assert page.locator("#chat .asked").count() == 1
    conversation = page.url.partition("?c=")[2]
    owner = next(cooky["value"] for cooky in reader.context.cookies() if cooky["name"] == "isnad")
    (first,) = quoting[1].conversations.turns(conversation, owner)
    page.evaluate("document.querySelector('#chat article.answer').id = 'first'")
    page.click("#do-retry-1")
    page.wait_for_function("!document.querySelector('#first') && document.querySelector('#chat article.answer')")
    assert page.locator("#chat .asked").count() == 1 and "3 ساعات" in reader.text("#chat article.answer")
    (second,) = quoting[1].conversations.turns(conversation, owner)
    assert second.question == first.question and second.at > first.at


def test_what_a_reader_says_of_an_answer_is_kept(reader: Reader, quoting: tuple[str, AnswerService]) -> None:
    reader.ask(HOURS)
    reader.page.click("#chat summary.bad")
    reader.page.click("#do-wrong_citation-1")
    reader.page.wait_for_selector("#toast.shown")
    judged = list(quoting[1].conversations.feedback_rows())
    assert [(one["vote"], one["reason"]) for one in judged] == [("down", "wrong citation")]


def test_filters_narrow_what_may_answer(reader: Reader) -> None:
    page = reader.page
    page.click("#filters .label-wrap")
    page.fill("#until input", "2021-03-05")
    page.wait_for_selector("#filters .label-wrap >> text=(1)")
    answer = reader.ask(COST)
    assert "90 مليون" in answer.text_content() and "120" not in answer.text_content()
    page.click("#clear")
    page.wait_for_function("document.querySelector('#until input').value === ''")
    assert "120 مليون" in reader.ask(COST).text_content()
    page.click("#publishers input")
    page.get_by_role("option", name="وكالة الضفة").click()
    assert "120" not in reader.ask(COST).text_content()


def test_one_article_can_be_asked_alone(reader: Reader) -> None:
    page = reader.page
    reader.ask(COST).locator("a.chip").first.click()
    reader.shown()
    only = reader.text("#panel h2")
    page.click("#panel .pick")
    page.wait_for_selector("#only li")
    assert only in reader.text("#only") and "(1)" in reader.text("#filters .label-wrap")
    page.wait_for_function("document.activeElement.matches('#box textarea')")
    alone = reader.ask(COST)
    assert alone.locator(".sources li").count() == 1 and only in alone.locator(".sources").text_content()
    page.locator("#only button").click()
    page.wait_for_function("!document.querySelector('#only li')")
    assert reader.ask(COST).locator(".sources li").count() == 2


def test_articles_can_be_browsed_added_and_taken_out_again(reader: Reader, tmp_path: Path) -> None:
    page = reader.page
    page.click("#articles .label-wrap")
    page.fill("#browse input", "الوادي")
    page.wait_for_function("document.querySelectorAll('#shelf li').length === 2")
    page.locator("#shelf a").first.click()
    reader.shown("h2")
    page.keyboard.press("Escape")
    write(
        tmp_path,
        {"kiosk.txt": "افتتحت البلدية كشكًا للكتب في ساحة الزيتون يوم الأحد.\n", "empty.txt": "", "tool.exe": "x"},
    )
    with page.expect_file_chooser() as choosing:
        page.click("#add")
    choosing.value.set_files([tmp_path / "kiosk.txt", tmp_path / "empty.txt"])
    page.wait_for_selector("#report .refused")
    assert "empty.txt" in reader.text("#report .refused") and "kiosk" in reader.text("#report .added")
    assert "لا نص فيه" in reader.text("#report .refused")
    (tmp_path / "large.txt").write_bytes(b"a" * 20_500_000)
    with page.expect_file_chooser() as choosing:
        page.click("#add")
    choosing.value.set_files(tmp_path / "large.txt")
    page.wait_for_selector("#toast.shown")
    assert "20 ميغابايت" in reader.text("#toast") and not page.locator(".toast-body").first.is_visible()
    assert "كشك" in reader.ask("ماذا افتتحت البلدية في ساحة الزيتون؟").text_content()
    page.locator("#mine .remove").dispatch_event("click")
    page.wait_for_function("!document.querySelector('#mine .remove')")
    assert reader.ask("ماذا افتتحت البلدية في ساحة الزيتون؟").locator(".said.refused").count() == 1


def test_files_that_are_dropped_on_the_page_are_added(reader: Reader, quoting: tuple[str, AnswerService]) -> None:
    page = reader.page
    page.evaluate(
        """() => { window.dropped = new DataTransfer();
        dropped.items.add(new File(["زرعت البلدية ألف شجرة في وادي السنديان."], "trees.txt", { type: "text/plain" }));
        const dropping = kind => new DragEvent(kind, { dataTransfer: dropped, bubbles: true, cancelable: true });
        window.drop = kind => document.body.dispatchEvent(dropping(kind)); }"""
    )
    page.evaluate("drop('dragover')")
    assert "أفلت" in str(page.get_attribute("body", "data-drop"))
    page.evaluate("drop('drop')")
    page.wait_for_selector("#report .added")
    assert "trees" in reader.text("#report .added")
    assert "شجرة" in reader.ask("ماذا زرعت البلدية في وادي السنديان؟").text_content()
    page.locator("#mine .remove").dispatch_event("click")
    page.wait_for_function("!document.querySelector('#mine .remove')")


def test_the_page_speaks_arabic_or_english_and_keeps_to_it(reader: Reader) -> None:
    page = reader.page
    assert page.evaluate("[document.dir, document.documentElement.lang]") == ["rtl", "ar"]
    assert "بلا مفتاح" in reader.text("#state") and "OPENAI_API_KEY" in reader.text("#state")
    page.click("#do-switch\\:en")
    page.wait_for_function("document.dir === 'ltr'")
    assert reader.text("#new") == "New conversation" and "No key" in reader.text("#state")
    assert reader.ask(LIGHTHOUSE).locator(".said").get_attribute("dir") == "ltr"
    assert reader.ask(HOURS).locator(".said").get_attribute("dir") == "rtl"
    page.reload()
    reader.answered(2)
    assert page.evaluate("document.dir") == "ltr" and reader.text("#new") == "New conversation"


def test_a_question_that_was_not_sent_is_still_there_after_a_reload(reader: Reader) -> None:
    reader.ask(HOURS)
    assert reader.page.input_value("#box textarea") == ""
    reader.page.fill("#box textarea", COST)
    reader.page.reload()
    reader.page.wait_for_selector("body.arrived")
    assert reader.page.input_value("#box textarea") == COST
    reader.page.press("#box textarea", "Enter")
    assert reader.answered(2).locator("a.chip").count()
    reader.page.reload()
    reader.page.wait_for_selector("body.arrived")
    assert reader.page.input_value("#box textarea") == ""


def test_on_a_phone_a_conversation_goes_out_as_a_file_too(browser: Any, address: str) -> None:
    for one in reading(browser, address, size=(360, 740)):
        one.ask(HOURS)
        for form in ("md", "json"):
            with one.page.expect_download() as begun:
                one.page.click(f"#do-export-{form}")
            assert begun.value.suggested_filename == f"isnad.{form}"
        width = one.page.evaluate("document.documentElement.scrollWidth")
        assert width == 360 and one.in_view("#do-theme") and one.in_view("#do-share")
        one.ask("السد" + "A" * 300)
        edges = one.page.locator(".asked h2").last.evaluate("heading => [heading.scrollWidth, heading.clientWidth]")
        assert edges[0] <= edges[1]


def test_on_a_phone_the_article_is_a_sheet_with_a_way_out(browser: Any, address: str) -> None:
    for reader in reading(browser, address, size=(390, 844)):
        page = reader.page
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        reader.ask(HOURS).locator("a.chip").click()
        assert "3 ساعات" in reader.shown().text_content() and reader.in_view("#hit")
        box = page.locator("#beside").bounding_box()
        assert box["x"] == 0 and box["width"] == 390 and box["y"] > 100
        page.click("#panel .close")
        page.wait_for_selector("body:not(.panel-open)")
        page.click("#do-menu")
        page.wait_for_selector("#new", state="visible")
        page.keyboard.press("Escape")
        page.wait_for_selector("#new", state="hidden")


@pytest.mark.parametrize(("language", "theme", "size"), [("ar", "light", (1280, 800)), ("en-GB", "dark", (390, 844))])
def test_axe_finds_no_serious_fault(
    browser: Any, address: str, language: str, theme: str, size: tuple[int, int]
) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    ).Axe()
    for reader in reading(browser, address, language=language, theme=theme, size=size):
        dark = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (dark == "rgb(21, 24, 27)") == (theme == "dark")
        faults = serious(axe, reader)
        reader.ask(NOBODY)
        reader.page.click("#filters .label-wrap")
        faults += serious(axe, reader)
        reader.ask(COST).locator("a.chip").first.click()
        reader.shown()
        assert faults + serious(axe, reader) == []


def serious(axe: Any, reader: Reader) -> list[str]:
    found = axe.run(reader.page).response["violations"]
    return [
        f"{match['id']}: {match['nodes'][0]['html']}" for match in found if match["impact"] in ("serious", "critical")
    ]


# --- with a model ---


@pytest.fixture(scope="module")
def model() -> Iterator[Scripted]:
    with Scripted(pieces=12) as server:
        yield server


@pytest.fixture(scope="module")
def writing(browser: Any, store: Path, model: Scripted) -> Iterator[tuple[str, AnswerService]]:
    """The page with a model that writes what it is told to."""
    settings = Settings(base_url=model.url, model="scripted", key=Secret("x"), stall_seconds=5.0)
    with served(store, settings=settings) as found:
        yield found


@pytest.fixture
def written(writing: tuple[str, AnswerService]) -> str:
    return writing[0]


def test_a_written_answer_shows_what_is_borne_out_and_what_is_not(browser: Any, written: str, model: Scripted) -> None:
    model.reply = (
        "قال دميتري بيسكوف، وهو الناطق باسم الكرملين، إن المحادثات بين بوتين والأسد دامت نحو 3 ساعات [1]. "
        "دامت المحادثات بين بوتين والأسد نحو 7 ساعات [1]. وهذا سطر بلا مصدر [77]."
    )
    for reader in reading(browser, written):
        assert "127.0.0.1" in reader.text("#goes")
        answer = reader.ask(HOURS)
        said = answer.locator(".said")
        assert said.locator("span.s:not(.partly, .unsupported, .unchecked)").count() == 1
        doubted = said.locator(".verdict:is(.unsupported, .partly, .no_source)")
        assert doubted.count() == 2 and "7" in str(doubted.first.get_attribute("title"))
        assert "77" not in said.locator("a.chip").all_text_contents() and "1 من 3" in answer.text_content()


def test_an_answer_streams_can_be_stopped_and_keeps_what_was_written(
    browser: Any, written: str, model: Scripted
) -> None:
    model.reply = "قال بيسكوف إن المحادثات بين الرئيسين في موسكو دامت نحو 3 ساعات [1]."
    model.left.clear()
    for reader in reading(browser, written):
        page = reader.page
        page.fill("#box textarea", f"{HOURS} !!fault:stall")
        page.press("#box textarea", "Enter")
        page.wait_for_selector("#chat .said.writing >> text=بيسكوف")
        page.click("#stop")
        page.wait_for_selector("#chat article.answer .notice")
        assert "بيسكوف" in reader.text("#chat article.answer") and model.left.wait(60)
        page.click("#new")
        page.wait_for_selector("#chat .welcome")
        assert "3 ساعات" in reader.ask(HOURS).text_content()


def test_when_the_model_fails_the_reader_is_told_and_can_go_on(browser: Any, written: str, model: Scripted) -> None:
    model.reply = "نحو 3 ساعات [1]."
    for reader in reading(browser, written):
        page = reader.page
        page.fill("#box textarea", f"{HOURS} !!fault:401")
        page.press("#box textarea", "Enter")
        page.wait_for_selector("#chat .notice.wrong")
        page.wait_for_selector("#send", state="visible")
        page.fill("#box textarea", "؟" * 2_100)
        page.press("#box textarea", "Enter")
        page.wait_for_selector("#toast.shown")
        assert "3 ساعات" in reader.ask(HOURS).text_content()


def test_where_the_model_failed_the_articles_can_be_quoted_instead(browser: Any, written: str, model: Scripted) -> None:
    model.reply = "نحو 3 ساعات [1]."
    model.faults[:] = ["401"]
    for reader in reading(browser, written):
        page = reader.page
        page.fill("#box textarea", HOURS)
        page.press("#box textarea", "Enter")
        page.wait_for_selector("#chat .plainly")
        page.wait_for_selector("#send", state="visible")
        page.click("#chat .plainly")
        page.wait_for_selector("#chat a.chip")
        page.wait_for_selector("#send", state="visible")
        assert page.locator("#chat .asked").count() == 1 and page.locator("#chat .notice.wrong").count() == 0
    model.faults[:] = [None]


def test_the_quotes_of_one_article_lead_to_each_other(browser: Any, written: str, model: Scripted) -> None:
    model.reply = (
        "دامت المحادثات نحو 3 ساعات [1]. وكانت في صيغتين، الأولى حضرتها الوفود والثانية جلس فيها الرئيسان وجها "
        "لوجه [1]."
    )
    for reader in reading(browser, written):
        reader.ask(HOURS).locator("a.chip").first.click()
        first = reader.shown().text_content()
        assert "3 ساعات" in first and "الوفود" in reader.text("#panel .also") and "1" in reader.text("#panel .at")
        reader.page.focus("#panel .after")
        reader.page.keyboard.press("Enter")
        reader.page.wait_for_function("document.querySelector('#hit').textContent.includes('الوفود')")
        assert reader.in_view("#hit") and reader.text("#panel .also") == first
        reader.page.wait_for_function("document.activeElement.matches('#panel .after')")


def test_hostile_answers_stay_words(browser: Any, writing: tuple[str, AnswerService], model: Scripted) -> None:
    address, service = writing
    for reader in reading(browser, address, language="en-GB"):
        model.reply = " ".join(f"The harbour master wrote {one} in a letter [1]." for one in HOSTILE.values())
        reader.ask("Who wrote a letter in Odd Bay? " + HOSTILE["an image"])
        assert "<iframe" in reader.text("#chat article.answer") and strange(reader) == []
        owner = next(cooky["value"] for cooky in reader.context.cookies() if cooky["name"] == "isnad")
        kept = service.conversations.begin(owner)
        for payload in HOSTILE.values():
            service.conversations.add(kept, owner, handle_errors(payload))
        reader.open(f"?c={kept}").answered(len(HOSTILE))
        reader.page.mouse.move(600, 300)
        assert strange(reader) == []


def handle_errors(payload: str) -> Answer:
    """An answer that says the payload wherever it can."""
    cited = Citation(file_id="hostile", start=0, end=12, quote=payload)
    said = Sentence(text=payload, start=0, end=len(payload), verdict="partly", reasons=(payload,), citations=(cited,))
    source = Source(file_id=payload, title=payload, publisher=payload)
    refusal = {"reasons": (payload,), "closest": (cited,), "coverage": 0.0, "engine": f"model:{payload}"}
    return Answer(question=payload, text=payload, abstained=False, sentences=(said,), sources=(source,), **refusal)


def test_hostile_articles_stay_words(reader: Reader) -> None:
    reader.ask("Who wrote a letter in Odd Bay?")
    reader.open("?a=hostile:0-45")
    assert reader.shown().text_content() == DAM["hostile.txt"][:45]
    assert all(one in reader.text("#panel .text") for one in ("<script>", "<iframe", "![logo]"))
    assert strange(reader) == []


def strange(reader: Reader) -> list[str]:
    """What stands in the chat or the panel and is not ours."""
    return list(
        reader.page.evaluate("""() => [...document.querySelectorAll("#chat *, #panel *")].filter(one =>
            ["SCRIPT", "IMG", "IMAGE", "IFRAME", "FORM", "INPUT", "VIDEO", "AUDIO", "OBJECT", "EMBED",
             "STYLE", "LINK", "META", "BASE"].includes(one.tagName)
            || (one.tagName === "A" && !(one.getAttribute("href") || "").startsWith("?a="))
            || [...one.attributes].some(own => own.name.startsWith("on"))
            || (getComputedStyle(one).position === "fixed")
        ).map(one => one.outerHTML.slice(0, 200))""")
    )
