"""The vectors of a store without a key: of length one, alike for like texts, and the same on every machine."""

from __future__ import annotations

import subprocess
import sys
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embeddings.protocol import BUCKETS, DIMENSIONS, Hashed, buckets, hashed
from tests.index.language.test_fold import texts


@settings(deadline=None)
@given(st.lists(texts, max_size=5))
def test_every_text_gets_a_vector_of_length_one(several: list[str]) -> None:
    rows = hashed(several)
    assert rows.shape == (len(several), DIMENSIONS)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)


@settings(deadline=None)
@given(texts, texts)
def test_a_vector_does_not_depend_on_the_texts_around_it(one: str, other: str) -> None:
    np.testing.assert_array_equal(hashed([other, one])[1], hashed([one])[0])


@pytest.mark.parametrize("text", ["", "  \n", "؟!…", "😀"])
def test_a_text_without_words_lies_on_the_first_axis(text: str) -> None:
    assert hashed([text])[0].tolist() == [1.0] + [0.0] * (DIMENSIONS - 1)


def test_the_passage_that_says_it_is_nearest_whatever_the_spelling() -> None:
    passages = hashed(
        ["وصل سيرغي إلى مستشفى المدينة أمس", "ارتفعت أسعار القمح في السوق", "فاز الفريق في المباراة النهائية"]
    )
    question = hashed(["متى وصل سيرجي الى المستشفي"])[0]
    assert int(np.argmax(passages @ question)) == 0


def test_rare_terms_weigh_more_than_common_ones() -> None:
    both, rare, common = hashed(["في القسطنطينية", "القسطنطينية", "في"])
    assert both @ rare > 2 * (both @ common)


def test_texts_share_buckets_where_they_share_terms() -> None:
    assert set(buckets("جسر")) < set(buckets("جسر النهر"))
    assert 0 <= buckets("جسر").min() <= buckets("جسر").max() < BUCKETS


def test_the_name_stands_for_exactly_these_vectors() -> None:
    """Whoever changes words, hashing or the table changes this, and must give the vectors another name."""
    rows = hashed(["افتتح الوزير الجسر عام ٢٠٢٥", "The bridge opened"])
    assert Hashed.name == "hashed-1"
    assert crc32(np.sign(rows).astype(np.int8).tobytes()) == 3_560_356_852
    assert float(rows[0].max()) == pytest.approx(0.2326, abs=1e-4)


def test_another_process_makes_the_same_vectors() -> None:
    code = "from index.embeddings.protocol import hashed; print(hashed(['زار الوفد حلب']).tobytes().hex())"
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert other.stdout.strip() == Hashed().embed(["زار الوفد حلب"]).tobytes().hex()
