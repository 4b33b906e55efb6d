"""What becomes of sentences that the check does not bear out: shown, struck through, written once more; never
dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from assistant.models import Answer, Citation, Sentence
from assistant.policy import applied, marked
from assistant.rendering.plain_text import answer_text
from assistant.settings import Settings
from index.errors import UsageError
from index.messages.reason import Reason
from tests.scripted import Scripted
from tests.test_model_path import asked

RIGHT = "قال بيسكوف إن المحادثات دامت نحو 3 ساعات [1]."
WRONG = "قال بيسكوف إن المحادثات دامت نحو 9 ساعات [1]."
QUOTE = Citation(file_id="a", start=0, end=9, quote="It cost 3")


def in_turn(*replies: str) -> Callable[[Any], str]:
    left = iter(replies)
    return lambda messages: next(left)


def answer(*verdicts: str) -> Answer:
    text = " ".join(f"Sentence {place}." for place in range(len(verdicts)))
    sentences = tuple(
        Sentence(
            text=f"Sentence {place}.",
            start=text.index(f"Sentence {place}."),
            end=text.index(f"Sentence {place}.") + len(f"Sentence {place}."),
            verdict=verdict,  # type: ignore[arg-type]
            details=() if verdict == "supported" else (Reason("4 is not in the evidence"),),
            citations=() if verdict == "unchecked" else (QUOTE,),
        )
        for place, verdict in enumerate(verdicts)
    )
    return Answer(question="Cost?", text=text, abstained=False, engine="model:m", sentences=sentences, coverage=0.5)


def test_shown_answers_stay_as_they_are() -> None:
    assert applied(answer("supported", "unsupported"), "show", ()) == answer("supported", "unsupported")


def test_a_strict_answer_strikes_what_nobody_vouches_for_and_keeps_its_words_and_its_reason() -> None:
    strict = applied(answer("supported", "partly", "unsupported", "unchecked"), "strict", ())
    assert [sentence.struck for sentence in strict.sentences] == [False, False, True, True]
    assert strict.text == answer("supported", "partly", "unsupported", "unchecked").text
    assert marked(strict) == "Sentence 0. Sentence 1. ~~Sentence 2.~~ ~~Sentence 3.~~"
    shown = answer_text(strict)
    assert "~~Sentence 2.~~" in shown and "4 is not in the evidence" in shown and "1/4" in shown


@pytest.mark.parametrize("verdicts", [("unsupported",), ("unsupported", "unchecked"), ("unsupported", "unsupported")])
def test_a_strict_answer_with_nothing_left_is_a_refusal_that_says_what_was_withdrawn(verdicts: tuple[str, ...]) -> None:
    strict = applied(answer(*verdicts), "strict", (), "en")
    assert strict.abstained and strict.sentences == () and strict.sources == () and strict.coverage is None
    assert strict.closest == (QUOTE,) and len(strict.reasons) == len(verdicts)
    assert "Sentence 0." in strict.reasons[0] and "4 is not in the evidence" in strict.reasons[0]
    assert strict.text and not any(one in strict.text for one in ("Sentence 0.", "4"))


def test_a_strict_answer_that_nobody_checked_is_withdrawn_and_says_so() -> None:
    strict = applied(answer("unchecked", "unchecked"), "strict", ())
    assert strict.abstained and len(strict.reasons) == 2


def test_a_sentence_that_says_nothing_is_not_struck() -> None:
    plain = answer("supported", "unchecked")
    yes = Sentence(text="نعم.", start=0, end=4)
    strict = applied(replace(plain, sentences=(plain.sentences[0], yes)), "strict", ())
    assert not strict.sentences[1].struck


@pytest.mark.parametrize("option", [("--strict",), ("--policy", "strict")])
def test_the_command_line_refuses_where_nothing_is_left(sample: Path, option: tuple[str, ...]) -> None:
    with Scripted(reply=WRONG) as server:
        found = json.loads(asked(server, sample, "--json", *option).stdout)
    assert found["abstained"] and found["closest"] and any("9" in match for match in found["reasons"])


def test_the_policy_is_a_setting() -> None:
    assert Settings.load({"ISNAD_POLICY": "strict", "ISNAD_REPAIR": "true"}).policy == "strict"
    with pytest.raises(UsageError):
        Settings.load({"ISNAD_POLICY": "lenient"})


def test_a_repair_asks_once_more_with_the_reasons_and_keeps_the_better_answer(sample: Path) -> None:
    with Scripted(reply=in_turn(WRONG, RIGHT)) as server:
        found = json.loads(asked(server, sample, "--json", "--repair").stdout)
        request = server.requests[-1]["messages"][-1]["content"]
    assert len(server.requests) == 2 and "9" in request and found["sentences"][0]["verdict"] != "unsupported"
    assert any("written once more" in match for match in found["reasons"])


def test_a_repair_that_is_no_better_leaves_the_first_answer_with_its_verdict(sample: Path) -> None:
    with Scripted(reply=in_turn(WRONG, WRONG, RIGHT)) as server:
        found = json.loads(asked(server, sample, "--json", "--repair").stdout)
    assert len(server.requests) == 2 and found["coverage"] == 0.0 and "9" in found["text"]


def test_nothing_is_asked_twice_where_nobody_asked_for_a_repair(sample: Path) -> None:
    with Scripted(reply=in_turn(WRONG, RIGHT)) as server:
        found = json.loads(asked(server, sample, "--json").stdout)
    assert len(server.requests) == 1 and found["sentences"][0]["verdict"] == "unsupported"
