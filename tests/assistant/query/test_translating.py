"""A question over articles in another language, translated for search by a model."""

from __future__ import annotations

import pytest

from assistant.query.translate import translated
from index.errors import ProviderDown
from tests.assistant.query.test_conversation import Says


@pytest.mark.parametrize(
    ("said", "questions"),
    [
        ("من افتتح جسر نور؟\nQui a ouvert le pont Nour ?", ("من افتتح جسر نور؟", "Qui a ouvert le pont Nour ?")),
        ("- «من افتتح جسر نور؟»\n\n", ("من افتتح جسر نور؟",)),
        ("من؟\nQui ?\nAnd I can also tell you more.", ("من؟", "Qui ?")),
        ("", ()),
    ],
)
def test_each_line_is_the_question_in_one_language(said: str, questions: tuple[str, ...]) -> None:
    model = Says(said)
    found = translated("Who opened the Noor bridge?", ["ar", "fr"], model=model, count=len)
    assert found.questions == questions
    assert "Languages: Arabic, French" in model.asked[0][1]["content"]
    assert found.usage.requests == 1


def test_a_server_that_fails_is_an_error() -> None:
    with pytest.raises(ProviderDown):
        translated("Who?", ["ar"], model=Says(ProviderDown("down")), count=len)
