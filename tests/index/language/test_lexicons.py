"""Word lists: each says where it is from, is read in folded form, and is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from index.language import lexicons
from index.language.lexicons import lines, load, load_groups
from index.language.normalize import folded

FOLDER = Path(lexicons.__file__).parent
ROOT = FOLDER.parents[2]
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))


def test_lists_are_read_folded_with_comments_left_out() -> None:
    assert "متي" in load("question_words")
    assert not any("#" in line for name in NAMES for line in lines(name))
    assert all(word == folded(word) for name in NAMES for word in load(name))


def test_a_group_may_take_several_lines() -> None:
    groups = load_groups("sentence_boundaries")
    assert {"mr", "viz"} <= groups["titles"]
    assert groups["titles"].isdisjoint(groups["before number"])


@pytest.mark.parametrize("name", NAMES)
def test_every_list_is_used_and_says_its_source_and_licence(name: str) -> None:
    head = [line for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert re.search("Licence: |CC BY", " ".join(head))
    sources = [*(ROOT / "index").rglob("*.py"), *(ROOT / "assistant").rglob("*.py")]
    assert any(f'"{name}"' in path.read_text(encoding="utf-8") for path in sources)
