"""Path 2, where articles are in several languages: in which of them a question is put to the store before a model
answers it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant import container
from assistant.chat_model import Message, Prices
from assistant.generative.model_writer import ModelWriter
from assistant.pipeline import LITTLE, answer, translation_languages
from assistant.query.followups import Conversation
from assistant.query.parse import parse_question
from assistant.settings import Settings
from index.errors import ProviderDown, UsageError
from index.ingest.sync import Lexicon, sync
from index.model_api import Reply
from index.models import Filters
from index.search.retriever import Retriever
from index.store.ledger import Ledger
from index.token_count import count
from tests.assistant.written import hit

NOW, THEN = "من محافظ السراج الآن؟", "من افتتح الجسر؟"
MIXED = {"ar": 0.9, "en": 0.095, "fr": 0.005}


@pytest.mark.parametrize(
    ("question", "languages", "score", "expected"),
    [
        (THEN, MIXED, LITTLE, []),
        (THEN, MIXED, LITTLE - 0.01, ["en"]),  # next to nothing was found; a stray article is no language
        (NOW, MIXED, 0.9, ["en"]),  # the newest report may be in any language
        (THEN, {"ar": 0.6, "en": 0.4}, 0.9, ["en"]),
        ("Who opened the bridge?", {"ar": 0.995, "fr": 0.005}, 0.9, ["ar", "fr"]),  # none is in its own
        (NOW, {"ar": 1.0}, 0.0, []),
        (NOW, {}, 0.0, []),
    ],
)
def test_a_question_is_put_into_the_languages_that_may_hold_its_answer(
    question: str, languages: dict[str, float], score: float, expected: list[str]
) -> None:
    assert translation_languages(parse_question(question, languages), languages, [hit(score=score)]) == expected


class Governor:
    """A model that translates, then says what the first source says."""

    name = "governor"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        self.asked.append(messages[-1]["content"])
        text = "Who is the governor of Siraj now?" if "Languages: English" in self.asked[-1] else "NO_ANSWER"
        yield text
        return Reply(text=text, tokens_in=1, tokens_out=1)


def test_a_few_english_reports_are_found_by_an_arabic_question_for_the_present(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, search = list[str](), Retriever.search
    monkeypatch.setattr(
        Retriever, "search", lambda self, text, *more, **named: said.append(text) or search(self, text, *more, **named)
    )
    folder, model = tmp_path / "articles", Governor()
    folder.mkdir()
    for number in range(6):
        (folder / f"ar{number}.txt").write_text(
            f"محافظ السراج كمال الراوي زار السوق رقم {number} وتحدث مع الباعة عن الأسعار."
        )
    (folder / "en.txt").write_text("Layla Haddad became governor of Siraj on Monday, after Kamal al-Rawi had retired.")
    ledger = Ledger.create(tmp_path / "store")
    sync(folder, ledger, [Lexicon(ledger)])
    ledger.close()
    retriever = container.open_retriever(tmp_path / "store", Settings())
    found = answer(NOW, retriever, ModelWriter(model, count=count, budget=6000, prices=Prices()))
    retriever.close()
    assert found.searched == (NOW, "Who is the governor of Siraj now?")
    assert said == list(found.searched)  # each once: a search may cost an embedding and a reranker
    assert "en" in {hit.file_id for hit in found.hits} and "Layla Haddad" in model.asked[-1]
    assert len(model.asked) == 2 and found.usage and found.usage.requests == 2


def dated(tmp_path: Path) -> Retriever:
    """Two days of news on one fire, and the toll that rose."""
    records = [
        {"id": "first", "published": "2015-08-07", "publisher": "الرياض"},
        {"id": "second", "published": "2015-08-20", "publisher": "سبق"},
    ]
    texts = [
        "أعلن الدفاع المدني مقتل أربعة عمال في حريق مصنع النخيل.",
        "أعلن الدفاع المدني مقتل تسعة عمال في حريق مصنع النخيل.",
    ]
    lines = [
        json.dumps(record | {"text": text}, ensure_ascii=False) for record, text in zip(records, texts, strict=True)
    ]
    (tmp_path / "news.jsonl").write_text("\n".join(lines), "utf-8")
    ledger = Ledger.create(tmp_path / "store")
    sync(tmp_path / "news.jsonl", ledger, [Lexicon(ledger)])
    ledger.close()
    return container.open_retriever(tmp_path / "store", Settings())


TOLL = "كم عاملا قُتل في حريق مصنع النخيل"


def test_days_of_the_question_narrow_the_search_and_can_be_taken_away(tmp_path: Path) -> None:
    retriever = dated(tmp_path)
    writer = container.answer_writer(retriever, Settings())
    question = f"{TOLL} في 7 أغسطس 2015؟"
    planned, plain = (answer(question, retriever, writer, plan=plan) for plan in ("auto", None))
    own = answer(question, retriever, writer, filters=Filters(since=date(2015, 8, 19)))
    assert planned.plan
    freed = answer(question, retriever, writer, plan=planned.plan.without("days"))
    retriever.close()
    assert not (freed.plan and freed.plan.days) and {hit.file_id for hit in freed.hits} == {"first", "second"}
    assert planned.plan.filtered == ("days",) and {hit.file_id for hit in planned.hits} == {"first"}
    assert plain.plan is None and {hit.file_id for hit in plain.hits} == {"first", "second"}
    assert {hit.file_id for hit in own.hits} == {"second"}  # the reader's own filter decides


def test_days_with_nothing_on_the_question_do_not_empty_the_answer(tmp_path: Path) -> None:
    retriever = dated(tmp_path)
    found = answer(f"{TOLL} في 13 أغسطس 2015؟", retriever, container.answer_writer(retriever, Settings()))
    retriever.close()
    assert found.plan and found.plan.relaxed == ("days",) and len(found.hits) == 2


class BrokenTranslator:
    """A model whose server fails for every request but that of the answer."""

    name = "broken"

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        if "source [1]" not in messages[-1]["content"]:
            raise ProviderDown("the server is down")
        yield "NO_ANSWER"
        return Reply(text="NO_ANSWER")


def test_a_translation_that_fails_is_told_in_the_answer_and_fails_nothing_else(tmp_path: Path) -> None:
    retriever = dated(tmp_path)
    writer = ModelWriter(BrokenTranslator(), count=count, budget=6000, prices=Prices())
    before = Conversation().after("من أعلن مقتل العمال؟", "الدفاع المدني.")
    found = answer("How many workers died in the fire of مصنع النخيل ?", retriever, writer, conversation=before)
    retriever.close()
    assert [reason.code for reason in found.details][-2:] == ["side_request.condense", "side_request.translate"]
    assert found.abstained and found.hits


@pytest.mark.parametrize("question", [None, 5, b"text"])
def test_a_question_that_is_no_text_is_a_usage_error(tmp_path: Path, question: Any) -> None:
    retriever = dated(tmp_path)
    with pytest.raises(UsageError, match="must be text"):
        answer(question, retriever, container.answer_writer(retriever, Settings()))
    retriever.close()
