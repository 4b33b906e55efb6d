"""`isnad eval` from the outside: what each command prints and with which exit code it ends."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from evals.cases.case import dump, load
from evals.cli.main import add, main
from evals.gate import baseline as baselines
from tests.evals import town
from tests.evals.sabotage import SABOTAGES
from tests.shop import write

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the town's articles, its cases, right answers and spoilt ones; baselines go there, too."""
    write(tmp_path / "articles", {f"{key}.txt": article.text for key, article in town.CORPUS.articles.items()})
    (tmp_path / "cases.jsonl").write_bytes(dump(town.CASES))
    for name, change in (("right", None), ("spoilt", SABOTAGES["number altered"][0])):
        rows = []
        for case in town.CASES:
            reply = town.Clerk().answer(case, 0)
            reply = change(case, reply) if change else reply
            rows.append(msgspec.json.encode({"id": case.id, **msgspec.to_builtins(reply.answer)}))
        (tmp_path / f"{name}.jsonl").write_bytes(b"\n".join(rows))
    monkeypatch.setattr(baselines, "FOLDER", tmp_path / "baselines")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(*more: str) -> list[str]:
    return ["--cases", "cases.jsonl", "--articles", "articles", *more]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["report", "-o", "nowhere/report.html"], "cannot write nowhere/report.html"),
        (["label", "-o", "articles"], "cannot write articles"),
        (["calibrate", "pairs.json"], "pairs.json, line 1 is no labelled row"),
    ],
)
def test_a_file_that_cannot_be_read_or_written_is_wrong_usage_and_no_fault_of_the_program(
    command: list[str], told: str, bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *asked("--answers", "right.jsonl")]) == 0
    (bench / "pairs.json").write_text("{}")
    assert main(command) == 2 and told in capsys.readouterr().err


def test_a_damaged_verdict_is_named(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *asked("--answers", "right.jsonl")]) == 0
    (verdict,) = bench.glob("runs/*/verdict.json")
    verdict.write_text("{")
    assert main(["report"]) == main(["label"]) == 2
    assert "verdict.json is damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["run", "--per-minute", "0"], ["run", "--per-minute", "-5"], ["calibrate", "rows", "--limit", "0"]]
)
def test_rates_and_limits_are_above_zero(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(option)
    assert left.value.code == 2 and "wants a" in capsys.readouterr().err


def test_answers_of_any_system_are_scored_with_cases_of_ones_own(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *asked("--answers", "right.jsonl")]) == 0
    told = capsys.readouterr().out
    assert "80 cases, 20 events, 80 answers, 0 errors" in told and "passed 80/80 = 100.0%" in told
    assert "PASS (exit 0)" in told
    assert main(["run", *asked("--answers", "spoilt.jsonl")]) == 0
    told = capsys.readouterr().out
    assert "passed 60/80" in told and "000-cost: value altered" in told


def test_the_no_model_engine_answers_over_a_store_of_its_own(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *asked("--json")]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["summary"]["answers"] == 80 and record["summary"]["errors"] == 0
    assert (bench / record["run"] / "manifest.json").exists()


def test_a_change_is_held_against_the_blessed_run(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", *asked("--answers", "right.jsonl", "--baseline", "theirs")]) == 2
    assert "baseline set" in capsys.readouterr().err
    assert main(["run", *asked("--answers", "right.jsonl")]) == 0
    assert main(["baseline", "set", "--name", "theirs", "--why", "they are right"]) == 0
    assert main(["baseline", "show", "theirs"]) == 0
    assert "80 of 80 answers passed  they are right" in capsys.readouterr().out
    assert main(["compare", "theirs", "2"]) == 0
    outputs = ["--junit", "junit.xml", "--step-summary", "summary.md", "--annotations"]
    assert main(["gate", *asked("--answers", "spoilt.jsonl", "--baseline", "theirs", *outputs)]) == 1
    told = capsys.readouterr().out
    assert "FAIL (exit 1)" in told and "WORSE  000-cost" in told and "::error::FAIL (exit 1)" in told
    suite = ElementTree.parse("junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("81", "21", "0")
    assert Path("summary.md").read_text().startswith("## ❌")


def test_a_system_that_wavers_is_gated_on_several_answers_of_its_own(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One event is lost for good, another was unlucky in its first answer."""
    right = [json.loads(line) for line in Path("right.jsonl").read_text().splitlines()]

    def told(row: dict[str, Any], at: int) -> dict[str, Any]:
        lost = row["id"].startswith("003-") or (row["id"].startswith("007-") and at == 0)
        return {"id": row["id"], "text": "اسأل البلدية.", "abstained": True} if lost else row

    rows = [json.dumps(told(row, at), ensure_ascii=False) for row in right for at in range(12)]
    Path("many.jsonl").write_text("\n".join(rows))
    Path("before.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in right for _ in range(8)))
    assert main(["run", *asked("--answers", "before.jsonl", "--repeats", "8")]) == 0
    main(["baseline", "set"])
    capsys.readouterr()
    assert main(["gate", *asked("--answers", "many.jsonl", "--json")]) == 1
    worse = json.loads(capsys.readouterr().out)["verdict"]["worse"]
    answerable = ("cost", "day", "who")
    assert {one["case"] for one in worse if one["confirmed"]} == {f"003-{kind}" for kind in answerable}
    assert {one["case"] for one in worse if not one["confirmed"]} == {f"007-{kind}" for kind in answerable}
    assert not any(one["undecided"] for one in worse)


def test_a_gate_with_the_same_answers_passes_and_counts_its_comparisons(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", *asked()])
    main(["baseline", "set"])
    assert main(["gate", *asked()]) == 0
    assert main(["gate", *asked()]) == 0
    told = capsys.readouterr().out
    assert "1 comparison with these cases" in told and "2 comparisons with these cases" in told
    assert "no case is worse" in told and "80 cases show a drop of 5 points in" in told
    command = re.findall(r"report: isnad eval (report .*)", told)[-1].split()
    assert main([*command, "-o", "report.html"]) == 0
    assert "No prompt changed." in Path("report.html").read_text(encoding="utf-8")  # it found the baseline itself


def test_a_fault_of_the_program_is_no_verdict_and_never_the_exit_code_of_a_regression(
    bench: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("evals.report.text_report.verdict_text", broken)
    main(["run", *asked()])
    main(["baseline", "set"])
    assert main(["gate", *asked()]) == 3
    assert "RuntimeError: a fault" in capsys.readouterr().err


def test_a_reader_who_stops_reading_is_no_regression(bench: Path) -> None:
    command = [sys.executable, "-m", "evals.cli.main", "run", *asked()]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as run:
        assert run.stdout and run.stderr
        run.stdout.close()
        assert "Traceback" not in run.stderr.read() and run.wait() == 3


def test_a_changed_article_makes_a_comparison_inconclusive(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", *asked()])
    main(["baseline", "set"])
    path = bench / "articles" / "019_town.txt"
    path.write_text(path.read_text() + "زيادة.\n")
    assert main(["gate", *asked("--junit", "junit.xml")]) == 3
    told = capsys.readouterr().out
    assert "1 articles differ" in told and "nothing was asked" in told and " 0 answers asked for" in told
    suite = ElementTree.parse("junit.xml").getroot()
    assert (suite.get("skipped"), suite.get("errors")) == ("80", "1")
    assert main(["gate", *asked("--allow-inconclusive")]) == 0


def test_missing_answers_are_exit_3_and_resuming_asks_for_those_alone(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Path("right.jsonl").read_text().splitlines()
    Path("few.jsonl").write_text("\n".join(lines[:70]))
    assert main(["run", *asked("--answers", "few.jsonl")]) == 3
    assert "10 of 80 answers are errors" in capsys.readouterr().out
    Path("few.jsonl").write_text("\n".join(lines))
    assert main(["run", *asked("--answers", "few.jsonl", "--resume")]) == 0
    (folder,) = [path for path in Path("runs").iterdir() if path.is_dir()]
    assert len((folder / "log.jsonl").read_text().splitlines()) == 90


def test_only_the_failed_cases_can_be_run_again_and_a_run_scored_anew(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", *asked("--answers", "spoilt.jsonl")])
    (first,) = [path.name for path in Path("runs").iterdir() if path.is_dir()]
    capsys.readouterr()
    assert main(["run", *asked("--answers", "right.jsonl", "--only-failed", first)]) == 0
    assert "20 cases" in capsys.readouterr().out
    assert main(["run", "--rescore", first]) == 0
    assert "passed 60/80" in capsys.readouterr().out


def test_lint_alone_asks_nothing_and_says_what_a_run_would_take(
    bench: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *asked("--lint")]) == 0
    assert not Path("runs").exists()
    told = capsys.readouterr().err
    assert "80 cases, 20 events, 20 articles" in told and "engine extract; there is no baseline yet" in told
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    for name, value in (("MODEL", "m"), ("PRICE_IN", "1"), ("PRICE_OUT", "10"), ("CONTEXT_TOKENS", "5000")):
        monkeypatch.setenv(f"ISNAD_{name}", value)
    assert main(["run", *asked("--lint", "--repeats", "2")]) == 0
    told = capsys.readouterr().err
    assert (
        "engine model:m" in told and "160 answers, at most 800,000 tokens in and 240,000 out; cost at most 3.20" in told
    )
    (bench / "articles" / "004_town.txt").write_text("شيء آخر لا صلة له بما سبق من كلام.\n")
    assert main(["run", *asked("--lint")]) == 3
    assert "004_town does not hold the evidence" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--cases", "none.jsonl"],
        ["run", "--suite", "nonsense"],
        ["run", "--suite", "holdout"],
        ["run", "--resume", "1999"],
        ["report", "1999"],
        ["run", "--articles", "nowhere", "--cases", "cases.jsonl"],
        ["run", "--cases", "cases.jsonl", "--articles", "articles", "--engine", "model"],
        ["run", "--cases", "cases.jsonl", "--articles", "articles", "--max-cost", "1"],
        ["run", "--cases", "cases.jsonl", "--articles", "articles", "--engine", "recorded", "--prompts", "articles"],
        ["gate", "--cases", "cases.jsonl", "--articles", "articles", "--baseline", "nobodys"],
        ["calibrate", "none.jsonl"],
        ["from-feedback", "none.jsonl"],
    ],
)
def test_what_the_user_can_mend_is_exit_2_with_one_line(
    arguments: list[str], bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("isnad: ") and error.count("\n") == 1


def test_labels_go_out_as_a_table_and_come_back_as_figures(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", *asked("--answers", "right.jsonl")])
    assert main(["label", "--share", "1", "-o", "queue.tsv"]) == 0
    filled = Path("queue.tsv").read_text(encoding="utf-8").replace("\tfull\t\t\t", "\tfull\t\tfull\t")
    Path("filled.tsv").write_text(filled, encoding="utf-8")
    capsys.readouterr()
    assert main(["label", "--read", "filled.tsv"]) == 0
    told = capsys.readouterr().out
    assert "60 labels" in told and "1.000 by the check" in told


def test_feedback_becomes_drafts_that_lint_will_not_let_pass(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer: Any = msgspec.to_builtins(town.Clerk().answer(town.CASES[0], 0).answer)
    rows = [
        {"question": town.CASES[0].question, "answer": answer, "vote": "up"},
        {
            "question": "من بنى الجسر؟",
            "answer": "الوالي.",
            "vote": "down",
            "reason": "missing",
            "comment": "هو في الخبر",
        },
    ]
    Path("feedback.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    assert main(["from-feedback", "feedback.jsonl"]) == 0
    drafts = load(Path("drafts.jsonl"))
    assert [draft.type for draft in drafts] == ["feedback:up", "feedback:missing"]
    assert drafts[0].facts[0].evidence == town.CASES[0].facts[0].evidence and drafts[0].sources_any_of == (
        ("000_town",),
    )
    assert "هو في الخبر" in (drafts[1].note or "")
    assert main(["run", "--cases", "drafts.jsonl", "--articles", "articles", "--lint"]) == 3


def test_help_needs_only_the_standard_library() -> None:
    code = (
        "import sys\nfrom evals.cli.main import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    "
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "from-feedback" in run.stdout
    assert not {"msgspec", "scipy", "statsmodels", "jinja2", "index.models"} & set(run.stdout.split("\n")[-2].split())


def test_every_option_that_the_documents_name_exists() -> None:
    texts = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("evals.md", "ci-example.yml")]
    named = {option for text in texts for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)} - {
        "--batch"
    }  # of `isnad ask`
    parser = argparse.ArgumentParser()
    add(parser)
    commands = next(iter(parser._subparsers._group_actions)).choices if parser._subparsers else None
    assert isinstance(commands, dict)
    known = {option for command in commands.values() for action in command._actions for option in action.option_strings}
    assert named and named <= known
    assert set(commands) == {"run", "gate", "compare", "baseline", "report", "label", "calibrate", "from-feedback"}
