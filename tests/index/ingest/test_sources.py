"""The folders of a store: listed, refreshed together, taken out; what was reported before is not reported again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from assistant.rendering.html import report_html
from index.ingest.sources import list_sources
from index.store.ledger import Ledger
from tests.shop import index, isnad, isnad_json, write

pytestmark = pytest.mark.process

NORTH = {"a.txt": "افتتح المحافظ جسر نور يوم الجمعة.", "b.txt": "فتح السوق أبوابه."}
SOUTH = {"a.txt": "أغلق الميناء أمس.", "bad.txt": "", "picture.png": b"\x89PNG"}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    index(write(tmp_path / "north", NORTH), tmp_path / "store")
    index(write(tmp_path / "south", SOUTH), tmp_path / "store")
    return tmp_path / "store"


def ids(store: Path) -> set[str]:
    with closing(Ledger.open(store)) as ledger:
        return {article.id for article in ledger.every_article()}


def test_sources_are_listed_with_what_they_hold_and_what_was_refused(store: Path) -> None:
    with closing(Ledger.open(store)) as ledger:
        north, south = list_sources(ledger)
        assert (north.path, north.exists, north.articles, north.files) == (str(store.parent / "north"), True, 2, 2)
        assert [(refusal.path, refusal.error) for refusal in south.refused] == [
            ("bad.txt", True),
            ("picture.png", False),
        ]
    shown = isnad("sources", "--store", store).stdout
    assert f"{store.parent / 'north'}: 2 articles in 2 files; last indexed 20" in shown and "1 refused" in shown
    assert len(isnad_json("sources", "--store", store)["sources"][1]["refused"]) == 2


def test_an_index_run_without_a_path_refreshes_every_folder(store: Path, tmp_path: Path) -> None:
    write(tmp_path / "north", {"a.txt": "تأجل افتتاح جسر نور."})
    (tmp_path / "north" / "b.txt").unlink()
    write(tmp_path / "south", {"c.txt": "خبر جديد من الجنوب."})
    report = isnad_json("index", "--store", store, "--no-wait")
    assert (report["changed"], report["deleted"], report["added"]) == (["a"], ["b"], ["c"])
    assert report["unchanged"] == 1 and all(skip["repeated"] for skip in report["skipped"])
    dry = isnad_json("index", "--store", store, "--dry-run")
    assert dry["unchanged"] == 3 and not dry["added"]


def test_a_folder_that_is_gone_is_told_and_the_others_are_refreshed(store: Path, tmp_path: Path) -> None:
    (tmp_path / "north").rename(tmp_path / "elsewhere")
    write(tmp_path / "south", {"c.txt": "خبر جديد من الجنوب."})
    run = isnad("index", "--store", store, "--no-wait")
    assert run.returncode == 1 and "1 added" in run.stderr and "north does not exist" in run.stderr
    assert ids(store) == {"a", "b", "c", "south/a"}
    assert "not there any more" in isnad("sources", "--store", store).stdout


def test_a_source_is_taken_out_with_its_articles_and_their_passages(store: Path, tmp_path: Path) -> None:
    run = isnad("sources", "remove", tmp_path / "north", "--store", store)
    assert run.returncode == 0 and "took out 2 articles" in run.stderr and ids(store) == {"south/a"}
    hits = isnad_json("search", "جسر نور", "--store", store)["hits"]
    assert all(hit["file_id"] == "south/a" for hit in hits)
    assert [source["path"] for source in isnad_json("sources", "--store", store)["sources"]] == [
        str(tmp_path / "south")
    ]
    run = isnad("sources", "remove", tmp_path / "north", "--store", store)
    assert run.returncode == 1 and "was never indexed" in run.stderr and str(tmp_path / "south") in run.stderr
    assert isnad("sources", "remove", "--store", store).returncode == 1


def test_what_was_refused_before_is_one_line_and_no_failure(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISNAD_EMBEDDING_MODEL", "none")  # else vectors are written behind while the next run begins
    south = tmp_path / "south"
    again = isnad("index", south, "--store", store, "--no-wait")
    assert again.returncode == 0 and "bad.txt" not in again.stderr
    assert "as before: 1 refused, 1 passed over; see them with: isnad sources --json" in again.stderr
    shown = report_html(index(south, store))
    assert "bad.txt" not in shown and "as before: 1 refused, 1 passed over" in shown
    write(south, {"worse.txt": " "})
    run = isnad("index", south, "--store", store, "--no-wait")
    assert run.returncode == 1 and "worse.txt" in run.stderr and "bad.txt" not in run.stderr
    assert "1 could not be indexed" in run.stderr
    assert isnad("index", south, "--store", store, "--no-wait").returncode == 0
    write(south, {"bad.txt": "أصلح الملف."})
    assert isnad_json("index", south, "--store", store, "--no-wait")["added"] == ["bad"]
    write(south, {"bad.txt": " "})  # it fails anew, for a new reason: an earlier version stays
    assert isnad("index", south, "--store", store, "--no-wait").returncode == 1


@pytest.mark.parametrize("left", [{}, {"picture.png": b"\x89PNG"}])
def test_the_last_articles_of_a_folder_stay_until_the_folder_is_taken_out(
    store: Path, tmp_path: Path, left: dict[str, str | bytes]
) -> None:
    north = tmp_path / "north"
    for file in north.iterdir():
        file.unlink()
    write(north, left)
    run = isnad("index", north, "--store", store, "--no-wait")
    assert run.returncode == 1 and run.stderr.count("\n") == 1
    assert "the 2 that came from it stay, in case its disk is not there" in run.stderr
    assert f"run: isnad sources remove {north}" in run.stderr
    assert ids(store) == {"a", "b", "south/a"}
    assert isnad("sources", "remove", north, "--store", store).returncode == 0 and ids(store) == {"south/a"}
    assert "no article in" in isnad("index", north, "--store", store).stderr


def test_a_folder_whose_last_file_became_unreadable_keeps_its_article(tmp_path: Path) -> None:
    folder, store = write(tmp_path / "folder", {"a.txt": "خبر."}), tmp_path / "store"
    index(folder, store)
    write(folder, {"a.txt": " "})
    report = index(folder, store)
    assert report.failed and not report.deleted and ids(store) == {"a"}
