"""The check from the command line, and in the answers that a model wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

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
    assert run.returncode == 1 and good["id"] == "a"
    assert set(good) == {"id", "verdict", "checked_by", "probability", "reasons", "contradictions"}
    assert good["verdict"] != "unsupported" and altered["checked_by"] == "rules"
    assert altered["verdict"] == "unsupported" and any("85" in one and "87" in one for one in altered["reasons"])
    assert bad["id"] == "c" and "error" in bad


def test_an_altered_number_in_a_written_answer_is_shown_as_such(sample: Path) -> None:
    with Scripted(reply="قال بيسكوف إن المحادثات دامت نحو 9 ساعات [1].") as server:
        answer = json.loads(asked(server, sample, "--json").stdout)
    (sentence,) = answer["sentences"]
    assert sentence["verdict"] != "supported" and any("9" in one for one in sentence["reasons"])
    assert answer["coverage"] == 0.0


def judged(tmp_path: Path, *replies: str) -> tuple[list[Any], list[str]]:
    """One claim, checked and judged by these replies in turn: what came out, and what the judge was asked."""
    left = iter(replies)
    (tmp_path / "claims.jsonl").write_text(
        json.dumps({"id": "a", "claim": "طول جسر الزيتون 85 مترا.", "context": TEXT})
    )
    with Scripted(reply=lambda messages: next(left)) as server:
        environment = {**os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-none"}
        run = isnad("check", "--batch", tmp_path / "claims.jsonl", "--judge", env=environment)
        return [json.loads(line) for line in run.stdout.splitlines()], server.texts()


def ruling(label: str, quote: str) -> str:
    return json.dumps({"rulings": [{"id": 1, "label": label, "quotes": [quote]}]}, ensure_ascii=False)


def test_a_judge_never_makes_a_figure_supported_that_the_rules_refute(tmp_path: Path) -> None:
    (found,), asked_ = judged(tmp_path, ruling("full", "طول جسر الزيتون ٨٧ متراً"))
    assert (found["judge"]["label"], found["judge"]["quote"]) == ("full", "طول جسر الزيتون ٨٧ متراً")
    assert found["verdict"] == "unsupported" and found["checked_by"] == "rules" and len(asked_) == 1


def test_a_quotation_that_the_text_does_not_have_is_an_error_and_no_pass(tmp_path: Path) -> None:
    invented = ruling("full", "طول الجسر 85 مترا")
    (found,), asked_ = judged(tmp_path, invented, invented)
    assert set(found["judge"]) == {"error"} and "quotation" in found["judge"]["error"]
    assert len(asked_) == 2 and "a quotation is not in the sources" in asked_[1]


def test_a_judge_that_mends_its_quotation_is_heard(tmp_path: Path) -> None:
    (found,), _ = judged(tmp_path, "نعم", ruling("contradicts", "87 مترا"))
    assert (found["judge"]["label"], found["judge"]["quote"]) == ("contradicts", "87 مترا")


def test_without_a_model_a_judge_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "claims.jsonl").write_text("{}")
    run = isnad("check", "--batch", tmp_path / "claims.jsonl", "--judge")
    assert run.returncode == 1 and "OPENAI_API_KEY" in run.stderr and run.stdout == ""


def test_where_a_model_is_set_it_judges_unasked_and_can_be_left_out(tmp_path: Path) -> None:
    line = {"id": "a", "claim": "الجسر ليس قصيرا.", "context": TEXT}
    (tmp_path / "claims.jsonl").write_text(json.dumps(line, ensure_ascii=False))
    with Scripted(reply=ruling("full", "طول جسر الزيتون 87 مترا")) as server:
        environment = {**os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-none", "ISNAD_JUDGE": "same"}
        by_default = json.loads(isnad("check", "--batch", tmp_path / "claims.jsonl", env=environment).stdout)
        assert len(server.texts()) == 1
        off = environment | {"ISNAD_JUDGE": "off"}
        without = [
            json.loads(isnad("check", "--batch", tmp_path / "claims.jsonl", "--no-model", env=environment).stdout),
            json.loads(isnad("check", "--batch", tmp_path / "claims.jsonl", env=off).stdout),
        ]
        assert len(server.texts()) == 1
    assert (by_default["verdict"], by_default["checked_by"]) == ("supported", "judge")
    assert [row["checked_by"] for row in without] == [None, None]
