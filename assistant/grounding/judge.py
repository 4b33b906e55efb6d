"""Ask a chat model whether sources support sentences.

One request for all sentences of an answer.

A ruling counts only with the words that decide, which are looked up in the sources that the sentence itself cites. What
cannot be read, or quotes what is not there, is asked for once more and is then an error that is told, never a pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

import msgspec

import prompts
from assistant.alignment.tokenization import tokenize
from assistant.chat_model import Message, Model, with_token_counts
from assistant.generators import run_to_completion
from index.errors import IsnadError
from index.language.normalize import find
from index.messages.reason import Reason
from index.model_api import Reply
from index.models import Value
from index.token_count import count

Label = Literal["full", "partial", "none", "contradicts"]
LONGEST = 20_000  # characters of a source that are shown
QUOTE_WORDS = 2  # words of a quote, at least: a single one stands everywhere


class JudgeSource(Value, frozen=True, kw_only=True):
    """A text that sentences cite, with what its file says of itself."""

    text: str
    title: str = ""
    published: date | None = None
    publisher: str = ""


class JudgeClaim(Value, frozen=True, kw_only=True):
    """A sentence to judge and the sources that it cites."""

    text: str
    sources: tuple[JudgeSource, ...]


class Ruling(Value, frozen=True, kw_only=True):
    """A label and the words that decide.

    For `contradicts` the sentence's wrong words and what the source says.
    """

    label: Label
    quotes: tuple[str, ...] = ()
    wrong: str = ""
    source_says: str = ""
    probability: float | None = None


class NoRuling(NamedTuple):
    """Why there is no ruling."""

    why: str


class Rulings(NamedTuple):
    """A ruling or its absence for each claim.

    In order, and the replies that they cost.
    """

    rulings: tuple[Ruling | NoRuling, ...]
    replies: tuple[Reply, ...]


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    id: int
    label: Label
    quotes: list[str] = []
    wrong: str = ""
    source_says: str = ""


class _Reply(msgspec.Struct, forbid_unknown_fields=True):
    rulings: list[_Row]


def judge(model: Model, claims: Sequence[JudgeClaim]) -> Rulings:
    """Ask a model for a ruling on each claim.

    One request, and a second for those whose ruling cannot be used.

    A server that fails and a budget that is spent leave claims without a ruling; no error is raised.
    """
    rulings: dict[int, Ruling | NoRuling] = {}
    replies: list[Reply] = []
    complaint = ""
    for _ in range(2):
        open_claims = {at: claim for at, claim in enumerate(claims) if not isinstance(rulings.get(at), Ruling)}
        if not open_claims:
            break
        messages = _request(list(open_claims.values()), complaint)
        try:
            reply = run_to_completion(model.reply(messages))
        except IsnadError as error:
            rulings |= {at: NoRuling(f"the judge did not answer: {error}") for at in open_claims}
            break
        replies.append(with_token_counts(reply, messages, count))
        for at, ruling in zip(open_claims, read_rulings(reply.text, list(open_claims.values())), strict=True):
            rulings[at] = ruling
        reasons = [ruling.why for ruling in rulings.values() if isinstance(ruling, NoRuling)]
        complaint = "; ".join(dict.fromkeys(reasons))
    return Rulings(tuple(rulings[at] for at in range(len(claims))), tuple(replies))


def read_rulings(reply: str, claims: Sequence[JudgeClaim]) -> tuple[Ruling | NoRuling, ...]:
    """Read a judge's reply: each claim's ruling whose quotes are in its sources.

    >>> claim = JudgeClaim(text="كلف الجسر 40 مليونا", sources=(JudgeSource(text="وقال إن الجسر كلّف ٤٠ مليوناً."),))
    >>> read_rulings('{"rulings": [{"id": 1, "label": "full", "quotes": ["كلف 40 مليونا"]}]}', [claim])[0].label
    'full'
    >>> read_rulings('{"rulings": [{"id": 1, "label": "full", "quotes": ["كلف 50 مليونا"]}]}', [claim])[0].why
    'a quotation is not in the sources that the sentence cites'
    >>> read_rulings("yes, fully supported", [claim])[0].why
    'it is not one JSON object'
    """
    start, end = reply.find("{"), reply.rfind("}") + 1
    if not 0 <= start < end:
        return (NoRuling("it is not one JSON object"),) * len(claims)
    try:
        rows = msgspec.json.decode(reply[start:end].encode("utf-8", "replace"), type=_Reply).rulings
    except (msgspec.DecodeError, RecursionError) as error:
        return (NoRuling(f"it is not the object that was asked for ({error})"),) * len(claims)
    return tuple(_ruling([row for row in rows if row.id == at], claim) for at, claim in enumerate(claims, 1))


def _ruling(rows: Sequence[_Row], claim: JudgeClaim) -> Ruling | NoRuling:
    if len(rows) != 1:
        return NoRuling("it has no ruling on a sentence" if not rows else "it rules on a sentence twice")
    row = rows[0]
    if row.label == "none":
        return Ruling(label="none")
    quotes = [quote for quote in row.quotes if quote.strip()]
    if not quotes:
        return NoRuling("it quotes nothing")
    if any(len(tokenize(quote).tokens) < QUOTE_WORDS for quote in quotes):
        return NoRuling("a quotation is a single word")
    texts = list(_texts(claim))
    if not all(any(find(quote, text) for text in texts) for quote in quotes):
        return NoRuling("a quotation is not in the sources that the sentence cites")
    return Ruling(label=row.label, quotes=tuple(quotes), wrong=row.wrong.strip(), source_says=row.source_says.strip())


def _texts(claim: JudgeClaim) -> Iterable[str]:
    """Yield every text of a claim's sources that may be quoted."""
    for source in claim.sources:
        day = source.published.isoformat() if source.published else ""
        yield from filter(None, (source.text[:LONGEST], source.title, source.publisher, day))
        yield f"{source.title} {day} {source.publisher}"


def failures(rulings: Rulings) -> tuple[Reason, ...]:
    """Return, each once, why sentences have no ruling."""
    whys = dict.fromkeys(ruling.why for ruling in rulings.rulings if isinstance(ruling, NoRuling))
    return tuple(Reason.of("check.judge_failed", why=why) for why in whys)


def _request(claims: Sequence[JudgeClaim], complaint: str) -> tuple[Message, ...]:
    sources = list(dict.fromkeys(source for claim in claims for source in claim.sources))
    labels = {source: f"S{number}" for number, source in enumerate(sources, 1)}
    shown: list[Mapping[str, object]] = [
        {
            "label": labels[source],
            "title": source.title or "–",
            "published": source.published.isoformat() if source.published else "–",
            "publisher": source.publisher or "–",
            "text": source.text[:LONGEST],
        }
        for source in sources
    ]
    asked = [
        {"id": number, "text": " ".join(claim.text.split()), "labels": [labels[source] for source in claim.sources]}
        for number, claim in enumerate(claims, 1)
    ]
    boundary = _boundary(*(str(item) for item in (*shown, *asked)))
    return prompts.render(
        "judge", prompts.FOLDER, claims=asked, sources=shown, boundary=boundary, complaint=complaint
    ).messages


def _boundary(*data: str) -> str:
    """Return a word that is nowhere in the data and always the same for the same data."""
    text = "\n".join(data)
    for salt in range(1000):
        word = "data-" + hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()[:10]
        if word not in text:
            return word
    raise AssertionError("unreachable: a thousand hashes are all in the data")
