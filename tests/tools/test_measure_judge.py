"""The kept replies of a judge on the report part of the claims: nothing false is called supported.

Where prompts/judge.jinja, the claims or the request changes, no reply is kept for it: run `python -m
tools.measure_judge --live` with a model, read its figures, and keep the new replies.
"""

from __future__ import annotations

import pytest

from tools.claims import load
from tools.measure_judge import KEPT, KeptReplies, Row, judged

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    model = KeptReplies(KEPT, None)
    return [row for passage in load() if passage.part == "report" for row in judged(passage, model)]


def supported(rows: list[Row], label: str) -> float:
    chosen = [row["verdict"] == "supported" for claim, row in rows if claim.label == label]
    assert len(chosen) > 300
    return sum(chosen) / len(chosen)


def test_every_claim_has_a_ruling_with_quotes_that_stand_in_its_passage(rows: list[Row]) -> None:
    assert [row["judge"]["error"] for _, row in rows if "error" in row["judge"]] == []


def test_at_most_two_in_a_hundred_false_claims_are_called_supported(rows: list[Row]) -> None:
    assert supported(rows, "false") <= 0.02


def test_most_true_claims_are_called_supported(rows: list[Row]) -> None:
    assert supported(rows, "true") >= 0.92
