"""What the comparison says of others has to be right: each system finds, and the sums are sums."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

from tools import compare_stacks, stacks
from tools.compare_stacks import GOALS, ahead, better, compared, ranks, write
from tools.measure_retrieval import DataSet, Passage, Question
from tools.stack_worker import Asked, Job, Span, Told, work

pytestmark = pytest.mark.process

NEWS = {
    "harvest": "بدأ موسم قطاف الزيتون في القرى الجبلية قبل موعده بأسبوعين.",
    "bridge": "افتتحت البلدية الجسر الجديد فوق النهر بعد أعمال دامت عامين.",
    "match": "فاز منتخب كرة اليد على ضيفه بفارق ثلاثة أهداف.",
    "clinic": "تستقبل العيادة المتنقلة مرضاها في الساحة كل يوم أحد.",
}


def articles(folder: Path) -> Path:
    return write(({"id": key, "title": None, "text": text} for key, text in NEWS.items()), folder)


@pytest.mark.parametrize("module", [compare_stacks, stacks])
def test_the_examples_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("name", stacks.STACKS)
def test_each_system_finds_an_article_in_each_of_its_modes_and_takes_one_more(name: str, tmp_path: Path) -> None:
    for needed in {"llama-index": ("llama_index", "bm25s"), "haystack": ("haystack",)}.get(name, ()):
        pytest.importorskip(needed)
    job = Job(
        stack=name,
        language="arabic",
        articles=str(articles(tmp_path)),
        questions=("متى افتتحت البلدية الجسر؟", "أين العيادة المتنقلة؟"),
        patience=60.0,
        more=True,
    )
    *_, told = work(job, tmp_path)
    assert told.passages == len(NEWS)
    assert told.filled and told.added and told.memory_filled
    assert "words" in told.asked and len(told.asked) > 1
    for asked in told.asked.values():
        assert [ids[0] for ids in asked.rankings] == ["bridge", "clinic"]


def test_the_rank_is_that_of_the_first_passage_that_answers() -> None:
    data = DataSet(
        name="",
        passages=tuple(Passage(id=one, title=None, text="") for one in "abc"),
        questions=tuple(Question(text=one, answers=frozenset(one)) for one in ("a", "bc", "c")),
    )
    asked = Asked(rankings=(("a",), ("a", "c", "b")), seconds=(0.1, 0.1), processor=0.1)
    assert ranks(data, [2, 1, 0], asked).tolist() == [0, 2]  # asked in another order, and one never came to be asked


def test_a_gain_comes_with_an_interval_that_holds_it() -> None:
    ours, theirs = np.array([1] * 30 + [2] * 10), np.array([2] * 20 + [1] * 20)
    gain, low, high = ahead(ours, theirs)
    assert low < gain < high and gain == pytest.approx(20 / 40 * 0.5 - 10 / 40 * 0.5)


def told(clock: float, *, words: float, both: float | None = None) -> Told:
    asked = {"words": Asked(rankings=((),), seconds=(words,), processor=words)}
    if both is not None:
        asked["both"] = Asked(rankings=((),), seconds=(both,), processor=both)
    return Told(passages=10, stored=Span(clock=clock, processor=clock / 2), memory=1.0, asked=asked)


def test_of_two_rounds_each_figure_is_the_faster() -> None:
    found = better(told(2.0, words=0.1), told(1.0, words=0.3))
    assert isinstance(found, Told)
    assert found.stored.clock == 1.0 and found.asked["words"].seconds == (0.1,)


def test_a_round_that_failed_does_not_hide_one_that_did_not() -> None:
    assert better("failed: no room", good := told(1.0, words=0.1)) == good == better(good, "failed: no room")


def test_times_are_theirs_over_ours_and_what_was_not_measured_is_left_out() -> None:
    times = compared(told(2.0, words=0.1, both=0.4), told(3.0, words=0.2, both=0.8))
    assert times[GOALS[0]] == 1.5 and times["questions, words alone"] == pytest.approx(2.0)
    assert times[GOALS[1]] == pytest.approx(8.0) and times["questions, both searches"] == pytest.approx(2.0)
    assert "with vectors too" not in times
    assert GOALS[1] not in compared(told(2.0, words=0.1), told(3.0, words=0.2))
