"""Answers of any other system are scored as ours are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.cases.case import Case
from evals.engines.external_answers import BY_WORDS, AnswersEngine
from evals.metrics import failure_stage
from evals.models import LogEntry, Outcome, PassageSpan
from index.errors import NotFound, UsageError
from tests.evals import town

COST, DAY, WHO, NONE = town.CASES[:4]

LINE = COST.facts[0].evidence[0][1]
OTHER = town.CASES[4].facts[0].evidence[0][1]


def engine(path: Path, *rows: dict[str, Any]) -> AnswersEngine:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    return AnswersEngine(path, town.CORPUS)


def outcome(made: AnswersEngine, case: Case) -> Outcome:
    entry = LogEntry(case=case.id, repeat=0, reply=made.answer(case, 0))
    return town.SCORER.score(case, entry)


@pytest.mark.parametrize(
    "row",
    [
        {"text": f"{LINE} [000_town]"},
        {"text": f"{LINE[:-1]} [000_town]."},
        {"text": f"{LINE} [1]", "sources": ["000_town"]},
        {"text": f"{LINE} [2][1]", "sources": [{"file_id": "000_town"}, {"id": "000_town"}]},
    ],
)
def test_a_plain_text_with_marks_is_tied_to_its_files(row: dict[str, Any], tmp_path: Path) -> None:
    made = engine(tmp_path / "a.jsonl", {"id": COST.id, **row})
    reply = made.answer(COST, 0)
    sentence = reply.answer.sentences[0]
    assert reply.answer.text[sentence.start : sentence.end] == sentence.text
    assert "[" not in sentence.text and {citation.file_id for citation in sentence.citations} == {"000_town"}
    assert outcome(made, COST).passed


@pytest.mark.parametrize(
    "text",
    [
        f"{LINE} [000_town] {OTHER} [001_town]",
        f"{LINE[:-1]} [000_town]. {OTHER[:-1]} [001_town].",
        f"[000_town] {LINE} [001_town] {OTHER}",
        f"{LINE} [000_town]\n{OTHER} [001_town]",
        f"{LINE}\n[000_town]\n\n{OTHER}\n[001_town]",
    ],
)
def test_every_sentence_has_its_own_marks_wherever_the_system_puts_them(text: str, tmp_path: Path) -> None:
    written = engine(tmp_path / "a.jsonl", {"id": COST.id, "text": text}).answer(COST, 0).answer.sentences
    assert [(one.text.rstrip("."), {cite.file_id for cite in one.citations}) for one in written] == [
        (LINE.rstrip("."), {"000_town"}),
        (OTHER.rstrip("."), {"001_town"}),
    ]


def test_what_isnad_writes_is_scored_alike_as_an_object_and_as_plain_text(tmp_path: Path) -> None:
    import msgspec

    ours = town.written(COST, ("000_town", LINE), ("001_town", OTHER))
    whole = engine(tmp_path / "a.jsonl", {"id": COST.id, **msgspec.to_builtins(ours)})
    plain = engine(tmp_path / "b.jsonl", {"id": COST.id, "text": ours.text, "abstained": False})
    scores = [outcome(one, COST).scores for one in (whole, plain)]
    assert all(
        scores[0][name] == scores[1][name]
        for name in ("grounded", "fact_recall", "coverage", "citation_recall", "brevity")
    )


def test_a_citation_to_a_file_that_does_not_exist_is_no_valid_one(tmp_path: Path) -> None:
    made = engine(tmp_path / "a.jsonl", {"id": COST.id, "text": f"{LINE} [099_nowhere]"})
    assert failure_stage.NO_WORDS in outcome(made, COST).violations


def test_brackets_that_are_no_citation_stay_words(tmp_path: Path) -> None:
    made = engine(tmp_path / "a.jsonl", {"id": COST.id, "text": f"قال [مازحا] إنها بعيدة. {LINE} [000_town]"})
    assert "[مازحا]" in made.answer(COST, 0).answer.text


@pytest.mark.parametrize(
    ("text", "refuses"),
    [("لا تذكر المقالات عدد النوافذ.", True), ("The articles do not mention the windows.", True), (LINE, False)],
)
def test_a_refusal_is_told_by_its_words_where_it_is_not_said(text: str, refuses: bool, tmp_path: Path) -> None:
    answer = engine(tmp_path / "a.jsonl", {"id": NONE.id, "text": text}).answer(NONE, 0).answer
    assert answer.abstained == refuses and answer.reasons == (BY_WORDS,)


def test_a_refusal_that_is_said_is_taken_at_its_word(tmp_path: Path) -> None:
    made = engine(tmp_path / "a.jsonl", {"id": NONE.id, "text": "اسأل البلدية.", "abstained": True})
    assert outcome(made, NONE).passed and made.answer(NONE, 0).answer.reasons == ()


def test_what_the_system_found_may_be_files_or_spans(tmp_path: Path) -> None:
    hits = ["001_town", {"file_id": "000_town", "start": 0, "end": 400}]
    made = engine(tmp_path / "a.jsonl", {"id": COST.id, "text": f"{LINE} [000_town]", "hits": hits})
    assert made.answer(COST, 0).hits == (
        PassageSpan(file_id="001_town"),
        PassageSpan(file_id="000_town", start=0, end=400),
    )


def test_an_answer_as_isnad_prints_it_is_read_as_it_is(tmp_path: Path) -> None:
    import msgspec

    ours = town.Clerk().answer(COST, 0).answer
    made = engine(tmp_path / "a.jsonl", {"id": COST.id, **msgspec.to_builtins(ours)})
    assert made.answer(COST, 0).answer == ours


def test_several_answers_to_a_case_are_its_repeats(tmp_path: Path) -> None:
    rows = [{"id": COST.id, "text": text} for text in (f"{LINE} [000_town]", "لا أعرف.")]
    made = engine(tmp_path / "a.jsonl", *rows)
    assert made.repeats == 2 and not made.info.deterministic
    assert made.answer(COST, 1).answer.abstained


def test_a_case_without_an_answer_a_line_with_an_error_and_a_broken_line_are_errors(tmp_path: Path) -> None:
    made = engine(tmp_path / "a.jsonl", {"id": COST.id, "error": "it was down"})
    with pytest.raises(UsageError, match="it was down"):
        made.answer(COST, 0)
    with pytest.raises(NotFound, match="no answer"):
        made.answer(DAY, 0)
    with pytest.raises(UsageError, match="line 1 is no answer"):
        engine(tmp_path / "b.jsonl", {"id": "x"})
    with pytest.raises(UsageError, match="cannot read"):
        AnswersEngine(tmp_path / "none.jsonl", town.CORPUS)
