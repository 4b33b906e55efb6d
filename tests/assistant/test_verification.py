"""The check of an answer's sentences: each once, while the rest is still written, against what it cites."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import date
from typing import Any

import pytest

from assistant import grounding
from assistant.chat_model import Message
from assistant.generative.compose import WritingOptions, compose
from assistant.generative.verification import AnswerVerifier, verify_sentences
from assistant.models import Citation, Sentence
from index.model_api import Reply
from index.models import Hit
from index.token_count import count
from tests.assistant.written import OPPOSITION, hit

COST = "كلّف الجسر 40 مليون دينار"


def cited(text: str, source: Hit, quote: str) -> Sentence:
    start = source.article.text.index(quote)
    citation = Citation(file_id=source.article.id, start=start, end=start + len(quote), quote=quote)
    return Sentence(text=text, start=0, end=len(text), citations=(citation,))


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sentences that the check was asked about."""
    asked: list[str] = []
    check = grounding.check

    def noted(sentence: str, evidence: Any, **given: Any) -> Any:
        asked.append(sentence)
        return check(sentence, evidence, **given)

    monkeypatch.setattr(grounding, "check", noted)
    return asked


def test_a_sentence_is_checked_before_the_model_has_written_the_last_one(checked: list[str]) -> None:
    first, seen = f"{COST} [1]. ", []

    class Slow:
        name = "slow"

        def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
            for piece in (first, "وانتقدت النائبة ", "كلفته [2]."):
                yield piece
                seen.append(len(checked))
            return Reply(text="")

    shown = WritingOptions(today=date(2031, 5, 4), language="ar")
    composing = compose("كم كلّف جسر نور؟", [hit(), hit(OPPOSITION, "b2")], model=Slow(), count=count, shown=shown)
    assert len("".join(composing)) > len(first)
    assert seen == [0, 1, 1] and len(checked) == 2  # each once


def test_a_sentence_that_no_rule_objects_to_is_left_to_a_reader() -> None:
    doubtful = cited("وأوضح المهندس أن الجسر طويل جدا.", hit(), "قال")
    (verified,) = verify_sentences([doubtful], "كم طول الجسر؟", [hit()])
    assert (verified.verdict, verified.checked_by, verified.contradictions) == ("unchecked", None, ())
    assert verified.reasons == ("nobody has checked this sentence against its source; the words are here",)


def test_no_other_file_is_offered_in_the_place_of_the_one_that_is_cited() -> None:
    wrong = hit(OPPOSITION, "b2")
    doubtful = cited("وأوضح المهندس سليم حداد أن طول الجسر 620 مترا.", wrong, "ورفض الوالي الراوي التعليق على كلامها.")
    (verified,) = verify_sentences([doubtful], "كم طول الجسر؟", [wrong, hit()])
    assert verified.verdict != "supported" and not any("a1" in reason for reason in verified.reasons)


def test_what_was_quoted_is_left_as_it_is_and_what_cites_nothing_is_unsupported(checked: list[str]) -> None:
    quoted = Sentence(text=COST, start=0, end=len(COST), verdict="supported", checked_by="quote")
    bare = Sentence(text=COST, start=0, end=len(COST))
    silent = Sentence(text="لا تذكر المصادر كلفة الجسر.", start=0, end=27)
    verifier = AnswerVerifier("كم كلّف جسر نور؟", [hit()])
    assert verifier.verify(quoted) == quoted and verifier.verify(silent) == silent
    assert verifier.verify(bare).verdict == "unsupported"
    assert verifier.verify(bare).reasons == ("no source is named for this sentence",) and not checked
