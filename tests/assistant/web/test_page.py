"""The callbacks of the page: what they tell a visitor, and that they never raise."""

from __future__ import annotations

import asyncio
import html
import json
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.models import Answer
from assistant.settings import Settings
from assistant.web import article_browser, article_panel, chat_stream, sidebar
from assistant.web import page as pages
from assistant.web.callbacks import Callbacks
from assistant.web.conversation_store import Turn
from assistant.web.gradio_setup import gr
from assistant.web.page_parts import Page
from assistant.web.question_callbacks import Questions
from assistant.web.rate_limit import Limits
from assistant.web.service import AnswerService
from assistant.web.words import WORDS
from index.errors import ProviderDown
from tests.assistant.web.served import FREELY, Asked, stored

pytestmark = pytest.mark.process

RESEARCH_SHIP = "متى رست سفينة الأبحاث في ميناء الزهراء؟"
COST = "كم كلّف جسر نور؟"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnswerService]:
    found = AnswerService(stored(tmp_path_factory.mktemp("page")), settings=Settings(), limits=FREELY)
    yield found
    found.close()


@pytest.fixture(scope="module")
def call(service: AnswerService) -> Callbacks:
    with gr.Blocks():
        return Callbacks(service, Page(service))


@pytest.fixture(scope="module")
def questions(service: AnswerService, call: Callbacks) -> Questions:
    return Questions(service, call.page)


def visitor(owner: str = "nobody", **query: str) -> Any:
    asked = Asked(owner=owner)
    asked.query_params = query  # type: ignore[attr-defined]
    return asked


def event(**value: object) -> Any:
    return gr.EventData(None, value)


def form(
    page: Page,
    language: str = "ar",
    *,
    question: object = "",
    conversation: str = "",
    since: str = "",
    files: Sequence[str] = (),
) -> dict[Any, Any]:
    """What the fields of the page hold."""
    empty = {page.until: "", page.languages: [], page.publishers: [], page.replaces: 0}
    shown = {page.language: language, page.conversation: conversation, page.box: question}
    return {**empty, **shown, page.since: since, page.files: list(files)}


def asked(
    call: Questions, question: object, owner: str, conversation: str = "", since: str = ""
) -> list[dict[Any, Any]]:
    """What asking brings to the page, one after the other."""
    fields = form(call.page, question=question, conversation=conversation, since=since)
    begun = call.ask(fields, visitor(owner))
    if call.page.asked not in begun:
        return [begun]
    conversation, page = begun[call.page.conversation], call.page

    async def read() -> list[dict[Any, Any]]:
        steps = call.write(begun[page.asked], "ar", conversation, visitor(owner))
        return [{page.chat: chat} async for chat, _ in steps if isinstance(chat, list)]

    return [begun, *asyncio.run(read()), call.finish("ar", conversation, visitor(owner))]


def test_asking_shows_the_question_at_once_then_the_answer_and_keeps_it(
    call: Callbacks, questions: Questions, service: AnswerService
) -> None:
    steps = asked(questions, COST, "layla")
    chats = [step[call.page.chat] for step in steps if call.page.chat in step]
    assert "يبحث في المقالات" in chats[0][1]["content"] and COST in chats[0][0]["content"]
    assert "مليون" in chats[-1][1]["content"] and 'class="chip"' in chats[-1][1]["content"]
    conversation = next(step[call.page.conversation] for step in steps if call.page.conversation in step)
    assert [turn.question for turn in service.conversations.turns(conversation, "layla")] == [COST]


@pytest.mark.parametrize("question", ["", "؟" * 2_001, None, {"role": "system"}, "\ud800", 7])
def test_a_question_that_makes_no_sense_is_answered_with_a_word_of_the_page(
    call: Callbacks, questions: Questions, question: object
) -> None:
    (only,) = asked(questions, question, "layla")
    assert set(only) == {call.page.bridge} and "toast" in only[call.page.bridge]


@pytest.mark.parametrize(
    ("language", "said"), [("ar", "هذه المحادثة غير موجودة"), ("en", "there is no such conversation")]
)
def test_what_fails_is_said_in_the_language_of_the_page(
    language: str, said: str, call: Callbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def toast() -> str:
        bridge = call.share(language, "nothing", visitor("layla"))[call.page.bridge]
        return str(json.loads(html.unescape(bridge))["toast"])

    assert said in toast()

    def broken(*_: object) -> str:
        raise ValueError("secret")

    monkeypatch.setattr(call.service.conversations, "share", broken)
    assert toast() == WORDS[language].failed.format(why="ValueError")  # type: ignore[index]


def test_a_part_of_the_plan_that_is_taken_away_is_not_searched_by(
    call: Callbacks, questions: Questions, service: AnswerService
) -> None:
    page = call.page
    begun = asked(questions, "ما آخر أخبار جسر نور؟", "noura")[0]
    conversation = begun[page.conversation]
    first = service.conversations.turns(conversation, "noura")[0].answer
    assert first.plan and first.plan.newest_first
    shown = form(page, conversation=conversation)
    again = questions.again(shown, visitor("noura"), event(number="1", without="newest_first"))
    assert again[page.asked].plan == first.plan.without("newest_first") and again[page.asked].replaces == 1
    service.cancel(again[page.asked].ticket)
    for part in ("kind", "language", "", 7, None, ["days"]):
        again = questions.again(shown, visitor("noura"), event(number="1", without=part))
        assert again[page.asked].plan == "auto"
        service.cancel(again[page.asked].ticket)


def test_a_date_that_is_none_is_said(call: Callbacks, questions: Questions) -> None:
    for said in ("soon", "31/12/2025"):
        assert "2025-12-23" in asked(questions, COST, "layla", since=said)[-1][call.page.bridge]


def test_whatever_fails_becomes_a_line_in_the_chat_and_the_question_stays(
    questions: Questions, service: AnswerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = questions.page

    def down(*_: object, **__: object) -> Generator[str, None, Answer]:
        yield "نحو "
        raise ProviderDown("the server does not answer")

    monkeypatch.setattr(service, "stream", down)
    steps = asked(questions, COST, "layla")
    last = [step[page.chat] for step in steps if page.chat in step][-1]
    assert "the server does not answer" in last[-1]["content"] and "نحو" in last[-1]["content"]
    assert [turn.question for turn in service.conversations.turns(steps[0][page.conversation], "layla")] == [COST]

    def broken(*_: object, **__: object) -> Generator[str, None, Answer]:
        raise ZeroDivisionError("sk-secret")
        yield ""

    monkeypatch.setattr(service, "stream", broken)
    *_, chat, end = asked(questions, COST, "layla")
    assert "ZeroDivisionError" in chat[page.chat][-1]["content"] and "sk-secret" not in str(chat)
    assert 'id="do-retry-1"' in chat[page.chat][-1]["content"] and end[page.send]["visible"] is True


def endless(closed: list[bool]) -> Callable[..., Generator[str, None, Answer]]:
    """A stream of words that ends when it is closed."""

    def stream(*_: object, **__: object) -> Generator[str, None, Answer]:
        try:
            while True:
                yield "كلمة "
                threading.Event().wait(0.001)
        finally:
            closed.append(True)

    return stream


def test_a_visitor_who_leaves_closes_the_stream_and_finds_what_was_written(
    questions: Questions, service: AnswerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(service, "stream", endless(closed))
    page = questions.page
    begun = questions.ask(form(page, question=COST), visitor("omar"))

    async def leave() -> None:
        steps = questions.write(begun[page.asked], "ar", begun[page.conversation], visitor("omar"))
        async for chat, _ in steps:
            if "writing" in str(chat) and "كلمة كلمة" in str(chat):
                break
        assert (
            "toast"
            in questions.ask(form(page, question=COST, conversation=begun[page.conversation]), visitor("omar"))[
                page.bridge
            ]
        )
        await steps.aclose()
        while not closed:
            await asyncio.sleep(0.01)

    asyncio.run(leave())
    (turn,) = service.conversations.turns(begun[page.conversation], "omar")
    assert turn.answer.text.startswith("كلمة") and not turn.answer.complete
    assert begun[page.conversation] not in service.underway


def test_an_answer_does_not_show_up_in_another_conversation(service: AnswerService, call: Callbacks) -> None:
    shows = ["elsewhere"]
    questions = Questions(service, call.page, lambda _: shows[0])
    steps = asked(questions, COST, "noor")
    assert not [step for step in steps[1:-1] if call.page.chat in step]
    (turn,) = service.conversations.turns(steps[0][call.page.conversation], "noor")
    assert turn.answer.complete and "مليون" in turn.answer.text


def test_a_question_that_was_stopped_before_its_turn_stays(service: AnswerService, questions: Questions) -> None:
    page = questions.page
    begun = questions.ask(form(page, question=COST), visitor("salma"))
    conversation = begun[page.conversation]
    shown = asyncio.run(questions.stopped(begun[page.asked], "ar", conversation, visitor("salma")))
    assert COST in shown[page.chat][0]["content"] and "do-retry-1" in shown[page.chat][1]["content"]
    assert shown[page.asked] is None and shown[page.stop]["visible"] is False
    again = questions.again(form(page, conversation=conversation), visitor("salma"), event(number="1"))
    assert again[page.asked].question == COST and again[page.asked].replaces == 1 and page.box not in again
    assert again[page.asked].quoting is False
    plainly = questions.again(form(page, conversation=conversation), visitor("salma"), event(number=1, quoting=True))
    assert plainly[page.asked].quoting is True


def test_nobody_sees_or_changes_anothers_conversation(
    call: Callbacks, questions: Questions, service: AnswerService
) -> None:
    steps = asked(questions, COST, "layla")
    hers = next(step[call.page.conversation] for step in steps if call.page.conversation in step)
    shown = call.open_conversation("ar", visitor("omar"), event(id=hers))
    assert shown[call.page.conversation] == "" and shown[call.page.chat]["value"] == []
    for act in (call.delete, call.export, call.rename, questions.edit, questions.rate):
        value = event(id=hers, title="mine", form="md", number="1", kind="good")
        assert "toast" in act("ar", hers, visitor("omar"), value)[call.page.bridge]
    assert "toast" in call.share("ar", hers, visitor("omar"))[call.page.bridge]
    answered = asked(questions, COST, "omar", conversation=hers)
    assert next(one[call.page.conversation] for one in answered if call.page.conversation in one) != hers
    assert [one.id for one in service.conversations.listed("layla")].count(hers) == 1


@pytest.mark.parametrize("place", ["", "../../etc/passwd", "bridge:9-1", "bridge:0-99999", "nobody", "\x00", "🙂:1-2"])
def test_a_place_that_is_none_says_so_in_the_panel(service: AnswerService, place: str) -> None:
    assert 'class="absent"' in article_panel.place_html(service, place, "en")


def test_the_address_of_the_page_says_what_it_shows(call: Callbacks, service: AnswerService) -> None:
    shown = call.arrive(visitor("layla", lang="en", a="bridge:0-14"))
    assert shown[call.page.language] == "en" and "Question" in str(shown[call.page.box])
    assert "bridge:0-14" in shown[call.page.bridge]
    assert '<mark id="hit" tabindex="-1">افتتاح جسر نور</mark>' in article_panel.place_html(
        service, "bridge:0-14", "en"
    )
    assert "no such conversation" in call.arrive(visitor("layla", lang="en", s="guess"))[call.page.editing]


def test_articles_that_alone_are_asked_can_be_chosen_and_left_out_again(call: Callbacks) -> None:
    page, words = call.page, WORDS["en"]
    first = call.keep_to(form(page, "en"), event(id="bridge", only=True))
    assert (
        first[page.files] == ["bridge"]
        and words.only_these in first[page.only]
        and "do-unpick:bridge" in first[page.only]
    )
    both = call.keep_to(form(page, "en", since="2025-01-01", files=["bridge"]), event(id="english", only=True))
    assert both[page.files] == ["bridge", "english"] and "(2)" in str(both[page.filters])
    left = call.keep_to(form(page, "en", files=both[page.files]), event(id="bridge", only=False))
    assert left[page.files] == ["english"]
    assert "toast" in call.keep_to(form(page, "en"), event(id="nobody", only=True))[page.bridge]
    cleared = call.clear("en")
    assert cleared[page.files] == [] and cleared[page.only] == "" and "(" not in str(cleared[page.filters]["label"])


def test_a_page_that_takes_no_uploads_has_no_place_for_them(service: AnswerService) -> None:
    with gr.Blocks() as blocks:
        Page(AnswerService(service.store, settings=Settings(), uploads=False))
    hidden = [block for block in blocks.blocks.values() if getattr(block, "elem_id", None) == "uploading"]
    assert [one.visible for one in hidden] == [False]


def test_no_part_of_the_page_is_an_endpoint_for_others(service: AnswerService) -> None:
    blocks = pages.build(service)
    assert blocks.fns and {one.api_visibility for one in blocks.fns.values()} == {"private"}


def test_questions_are_limited_for_each_visitor(service: AnswerService) -> None:
    strict = AnswerService(service.store, settings=Settings(), limits=Limits(per_minute=1))
    with gr.Blocks():
        questions = Questions(strict, Page(strict))
    asked(questions, COST, "layla")
    said = asked(questions, COST, "layla")[-1][questions.page.bridge]
    assert "انتظر دقيقة".encode("ascii", "backslashreplace").decode() in said
    strict.close()


def test_an_article_without_a_title_is_shown_by_how_it_begins(tmp_path: Path) -> None:
    text = (
        "انشر الخبر\nرست سفينة الأبحاث الكبيرة في ميناء الزهراء صباح الاثنين، وعلى متنها أربعون عالما من سبع "
        "دول. وغادرت مساء."
    )
    with Assistant.open(tmp_path / "store", create=True, settings=Settings()) as assistant:
        assistant.add(
            [{"id": "ship", "text": text}, {"id": "dock", "text": text.replace("رست", "بقيت"), "title": "السفينة"}]
        )
    service = AnswerService(tmp_path / "store", settings=Settings(), limits=FREELY)
    assert service.article("ship").title is None
    words = WORDS["ar"]
    answer = service.ask(service.admit("layla", RESEARCH_SHIP), RESEARCH_SHIP)
    turn = Turn(number=1, question="q", answer=answer, at=datetime(2031, 5, 2, tzinfo=UTC))
    for shown in (sidebar.articles(service, words), chat_stream.chat_messages(service, [turn], "ar")[1]["content"]):
        assert f"{words.untitled}: " in shown and "رست سفينة الأبحاث" in shown.partition(f"{words.untitled}: ")[2][:60]
    service.close()


def test_articles_are_found_by_title_publisher_or_id_in_any_spelling(service: AnswerService) -> None:
    every, count = article_browser.browse(service.store)
    assert count == len(every) == 3 and not any(item.text for item in every)
    assert [one.id for one in article_browser.browse(service.store, "إفتتاح جسر")[0]] == ["bridge"]
    assert [one.id for one in article_browser.browse(service.store, "english")[0]] == ["english"]
    assert article_browser.browse(service.store, "nothing of the kind") == ((), 0)


def test_a_search_of_the_articles_finds_sentences_too(service: AnswerService) -> None:
    words = WORDS["ar"]
    shown = sidebar.articles(service, words, "المهندس سليم")
    sentence = "وأوضح المهندس سليم حداد أن طول الجسر 620 مترا، وأن العمل فيه دام ثلاث سنوات."
    text = service.article("bridge").text
    start = text.index(sentence)
    assert words.in_texts in shown and sentence in shown and f"bridge:{start}-{start + len(sentence)}" in shown
    assert words.articles_none in sidebar.articles(service, words, "زقزقة")
    assert words.in_texts not in sidebar.articles(service, words, "") and service.mentions(" ") == ()


def test_a_long_list_of_conversations_says_how_many_there_are(
    service: AnswerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sidebar, "SHOWN", 2)
    for number in range(3):
        one = service.conversations.begin("rana")
        service.conversations.add(
            one, "rana", Answer(question=f"q{number}", text="x", abstained=False, engine="extract")
        )
    words = WORDS["en"]
    assert "2 of 3" in sidebar.conversations(service, "rana", words, "")
    assert " of " not in sidebar.conversations(service, "rana", words, "", "q1")


def test_who_may_add_articles_reads_what_is_taken(service: AnswerService) -> None:
    said = sidebar.taking(service, WORDS["en"])
    assert "txt md html pdf docx" in said and "20 files and 20 MB" in said


def test_quotes_are_held_against_the_article_of_today(tmp_path: Path) -> None:
    with Assistant.open(tmp_path / "store", create=True, settings=Settings()) as assistant:
        story = "وصلت السفينة إلى ميناء الزهراء يوم الاثنين.\n\nوعلى متنها أربعون عالما من سبع دول."
        assistant.add([{"id": "ship", "text": story}])
        answer = assistant.ask("كم عالما على متن السفينة؟")
        service = AnswerService(tmp_path / "store", settings=Settings(), limits=FREELY)
        (quote,) = answer.citations
        one, place = service.conversations.begin("mona"), f"ship:{quote.start}-{quote.end}"
        service.conversations.add(one, "mona", answer)

        def opened(owner: str = "mona") -> str:
            cited = service.citations_at(place, owner=owner, conversation=one)
            return article_panel.place_html(service, place, "en", cited)

        marked = f'<mark id="hit" tabindex="-1">{quote.quote}</mark>'
        assert marked in opened() and "altered" not in opened()
        assistant.add([{"id": "ship", "text": f"خبر عاجل من الميناء.\n\n{story}"}])
        assert marked in opened() and WORDS["en"].moved in opened()
        assert marked not in opened("somebody else")
        assistant.add(
            [{"id": "ship", "text": "غادرت السفينة ميناء الزهراء يوم الخميس، وعلى متنها بحارتها وحدهم لا غير."}]
        )
        changed = opened()
        assert "<mark" not in changed and WORDS["en"].altered in changed and f">{quote.quote}</q>" in changed
        assistant.add([{"id": "ship", "text": "غادرت."}])
        assert WORDS["en"].altered in opened()
    service.close()


def test_the_looks_of_the_page_load_nothing(call: Callbacks) -> None:
    looks = "".join((Path(pages.__file__).parent / name).read_text("utf-8") for name in ("page.css", "page.js"))
    assert (
        "https:" not in looks
        and "@import" not in looks
        and looks.count("http:") == looks.count("http://www.w3.org/2000/svg")
    )
