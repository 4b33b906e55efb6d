"""A kept answer is looked at again: the words still stand, moved, changed, or are gone with their article."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.scripted import Scripted
from tests.shop import isnad, isnad_json, write

REPORT = "افتتح والي مرسان جسر الزيتون صباح الأحد. وبلغت كلفة جسر الزيتون 48 مليون درهم."
AFTER = {
    "verbatim": REPORT,
    "moved": "محدّث: زار الوالي الموقع أمس. " + REPORT,
    "changed": "افتتح والي مرسان سوق السمك صباح الأحد بحضور التجار.",
}


@pytest.mark.usefixtures("without_chroma")
@pytest.mark.parametrize("state", [*AFTER, "gone"])
def test_a_kept_answer_is_held_against_the_articles_of_today(state: str, tmp_path: Path) -> None:
    folder, store = write(tmp_path / "news", {"a.txt": REPORT, "b.txt": "خبر آخر عن الميناء."}), tmp_path / "store"
    isnad_json("index", folder, "--store", store)
    kept = isnad("ask", "كم بلغت كلفة جسر الزيتون؟", "--store", store, "--json")
    (tmp_path / "answer.json").write_text(kept.stdout)
    assert json.loads(kept.stdout)["sentences"]
    if state == "gone":
        (folder / "a.txt").unlink()
    else:
        write(folder, {"a.txt": AFTER[state]})
    isnad_json("index", folder, "--store", store)
    run = isnad("verify", tmp_path / "answer.json", "--store", store, "--json")
    found = json.loads(run.stdout)
    assert {match["state"] for match in found["citations"]} == {state}
    verdicts = {"verbatim": "supported", "moved": "supported", "changed": "unchecked", "gone": "unsupported"}
    assert {match["verdict"] for match in found["citations"]} == {verdicts[state]}
    told = isnad("verify", tmp_path / "answer.json", "--store", store).stdout
    now = found["citations"][0]["now"]
    assert f"→ [a:{now['start']}-{now['end']}]" in told if state == "moved" else "→" not in told, told
    assert found["holds"] == (state in ("verbatim", "moved")) and run.returncode == (0 if found["holds"] else 1)


@pytest.mark.usefixtures("without_chroma")
@pytest.mark.parametrize("broken", [False, True])
def test_a_kept_answer_is_judged_anew_where_a_model_is_set(broken: bool, tmp_path: Path) -> None:
    folder, store = write(tmp_path / "news", {"a.txt": REPORT}), tmp_path / "store"
    isnad_json("index", folder, "--store", store)
    kept = isnad_json("ask", "كم بلغت كلفة جسر الزيتون؟", "--store", store)
    (sentence,) = kept["sentences"]
    sentence["text"] = kept["text"] = "دفعت الدولة ثمن جسر الزيتون كاملا."  # as a model might have put it
    sentence["end"] = sentence["start"] + len(sentence["text"])
    (tmp_path / "answer.json").write_text(json.dumps(kept, ensure_ascii=False))
    row = {"id": 1, "label": "contradicts", "quotes": ["48 مليون درهم"], "wrong": "الدولة", "source_says": "الوالي"}
    reply = "لا أدري" if broken else json.dumps({"rulings": [row]}, ensure_ascii=False)
    with Scripted(reply=reply) as server:
        environment = {**os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-none", "ISNAD_JUDGE": "same"}
        run = isnad("verify", tmp_path / "answer.json", "--store", store, "--json", env=environment)
        quiet = isnad("verify", tmp_path / "answer.json", "--store", store, "--json", "--no-model", env=environment)
        asked = len(server.texts())
    (citation,) = json.loads(run.stdout)["citations"]
    (without,) = json.loads(quiet.stdout)["citations"]
    assert without["checked_by"] is None and without["verdict"] == "unchecked" and run.returncode == 0
    if broken:
        assert asked == 2 and citation["verdict"] == "unchecked" and "did not rule" in " ".join(citation["reasons"])
    else:
        assert asked == 1 and (citation["verdict"], citation["checked_by"]) == ("unsupported", "judge")


def test_what_is_no_answer_is_named(tmp_path: Path, sample: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    run = isnad("verify", tmp_path / "x.json", "--store", sample)
    assert run.returncode == 1 and "is not an answer" in run.stderr and run.stderr.count("\n") == 1
