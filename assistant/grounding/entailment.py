"""Run a user's entailment model: an ONNX cross-encoder for language inference.

It is set by `ISNAD_CHECK_MODEL=local:NAME`.

A folder (or a repository of huggingface.co) with `model.onnx`, `tokenizer.json` and `config.json`; which output is
entailment and which is contradiction is read from `id2label` of its config.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from assistant.alignment.tokenization import tokenize
from assistant.grounding.checking import Judgement, judgement_of
from assistant.grounding.evidence import nearest_sentences
from assistant.models import Sentence
from index.errors import UsageError
from index.language.sentences import sentences
from index.messages.reason import Reason
from index.models import Hit

FILES = ("model.onnx", "onnx/model.onnx", "onnx/model_quantized.onnx", "model_quantized.onnx")
CACHE = Path.home() / ".cache" / "isnad" / "models"
LONGEST = 512  # tokens of claim and evidence together
BATCH = 8
SECONDS = 30.0  # for all sentences of an answer
ENTAILED, CONTRADICTED = 0.5, 0.5  # as NLI models are trained; calibrate on rows of your own by `isnad eval calibrate`
NOT_VERIFIED = "check.not_verified"  # the only judgement that a model may change


class Entailment(NamedTuple):
    """Probabilities, 0 to 1, that evidence entails and that it contradicts a claim."""

    entails: float
    contradicts: float


class EntailmentModel:
    """An NLI cross-encoder, loaded with the first claim.

    Raises UsageError for a folder that holds none.
    """

    def __init__(self, name: str) -> None:
        self.name = f"local:{name}"
        folder = Path(name).expanduser()
        self._folder = folder if folder.is_dir() else _fetched(name)
        self._file = next((self._folder / file for file in FILES if (self._folder / file).is_file()), None)
        config = self._folder / "config.json"
        if self._file is None or not (self._folder / "tokenizer.json").is_file() or not config.is_file():
            raise UsageError("models.no_entailment_model", folder=self._folder)
        labels = json.loads(config.read_text("utf-8")).get("id2label") or {}
        names = {str(label).lower(): int(number) for number, label in labels.items()}
        self._entails = next((at for label, at in names.items() if label.startswith("entail")), None)
        self._contradicts = next((at for label, at in names.items() if label.startswith("contradict")), None)
        if self._entails is None:
            raise UsageError("models.no_entailment_label", folder=self._folder, labels=sorted(names))

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(str(self._file), options, providers=["CPUExecutionProvider"])

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(LONGEST, strategy="only_first")
        tokenizer.enable_padding()
        return tokenizer

    def entailment(self, claim: str, evidence: str, deadline: float | None = None) -> Entailment | None:
        """Return how far evidence of any length entails a claim, by its best window.

        None once the deadline is over.

        `deadline`: a time of `time.monotonic`.
        """
        best = Entailment(0.0, 0.0)
        windows = self._windows(claim, nearest_sentences(evidence, tokenize(claim)))
        for start in range(0, len(windows), BATCH):
            if deadline is not None and time.monotonic() > deadline:
                return None
            for result in self._scores(claim, windows[start : start + BATCH]):
                best = max(best, result, key=lambda item: max(item.entails, item.contradicts))
        return best

    def _windows(self, claim: str, evidence: str) -> list[str]:
        """Cut evidence into runs of sentences that fit beside the claim.

        Each run begins with the last sentence of the run before.
        """
        room = LONGEST - len(self._tokenizer.encode(claim).ids) - 4
        texts = [span.of(evidence) for span in sentences(evidence)] or [evidence]
        sizes = [len(self._tokenizer.encode(text).ids) for text in texts]
        windows, first, size = list[str](), 0, 0
        for at, length in enumerate(sizes):
            if at > first and size + length > room:
                windows.append("\n".join(texts[first:at]))
                first = at - 1 if sizes[at - 1] + length <= room else at
                size = sum(sizes[first:at])
            size += length
        return [*windows, "\n".join(texts[first:])]

    def _scores(self, claim: str, windows: Sequence[str]) -> list[Entailment]:
        encoded = self._tokenizer.encode_batch([(window, claim) for window in windows])
        arrays = {
            "input_ids": np.array([item.ids for item in encoded], np.int64),
            "attention_mask": np.array([item.attention_mask for item in encoded], np.int64),
            "token_type_ids": np.array([item.type_ids for item in encoded], np.int64),
        }
        wanted = {item.name for item in self._session.get_inputs()}
        logits = self._session.run(None, {name: value for name, value in arrays.items() if name in wanted})[0]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        against = shares[:, self._contradicts] if self._contradicts is not None else np.zeros(len(windows))
        return [Entailment(float(a), float(b)) for a, b in zip(shares[:, self._entails], against, strict=True)]


def entail_sentences(
    model: EntailmentModel, listed: Sequence[Sentence], hits: Sequence[Hit], seconds: float = SECONDS
) -> tuple[Sentence, ...]:
    """Let a model rule on the cited sentences that nobody has settled."""
    articles = {hit.article.id: hit.article for hit in hits}
    deadline = time.monotonic() + seconds
    settled = []
    for sentence in listed:
        texts = dict.fromkeys(articles[item.file_id].text for item in sentence.citations)
        judgement = settle(model, judgement_of(sentence), sentence.text, "\n".join(texts), deadline)
        settled.append(
            replace(
                sentence,
                verdict=judgement.verdict,
                checked_by=judgement.checked_by,
                probability=judgement.probability,
                details=judgement.details,
            )
        )
    return tuple(settled)


def settle(
    model: EntailmentModel, judgement: Judgement, claim: str, evidence: str, deadline: float | None = None
) -> Judgement:
    """Let a model vouch for, or object to, a claim that nobody has verified.

    Other judgements stay as they are.

    `deadline`: a time of `time.monotonic`, after which the judgement stays, too.
    """
    unverified = any(item.code == NOT_VERIFIED for item in judgement.details)
    if judgement.verdict != "unchecked" or not unverified or not evidence.strip():
        return judgement
    result = model.entailment(claim, evidence, deadline)
    if result is None:
        return judgement
    kept = tuple(item for item in judgement.details if item.code != NOT_VERIFIED)
    decided = replace(judgement, checked_by="entailment", probability=result.entails)
    if result.entails >= ENTAILED:
        return replace(decided, verdict="supported", details=kept)
    if result.contradicts >= CONTRADICTED:
        return replace(decided, verdict="unsupported", details=(*kept, Reason("check.entailment")))
    return replace(judgement, probability=result.entails)


def _fetched(name: str) -> Path:
    """Fetch a repository's model from huggingface.co, once."""
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise UsageError("models.no_entailment_model", folder=name) from None
    patterns = ["config.json", "tokenizer.json", *FILES]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns, cache_dir=CACHE))
    except Exception as error:  # of its many kinds each means that there is no such model here
        raise UsageError("models.no_entailment_model", folder=name) from error
