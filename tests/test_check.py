"""The check from the command line, and in the answers that a model wrote."""

from __future__ import annotations

import json
from pathlib import Path

from tests.scripted import Scripted
from tests.shop import isnad
from tests.test_model_path import asked

TEXT = "قال والي مرسان إن طول جسر الزيتون 87 مترا، وإن العمل فيه بدأ في مايو 2024. ولم يذكر كلفته."


def test_claims_are_checked_line_by_line_and_a_bad_line_is_named(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "claim": "طول جسر الزيتون ٨٧ مترا.", "context": TEXT},
        {"id": "b", "claim": "طول جسر الزيتون 85 مترا.", "context": TEXT},
        {"id": "c", "claim": "طول جسر الزيتون 85 مترا."},
    ]
    (tmp_path / "claims.jsonl").write_text("\n".join(map(json.dumps, lines)))
    run = isnad("check", "--batch", tmp_path / "claims.jsonl")
    good, altered, bad = map(json.loads, run.stdout.splitlines())
    assert run.returncode == 1 and good["id"] == "a" and set(good) == {"id", "verdict", "probability", "reasons"}
    assert good["verdict"] == "supported" and good["probability"] > altered["probability"]
    assert altered["verdict"] != "supported" and any("85" in one and "87" in one for one in altered["reasons"])
    assert bad["id"] == "c" and "error" in bad


def test_an_altered_number_in_a_written_answer_is_shown_as_such(sample: Path) -> None:
    with Scripted(reply="قال بيسكوف إن المحادثات دامت نحو 9 ساعات [1].") as server:
        answer = json.loads(asked(server, sample, "--json").stdout)
    (sentence,) = answer["sentences"]
    assert sentence["verdict"] != "supported" and any("9" in one for one in sentence["reasons"])
    assert answer["coverage"] == 0.0
