"""Path 2, where articles are in several languages: in which of them a question is put to the store before a model answers it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from assistant import container
from assistant.chat_model import Message, Prices
from assistant.generative.model_writer import ModelWriter
from assistant.pipeline import LITTLE, answer, translation_languages
from assistant.query.parse import parse_question
from assistant.settings import Settings
from index.ingest.sync import Lexicon, sync
from index.model_api import Reply
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
    monkeypatch.setattr(Retriever, "search", lambda self, text, *more: said.append(text) or search(self, text, *more))
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
