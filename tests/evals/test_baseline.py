"""A baseline keeps answers so that both sides are scored alike; a prompt that was changed and never evaluated is found
out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from evals.engines.engine import prompt_hashes, prompt_texts
from evals.gate import baseline as baselines
from evals.gate import gate_records
from evals.gate.baseline import Baseline, make_baseline
from evals.log.run_log import RunLog, RunRecord
from evals.runner import FinishedRun
from index.errors import UsageError
from tests.evals import town
from tests.evals.sabotage import SABOTAGES, Changed
from tests.evals.shelf import manifest


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    change, _ = SABOTAGES["subtle: one event in twenty"]
    with RunLog(tmp_path_factory.mktemp("run") / "log.jsonl") as log:
        return town.run_town(Changed(town.Clerk(), change), log)


def blessed(finished: FinishedRun, **changes: object) -> Baseline:
    found = make_baseline(
        "clerk", RunRecord(manifest=manifest(), entries=finished.entries), town.CASES, finished.outcomes, why="first"
    )
    return replace(found, **changes)


def test_a_baseline_is_read_as_it_was_written_an_answer_a_line(finished: FinishedRun, tmp_path: Path) -> None:
    before = blessed(finished)
    path = baselines.write(before, tmp_path)
    assert baselines.load("clerk", tmp_path) == before == baselines.load(str(path))
    rows = [line for line in path.read_text().splitlines() if '"case":"' in line]
    assert len(rows) == len(town.CASES)


def test_its_answers_come_to_what_they_came_to(finished: FinishedRun) -> None:
    again = blessed(finished).outcomes(town.CASES, town.SCORER)
    for case, outcome in finished.outcomes.items():
        assert [(one.passed, one.blame, one.violations) for one in again[case]] == [
            (match.passed, match.blame, match.violations) for match in outcome
        ]
    assert sum(not match.passed for found in again.values() for match in found) == 3


def test_a_case_that_was_changed_since_is_not_compared(finished: FinishedRun) -> None:
    changed = (replace(town.CASES[0], question="سؤال آخر؟"), *town.CASES[1:])
    assert set(blessed(finished).outcomes(changed, town.SCORER)) == {case.id for case in town.CASES[1:]}


def test_a_run_with_holes_is_not_blessed(finished: FinishedRun) -> None:
    with pytest.raises(UsageError, match="1 cases have no answer"):
        make_baseline(
            "clerk", RunRecord(manifest=manifest(), entries=finished.entries[1:]), town.CASES, finished.outcomes, why=""
        )


def test_every_blessing_is_remembered(finished: FinishedRun) -> None:
    first = blessed(finished)
    recorded = RunRecord(manifest=manifest(), entries=finished.entries)
    second = make_baseline("clerk", recorded, town.CASES, finished.outcomes, why="then", before=first)
    assert [one.why for one in second.log] == ["first", "then"]
    assert (second.log[-1].passed, second.log[-1].cases) == (77, 80)


def test_a_baseline_that_is_not_there_or_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="isnad eval baseline set"):
        baselines.load("none", tmp_path)
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(UsageError, match="is no baseline"):
        baselines.load("bad", tmp_path)


PROMPTS = {"answer": "aaaa", "condense": "cccc"}
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_prompt_passes_with_the_hash_that_was_evaluated_and_no_other(tmp_path: Path) -> None:
    assert gate_records.unrecorded(PROMPTS, tmp_path) == ["answer", "condense"]
    gate_records.record(manifest(prompts=PROMPTS, model="scripted"), "f00d", NOW, folder=tmp_path)
    assert gate_records.unrecorded(PROMPTS, tmp_path) == []
    assert gate_records.unrecorded(PROMPTS | {"answer": "bbbb"}, tmp_path) == ["answer"]
    assert gate_records.records(tmp_path)[0].model == "scripted"


def test_an_engine_without_prompts_says_nothing_of_any(tmp_path: Path) -> None:
    gate_records.record(manifest(), "f00d", NOW, folder=tmp_path)
    assert gate_records.records(tmp_path) == ()


def test_every_prompt_of_the_program_has_passed_the_gate_once_a_baseline_of_prompts_is_set() -> None:
    """Changed a prompt? `isnad eval gate` (see docs/evals.md) records that it passed; commit the record."""
    named = [path for path in baselines.FOLDER.glob("*.json") if baselines.load(str(path)).manifest.prompts]
    if not named:
        pytest.skip("no baseline of an engine that uses prompts is set yet")
    assert gate_records.unrecorded(prompt_hashes(prompt_texts())) == []
