"""A store that version 0.1 made is opened, searched and synchronised by this version."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tests.shop import isnad, isnad_json

FIXTURE = Path(__file__).parent / "data" / "store-0.1.tar.gz"
ARTICLES = Path(__file__).parents[1] / "articles"
QUESTION = "كم ساعة استمرت محادثات بوتين والأسد؟"


@pytest.fixture
def old_store(tmp_path: Path) -> Path:
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "oldstore"


def test_a_question_to_an_old_store_is_answered_with_verbatim_quotes(old_store: Path) -> None:
    answer = isnad_json("ask", QUESTION, "--store", old_store, "--no-model")
    citation = answer["sentences"][0]["citations"][0]
    assert citation["file_id"] == "002_924c621b7ea87b2a"
    text = isnad_json("show", citation["file_id"], "--store", old_store)["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_an_old_store_is_brought_up_to_date_by_the_next_run(old_store: Path) -> None:
    report = isnad_json("index", ARTICLES, "--store", old_store)
    assert len(report["deleted"]) == 0 and len(report["skipped"]) == 0
    articles = isnad_json("articles", "--store", old_store)["articles"]
    assert {article["file_id"] for article in articles} == {path.stem for path in ARTICLES.glob("*.txt")}
    assert isnad("doctor", "--store", old_store).returncode == 0
