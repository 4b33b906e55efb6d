"""Wire copies under other headlines form a group; other stories do not, and the cost does not grow with the shelf."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from index.models import Span
from index.near_duplicates import MAX_CANDIDATES, SKETCH_SIZE, Sketch, group_of, jaccard, sketch

pytestmark = pytest.mark.process

NEWS = Path("../shared/data/saudinewsnet")


class Drawer:
    """A shelf in memory."""

    def __init__(self) -> None:
        self.holders: dict[int, list[tuple[str, Sketch]]] = defaultdict(list)

    def near(self, keys: Sequence[int]) -> Iterator[tuple[str, Sketch]]:
        return (holder for key in keys for holder in self.holders[key][: 2 * MAX_CANDIDATES])

    def put(self, id: str, one: Sketch) -> str:
        group = group_of(one, self) or id
        for key in one.keys:
            self.holders[key].append((group, one))
        return group


def story(seed: int, size: int = 200) -> list[str]:
    dice = random.Random(seed)
    return ["".join(dice.choices("ابتجحدرسصطعفقكلمنهوي", k=dice.randint(3, 7))) for _ in range(size)]


def made(words: list[str]) -> Sketch:
    found = sketch(" ".join(words))
    assert found is not None
    return found


def test_a_copy_with_another_headline_and_lead_joins_the_group() -> None:
    drawer, words = Drawer(), story(1)
    assert drawer.put("a", made(words)) == "a"
    assert drawer.put("b", made(story(2, 15) + words)) == "a"
    assert drawer.put("c", made(words[:160])) == "a"
    assert drawer.put("d", made(story(3))) == "d"


def test_ING_09_the_same_article_under_two_names_is_one_group_whatever_its_spelling() -> None:
    drawer = Drawer()
    text = "أعلنت الوزارة أنّ الجسر الجديد سيُفتح في ٣ أيار أمام السيارات والمشاة معا"
    plain = "اعلنت الوزارة ان الجسر الجديد سيفتح في 3 أيار أمام السيارات والمشاة معًا."
    assert drawer.put("a", made(text.split())) == drawer.put("b", made(plain.split())) == "a"


def test_a_digest_does_not_tie_its_stories_together() -> None:
    drawer = Drawer()
    drawer.put("digest", made(story(1) + story(2) + story(3)))
    assert drawer.put("one", made(story(1))) == "one"
    assert drawer.put("two", made(story(2))) == "two"


def test_what_a_site_adds_does_not_make_two_stories_alike() -> None:
    frame, one, other = " ".join(story(9, 300)), " ".join(story(1, 60)), " ".join(story(2, 60))
    marked = (Span(0, len(frame)),)
    first, second = sketch(f"{frame} {one}", marked), sketch(f"{frame} {other}", marked)
    assert first and second and jaccard(first, second) == 0
    assert first == sketch(one)


def test_likeness_is_near_the_true_share() -> None:
    for kept in (100, 140, 180):
        one, other = story(1), story(1)[:kept] + story(2)[: 200 - kept]
        sequences = [{tuple(words[at : at + 5]) for at in range(196)} for words in (one, other)]
        true = len(sequences[0] & sequences[1]) / len(sequences[0] | sequences[1])
        assert abs(jaccard(made(one), made(other)) - true) < 0.15


def test_a_sketch_is_small_and_survives_storing() -> None:
    found = made(story(1, 5000))
    assert len(found.hashes) == 8 * SKETCH_SIZE
    assert all(0 <= key < 2**63 for key in found.keys)
    assert Sketch(hashes=bytes(found.hashes)) == found


def test_finding_a_group_costs_the_same_on_a_large_shelf() -> None:
    def cost(size: int) -> float:
        drawer = Drawer()
        for seed in range(size):
            drawer.put(str(seed), made(story(seed, 40)))
        found = [made(story(seed, 40)) for seed in range(100)]
        began = time.process_time()
        for match in found:
            group_of(match, drawer)
        return time.process_time() - began

    assert cost(2000) < 3 * cost(200) + 0.01


def test_many_copies_of_one_text_do_not_slow_the_next_one() -> None:
    drawer, one = Drawer(), made(story(1, 40))
    for _ in range(3000):
        for key in one.keys:
            drawer.holders[key].append(("first", one))
    began = time.process_time()
    assert drawer.put("next", one) == "first"
    assert time.process_time() - began < 0.2


@pytest.mark.skipif(not NEWS.is_dir(), reason=f"{NEWS} is not here")
def test_reprints_in_a_real_corpus_are_found_and_little_else() -> None:
    with gzip.open(NEWS / "passages.jsonl.gz", "rt", encoding="utf-8") as rows:
        sketches = {row["id"]: sketch(row["text"]) for row in map(json.loads, rows) if row["id"] < "snn-07-24"}
    with gzip.open(NEWS / "near_duplicates.jsonl.gz", "rt", encoding="utf-8") as rows:
        pairs = [pair for pair in map(json.loads, rows) if pair["a"] in sketches and pair["b"] in sketches]
    drawer = Drawer()
    groups = {id: drawer.put(id, sketch) for id, sketch in sketches.items() if sketch}
    copies = [pair for pair in pairs if pair["kind"] in ("exact_text", "near_duplicate")]
    assert sum(groups[pair["a"]] == groups[pair["b"]] for pair in copies) / len(copies) > 0.97
    known = {frozenset((pair["a"], pair["b"])) for pair in pairs}
    together = [frozenset((id, group)) for id, group in groups.items() if id != group]
    assert sum(pair in known for pair in together) / len(together) > 0.97
