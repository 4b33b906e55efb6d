"""The command line: wrong usage is one line that says what is wanted; batches are told apart by their lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli import main


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """The exit code, and what stands on stdout and on stderr."""
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(str(end.code))
    out, error = capsys.readouterr()
    return code, out, error


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["chat", "--port", "99999"], "--port wants a whole number from 0 to 65535"),
        (["chat", "--port", "-5"], "--port wants a whole number from 0 to 65535"),
        (["search", "x", "--limit", "many"], "--limit wants a whole number from 1 to 1000"),
        (["search", "x", "--limit", "9" * 5000], "--limit wants a whole number from 1 to 1000"),
        (["ask", "x", "--batch", "some.jsonl"], "not both"),
        (["search", "x", "--batch", "some.jsonl"], "not both"),
        (["status", "--store", ""], "--store wants the name of a folder"),
        (["index", " "], "PATH wants the name of a folder"),
    ],
)
def test_wrong_usage_is_one_line_that_says_what_is_wanted(
    arguments: list[str], wanted: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = [] if arguments[0] in ("chat", "index", "status") else ["--store", str(sample)]
    code, out, error = said([*arguments, *store], capsys)
    assert code == 2 and out == "" and error.count("\n") == 1 and wanted in error, error


@pytest.mark.parametrize("command", ["ask", "search", "check"])
def test_a_bad_line_of_a_batch_is_named_by_its_number_in_the_file(
    command: str, sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {"id": 1, "question": "من استقبل الشيباني؟", "claim": "وصل الوفد.", "context": "وصل الوفد."}
    batch = tmp_path / "batch.jsonl"
    batch.write_text("\ufeff" + json.dumps(record) + "\n\n{broken\n\n[]\n", "utf-8")
    code, out, _ = said([command, "--batch", str(batch), "--store", str(sample)], capsys)
    first, broken, listed = map(json.loads, out.splitlines())
    assert code == 1 and first["id"] == 1 and "error" not in first
    assert broken["error"].startswith("line 3: ") and listed["error"] == "line 5 is not a JSON object"
