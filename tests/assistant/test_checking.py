"""The check of an answer's sentences: each once, while the rest is still written, against what it cites and the articles nearest to it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import date
from typing import Any

import pytest

from assistant import grounding
from assistant.chat_model import Message
from assistant.generative.compose import WritingOptions, compose
from assistant.models import Citation, Sentence
from assistant.verification import OTHERS, Examining, examined
from index.model_api import Reply
from index.models import Hit
from index.token_count import count
from tests.assistant.written import BRIDGE, ENGLISH, OPPOSITION, hit

COST = "كلّف الجسر 40 مليون دينار"


def cited(text: str, one: Hit, quote: str) -> Sentence:
    start = one.article.text.index(quote)
    citation = Citation(file_id=one.article.id, start=start, end=start + len(quote), quote=quote)
    return Sentence(text=text, start=0, end=len(text), citations=(citation,))


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """The sentences that the check was asked about, each with the other files that it could look into."""
    found: list[tuple[str, list[str]]] = []
    check = grounding.check

    def noted(sentence: str, evidence: Any, **given: Any) -> Any:
        found.append((sentence, [item.file_id for item in given["others"]]))
        return check(sentence, evidence, **given)

    monkeypatch.setattr(grounding, "check", noted)
    return found


def test_a_sentence_is_checked_before_the_model_has_written_the_last_one(
    looked_at: list[tuple[str, list[str]]],
) -> None:
    first, seen = f"{COST} [1]. ", []

    class Slow:
        name = "slow"

        def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
            for piece in (first, "وانتقدت النائبة ", "كلفته [2]."):
                yield piece
                seen.append(len(looked_at))
            return Reply(text="")

    shown = WritingOptions(today=date(2031, 5, 4), language="ar")
    composing = compose("كم كلّف جسر نور؟", [hit(), hit(OPPOSITION, "b2")], model=Slow(), count=count, shown=shown)
    assert len("".join(composing)) > len(first)
    assert seen == [0, 1, 1] and len(looked_at) == 2  # each once


def test_a_doubtful_sentence_is_looked_for_in_the_articles_that_share_most_of_its_words(
    looked_at: list[tuple[str, list[str]]],
) -> None:
    far = [hit(f"خبر آخر رقم {n}\n\nأمطرت السماء على سهل {n} وفاض النهر.", f"far{n}") for n in range(6)]
    wrong = hit(OPPOSITION, "b2")
    doubtful = cited("وأوضح المهندس سليم حداد أن طول الجسر 620 مترا.", wrong, "ورفض الوالي الراوي التعليق على كلامها.")
    (one,) = examined([doubtful], "كم طول الجسر؟", [wrong, *far, hit(BRIDGE, "a1"), hit(ENGLISH, "c3", language="en")])
    assert one.verdict != "supported"
    assert "a1 bears this out, not the file that is cited" in one.reasons
    ((_, others),) = looked_at
    assert others[0] == "a1" and len(others) == OTHERS


def test_what_was_quoted_and_what_cites_nothing_is_left_as_it_is(looked_at: list[tuple[str, list[str]]]) -> None:
    quoted = Sentence(text=COST, start=0, end=len(COST), verdict="supported")
    bare = Sentence(text=COST, start=0, end=len(COST))
    examining = Examining("كم كلّف جسر نور؟", [hit()])
    assert (examining.of(quoted), examining.of(bare)) == (quoted, bare) and not looked_at
