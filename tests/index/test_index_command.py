"""`isnad index`: what would be done and cost, and a folder that is followed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
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
        ({"a.jsonl": '{"id": "a", "text": "خبر."}\n' * 2}, "another article has the id a"),
    ],
    ids=["empty folder", "a picture", "an empty file", "two records of one id"],
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
    write(articles, {"b\n.txt": "نسخة.", "c\n/d.txt": "نسخة.", "more.jsonl": '{"id": "3\\n4", "text": "نسخة."}'})
    index(articles, store)
    (articles / "b.txt").unlink()
    report = index(articles, store)
    assert len(report.skipped) == 3 and (report.deleted, report.retained) == (("b",), ())


def test_a_retracted_file_is_gone_whatever_a_broken_line_elsewhere_may_hold(tmp_path: Path) -> None:
    articles, store = write(tmp_path / "articles", NEWS | {"c/d.txt": "خبر."}), tmp_path / "store"
    write(articles, {"wire.jsonl": '{"id": "w1", "text": "افتتح الجسر."}\n{"id": "w2", "text": "أغلق الجسر."}\n'})
    index(articles, store)
    (articles / "b.txt").unlink()
    write(articles, {"wire.jsonl": '{"id": "w1", "text": "افتتح الجسر."}\n{\n', "more.jsonl": "{\n"})
    report = index(articles, store)
    assert (report.deleted, report.retained) == (("b",), ("w2",))
    said = isnad("index", articles, "--store", store, "--dry-run").stderr
    assert "1 missing article was kept (w2), as more.jsonl:1, wire.jsonl:2 may hold it: mend it and run again" in said


def test_what_is_in_a_folder_that_cannot_be_read_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles, store = write(tmp_path / "articles", NEWS | {"c/d.txt": "خبر.", "cd.txt": "خبر."}), tmp_path / "store"
    index(articles, store)
    (articles / "b.txt").unlink()
    scandir = os.scandir

    def refusing(path: Path) -> object:
        if Path(path).name == "c":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    report = index(articles, store)
    assert (report.deleted, report.retained, report.unchanged) == (("b",), ("c/d",), 2)


def test_a_renamed_file_leaves_one_copy_though_a_line_elsewhere_is_broken(tmp_path: Path) -> None:
    articles, store = write(tmp_path / "articles", NEWS | {"wire.jsonl": "{\n"}), tmp_path / "store"
    index(articles, store)
    (articles / "b.txt").rename(articles / "سوق الورد.txt")
    assert index(articles, store).deleted == ("b",)
    assert {one["file_id"] for one in isnad_json("articles", "--store", store)["articles"]} == {"a", "سوق الورد"}


def test_an_article_keeps_its_id_when_others_come_that_claim_it(tmp_path: Path) -> None:
    articles, store = write(tmp_path / "articles", {"b.txt": NEWS["b.txt"]}), tmp_path / "store"
    assert index(articles, store).added == ("b",)
    write(articles, {"b.md": NEWS["a.txt"], "a.jsonl": '{"id": "b", "text": "خبر آخر."}\n'})
    for report in (index(articles, store), index(articles, store)):
        assert not report.skipped and not report.changed
    assert {one["file_id"] for one in isnad_json("articles", "--store", store)["articles"]} == {"b", "b.md", "a/b"}
    (articles / "b.txt").unlink()
    report = index(articles, store)
    assert (report.added, report.changed, report.deleted, report.unchanged) == ((), (), ("b",), 2)


def test_the_same_name_in_two_folders_gives_two_articles_whose_ids_stay(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for folder in ("north", "south"):
        write(tmp_path / folder, {"وفاة.txt": f"خبر من {folder}.", "in/index.html.txt": f"صفحة {folder}."})
    assert index(tmp_path / "north", store).added == ("in/index.html", "وفاة")
    assert index(tmp_path / "south", store).added == ("south/in/index.html", "south/وفاة")
    (tmp_path / "north" / "وفاة.txt").unlink()
    assert index(tmp_path / "north", store).deleted == ("وفاة",)
    report = index(tmp_path / "south", store)
    assert report.unchanged == 2 and not report.added and not report.deleted
    with closing(Ledger.open(store)) as ledger:
        assert ledger.article("south/وفاة").text == "خبر من south."


def test_records_of_two_dumps_with_one_numbering_all_go_in(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for name in ("may", "june"):
        lines = "".join(f'{{"id": {number}, "text": "خبر {number} من {name}."}}\n' for number in (1, 2))
        (tmp_path / f"{name}.jsonl").write_text(lines)
    assert index(tmp_path / "may.jsonl", store).added == ("1", "2")
    for _ in range(2):
        index(tmp_path / "june.jsonl", store)
    with closing(Ledger.open(store)) as ledger:
        assert [article.id for article in ledger.every_article()] == ["1", "2", "june/1", "june/2"]


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
