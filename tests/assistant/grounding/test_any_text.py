"""Whatever the texts are: no crash, a probability between 0 and 1, a verdict with its reasons; and curves that say where they come from."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.grounding import Evidence, check, check_claim
from assistant.grounding.checking import COUNTED, ReasonKind, beside
from assistant.grounding.model import Kind, shipped
from assistant.grounding.reading import read_line
from assistant.models import Verdict

PIECES = st.sampled_from(
    [
        "قال", "لم", "ونفى", "الوالي", "٨٧", "1,000", "ألف", "مليون", "في المئة", "%", "3 مايو 2024", "أمس", "«", "»", '"', "\n", ". ", "، ",
        "the", "not", "Nadir", "rose", "fell", "two", "of", "Cairo", "روسيا", "قبل", "بعد", "\u202e", "\u0640", "[1]", "2023-05-01", "ـ",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=120), st.lists(PIECES, max_size=40).map(" ".join), st.lists(PIECES, max_size=12).map("".join)
)


@settings(max_examples=120, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_any_text_gets_a_verdict_with_its_reasons(claim: str, context: str, other: str) -> None:
    for found in (
        check_claim(claim, context, question=other),
        check(claim, [Evidence(text=context, file_id="a")], others=[Evidence(text=other, file_id="b")]),
    ):
        assert found.verdict in get_args(Verdict)
        assert found.probability is not None or found.verdict == "unchecked"
        assert found.probability is None or 0 <= found.probability <= 1
        assert found.verdict == "supported" or found.reasons
        assert all(found.reasons)


def test_the_curves_say_where_they_come_from_and_name_only_what_is_measured() -> None:
    model = shipped()
    assert "part 0" in model.learnt_from and "rows" in model.learnt_from
    assert set(model.curves) == set(get_args(Kind))
    measured = beside(read_line("the ship left Aden"), "The ship left Aden in May.").features
    for curves in model.curves.values():
        assert measured.keys() >= curves.curves.keys()
        assert all(len(curve.knots) == len(curve.heights) for curve in curves.curves.values())
        assert all(a < b for curve in curves.curves.values() for a, b in pairwise(curve.knots))


def test_more_against_a_claim_never_makes_it_likelier() -> None:
    for curves in shipped().curves.values():
        for name, curve in curves.curves.items():
            if name.startswith(("found ", "numbers ", "names ", "swap")):
                assert list(curve.heights) == sorted(curve.heights, reverse=True), name


def test_every_kind_of_finding_has_words_for_its_reason() -> None:
    assert set(COUNTED) < set(get_args(ReasonKind))
