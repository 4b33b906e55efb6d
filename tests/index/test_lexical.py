"""The lexical index: what is found, in which order, how a score reads, and what survives commits, locks, kills and
damage.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings

from index.errors import StoreBusy, StoreDamaged
from index.search import lexical
from index.search.lexical import LexicalIndex, LexicalWriter
from index.search.lexical_files import damaged
from tests.index.language.test_fold import texts

NEWS: dict[str, tuple[str | None, list[str]]] = {
    "bridge": ("افتتاح جسر", ["افتتح رئيس البلدية جسراً جديداً فوق النهر.", "بلغت كلفة الجسر تسعة ملايين دينار."]),
    "visit": (None, ["وصل وزير الخارجية سيرغي إيفانوف إلى العاصمة.", "التقى الوزير رئيس البلدية وبحثا التعاون."]),
    "match": ("مباراة", ["فاز الفريق بهدفين في مباراة الأمس.", "سجل المهاجم الهدف الأول مبكراً."]),
    "storm": ("Storm", ["The storm closed three bridges.", "Schools will open on Monday."]),
}


def make(folder: Path, news: dict[str, tuple[str | None, list[str]]] = NEWS) -> LexicalIndex:
    with LexicalWriter(folder) as writer:
        for key, (title, passages) in news.items():
            put(writer, key, *passages, title=title)
        writer.commit()
    return LexicalIndex.open(folder)


def put(writer: LexicalWriter, one: str, *passages: str, title: str | None = None) -> None:
    writer.replace(one, title, [(f"{one}#{number}", text) for number, text in enumerate(passages)])


def ids(found: Sequence[tuple[str, float]]) -> list[str]:
    return [one for one, _ in found]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    return make(tmp_path_factory.mktemp("news"))


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("كم كلفة الجسر؟", "bridge#1"),
        ("كم كلفه الجسر", "bridge#1"),
        ("من فتح الجسر فوق النهر؟", "bridge#0"),
        ("متى وصل سيرجي ايفانوف؟", "visit#0"),
        ("Sergey Ivanov", "visit#0"),
        ("من سجل الهدف؟", "match#1"),
        ("Which bridges did the storm close?", "storm#0"),
        ("when do schools open", "storm#1"),
    ],
)
def test_the_passage_that_answers_comes_first(index: LexicalIndex, question: str, best: str) -> None:
    assert ids(index.search(question))[0] == best


def test_the_title_is_searched_with_each_passage(index: LexicalIndex) -> None:
    assert set(ids(index.search("مباراة", 2))) == {"match#0", "match#1"}


def test_scores_fall_and_lie_between_nought_and_one(index: LexicalIndex) -> None:
    scores = [score for _, score in index.search("كم كلفة الجسر الذي افتتحه رئيس البلدية؟")]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


def test_a_score_means_the_same_for_a_short_and_a_long_question(index: LexicalIndex) -> None:
    short, long = index.search("كلفة الجسر")[0][1], index.search("كم بلغت كلفة الجسر ملايين دينار")[0][1]
    assert short == pytest.approx(long, rel=0.35)


def test_words_that_no_passage_has_lower_the_score(index: LexicalIndex) -> None:
    assert index.search("كلفة الجسر والمطعم والسوق")[0][1] < 0.7 * index.search("كلفة الجسر")[0][1]


def test_a_limit_is_kept_and_none_finds_nothing(index: LexicalIndex) -> None:
    assert len(index.search("البلدية الجسر الفريق الوزير", 3)) == 3
    assert index.search("البلدية", 0) == []


@pytest.mark.parametrize(
    "question", ["", " \n", "؟؟؟", "...", "\u200f\u202e", "xyzzy", "😀", '( ) : * ~ ^ [ ] " \\ -', "\x00"]
)
def test_a_question_without_words_of_the_articles_finds_nothing(index: LexicalIndex, question: str) -> None:
    assert index.search(question) == []


@pytest.mark.parametrize("noise", ['"', "-", "+ (", ":* ||", "\\", "\x00", "\ud800", "^", "[ ]", "/.*/", "~"])
def test_operators_are_only_characters(index: LexicalIndex, noise: str) -> None:
    assert index.search(f"كلفة {noise} الجسر") == index.search("كلفة الجسر")
    assert ids(index.search(f"c:كلفة AND {noise} NOT الجسر")) == ids(index.search("كلفة الجسر"))


@settings(deadline=None, max_examples=50)
@given(texts)
def test_any_text_can_be_asked(index: LexicalIndex, text: str) -> None:
    assert all(0 <= score <= 1 for _, score in index.search(text))


def test_a_question_of_a_hundred_thousand_letters_is_answered_at_once(index: LexicalIndex) -> None:
    long = " ".join(f"كلمة{number:05}" for number in range(10_000)) + " كلفة الجسر" * 3_000
    began = time.process_time()
    index.search(long)
    assert ids(index.search("كلفة الجسر " * 10_000))[0] == "bridge#1"
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize("few", [1, 1_000])
@pytest.mark.parametrize("sifted", [1, 20])
@pytest.mark.parametrize(
    "allowed", [["visit"], ["visit", "match"], ["visit", "nowhere", "storm", "x", "y"], [], NEWS.keys()]
)
def test_a_filter_keeps_the_order_and_loses_nothing(
    index: LexicalIndex, monkeypatch: pytest.MonkeyPatch, few: int, sifted: int, allowed: list[str]
) -> None:
    monkeypatch.setattr(lexical, "FEW", few)
    monkeypatch.setattr(lexical, "OVERFETCH", sifted)
    question = "رئيس البلدية والوزير في المباراة وجسر storm"
    everything = [hit for hit in index.search(question, 100) if hit[0].split("#")[0] in allowed]
    for limit in (1, 2, 100):
        match = index.search(question, limit, allowed)
        assert ids(match) == ids(everything[:limit])
        assert [score for _, score in match] == pytest.approx([score for _, score in everything[:limit]], abs=1e-6)


def test_terms_and_passages_are_counted(index: LexicalIndex) -> None:
    assert index.passages == 8
    assert index.document_frequency("h", "بلد") == 2
    assert index.document_frequency("h", "مطعم") == 0


def test_an_article_put_in_again_replaces_its_old_passages(tmp_path: Path) -> None:
    index = make(tmp_path)
    with LexicalWriter(tmp_path) as writer:
        put(writer, "bridge", "أغلق الجسر للصيانة.")
        writer.commit()
    assert ids(index.search("الجسر", 1)) == ["bridge#0"]
    assert index.search("كلفة دينار") == []


def test_a_removed_article_is_found_no_more(tmp_path: Path) -> None:
    index = make(tmp_path)
    with LexicalWriter(tmp_path) as writer:
        put(writer, "bridge-2", "بلغت كلفة الجسر الثاني مليون دينار.")
        put(writer, "bridge#0", "بلغت كلفة الجسر الثالث مليوني دينار.")
        writer.commit()
        writer.remove("bridge")
        writer.remove("never was there")
        assert len(index.search("دينار")) == 3  # until it is committed
        writer.commit()
        assert set(ids(index.search("دينار"))) == {"bridge-2#0", "bridge#0#0"}
        writer.remove("visit")
    assert set(ids(index.search("دينار"))) == {"bridge-2#0", "bridge#0#0"}
    assert index.passages == 8 and index.search("وزير الخارجية") != []


def test_what_is_not_committed_is_seen_by_nobody_and_gone_afterwards(tmp_path: Path) -> None:
    index = make(tmp_path)
    with LexicalWriter(tmp_path) as writer:
        put(writer, "new", "زلزال خفيف")
        writer.remove("bridge")
        assert index.search("زلزال") == []
    assert index.search("زلزال") == []
    assert index.search("دينار") != []


def test_an_open_reader_sees_each_commit_at_its_next_question(tmp_path: Path) -> None:
    index = make(tmp_path)
    with LexicalWriter(tmp_path) as writer:
        for number in range(10):
            put(writer, f"n{number}", f"برقية{number}")
            writer.commit()
            assert ids(index.search(f"برقية{number}", 1)) == [f"n{number}#0"]


def test_articles_that_come_one_by_one_leave_few_pieces(tmp_path: Path) -> None:
    for number in range(20):
        with LexicalWriter(tmp_path) as writer:
            writer.replace(f"a{number}", None, [(f"a{number}#0", f"وصل الوفد رقم {number}")])
            writer.commit()
    assert len(json.loads((tmp_path / "meta.json").read_text())["segments"]) < 10


def test_many_commits_leave_few_pieces(tmp_path: Path) -> None:
    with LexicalWriter(tmp_path) as writer:
        for number in range(30):
            put(writer, f"n{number}", f"برقية{number}")
            writer.commit()
    assert len(list(tmp_path.glob("*.idx"))) < 12


_OTHER_PROCESS = """
import sys, time
from pathlib import Path
from index.search.lexical import LexicalWriter
with LexicalWriter(Path(sys.argv[1])) as writer:
    for number in range(1_000_000):
        writer.replace(f"k{number}", None, [(f"k{number}#0", f"برقية{number}")])
        writer.commit()
        print(number, flush=True)
"""


def test_a_killed_writer_loses_nothing_acknowledged_and_frees_the_lock(tmp_path: Path) -> None:
    acknowledged = -1
    for _ in range(2):
        other = subprocess.Popen(
            [sys.executable, "-c", _OTHER_PROCESS, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None
        for _ in range(10):
            acknowledged = max(acknowledged, int(other.stdout.readline()))
        with pytest.raises(StoreBusy, match="another process"):
            LexicalWriter(tmp_path)
        with pytest.raises(StoreBusy, match="another process"):
            LexicalWriter(tmp_path, anew=True)
        other.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, other.communicate()[0].split())])
        index = LexicalIndex.open(tmp_path)
        assert all(f"k{number}#0" in ids(index.search(f"برقية{number}", 3)) for number in range(acknowledged + 1))
        assert damaged(tmp_path) == []


def test_no_index_is_an_error_that_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged, match="isnad doctor --repair"):
        LexicalIndex.open(tmp_path / "nowhere")


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _zeroed(content: bytes) -> bytes:
    return bytes(len(content))


def _flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 0xFF]) + content[1:]


@pytest.mark.parametrize("how", [_cut, _zeroed, _flipped, None])
@pytest.mark.parametrize("part", ["idx", "term", "store", "fieldnorm", "fast", "del", "meta.json", "version"])
def test_damage_is_found_refused_in_words_and_cured_anew(tmp_path: Path, part: str, how: object) -> None:
    make(tmp_path)
    with LexicalWriter(tmp_path) as writer:
        put(writer, "bridge", "أغلق الجسر للصيانة.")
        writer.commit()
    path = tmp_path / part if part in ("meta.json", "version") else next(tmp_path.glob(f"*.{part}"))
    if callable(how):
        path.write_bytes(how(path.read_bytes()))
    else:
        os.remove(path)
    if part != "version":
        assert damaged(tmp_path) == [path.name]
    with pytest.raises(StoreDamaged, match="isnad doctor --repair"):
        LexicalIndex.open(tmp_path)
    with LexicalWriter(tmp_path, anew=True) as writer:
        put(writer, "storm", *NEWS["storm"][1])
        writer.commit()
    assert ids(LexicalIndex.open(tmp_path).search("storm bridge")) == ["storm#0"]


def test_a_sound_index_is_not_called_damaged(tmp_path: Path) -> None:
    make(tmp_path)
    assert damaged(tmp_path) == []


def test_an_index_of_another_version_is_refused_until_it_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path)
    monkeypatch.setattr(lexical, "VERSION", "of tomorrow")
    with pytest.raises(StoreDamaged, match="another version"):
        LexicalIndex.open(tmp_path)
    with pytest.raises(StoreDamaged, match="another version"):
        LexicalWriter(tmp_path)
    LexicalWriter(tmp_path, anew=True).close()


def test_in_a_large_index_the_commonest_terms_are_searched_for_only_where_there_are_no_others(
    index: LexicalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "LARGE", 1)
    monkeypatch.setattr(lexical, "COMMON", 0.2)
    assert ids(index.search("كلفة البلدية")) == ["bridge#1"]
    assert set(ids(index.search("البلدية", 2))) == {"bridge#0", "visit#1"}


def test_an_article_put_in_many_times_is_found_as_before(tmp_path: Path) -> None:
    with LexicalWriter(tmp_path) as writer:
        for version in range(5):
            put(writer, "bridge", f"كلفة الجسر الجديد في النسخة {version}")
            writer.commit()
    match = LexicalIndex.open(tmp_path).search("كم كلفة الجسر؟")
    assert ids(match) == ["bridge#0"]
    assert 0 < match[0][1] <= 1


def test_what_goes_wrong_in_the_articles_is_not_called_damage(tmp_path: Path) -> None:
    def broken() -> Iterator[tuple[str, str]]:
        yield "a#0", "نص"
        raise ValueError("no such article")

    make(tmp_path)
    with pytest.raises(ValueError, match="no such article"), LexicalWriter(tmp_path) as writer:
        writer.replace("bridge", None, broken())
    assert LexicalIndex.open(tmp_path).passages == 8
