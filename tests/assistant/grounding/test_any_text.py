"""Whatever the texts are: no crash, a verdict with its reasons, contradictions that are words of the claim."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.grounding import Evidence, check, check_claim
from assistant.grounding.checking import reason_of
from assistant.grounding.rules import RULES
from assistant.models import Contradiction, ContradictionCode, Verdict
from index.messages.catalog import is_message

PIECES = st.sampled_from(
    [
        "قال", "لم", "ونفى", "الوالي", "٨٧", "1,000", "ألف", "مليون", "في المئة", "%", "3 مايو 2024", "أمس", "«", "»",
        '"', "\n", ". ", "، ",
        "the", "not", "Nadir", "rose", "fell", "two", "of", "Cairo", "روسيا", "قبل", "بعد", "\u202e", "\u0640", "[1]",
        "2023-05-01", "ـ",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=120), st.lists(PIECES, max_size=40).map(" ".join), st.lists(PIECES, max_size=12).map("".join)
)


@settings(max_examples=120, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_any_text_gets_a_verdict_with_its_reasons(claim: str, context: str, other: str) -> None:
    for judgement in (
        check_claim(claim, context),
        check(claim, [Evidence(text=context, article=context + other, file_id="a", title=other)]),
    ):
        assert judgement.verdict in get_args(Verdict)
        assert judgement.verdict == "supported" or judgement.reasons
        assert all(judgement.reasons)
        assert (judgement.checked_by == "rules") is bool(judgement.contradictions)
        assert all(claim[item.start : item.end] == item.text for item in judgement.contradictions)


@pytest.mark.parametrize("code", get_args(ContradictionCode))
def test_every_contradiction_has_words_for_its_reason(code: ContradictionCode) -> None:
    for evidence in ("87", ""):
        reason = reason_of(Contradiction(code=code, start=0, end=2, text="85", evidence=evidence))
        assert is_message(reason.code) and "85" in str(reason) and "85" in reason.text("ar")


def test_every_rule_names_itself_and_its_languages() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(rule.languages <= {"ar", "en", "across"} and rule.languages for rule in RULES)
