"""Twelve sabotages are caught, each with the right blame; three harmless rewordings pass."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evals.engines.engine import Engine
from evals.gate.baseline import Baseline, make_baseline
from evals.gate.verdict import PASS, REGRESSION
from evals.log.run_log import RunLog, RunRecord
from evals.runner import FinishedRun
from tests.evals import town
from tests.evals.sabotage import HARMLESS, SABOTAGES, Changed
from tests.evals.shelf import manifest

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    with RunLog(tmp_path_factory.mktemp("blessed") / "log.jsonl") as log:
        finished = town.run_town(town.Clerk(), log)
    return make_baseline(
        "clerk",
        RunRecord(manifest=manifest(), entries=finished.entries),
        town.CASES,
        finished.outcomes,
        why="the clerk is right",
    )


def gated(engine: Engine, baseline: Baseline, folder: Path) -> FinishedRun:
    with RunLog(folder / "log.jsonl") as log:
        return town.run_town(engine, log, baseline=baseline)


def test_the_clerk_answers_every_case_rightly(baseline: Baseline) -> None:
    assert [answer.case for answer in baseline.answers if not answer.passed] == []


def test_nothing_changed_is_a_pass(baseline: Baseline, tmp_path: Path) -> None:
    verdict = gated(town.Clerk(), baseline, tmp_path).verdict
    assert verdict and verdict.exit_code == PASS
    assert {one.verdict for one in verdict.population} == {"not worse"}


@pytest.mark.parametrize("name", SABOTAGES)
def test_a_sabotage_is_caught_with_the_right_blame(name: str, baseline: Baseline, tmp_path: Path) -> None:
    change, expected = SABOTAGES[name]
    finished = gated(Changed(town.Clerk(), change), baseline, tmp_path)
    assert finished.verdict and finished.verdict.exit_code == REGRESSION
    blames = Counter(match.blame for outcome in finished.outcomes.values() for match in outcome if not match.passed)
    assert blames.most_common(1)[0][0] == expected
    assert set(blames) == {expected}


@pytest.mark.parametrize("name", HARMLESS)
def test_other_words_for_the_same_pass(name: str, baseline: Baseline, tmp_path: Path) -> None:
    finished = gated(Changed(town.Clerk(), HARMLESS[name]), baseline, tmp_path)
    failing = [
        (match.case, match.blame, match.detail)
        for outcome in finished.outcomes.values()
        for match in outcome
        if not match.passed
    ]
    assert failing == []
    assert finished.verdict and finished.verdict.exit_code == PASS
