"""Prompts: what each says for given values, word for word, and which mistakes are caught. `python -m
tests.prompts.test_prompts` rewrites the golden texts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import prompts
from prompts import PromptError

GOLDEN = Path(__file__).parent / "golden"
SOURCES = [
    {
        "number": 1,
        "title": "افتتاح جسر نور",
        "published": "2031-05-02",
        "publisher": "وكالة المدينة",
        "same_as": None,
        "reprints": ["وكالة المدينة, 2031-05-02"],
        "text": "افتتح الوالي جسر نور صباح الجمعة.",
    },
    {
        "number": 2,
        "title": None,
        "published": None,
        "publisher": None,
        "same_as": 1,
        "reprints": [],
        "text": "وقال الوالي إن الجسر كلّف ٤٠ مليونا.\nوسيُفتح للشاحنات لاحقا.",
    },
]
CASES: dict[str, dict[str, Any]] = {
    "answer": {
        "question": "كم كلّف جسر نور؟",
        "language": "Arabic",
        "kind": "fact",
        "today": "2031-05-04",
        "first_day": "2030-01-01",
        "last_day": "2031-05-03",
        "newest_source": "2031-05-02",
        "boundary": "5f2c9a01b7",
        "refusal": "NO_ANSWER",
        "sources": SOURCES,
    },
    "condense": {
        "turns": [{"question": "من افتتح جسر نور؟", "answer": "افتتحه الوالي."}],
        "question": "ومتى؟",
        "boundary": "5f2c9a01b7",
    },
    "look": {
        "question": "كم كلّف جسر نور؟",
        "kind": "fact",
        "searched": ["كلفة جسر نور"],
        "days": "2031-05-01 to 2031-05-03",
        "answer": "لا تذكر المصادر كلفته.",
        "today": "2031-05-03",
        "first_day": "2030-01-01",
        "last_day": "2031-05-03",
        "publishers": ["وكالة المدينة", "الرياض"],
        "calls": 4,
        "together": 3,
        "boundary": "5f2c9a01b7",
        "found": ["A1 | 2031-05-02 | وكالة المدينة | افتتاح جسر نور | passage 1 of 2: افتتح الوالي جسر نور."],
        "tools": ['{"tool": "search", "query": "…"}: Find passages.'],
    },
    "plan": {
        "question": "وش صار بجسر نور امس؟",
        "today": "2031-05-03",
        "first_day": "2030-01-01",
        "last_day": "2031-05-03",
        "publishers": ["وكالة المدينة", "الرياض"],
        "languages": [{"code": "en", "name": "English"}, {"code": "fr", "name": "French"}],
    },
    "translate": {"question": "Who opened the Noor bridge?", "languages": ["Arabic", "French"]},
    "judge": {
        "claims": [{"id": 1, "text": "كلّف الجسر 40 مليونا.", "labels": ["S1", "S2"]}],
        "sources": [
            {
                "label": "S1",
                "title": "افتتاح جسر نور",
                "published": "2031-05-02",
                "publisher": "وكالة المدينة",
                "text": "وقال الوالي إن الجسر كلّف ٤٠ مليونا.",
            },
            {"label": "S2", "title": "–", "published": "–", "publisher": "–", "text": "افتتح الوالي جسر نور."},
        ],
        "boundary": "data-5f2c9a01b7",
        "complaint": "a quotation is not in the sources that the sentence cites",
    },
    "repair": {
        "faults": ["It is in English.", "No sentence names its source."],
        "language": "Arabic",
        "refusal": "NO_ANSWER",
    },
}


def shown(name: str) -> str:
    """A rendering as one text, a heading for each message."""
    return "".join(
        f"## {message['role']}\n\n{message['content']}\n\n" for message in prompts.render(name, **CASES[name]).messages
    )


@pytest.mark.parametrize("name", prompts.names())
def test_every_prompt_renders_to_its_golden_text(name: str) -> None:
    assert shown(name) == (GOLDEN / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", prompts.names())
def test_a_variable_that_is_missing_or_unknown_is_named(name: str) -> None:
    first = next(iter(CASES[name]))
    with pytest.raises(PromptError, match=f"`{first}` was not given"):
        prompts.render(name, **{key: value for key, value in CASES[name].items() if key != first})
    with pytest.raises(PromptError, match="no variable `colour`"):
        prompts.render(name, **CASES[name], colour="red")


HEADER = "{#\nname: trial\npurpose: a -> b\nvariables:\n  one   the first\n#}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% block user %}{{ one }}{% endblock %}", "does not begin with a header"),
        (HEADER.replace("trial", "other") + "{% block user %}{{ one }}{% endblock %}", "does not begin with a header"),
        (HEADER + "{% block user %}nothing{% endblock %}", "differ on one"),
        (HEADER + "{% block user %}{{ one }} {{ two }}{% endblock %}", "differ on two"),
        (HEADER + "{{ one }}", "has no block `user`"),
        (HEADER + "{% block user %}{{ one }}{% endblock %}\nBe brief.", "never sent: Be brief."),
        (HEADER + "{% block user %}{{ one }}{% endblock %}{% block assistant %}No.{% endblock %}", "block assistant"),
        (HEADER + "{% block user %}{{ one }", "line 7"),
        (HEADER + "{% block user %}{{ one.colour }}{% endblock %}", "no attribute 'colour'"),
    ],
)
def test_a_prompt_that_is_not_well_made_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "trial.jinja").write_text(text)
    with pytest.raises(PromptError, match=message):
        prompts.render("trial", tmp_path, one="1")


def test_a_value_is_text_and_never_a_template(tmp_path: Path) -> None:
    (tmp_path / "trial.jinja").write_text(HEADER + "{% block user %}{{ one }}{% endblock %}")
    (message,) = prompts.render("trial", tmp_path, one="{{ 7 * 7 }} {% block system %}").messages
    assert message["content"] == "{{ 7 * 7 }} {% block system %}"


def test_the_hash_is_of_the_file_and_not_of_the_values(tmp_path: Path) -> None:
    path = tmp_path / "trial.jinja"
    path.write_text(HEADER + "{% block user %}{{ one }}{% endblock %}")
    first, second = (prompts.render("trial", tmp_path, one=value).hash for value in "ab")
    assert first == second == prompts.hash_of("trial", tmp_path)
    path.write_text(HEADER + "{% block user %}{{ one }}!{% endblock %}")
    assert prompts.render("trial", tmp_path, one="a").hash != first
    assert prompts.render("trial", tmp_path, one="a").messages[0]["content"] == "a!"


@pytest.mark.parametrize("name", ["missing", "../pyproject", ""])
def test_a_prompt_that_does_not_exist_is_an_error_that_lists_those_that_do(name: str) -> None:
    with pytest.raises(PromptError, match="there are: answer"):
        prompts.render(name)


def test_the_instructions_are_the_same_for_every_question_of_a_kind_so_that_servers_can_reuse_them() -> None:
    other = CASES["answer"] | {"question": "متى؟", "boundary": "0123456789", "today": "2032-01-01", "sources": []}
    first, second = (prompts.render("answer", **values).messages[0] for values in (CASES["answer"], other))
    assert first == second


if __name__ == "__main__":
    for each in prompts.names():
        (GOLDEN / f"{each}.txt").write_text(shown(each), "utf-8")
