"""The rules leave the true sentences of an obedient model alone."""

from __future__ import annotations

import pytest

from tools.measure_obedient import measure

pytestmark = pytest.mark.process


def test_at_most_one_in_a_hundred_true_sentences_is_objected_to() -> None:
    sentences, objected = measure()
    assert sentences >= 80 and len(objected) <= 0.01 * sentences, objected
