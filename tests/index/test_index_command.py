"""`isnad index`: what would be done and cost, and a folder that is followed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from index.store.ledger import Ledger
from tests.shop import index, isnad, isnad_json, write

pytestmark = pytest.mark.process

NEWS = {
    "a.txt": "افتتاح جسر نور\n\nافتتح المحافظ كمال الراوي جسر نور يوم الجمعة.",
    "b.txt": "سوق الورد\n\nفتح السوق أبوابه.",
}


@pytest.mark.usefixtures("without_chroma")
def test_a_dry_run_writes_nothing_and_says_what_would_be_done(tmp_path: Path) -> None:
    articles, store = write(tmp_path / "articles", NEWS), tmp_path / "store"
    said = isnad_json("index", articles, "--store", store, "--dry-run")
    assert said["dry_run"] and said["added"] == ["a", "b"] and not store.exists()
    isnad_json("index", articles, "--store", store)
    write(articles, {"a.txt": "افتتاح جسر نور\n\nأجل المحافظ الافتتاح."})
    (articles / "b.txt").unlink()
    before = {
        path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file() and "ledger" not in path.name
    }
    said = isnad_json("index", articles, "--store", store, "--dry-run")
    assert (said["changed"], said["deleted"]) == (["a"], ["b"])
    assert before == {one: one.stat().st_mtime_ns for one in before}
    assert isnad_json("index", articles, "--store", store)["changed"] == ["a"]


def test_a_dry_run_counts_the_tokens_of_an_embedding_model_and_their_price(tmp_path: Path) -> None:
    articles = write(tmp_path / "articles", NEWS)
    environment = os.environ | {
        "OPENAI_API_KEY": "sk-not-a-real-key",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "ISNAD_EMBEDDING_MODEL": "embed-small",
        "ISNAD_PRICE_EMBEDDING": "20",
    }
    run = isnad("index", articles, "--store", tmp_path / "store", "--dry-run", env=environment)
    assert run.returncode == 0 and "embed-small: 2 texts" in run.stderr
    tokens = int(run.stderr.split("2 texts, ")[1].split(" tokens")[0])
    assert tokens > 10 and f"{tokens * 20 / 1e6:.4f} USD" in run.stderr


@pytest.mark.usefixtures("without_chroma")
@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "no article in"),
        ({"a.png": b"\x89PNG"}, "no article in"),
        ({"a.txt": " \n"}, "a.txt: it is empty"),
        ({"a.txt": "خبر.", "a.md": "خبر."}, "another article has the id a"),
    ],
    ids=["empty folder", "a picture", "an empty file", "two of one id"],
)
def test_a_store_is_made_only_where_there_is_an_article_to_put_in(
    tmp_path: Path, files: dict[str, str | bytes], why: str
) -> None:
    folder, store = tmp_path / "articles", tmp_path / "deep" / "store"
    folder.mkdir()
    run = isnad("index", write(folder, files), "--store", store)
    assert run.returncode == 1
    assert why in run.stderr
    assert not store.parent.exists()


def test_a_store_stays_as_it_is_where_nothing_is_found_to_put_in(tmp_path: Path) -> None:
    store, nothing = tmp_path / "store", tmp_path / "nothing"
    index(write(tmp_path / "articles", {"a.txt": "افتُتح جسر نور صباح اليوم."}), store)
    nothing.mkdir()
    assert isnad("index", nothing, "--store", store).returncode == 1
    assert Ledger.open(store).counts()["articles"] == 1


def test_an_embedding_model_that_is_none_leaves_no_store(tmp_path: Path) -> None:
    store = tmp_path / "store"
    env = {"ISNAD_EMBEDDING_MODEL": f"local:{tmp_path}/made-up"}
    run = isnad("index", write(tmp_path / "articles", {"a.txt": "خبر قصير."}), "--store", store, env=env)
    assert run.returncode != 0
    assert "made-up" in run.stderr
    assert not store.exists()


def test_characters_that_no_reader_sees_are_counted_and_kept(tmp_path: Path) -> None:
    hidden = "سوق الورد\n\nفتح الس\u200bوق أبوابه\u202e صباحا ف\u200bي المدينة."
    articles, store = write(tmp_path / "articles", {"a.txt": hidden, "b.txt": NEWS["b.txt"]}), tmp_path / "store"
    assert isnad_json("index", articles, "--store", store)["unseen"] == {"invisible": 2, "direction": 1}
    assert Ledger.open(store).article("a").text == hidden
    assert isnad_json("search", "السوق أبوابه صباحا", "--store", store)["hits"][0]["file_id"] == "a"


def test_a_dry_run_of_a_path_that_is_gone_is_an_error(tmp_path: Path) -> None:
    run = isnad("index", tmp_path / "none", "--store", tmp_path / "store", "--dry-run")
    assert run.returncode == 1 and "Traceback" not in run.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_watched_folder_is_followed_until_ctrl_c(tmp_path: Path) -> None:
    articles, store = write(tmp_path / "articles", {"a.txt": NEWS["a.txt"]}), tmp_path / "articles" / ".isnad"
    command = [sys.executable, "-m", "assistant.cli.main", "index", str(articles), "--store", str(store), "--watch"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        patience = Timer(90, watching.kill)
        patience.start()
        try:
            _until(watching.stderr, "watching")
            write(articles, {"b.txt": NEWS["b.txt"]})
            _until(watching.stderr, "1 added")
            (articles / "a.txt").unlink()
            _until(watching.stderr, "1 deleted")
        finally:
            patience.cancel()
            watching.send_signal(signal.SIGINT)
        assert "ended" in watching.stderr.read() and watching.wait(30) == 0
    assert [one.id for one in Ledger.open(store).every_article()] == ["b"]


def _until(lines: object, word: str) -> None:
    """Read lines up to one that holds a word."""
    for line in lines:  # type: ignore[attr-defined]
        if word in line:
            return
    raise AssertionError(f"it ended without saying {word!r}")


def test_a_file_whose_name_can_be_no_id_keeps_no_deleted_article(tmp_path: Path) -> None:
    articles, store = write(tmp_path / "articles", NEWS), tmp_path / "store"
    write(articles, {"b[1].txt": "نسخة.", "c[2]/d.txt": "نسخة.", "more.jsonl": '{"id": "[3]", "text": "نسخة."}'})
    index(articles, store)
    (articles / "b.txt").unlink()
    report = index(articles, store)
    assert report.failed and (report.deleted, report.retained) == (("b",), ())


def test_missing_articles_that_an_unreadable_record_may_hold_are_kept_and_the_report_says_so(tmp_path: Path) -> None:
    articles, store = write(tmp_path / "articles", NEWS), tmp_path / "store"
    index(articles, store)
    (articles / "b.txt").unlink()
    write(articles, {"more.jsonl": "{\n"})
    report = index(articles, store)
    assert (report.deleted, report.retained) == ((), ("b",))
    said = isnad("index", articles, "--store", store, "--dry-run").stderr
    assert "1 missing article was kept (b), as more.jsonl:1 may hold it: mend it and run again" in said


def test_a_file_that_became_unreadable_keeps_its_earlier_version_and_says_so(tmp_path: Path) -> None:
    articles, store = write(tmp_path / "articles", NEWS), tmp_path / "store"
    index(articles, store)
    write(articles, {"b.txt": " ", "c.txt": " "})
    assert {one.id: one.reason for one in index(articles, store).skipped} == {
        "b": "it is empty; its earlier version stays indexed",
        "c": "it is empty",
    }


def test_records_of_one_id_are_named_by_their_lines(tmp_path: Path) -> None:
    records = "".join(f'{{"id": "{one}", "text": "افتتح الجسر."}}\n' for one in "aba")
    report = index(write(tmp_path / "articles", {"news.jsonl": records}), tmp_path / "store")
    assert [one.path for one in report.skipped] == ["news.jsonl:1", "news.jsonl:3"]
