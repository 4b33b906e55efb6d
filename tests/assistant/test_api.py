"""The Python interface: one Assistant for many questions, threads and event loops; any model and embedding plugged
in.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant import Answer, Assistant, Filters, Settings, Stream, ask
from assistant.chat_model import Message
from assistant.settings import Secret
from index.errors import NoStore, ProviderDown, SourceError, StoreError, UsageError
from index.model_api import Reply
from tests.scripted import Scripted
from tests.shop import write

pytestmark = pytest.mark.process

LENGTH = "كم ساعة استمرت محادثات بوتين والأسد؟"
NOBODY = "من هو وزير الزراعة؟"
NONE = Settings()


@pytest.fixture
def assistant(sample: Path) -> Iterator[Assistant]:
    with Assistant.open(sample, settings=NONE) as opened:
        yield opened


@pytest.fixture
def own(tmp_path: Path, without_chroma: None) -> Iterator[Assistant]:
    """An assistant over an empty store of its own."""
    with Assistant.open(tmp_path / "store", settings=NONE, create=True) as opened:
        yield opened


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Assistant]:
    """The same, and its articles go into Chroma, too."""
    with Assistant.open(tmp_path / "store", settings=NONE, create=True) as opened:
        yield opened


class Saying:
    """A model that says the same to everybody, and notes whether it was left early."""

    name = "saying"

    def __init__(self, said: str, wait: threading.Event | None = None) -> None:
        self.said, self.wait = said, wait
        self.begun, self.left = threading.Event(), threading.Event()

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        self.begun.set()
        try:
            for word in self.said.split(" "):
                yield word + " "
                if self.wait:
                    assert self.wait.wait(30)
        except GeneratorExit:
            self.left.set()
            raise
        return Reply(text=self.said)


class Letters:
    """An embedding model: how often each of a few letters stands in a text."""

    name = "letters"
    paid = True
    dimensions = 8

    def embed(self, texts: Sequence[str], *, question: bool = False) -> NDArray[np.float32]:
        rows = np.array([[1 + text.count(letter) for letter in "ابجدهوزح"] for text in texts], np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_one_question_needs_one_line(sample: Path) -> None:
    answer = ask(LENGTH, store=sample, settings=NONE)
    assert "3 ساعات" in answer.text and answer["002_924c621b7ea87b2a"]


def test_options_of_ask_reach_search(sample: Path) -> None:
    alone = Filters(file_ids=("003_a84ef65c2610b456",))
    assert {hit.file_id for hit in ask(LENGTH, store=sample, settings=NONE, filters=alone, limit=2).hits} == {
        "003_a84ef65c2610b456"
    }


def test_a_stream_yields_the_text_and_ends_with_the_answer(assistant: Assistant) -> None:
    pieces = assistant.stream(LENGTH)
    text = "".join(pieces)
    assert text == pieces.answer.text and pieces.ended and pieces.answer is pieces.answer


def test_a_stream_returns_the_answer_as_a_generator_does(assistant: Assistant) -> None:
    def outer() -> Generator[str, None, str]:
        answer: Answer = yield from assistant.stream(LENGTH)
        return answer.text

    running = outer()
    said = ""
    while True:
        try:
            said += next(running)
        except StopIteration as done:
            assert done.value == said
            break


def test_the_answer_of_a_stream_that_nobody_read_is_read_then(assistant: Assistant) -> None:
    assert assistant.stream(LENGTH).answer.text == assistant.ask(LENGTH).text


def test_a_stream_that_was_left_has_no_answer_and_stops_the_model(sample: Path) -> None:
    model = Saying("وصل الوفد أمس [1].")
    with Assistant.open(sample, model=model, settings=NONE) as assistant:
        pieces = assistant.stream(LENGTH)
        next(pieces)
        pieces.close()
        assert model.left.is_set()
        with pytest.raises(UsageError, match="left before its end; ask again"):
            _ = pieces.answer


def test_asking_works_inside_a_running_event_loop(assistant: Assistant) -> None:
    async def cell() -> tuple[Answer, Answer, str]:
        streaming = assistant.astream(LENGTH)
        text = "".join([piece async for piece in streaming])
        assert streaming.answer.text == text
        return assistant.ask(LENGTH), await assistant.aask(LENGTH, limit=5), text

    one, other, text = asyncio.run(cell())
    assert one.text == other.text == text


def test_the_loop_goes_on_while_an_answer_is_waited_for(sample: Path) -> None:
    wait = threading.Event()
    with Assistant.open(sample, model=Saying("التقى بوتين الشيباني [1].", wait), settings=NONE) as assistant:

        async def cell() -> Answer:
            asking = asyncio.ensure_future(assistant.aask(LENGTH))
            await asyncio.sleep(0)
            wait.set()  # would never be reached if the answer held the loop up
            return await asking

        assert asyncio.run(cell()).engine == "model:saying"


def test_an_answer_that_is_cancelled_leaves_the_model(sample: Path) -> None:
    wait = threading.Event()
    model = Saying("التقى بوتين الشيباني في موسكو [1].", wait)
    with Assistant.open(sample, model=model, settings=NONE) as assistant:

        async def cell() -> None:
            asking = asyncio.ensure_future(assistant.aask(LENGTH))
            assert await asyncio.to_thread(model.begun.wait, 30)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            wait.set()
            assert await asyncio.to_thread(model.left.wait, 30)

        asyncio.run(cell())


def test_an_answer_that_is_cancelled_leaves_a_server_that_says_nothing(sample: Path) -> None:
    with Scripted() as server:
        server.faults = ["silent-headers"]
        patient = Settings(
            base_url=server.url,
            key=Secret("x"),
            model="m",
            first_token_seconds=3_600.0,
            stall_seconds=3_600.0,
            total_seconds=3_600.0,
        )
        with Assistant.open(sample, settings=patient) as assistant:

            async def cell() -> None:
                asking = asyncio.ensure_future(assistant.aask(LENGTH))
                while not server.requests:
                    await asyncio.sleep(0.005)
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking

            asyncio.run(cell())
            assert server.left.wait(60)


def test_an_unread_async_stream_says_that_its_answer_is_not_there(assistant: Assistant) -> None:
    with pytest.raises(UsageError, match="await finished"):
        _ = assistant.astream(LENGTH).answer


def test_one_assistant_serves_many_threads(assistant: Assistant) -> None:
    asked = [LENGTH, NOBODY, "من استقبل الشيباني؟", "من هو الناطق باسم الكرملين؟"]
    alone = {question: assistant.ask(question) for question in asked}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(assistant.ask, asked * 15))
    for answer in answers:
        assert answer.text == alone[answer.question].text
        assert answer.citations == alone[answer.question].citations


def test_threads_ask_while_another_adds(own: Assistant) -> None:
    own.add({"first": "افتتح الوالي جسر نور يوم الأحد."})
    done = threading.Event()

    def asking() -> set[str]:
        said = set()
        while not done.is_set():
            said.add(own.ask("من افتتح جسر نور؟").text)
        return said

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(asking) for _ in range(3)]
        try:
            for number in range(4):
                own.add({f"more-{number}": f"زار الوفد رقم {number} مدينة مرجان يوم الثلاثاء."})
        finally:
            done.set()
        assert {text for reader in readers for text in reader.result()} == {"افتتح الوالي جسر نور يوم الأحد. [first]"}
    assert len(own.articles()) == 5


def test_threads_that_add_wait_for_each_other(whole: Assistant) -> None:
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda item: whole.add({item: f"زار الوفد {item} مدينة مرجان."}), ["a", "b", "c"]))
    assert sorted(report.added for report in reports) == [("a",), ("b",), ("c",)] and len(whole.articles()) == 3


def test_closing_twice_is_fine_and_use_after_it_says_so(sample: Path) -> None:
    assistant = Assistant.open(sample, settings=NONE)
    pieces = assistant.stream(LENGTH)
    assistant.close()
    assistant.close()
    for use in (
        lambda: assistant.ask(LENGTH),
        lambda: assistant.search(LENGTH),
        assistant.articles,
        lambda: assistant.add({"a": "b"}),
    ):
        with pytest.raises(UsageError, match=r"closed; open another with Assistant\.open"):
            use()
    with pytest.raises(UsageError, match="closed meanwhile"):
        next(pieces)
    assert "closed" in repr(assistant)


def test_closing_under_other_threads_ends_them_with_that_reason(sample: Path) -> None:
    assistant = Assistant.open(sample, settings=NONE)

    def asking() -> str:
        try:
            while True:
                assistant.ask(LENGTH)
        except UsageError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(asking) for _ in range(4)]
        assistant.ask(LENGTH)
        assistant.close()
        assert all("closed" in one.result(60) for one in running)


def test_a_store_that_is_not_there_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="run: isnad index"):
        ask(LENGTH, store=tmp_path / "none", settings=NONE)


# --- articles ---


def test_hits_are_a_tuple_that_prints_and_points_into_the_articles(assistant: Assistant) -> None:
    hits = assistant.search("القمة الروسية العربية", limit=4)
    assert isinstance(hits, tuple) and 1 <= len(hits) <= 4
    assert all(hit.article.text[hit.passage.start : hit.passage.end] == hit.passage.text for hit in hits)
    assert hits[0].passage.id in str(hits) and len(repr(hits[0])) < 150


def test_articles_are_listed_and_filtered(assistant: Assistant) -> None:
    assert [article.id[:3] for article in assistant.articles()] == ["000", "001", "002", "003", "004"]
    late = assistant.articles(Filters(since=date(2025, 12, 1)))
    assert [one.id[:3] for one in late] == ["003"] and "003_a84ef65c2610b456" in str(late)


def test_a_folder_is_kept_equal_to_what_is_in_it(own: Assistant, tmp_path: Path) -> None:
    folder = write(tmp_path / "in", {"a.txt": "افتتح الوالي جسر نور يوم الأحد.", "b.txt": "زار الوفد مدينة مرجان."})
    stages: list[str] = []
    assert own.add(folder, progress=lambda stage, done, total: stages.append(stage)).added == ("a", "b")
    (folder / "b.txt").unlink()
    assert own.add(str(folder)).deleted == ("b",)
    assert {"read", "searchable"} <= set(stages)


def test_records_bring_what_is_known_of_them(own: Assistant) -> None:
    record = {
        "id": "bridge",
        "text": "افتتح الوالي جسر نور.",
        "title": "جسر",
        "published": date(2026, 3, 1),
        "lang": "ar",
    }
    assert own.add([record]).added == ("bridge",)
    article = own.articles()[0]
    assert (article.title, article.published, article.language, article.path) == ("جسر", date(2026, 3, 1), "ar", "")
    assert own.add([record]).unchanged == 1
    assert own.add([{**record, "text": "أغلق الوالي جسر نور."}]).changed == ("bridge",)
    assert own.ask("من أغلق جسر نور؟").citations[0].quote == "أغلق الوالي جسر نور."


def test_texts_never_drop_or_take_over_what_a_folder_brought(own: Assistant, tmp_path: Path) -> None:
    folder = write(tmp_path / "in", {"a.txt": "افتتح الوالي جسر نور يوم الأحد."})
    own.add(folder)
    report = own.add({"a": "نص آخر تماما عن شيء آخر.", "b": "زار الوفد مدينة مرجان."})
    assert report.added == ("b",) and report.skipped[0].id == "a" and "belongs to" in report.skipped[0].reason
    assert own.articles()[0].text.startswith("افتتح") and len(own.articles()) == 2


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": "a"}, "text"),
        ({"id": "a", "text": ""}, "empty"),
        ({"id": "a\n1", "text": "x"}, "may not hold"),
        ({"id": "a", "text": object()}, "no article record"),
    ],
)
def test_a_bad_record_is_named_with_its_reason(own: Assistant, record: dict[str, Any], reason: str) -> None:
    report = own.add([record, {"id": "good", "text": "زار الوفد مدينة مرجان."}])
    assert report.added == ("good",) and reason in report.skipped[0].reason


def test_a_record_whose_date_cannot_be_read_goes_in_without_a_day(own: Assistant) -> None:
    own.add([{"id": "a", "text": "زار الوفد مدينة مرجان.", "published": "yesterday"}])
    assert [article.published for article in own.articles()] == [None]


def test_a_folder_that_is_not_there_is_an_error(own: Assistant, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        own.add(tmp_path / "nowhere")


# --- conversations ---


def test_a_conversation_understands_a_follow_up(assistant: Assistant) -> None:
    talk = assistant.conversation()
    talk.ask("متى تنعقد القمة بين روسيا وجامعة الدول العربية؟")
    assert "القمة" in talk.ask("وأين؟").searched[0] and len(talk.turns) == 2
    again = assistant.conversation(talk.conversation)
    assert asyncio.run(again.aask("ومن دعا إليها؟")).searched and len(again.turns) == 3


def test_a_streamed_turn_counts_when_it_was_read_to_its_end(assistant: Assistant) -> None:
    talk = assistant.conversation()
    left = talk.stream(LENGTH)
    next(left)
    left.close()
    assert not talk.turns
    for _ in talk.stream(LENGTH):
        pass
    assert len(talk.turns) == 1 and talk.turns[0].question == LENGTH


# --- models ---


def test_a_model_of_ours_is_plugged_in(sample: Path) -> None:
    said = "التقى بوتين في الكرملين بموسكو وزير الخارجية السوري أسعد الشيباني [1]."
    answer = ask("من التقى الشيباني؟", store=sample, model=Saying(said), settings=NONE)
    assert answer.engine == "model:saying" and answer.sentences


def test_an_llm_and_an_embedding_of_llama_index_are_plugged_in(tmp_path: Path) -> None:
    from llama_index.core import MockEmbedding
    from llama_index.core.llms import MockLLM

    with Assistant.open(
        tmp_path / "store", model=MockLLM(), embedding=MockEmbedding(embed_dim=4), settings=NONE, create=True
    ) as assistant:
        assistant.add({"a": "افتتح الوالي جسر نور يوم الأحد."})
        assert assistant.search("جسر نور")[0].ranks == {"lexical": 1, "meaning": 1}
        assert assistant.ask("من افتتح جسر نور؟").engine.startswith("model:")


def test_an_embedding_model_adds_a_search_by_meaning(tmp_path: Path) -> None:
    with Assistant.open(tmp_path / "store", embedding=Letters(), settings=NONE, create=True) as assistant:
        assistant.add({"a": "افتتح الوالي جسر نور.", "b": "زار الوفد مدينة مرجان."})
        assert {"lexical", "meaning"} <= set(assistant.search("جسر نور")[0].ranks)
        assistant.add({"c": "عبرت القافلة جسر نور."})
        assert {hit.article.id for hit in assistant.search("جسر نور") if "meaning" in hit.ranks} == {"a", "b", "c"}
    with Assistant.open(tmp_path / "store", settings=NONE) as plain:
        assert set(plain.search("جسر نور")[0].ranks) == {"lexical"}


def test_another_embedding_model_is_refused_until_it_is_asked_to_embed_anew(whole: Assistant, tmp_path: Path) -> None:
    whole.add({"a": "افتتح الوالي جسر نور."})
    with Assistant.open(tmp_path / "store", embedding=Letters(), settings=NONE) as assistant:
        with pytest.raises(StoreError, match=r"were made by e5-small-1:.*, not by letters"):
            assistant.search("جسر نور")
        with pytest.raises(StoreError, match="were made by e5-small-1"):
            assistant.add({"b": "زار الوفد مدينة مرجان."})
        assistant.add({}, reembed=True)
        assert assistant.search("جسر نور")[0].ranks["meaning"] == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"model": "gpt-x"}, "no server is set for the model gpt-x: set OPENAI_API_KEY"),
        ({"model": 7}, "int is no model"),
        ({"embedding": "embed-x"}, "no server is set for the embedding model embed-x"),
        ({"embedding": 7}, "int is no embedding model"),
    ],
)
def test_what_is_no_model_is_refused_with_the_next_step(sample: Path, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Assistant.open(sample, settings=NONE, **options)


def test_a_name_is_a_model_on_the_server_that_is_set(sample: Path) -> None:
    there = Settings(base_url="http://127.0.0.1:9/v1", total_seconds=5.0)
    with Assistant.open(sample, model="qwen3", settings=there) as assistant:
        assert assistant.engine == "model:qwen3"
        with pytest.raises(ProviderDown, match=r"127\.0\.0\.1"):
            assistant.ask(LENGTH)


def test_streams_are_of_one_kind(assistant: Assistant) -> None:
    assert isinstance(assistant.stream(LENGTH), Stream) and isinstance(assistant.conversation().stream(LENGTH), Stream)
