"""An entailment model of the user's own: its labels by its config, evidence in windows, a deadline; on a tiny model
made here.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from assistant.generative.verification import checked_record, verify_sentences
from assistant.grounding import entailment
from assistant.grounding.entailment import EntailmentModel, entail_sentences
from index.errors import UsageError
from tests.assistant.test_verification import cited
from tests.assistant.written import hit
from tests.shop import isnad

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "yes", "no"]


def tiny(folder: Path, labels: dict[str, str]) -> Path:
    """Write a model whose entailment is high where "yes" stands in a window, and its contradiction where "no" does."""
    nodes, weights = [], [numpy_helper.from_array(np.array([1], np.int64), "axis")]
    names = []
    for at in range(len(labels)):
        label = labels[str(at)]
        word = {"entailment": 4, "contradiction": 5}.get(label, 1_000)
        weights.append(numpy_helper.from_array(np.array(word, np.int64), f"word{at}"))
        weights.append(numpy_helper.from_array(np.array(9.0 if word < 1_000 else 0.0, np.float32), f"scale{at}"))
        nodes += [
            helper.make_node("Equal", ["input_ids", f"word{at}"], [f"same{at}"]),
            helper.make_node("Cast", [f"same{at}"], [f"cast{at}"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMax", [f"cast{at}", "axis"], [f"max{at}"], keepdims=1),
            helper.make_node("Mul", [f"max{at}", f"scale{at}"], [f"score{at}"]),
        ]
        names.append(f"score{at}")
    nodes.append(helper.make_node("Concat", names, ["logits"], axis=1))
    given = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(labels)])
    graph = helper.make_graph(nodes, "tiny", given, [out], weights)
    save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), str(folder / "model.onnx")
    )
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"id2label": labels}), encoding="utf-8")
    return folder


ORDERS = [
    {"0": "entailment", "1": "neutral", "2": "contradiction"},
    {"0": "contradiction", "1": "neutral", "2": "entailment"},
    {"0": "not_entailment", "1": "entailment"},
]


@pytest.mark.parametrize("labels", ORDERS)
def test_the_order_of_the_labels_is_read_from_the_config(tmp_path: Path, labels: dict[str, str]) -> None:
    model = EntailmentModel(str(tiny(tmp_path, labels)))
    entails, neutral = model.entailment("a claim", "They said yes."), model.entailment("a claim", "They came.")
    assert entails is not None and neutral is not None
    assert entails.entails > 0.9 > 0.6 > neutral.entails
    against = model.entailment("a claim", "They said no.")
    assert against is not None and (against.contradicts > 0.9) is ("contradiction" in labels.values())


def test_a_long_text_is_read_in_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entailment, "LONGEST", 24)
    model = EntailmentModel(str(tiny(tmp_path, ORDERS[0])))
    far = " ".join(f"Ship number {n} left the port." for n in range(30)) + " At last they said yes."
    result = model.entailment("a claim", far)
    assert result is not None and result.entails > 0.9
    assert len(model._windows("a claim", far)) > 5


def test_a_sentence_is_vouched_for_or_objected_to_and_says_by_whom(tmp_path: Path) -> None:
    model = EntailmentModel(str(tiny(tmp_path, ORDERS[0])))
    for word, verdict in (("yes", "supported"), ("no", "unsupported"), ("maybe", "unchecked")):
        article = hit(f"Talks\n\nThe mayor came and said {word}.")
        listed = verify_sentences(
            [cited("Her answer was clear.", article, f"The mayor came and said {word}.")], "?", [article]
        )
        (sentence,) = entail_sentences(model, listed, [article])
        assert (sentence.verdict, sentence.checked_by) == (verdict, None if word == "maybe" else "entailment")
        assert sentence.probability is not None


def test_a_checked_line_is_read_by_the_model_where_nobody_else_knows(tmp_path: Path) -> None:
    model = EntailmentModel(str(tiny(tmp_path, ORDERS[0])))
    lines = [
        {"claim": "Her answer was clear.", "context": f"The mayor came and said {word}."} for word in ("yes", "no")
    ]
    rows = [checked_record(line, model) for line in lines]
    assert [(row["verdict"], row["checked_by"]) for row in rows] == [
        ("supported", "entailment"),
        ("unsupported", "entailment"),
    ]
    wrong = checked_record({"claim": "It cost 7 million.", "context": "It cost 9 million, yes."}, model)
    assert (wrong["verdict"], wrong["checked_by"]) == ("unsupported", "rules")  # settled already


def test_isnad_check_uses_the_model_that_is_set(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    folder = tiny(tmp_path / "model", ORDERS[0])
    line = {"claim": "Her answer was clear.", "context": "The mayor came and said yes."}
    (tmp_path / "claims.jsonl").write_text(json.dumps(line), "utf-8")
    chosen = os.environ | {"ISNAD_CHECK_MODEL": f"local:{folder}"}
    run = isnad("check", "--batch", tmp_path / "claims.jsonl", env=chosen)
    assert json.loads(run.stdout)["checked_by"] == "entailment"


def test_past_the_deadline_sentences_stay_unchecked(tmp_path: Path) -> None:
    model = EntailmentModel(str(tiny(tmp_path, ORDERS[0])))
    assert model.entailment("a claim", "yes", time.monotonic() - 1) is None
    article = hit("Talks\n\nThe mayor came and said yes.")
    listed = verify_sentences([cited("Her answer was clear.", article, "The mayor came and said yes.")], "?", [article])
    assert entail_sentences(model, listed, [article], seconds=-1) == listed


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_folder_without_a_model_is_named(tmp_path: Path, missing: str) -> None:
    tiny(tmp_path, ORDERS[0])
    (tmp_path / missing).unlink()
    with pytest.raises(UsageError, match="holds no entailment model"):
        EntailmentModel(str(tmp_path))


def test_a_model_without_entailment_among_its_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no label of the model means entailment"):
        EntailmentModel(str(tiny(tmp_path, {"0": "positive", "1": "negative"})))
