"""The command line: wrong usage is one line that says what is wanted; batches are told apart by their lines."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from assistant.cli.main import main
from index.messages.reason import Reason
from index.store.ledger import Ledger
from tests.shop import index


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
        (["ask", "x", "--max-cost", "nan"], "--max-cost wants a number above 0, not 'nan'"),
        (["chat", "--max-cost-each", "-1"], "--max-cost-each wants a number above 0, not '-1'"),
        (["search", "x", "--limit", "many"], "--limit wants a whole number from 1 to 1000"),
        (["search", "x", "--limit", "9" * 5000], "--limit wants a whole number from 1 to 1000"),
        (["ask", "x", "--batch", "some.jsonl"], "not both"),
        (["search", "x", "--batch", "some.jsonl"], "not both"),
        (["ask", "x", "--json", "--markdown"], "not both"),
        (["ask", "x", "--from", "2025-12-02", "--to", "2025-12-01"], "--from 2025-12-02 is later than --to 2025-12-01"),
        (["search", "x", "--from", "soon"], "--from wants a day such as 2025-12-23"),
        (["ask", "x", "--lang", "Arabic"], "--lang wants a code of two letters such as ar"),
        (["status", "--store", ""], "--store wants the name of a folder"),
        (["index", " "], "PATH wants the name of a folder"),
        (["aks", "x"], "no command 'aks'; did you mean ask?"),
        (["zzzzzz"], "no command 'zzzzzz'; see: isnad --help"),
        (["show", "a", "b"], "isnad show: unrecognized arguments: b; see: isnad show --help"),
    ],
)
def test_wrong_usage_is_one_line_that_says_what_is_wanted(
    arguments: list[str], wanted: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ["--store", str(sample)] if arguments[0] in ("search", "ask") else []
    code, out, error = said([*arguments, *store], capsys)
    assert code == 2 and out == "" and error.count("\n") == 1 and wanted in error, error


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of two reports."""
    place = tmp_path_factory.mktemp("shelf")
    rows = [
        {"id": "a", "text": "افتتح الوالي جسر نور يوم الأحد.", "publisher": "وكالة الأنباء", "published": "2024-03-02"},
        {"id": "b", "text": "The harbour reopened on Monday.", "publisher": "The Lantern", "lang": "en"},
    ]
    (place / "news.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    index(place / "news.jsonl", place / "store")
    return str(place / "store")


ASKED = "من افتتح جسر نور؟"


@pytest.mark.parametrize(
    ("filters", "named"),
    [
        (["--from", "2030-01-01"], "from 2030-01-01"),
        (["--publisher", "Nobody"], "publisher Nobody"),
        (["--lang", "FR", "--to", "2020-01-01"], "to 2020-01-01, language fr"),
    ],
)
def test_filters_that_no_article_passes_are_named(
    filters: list[str], named: str, shelf: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(["ask", ASKED, "--store", shelf, "--json", *filters], capsys)
    answer = json.loads(out)
    assert code == 0 and answer["abstained"] and answer["reasons"] == [f"no article passes the filters ({named})"]
    code, out, error = said(["ask", ASKED, "--store", shelf, *filters], capsys)
    assert code == 0 and f"({msgspec.convert(answer['details'][0], Reason).text('ar')})" in out and "لا مقال" in out
    code, out, error = said(["search", ASKED, "--store", shelf, *filters], capsys)
    assert (code, out, error) == (0, "", f"nothing found; no article passes the filters ({named})\n")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--publisher", "the LANTERN"], "b"),
        (["--publisher", "وكاله الانباء"], "a"),
        (["--lang", "EN"], "b"),
        (["--file", "a", "--from", "2024-03-02", "--to", "2024-03-02"], "a"),
    ],
)
def test_filters_are_met_whatever_the_case_and_the_spelling(
    filters: list[str], found: str, shelf: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = said(["search", "harbour جسر نور", "--store", shelf, "--json", *filters], capsys)
    assert [hit["file_id"] for hit in json.loads(out)["hits"]] == [found]


def test_without_a_command_the_first_steps_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, error = said([], capsys)
    assert code == 2 and out == "" and "isnad index FOLDER" in error and "OPENAI_BASE_URL" in error
    code, out, error = said(["--version"], capsys)
    assert code == 0 and re.fullmatch(r"isnad \d+\.\d+\.\d+\n", out)


def test_a_question_needs_no_quotation_marks_and_can_come_from_a_pipe(
    shelf: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, quoted, _ = said(["ask", ASKED, "--store", shelf], capsys)
    assert "[a]" in quoted
    assert said(["ask", "--store", shelf, *ASKED.split()], capsys)[1] == quoted
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{ASKED}\n".encode())))
    assert said(["ask", "-", "--store", shelf], capsys)[1] == quoted
    code, _, error = said(["ask", "--store", shelf], capsys)
    assert code == 1 and "- to read it from stdin" in error


def test_an_answer_is_shown_with_its_quotes_or_as_markdown(shelf: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, plainly, _ = said(["ask", ASKED, "--store", shelf], capsys)
    code, quoted, _ = said(["ask", ASKED, "--store", shelf, "--quotes"], capsys)
    assert code == 0 and quoted == f"{plainly}\nالشواهد:\n  [a:0-31] افتتح الوالي جسر نور يوم الأحد.\n"
    assert said(["show", "a:0-31", "--store", shelf], capsys)[0] == 0
    code, shown, _ = said(["ask", ASKED, "--store", shelf, "--markdown"], capsys)
    assert code == 0 and shown.startswith('<div dir="rtl">') and "«افتتح الوالي جسر نور يوم الأحد.»" in shown
    code, refused, _ = said(["ask", "من هو بيتهوفن؟", "--store", shelf, "--quotes"], capsys)
    assert code == 0 and "الشواهد" not in refused


def test_articles_are_listed_by_day_language_and_publisher(shelf: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert [line.split()[0] for line in said(["articles", "--store", shelf], capsys)[1].splitlines()] == ["a", "b"]
    _, out, _ = said(["articles", "--store", shelf, "--publisher", "the lantern", "--json"], capsys)
    assert [load["file_id"] for load in json.loads(out)["articles"]] == ["b"]
    code, out, error = said(["articles", "--store", shelf, "--from", "2030-01-01"], capsys)
    assert (code, out) == (0, "") and error == "no article passes the filters (from 2030-01-01)\n"


def test_an_empty_store_names_the_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Ledger.create(tmp_path / "store").close()
    code, out, error = said(["articles", "--store", str(tmp_path / "store")], capsys)
    assert (code, out) == (0, "") and "run: isnad index FOLDER --store" in error


def test_passages_are_told_with_day_and_publisher(shelf: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(["search", ASKED, "--store", shelf, "--limit", "1"], capsys)
    assert "· 2024-03-02 · وكالة الأنباء\n" in out or "] 2024-03-02 · وكالة الأنباء\n" in out


def test_a_model_without_a_server_is_an_error_and_no_quotation(
    shelf: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    code, out, error = said(["ask", ASKED, "--model", "qwen3", "--store", shelf], capsys)
    assert code and not out and "no server is set for the model qwen3" in error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here, which is always full")
def test_a_full_disk_is_one_line_and_no_trace(shelf: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "assistant.cli.main", "articles", "--store", shelf],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        )
    assert done.returncode == 1 and done.stderr.startswith("isnad: no room is left") and done.stderr.count("\n") == 1


def test_an_unknown_file_is_not_found_and_a_search_in_vain_says_so(
    shelf: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, error = said(["ask", ASKED, "--store", shelf, "--file", "z"], capsys)
    assert code == 1 and out == "" and error.startswith("isnad: no article 'z'") and error.count("\n") == 1
    code, out, error = said(["search", "qqqq", "--store", shelf], capsys)
    assert code == 0 and out == "" and error.startswith("nothing found; try other words") and error.count("\n") == 1


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


def test_a_model_without_a_server_is_an_error(
    shelf: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    code, out, error = said(["ask", ASKED, "--store", shelf, "--model", "qwen3"], capsys)
    assert code == 1 and out == "" and error.startswith("isnad: no server is set for the model qwen3")


def test_a_name_that_cannot_be_decoded_is_wrong_usage(shelf: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ["show", "d\udcff"],
        ["remove", "d\udcff"],
        ["ask", "x", "--file", "d\udcff"],
        ["index", "d\udcff"],
    ):
        code, out, error = said([*arguments, "--store", shelf], capsys)
        assert code == 2 and out == "" and error.count("\n") == 1 and "LC_ALL=C.UTF-8" in error
