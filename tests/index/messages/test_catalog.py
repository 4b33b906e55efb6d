"""Every message has a code, in both languages, with the parameters that its errors and reasons give."""

from __future__ import annotations

import pickle

import msgspec
import pytest

from index import errors
from index.errors import IsnadError, ProviderCut, ProviderDown, UsageError
from index.messages.catalog import catalog, is_message, placeholders, render
from index.messages.reason import Reason
from tests.index.messages.source_codes import Use, code_strings, uses

USES = list(uses())


def test_both_languages_have_the_same_codes_with_the_same_placeholders() -> None:
    english, arabic = catalog("en"), catalog("ar")
    assert english.keys() == arabic.keys()
    assert {code: placeholders(english[code]) for code in english} == {
        code: placeholders(arabic[code]) for code in arabic
    }


@pytest.mark.parametrize("use", USES, ids=lambda use: use.place)
def test_every_error_and_reason_names_a_message_and_gives_its_parameters(use: Use) -> None:
    for code in use.codes:
        assert is_message(code), f"{use.place}: no message {code!r}"
        assert use.params is None or placeholders(catalog("en")[code]) <= use.params, f"{use.place}: {code}"


def test_every_message_is_used() -> None:
    constants, prefixes = code_strings()
    unused = {code for code in catalog("en") if code not in constants and not code.startswith(tuple(prefixes))}
    assert not unused


def test_no_sentence_stands_in_place_of_a_code() -> None:
    assert [use.place for use in USES if use.text] == []


def test_an_error_renders_in_both_languages_and_survives_pickling() -> None:
    error = UsageError("question.too_long", length=3000, limit=2000)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "the question has 3,000 characters; ask in at most 2,000"
    assert again.in_language("ar") == "في السؤال 3,000 محرفًا؛ اسأل في 2,000 على الأكثر"
    assert again.in_language("fr") == str(error)


def test_an_error_in_words_from_outside_keeps_them() -> None:
    error = ProviderDown("out of {memory}")
    assert str(error) == "out of {memory}" and error.in_language("ar") == "تعطّل النموذج: out of {memory}"
    assert UsageError("السؤال فارغ").in_language("ar") == "السؤال فارغ"


def test_a_cut_reply_keeps_what_came() -> None:
    error = ProviderCut("question.empty", "so far")
    assert error.partial == "so far" and pickle.loads(pickle.dumps(error)).partial == "so far"


def test_a_reason_survives_json_with_reasons_and_lists_inside() -> None:
    reason = Reason.of("outer", why=Reason.of("question.empty"), names=["a", Reason.of("question.empty")], share=0.5)
    assert msgspec.json.decode(msgspec.json.encode(reason), type=Reason) == reason
    assert hash(msgspec.json.decode(msgspec.json.encode(reason), type=Reason)) == hash(reason)


def test_a_reason_made_of_an_error_says_the_same() -> None:
    error = UsageError("question.too_long", length=3000, limit=2000)
    assert Reason.from_error(error).text("ar") == error.in_language("ar")
    assert Reason.from_error(ValueError("bad")).text("ar") == "bad"


@pytest.mark.parametrize("params", [{}, {"length": "many"}, {"length": ("a", "b"), "limit": None}])
def test_parameters_of_a_damaged_answer_are_shown_not_an_error(params: dict[str, object]) -> None:
    assert render("question.too_long", params).startswith("the question has ")


def test_every_kind_of_error_introduces_foreign_words() -> None:
    for kind in (value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, IsnadError)):
        assert kind("out of memory").in_language("ar").endswith(": out of memory")
