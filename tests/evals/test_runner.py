"""A run keeps what it was told, goes on after any kill, pays nothing twice and stops at its budget."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import msgspec
import pytest

from assistant.budget import Budget, BudgetSpent
from assistant.chat_model import Message, Prices
from assistant.generators import run_to_completion
from evals.cases.case import Case
from evals.engines.engine import EngineInfo
from evals.engines.recorded_calls import CachedModel, CallCache, NotRecorded
from evals.gate.verdict import BUDGET
from evals.log.run_log import LOG, RunLog, begin, find, read_run
from evals.models import LogEntry, Reply
from evals.runner import answer_all
from index.errors import NotFound, UsageError
from index.model_api import Reply as Said
from tests.evals import town
from tests.evals.shelf import manifest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]


def test_a_run_that_is_killed_twenty_times_ends_as_one_that_was_not_and_asks_nothing_twice(tmp_path: Path) -> None:
    chance = random.Random(20)
    for _ in range(20):
        kept = on_disk(tmp_path)
        billed = bill(tmp_path)
        with child(tmp_path, 16) as running:
            assert running.stdout
            for _ in range(chance.randint(0, 7)):
                assert running.stdout.readline() != "done\n"
            running.kill()  # it has gone on meanwhile, to 16 answers at most: this falls anywhere among them
        assert not set(bill(tmp_path)[len(billed) :]) & kept
        assert on_disk(tmp_path) >= kept
    with child(tmp_path, 0) as running:
        out, _ = running.communicate()
    assert out.endswith("done\n")
    wanted = {f"{case.id} {repeat}" for case in town.CASES for repeat in range(6)}
    assert on_disk(tmp_path) == wanted
    assert len(bill(tmp_path)) <= len(wanted) + 20 * 2  # two were under way at each kill, at most


def child(folder: Path, limit: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.evals.killed", str(folder), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def bill(folder: Path) -> list[str]:
    path = folder / "bill"
    return path.read_text().splitlines() if path.exists() else []


def on_disk(folder: Path) -> set[str]:
    with RunLog(folder / "log.jsonl") as log:
        return {f"{entry.case} {entry.repeat}" for entry in log.entries() if entry.reply}


def test_a_line_torn_by_a_kill_is_passed_over_and_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with RunLog(path) as log:
        answer_all("new", [(case, 0) for case in town.CASES[:3]], town.Clerk(), log)
    path.write_bytes(path.read_bytes()[:-40])
    clerk = town.Clerk()
    with RunLog(path) as log:
        assert log.torn == 1
        answer_all("new", [(case, 0) for case in town.CASES[:3]], clerk, log)
    assert clerk.asked == [(town.CASES[2].id, 0)]
    with RunLog(path) as log:
        assert len(log.entries()) == 3


def test_looking_at_a_run_writes_nothing(tmp_path: Path) -> None:
    begin(tmp_path, manifest())
    assert read_run(tmp_path).entries == () and not (tmp_path / LOG).exists()
    line = msgspec.json.encode(LogEntry(case="a", repeat=0, error="down"))
    for written, there in ((line + b"\n" + line[:-9], 1), (line[:9], 0)):  # another process is in the middle of a line
        (tmp_path / LOG).write_bytes(written)
        assert len(read_run(tmp_path).entries) == there and (tmp_path / LOG).read_bytes() == written


class Moody(town.Clerk):
    """Fails at first, for every case whose number is even."""

    failing = True

    def answer(self, case: Case, repeat: int) -> Reply:
        if self.failing and int(case.id[:3]) % 2 == 0:
            raise NotFound("nobody is at the desk")
        return super().answer(case, repeat)


def test_an_error_is_no_answer_and_is_tried_again_when_the_run_goes_on(tmp_path: Path) -> None:
    moody = Moody()
    with RunLog(tmp_path / "log.jsonl") as log:
        first = town.run_town(moody, log)
        assert sum(match.passed is None for outcome in first.outcomes.values() for match in outcome) == 40
        moody.failing = False
        again = town.run_town(moody, log)
    assert all(match.passed for outcome in again.outcomes.values() for match in outcome)
    assert len(moody.asked) == 80


def test_a_run_does_not_go_on_under_other_conditions(tmp_path: Path) -> None:
    begin(tmp_path, manifest(prompts={"answer": "aaaa"}))
    assert begin(tmp_path, manifest(prompts={"answer": "aaaa"}, id="another")).id != "another"
    with pytest.raises(UsageError, match="other prompts"):
        begin(tmp_path, manifest(prompts={"answer": "bbbb"}))


def test_a_run_is_found_by_the_beginning_of_its_name_or_as_the_latest(tmp_path: Path) -> None:
    for name in ("20260301T100000-aaaa", "20260302T100000-bbbb"):
        begin(tmp_path / name, manifest(id=name))
    assert find(tmp_path, None).name == "20260302T100000-bbbb"
    assert find(tmp_path, "20260301").name == "20260301T100000-aaaa"
    with pytest.raises(UsageError, match="begins the names of 2"):
        find(tmp_path, "2026")
    with pytest.raises(UsageError, match="there is no run"):
        find(tmp_path, "1999")


class Parrot:
    """A model that says the last message again, and counts."""

    name = "parrot"

    def __init__(self) -> None:
        self.asked = 0

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Said]:
        self.asked += 1
        yield messages[-1]["content"]
        return Said(text=messages[-1]["content"], tokens_in=1000, tokens_out=500)


ASKED = [{"role": "user", "content": "متى فتحت المكتبة؟"}]
PRICES = Prices(tokens_in=1.0, tokens_out=2.0)  # 0.002 for one reply of the parrot


def test_a_call_is_paid_for_once_for_each_repeat_also_by_later_runs(tmp_path: Path) -> None:
    parrot = Parrot()
    for _ in range(3):
        calls = CallCache(tmp_path / "calls.jsonl")
        for repeat in (0, 1):
            said = run_to_completion(CachedModel(parrot, calls, repeat, name="parrot").reply(ASKED))
            assert said.text == ASKED[0]["content"] and said.tokens_in == 1000
        calls.close()
    assert parrot.asked == 2


def test_offline_a_call_that_was_never_made_is_an_error_and_is_counted(tmp_path: Path) -> None:
    calls = CallCache(tmp_path / "calls.jsonl")
    offline = CachedModel(None, calls, 0, name="parrot")
    with pytest.raises(NotRecorded, match="offline"):
        run_to_completion(offline.reply(ASKED))
    assert calls.misses == 1
    run_to_completion(CachedModel(Parrot(), calls, 0, name="parrot").reply(ASKED))
    assert run_to_completion(offline.reply(ASKED)).text == ASKED[0]["content"]
    assert calls.misses == 1


def test_another_model_or_other_parameters_are_another_call(tmp_path: Path) -> None:
    calls, parrot = CallCache(tmp_path / "calls.jsonl"), Parrot()
    for name, parameters in (("a", ""), ("b", ""), ("a", "temperature=1")):
        run_to_completion(CachedModel(parrot, calls, 0, name=name, parameters=parameters).reply(ASKED))
    assert parrot.asked == 3


def test_a_budget_is_never_overdrawn(tmp_path: Path) -> None:
    budget = Budget(0.005, ceiling=lambda messages: 0.002)
    calls, parrot = CallCache(tmp_path / "calls.jsonl"), Parrot()
    with pytest.raises(BudgetSpent):
        for repeat in range(9):
            run_to_completion(CachedModel(parrot, calls, repeat, name="p", budget=budget, prices=PRICES).reply(ASKED))
    assert parrot.asked == 2 and budget.spent == pytest.approx(0.004)


class Dear(town.Clerk):
    """Takes a cent for every answer."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(deterministic=False)
        self.budget = budget
        self.info = EngineInfo(name="dear")

    def answer(self, case: Case, repeat: int) -> Reply:
        with self.budget.spending([]) as spent:
            spent(0.01)
        return super().answer(case, repeat)


def test_a_run_stops_at_its_budget_with_exit_4_and_goes_on_with_a_higher_one(tmp_path: Path) -> None:
    with RunLog(tmp_path / "log.jsonl") as log:
        first = Dear(Budget(0.305, ceiling=lambda messages: 0.01))
        verdict = town.run_town(first, log, budget=first.budget).verdict
        assert verdict and verdict.exit_code == BUDGET and len(first.asked) == 30
        second = Dear(Budget(5.0, ceiling=lambda messages: 0.01))
        finished = town.run_town(second, log, budget=second.budget)
    assert finished.verdict is None and len(second.asked) == 50


def test_workers_share_one_log_and_answer_every_case_once(tmp_path: Path) -> None:
    clerk = town.Clerk()
    with RunLog(tmp_path / "log.jsonl") as log:
        town.run_town(clerk, log, workers=8, repeats=3)
    assert sorted(clerk.asked) == sorted((case.id, repeat) for case in town.CASES for repeat in range(3))
