"""The contract of the command line that other programs rely on, run as a user would."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.shop import isnad, isnad_json, isnad_process, write

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent
ASKED = "من هو رئيس الاستخبارات العامة الذي شارك في الوفد السوري؟"
UNKNOWN = "كم بلغ سعر برميل النفط في بورصة طوكيو؟"
by_words = pytest.mark.usefixtures("without_chroma")


def text_of(store: Path, file_id: str) -> str:
    text: str = isnad_json("show", file_id, "--store", store)["text"]
    return text


@pytest.fixture(scope="module")
def answer(sample: Path) -> Any:
    run = isnad_process("ask", ASKED, "--store", sample, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_an_answer_has_the_keys_that_programs_rely_on(answer: Any) -> None:
    keys = "question text abstained engine sentences sources closest usage timings_ms"
    assert set(keys.split()) <= set(answer)
    assert answer["question"] == ASKED and answer["abstained"] is False and answer["closest"] == []
    for sentence in answer["sentences"]:
        assert {"text", "start", "end", "verdict", "reasons", "citations"} <= set(sentence)
        assert sentence["verdict"] == "supported"
        assert answer["text"][sentence["start"] : sentence["end"]] == sentence["text"]
        marks = "".join(f"[{citation['file_id']}]" for citation in sentence["citations"])
        assert answer["text"][sentence["end"] :].lstrip(" ").startswith(marks)
    for source in answer["sources"]:
        assert {"file_id", "title", "published", "publisher", "language", "score"} <= set(source)


def test_every_quote_is_verbatim_and_stands_in_its_context(answer: Any, sample: Path) -> None:
    citations = [citation for sentence in answer["sentences"] for citation in sentence["citations"]]
    assert citations
    for citation in citations:
        assert citation["quote"] == text_of(sample, citation["file_id"])[citation["start"] : citation["end"]]
        assert citation["quote"] in citation["context"]


def test_a_question_that_no_article_answers_is_refused_with_the_closest_passages(sample: Path) -> None:
    answer = isnad_json("ask", UNKNOWN, "--store", sample)
    assert answer["abstained"] and answer["sentences"] == [] and answer["sources"] == []
    for citation in answer["closest"]:
        assert {"file_id", "start", "end", "quote"} <= set(citation)
        assert citation["quote"] == text_of(sample, citation["file_id"])[citation["start"] : citation["end"]]


def test_a_question_in_a_language_that_no_article_shares_is_answered_in_the_words_of_the_articles(sample: Path) -> None:
    answer = isnad_json("ask", "Who received the Syrian foreign minister?", "--store", sample)
    assert not answer["abstained"] and any("language (en)" in reason for reason in answer["reasons"])
    for sentence in answer["sentences"]:
        for citation in sentence["citations"]:
            assert citation["quote"] == text_of(sample, citation["file_id"])[citation["start"] : citation["end"]]


def test_without_search_by_meaning_such_a_question_is_refused_with_that_reason(
    sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISNAD_EMBEDDING_MODEL", "none")
    answer = isnad_json("ask", "Who received the Syrian foreign minister?", "--store", sample)
    assert answer["abstained"] and any("language" in reason for reason in answer["reasons"])


def test_search_finds_the_passage_with_exact_offsets(sample: Path) -> None:
    hits = isnad_json("search", ASKED, "--store", sample, "--limit", "3")["hits"]
    assert 1 <= len(hits) <= 3 and hits[0]["file_id"].startswith("001_")
    for hit in hits:
        assert {"file_id", "passage_id", "start", "end", "text", "score", "title", "published"} <= set(hit)
        assert hit["text"] == text_of(sample, hit["file_id"])[hit["start"] : hit["end"]]
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)


def test_show_prints_the_stretch_of_a_citation(answer: Any, sample: Path) -> None:
    cited = answer["sentences"][0]["citations"][0]
    place = f"{cited['file_id']}:{cited['start']}-{cited['end']}"
    shown = isnad_json("show", place, "--store", sample)
    assert shown["quote"] == cited["quote"] and shown["quote"] in shown["context"]
    assert f"⟦{cited['quote']}⟧" in isnad("show", place, "--store", sample).stdout


def test_batches_answer_each_line_and_name_the_bad_ones(sample: Path, tmp_path: Path) -> None:
    lines = [
        {"id": 1, "question": ASKED},
        {"id": "b"},
        "no object",
        {"id": "c", "question": " "},
        {"id": "d", "question": UNKNOWN},
    ]
    batch = tmp_path / "questions.jsonl"
    batch.write_text("\n".join(json.dumps(line) for line in lines) + "\nnot json\n")
    for command, key in (("search", "hits"), ("ask", "sentences")):
        run = isnad_process(command, "--batch", batch, "--store", sample)
        replies = [json.loads(line) for line in run.stdout.splitlines()]
        assert run.returncode == 1 and len(replies) == 6
        assert [reply["id"] for reply in replies] == [1, "b", None, "c", "d", None]
        assert ["error" in reply for reply in replies] == [False, True, True, True, False, True]
        assert key in replies[0]


def test_indexing_again_does_nothing_then_follows_changes_and_deletions(tmp_path: Path) -> None:
    folder, store = tmp_path / "news", tmp_path / "store"
    write(
        folder,
        {
            "a.txt": "افتتح الوزير جسر الوادي يوم الأحد.",
            "b.txt": "فاز فريق الميناء بالكأس.",
            "sub/c.txt": "هطلت أمطار غزيرة.",
        },
    )
    first = isnad_json("index", folder, "--store", store)
    assert first["added"] == ["a", "b", "sub/c"] and first["changed"] == first["deleted"] == first["skipped"] == []
    assert isnad_json("index", folder, "--store", store)["unchanged"] == 3
    write(folder, {"a.txt": "افتتح الوزير نفق الجبل يوم الأحد."})
    (folder / "b.txt").unlink()
    third = isnad_json("index", folder, "--store", store)
    assert (third["added"], third["changed"], third["deleted"], third["unchanged"]) == ([], ["a"], ["b"], 1)
    found = isnad_json("search", "جسر الوادي", "--store", store)["hits"]
    assert all("جسر" not in hit["text"] for hit in found)
    assert isnad_json("search", "نفق الجبل", "--store", store)["hits"][0]["file_id"] == "a"
    assert not any(hit["file_id"] == "b" for hit in isnad_json("search", "فريق الميناء", "--store", store)["hits"])


@by_words
def test_a_run_drops_only_what_came_from_its_own_path(tmp_path: Path) -> None:
    one, two, store = tmp_path / "one", tmp_path / "two", tmp_path / "store"
    write(one, {"a.txt": "خبر عن الميناء.", "x.txt": "خبر عن السوق."})
    write(two, {"b.txt": "خبر عن المدرسة."})
    isnad_json("index", one, "--store", store)
    isnad_json("index", two, "--store", store)
    (one / "x.txt").unlink()
    assert isnad_json("index", one, "--store", store)["deleted"] == ["x"]
    assert [row["file_id"] for row in isnad_json("articles", "--store", store)["articles"]] == ["a", "b"]


@by_words
def test_a_path_that_is_empty_or_gone_drops_nothing_and_is_an_error(tmp_path: Path) -> None:
    folder, store = write(tmp_path / "news", {"a.txt": "خبر عن الميناء."}), tmp_path / "store"
    isnad_json("index", folder, "--store", store)
    (folder / "a.txt").unlink()
    for path in (folder, tmp_path / "gone"):
        run = isnad("index", path, "--store", store)
        assert run.returncode == 1 and run.stderr.count("\n") == 1 and "Traceback" not in run.stderr
    assert len(isnad_json("articles", "--store", store)["articles"]) == 1


@by_words
def test_one_broken_file_leaves_the_others_and_its_own_old_version(tmp_path: Path) -> None:
    folder, store = write(tmp_path / "news", {"a.txt": "خبر عن الميناء.", "b.txt": "خبر عن السوق."}), tmp_path / "store"
    isnad_json("index", folder, "--store", store)
    write(folder, {"a.txt": b"\xff\xfe\xfa\x00broken\xd8", "c.txt": "خبر عن المدرسة."})
    run = isnad("index", folder, "--store", store, "--json")
    report = json.loads(run.stdout)
    assert run.returncode == 1 and report["added"] == ["c"] and report["deleted"] == []
    assert [one["path"] for one in report["skipped"]] == ["a.txt"] and report["skipped"][0]["reason"]
    assert isnad_json("search", "الميناء", "--store", store)["hits"][0]["file_id"] == "a"


@by_words
def test_two_files_with_one_stem_and_one_name_in_two_folders_are_all_indexed(tmp_path: Path) -> None:
    store = tmp_path / "s"
    news = write(tmp_path / "news", {"a.txt": "خبر أول.", "a.md": "خبر ثان.", "تقرير [فيديو].txt": "خبر ثالث."})
    assert isnad_json("index", news, "--store", store)["added"] == ["a", "a.txt", "تقرير (فيديو)"]
    assert isnad_json("index", write(tmp_path / "more", {"a.txt": "خبر رابع."}), "--store", store)["added"] == [
        "more/a"
    ]
    assert isnad_json("show", "more/a", "--store", store)["text"] == "خبر رابع."


@by_words
def test_json_lines_are_articles(tmp_path: Path) -> None:
    record = {
        "id": "n-1",
        "text": "وصل الوفد إلى ميناء الخليج.\r\nوغادر مساء.",
        "title": "وفد",
        "published": "2024-03-02",
        "publisher": "و",
        "lang": "ar",
    }
    path = tmp_path / "news.jsonl"
    path.write_text(json.dumps(record) + "\n{broken\n" + json.dumps({"id": "n-2", "text": "خبر آخر عن الجسر."}) + "\n")
    run = isnad("index", path, "--store", tmp_path / "s", "--json")
    report = json.loads(run.stdout)
    assert run.returncode == 1 and report["added"] == ["n-1", "n-2"] and len(report["skipped"]) == 1
    shown = isnad_json("show", "n-1", "--store", tmp_path / "s")
    assert shown["text"] == record["text"] and shown["published"] == "2024-03-02" and shown["publisher"] == "و"
    assert isnad_json("show", "n-2", "--store", tmp_path / "s")["published"] is None


@by_words
def test_remove_takes_an_article_out(tmp_path: Path) -> None:
    folder, store = write(tmp_path / "news", {"a.txt": "خبر عن الميناء.", "b.txt": "خبر عن السوق."}), tmp_path / "s"
    isnad_json("index", folder, "--store", store)
    assert isnad_json("remove", "a", "--store", store) == {"removed": ["a"]}
    assert (
        not isnad_json("search", "الميناء", "--store", store)["hits"][0:1]
        or isnad_json("search", "الميناء", "--store", store)["hits"][0]["file_id"] == "b"
    )
    assert isnad("remove", "a", "--store", store).returncode == 1


def bad_inputs(tmp_path: Path) -> list[list[str | Path]]:
    empty = tmp_path / "empty"
    empty.mkdir(exist_ok=True)
    return [
        ["ask", "سؤال", "--store", tmp_path / "none"],
        ["search", "سؤال", "--store", tmp_path / "none"],
        ["status", "--store", tmp_path / "none"],
        ["index", empty, "--store", tmp_path / "s1"],
        ["index", tmp_path / "missing", "--store", tmp_path / "s2"],
    ]


@pytest.mark.parametrize("case", range(5))
def test_bad_input_is_one_line_with_the_next_step(case: int, tmp_path: Path) -> None:
    run = isnad_process(*bad_inputs(tmp_path)[case])
    assert run.returncode == 1 and run.stdout == "" and run.stderr.count("\n") == 1 and "Traceback" not in run.stderr


@pytest.mark.parametrize("question", ["", "   ", "q" * 100_000])
def test_an_empty_or_endless_question_is_an_error(question: str, sample: Path) -> None:
    for command in ("ask", "search"):
        run = isnad(command, question, "--store", sample)
        assert run.returncode == 1 and run.stderr.count("\n") == 1 and "question" in run.stderr


@by_words
def test_a_store_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    folder, store = write(tmp_path / "news", {"a.txt": "خبر عن الميناء."}), tmp_path / "s"
    isnad_json("index", folder, "--store", store)
    with sqlite3.connect(store / "ledger.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = (store / "ledger.db").read_bytes()
    for arguments in (["ask", "سؤال"], ["index", folder], ["status"]):
        run = isnad(*arguments, "--store", store)
        assert run.returncode == 1 and "newer" in run.stderr
    assert (store / "ledger.db").read_bytes() == before


def test_wrong_usage_exits_with_two() -> None:
    assert isnad_process("nonsense").returncode == 2 and isnad_process("search", "س", "--limit", "0").returncode == 2


def test_from_python_the_same_answer(sample: Path, answer: Any) -> None:
    from assistant import Assistant, ask

    assert ask(ASKED, store=sample).text == answer["text"]
    with Assistant.open(sample) as assistant:
        assert assistant.ask(ASKED).sentences[0].text == answer["sentences"][0]["text"]


def test_from_python_a_missing_store_names_the_command(tmp_path: Path) -> None:
    from assistant import ask
    from index.errors import NoStore

    with pytest.raises(NoStore, match="isnad index"):
        ask("سؤال", store=tmp_path / "none")
    assert not (tmp_path / "none").exists()
