"""Texts are split as the model was trained, with whatever vocabulary is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.embeddings.e5 import E5Embedder
from index.embeddings.e5_onnx import checked_scripts, prune, script_of
from index.embeddings.e5_tokenizer import BOS, EOS, UNK, Tokenizer
from index.embeddings.e5_weights import Vocabulary, Weights
from index.errors import UsageError

pytestmark = pytest.mark.process

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


def tokenizer_of(vocabulary: Vocabulary, scripts: tuple[str, ...]) -> tuple[Tokenizer, list[str]]:
    kept = prune(vocabulary, scripts)
    pieces = [vocabulary.pieces[place] for place in kept]
    worst = float(vocabulary.scores.min())
    return Tokenizer(pieces, vocabulary.scores[kept].tolist(), vocabulary.normalisation, worst=worst), pieces


def test_the_best_split_is_taken_not_the_longest_piece_first() -> None:
    tokenizer = Tokenizer([*SPECIAL, "▁a", "bc", "▁ab", "c"], [0, 0, 0, 0, -1, -1, -1, -9], {}, worst=-9)
    assert tokenizer.ids("abc") == [BOS, 4, 5, EOS]


def test_a_text_that_names_special_tokens_cannot_set_them() -> None:
    tokenizer = Tokenizer([*SPECIAL, "▁", "<", "s", ">", "/"], [0.0] * 4 + [-2.0] * 5, {}, worst=-9)
    assert tokenizer.ids("<s> </s>") == [BOS, 4, 5, 6, 7, 4, 5, 8, 6, 7, EOS]


def test_neighbouring_unknown_letters_are_one_token() -> None:
    tokenizer = Tokenizer([*SPECIAL, "▁", "a"], [0.0] * 4 + [-2.0] * 2, {}, worst=-9)
    assert tokenizer.ids("a漢字a") == [BOS, 4, 5, UNK, 5, EOS]


def test_all_kinds_of_space_are_one_space() -> None:
    tokenizer = Tokenizer([*SPECIAL, "▁a"], [0.0] * 4 + [-2.0], {0x9: " ", 0xA0: " "}, worst=-9)
    assert tokenizer.ids("  a \t a\u00a0\u00a0a ") == [BOS, 4, 4, 4, EOS]


def test_letters_written_with_a_separate_mark_are_composed_and_vowel_signs_keep_their_order() -> None:
    tokenizer = Tokenizer(SPECIAL, [0.0] * 4, {}, worst=-9)
    assert tokenizer.normalise("cafe\u0301 ا\u0654حمد") == "café أحمد"
    assert tokenizer.normalise("شد\u0651\u064eة") == "شد\u0651\u064eة"


def test_a_long_text_is_cut_at_the_limit() -> None:
    tokenizer = Tokenizer([*SPECIAL, "▁a"], [0.0] * 4 + [-2.0], {}, worst=-9)
    assert tokenizer.ids("a " * 50_000) == [BOS, *[4] * 510, EOS]


def test_each_letter_of_a_pruned_script_counts_as_unknown(tiny: Path) -> None:
    vocabulary = Weights(tiny).vocabulary
    narrow, pieces = tokenizer_of(vocabulary, ("arabic", "latin"))
    assert pieces == [*SPECIAL, "▁", "▁قال", "ال", "و", "▁the", "s", "7"]
    assert narrow.unknown_share("s7s7 МММ") == pytest.approx(3 / 7)
    assert narrow.unknown_share("s7و") == narrow.unknown_share("") == narrow.unknown_share("  ") == 0
    assert "▁Москва" in tokenizer_of(vocabulary, ("arabic", "cyrillic", "latin"))[1]


def test_scripts_are_checked_by_name() -> None:
    assert checked_scripts(("latin", "ARABIC")) == ("arabic", "latin")
    for wrong in (["klingon"], []):
        with pytest.raises(UsageError, match="known are arabic"):
            checked_scripts(wrong)


def test_letters_belong_to_scripts_and_signs_to_none() -> None:
    assert [script_of(letter) for letter in "ءéЖ漢ひ한"] == ["arabic", "latin", "cyrillic", "cjk", "hiragana", "hangul"]
    assert {script_of(sign) for sign in "7٣.،؟—«€🙂▁\u0301\ud800"} == {""}


def test_pruned_tokens_are_those_of_the_whole_vocabulary_in_the_reference_implementation(
    weights_file: Path, sentences: list[str]
) -> None:
    from tokenizers import Regex, models, normalizers, pre_tokenizers
    from tokenizers import Tokenizer as Reference

    vocabulary = Weights(weights_file).vocabulary
    reference = Reference(
        models.Unigram(list(zip(vocabulary.pieces, vocabulary.scores.tolist(), strict=True)), vocabulary.unk, False)
    )
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    reference.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    reference.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer, pieces = tokenizer_of(vocabulary, ("arabic", "latin"))
    assert len(pieces) < 140_000
    for sentence in sentences:
        ours = [pieces[place] for place in tokenizer.ids(sentence, 10_000)[1:-1]]
        assert ours == reference.encode(sentence).tokens, sentence


def test_the_loaded_encoder_splits_as_the_one_that_was_built(embedder: E5Embedder, weights_file: Path) -> None:
    tokenizer, _ = tokenizer_of(Weights(weights_file).vocabulary, ("arabic", "latin"))
    text = "استقبل الوزير وفدًا من 12 شخصًا in Paris, 3.5% – «لا»"
    assert embedder._opened()[0].tokenizer.ids(text) == tokenizer.ids(text)
    assert np.isclose(embedder.unknown_share("Москва"), 1.0)
