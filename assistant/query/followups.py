"""A conversation: turns, and a follow-up made into a question that stands alone, by a model or, with none, by a rule.

The rule looks for what points back: a question of a word or two that names nothing new ("the map"), one that opens with "and", a
pronoun with nothing in the question for it to point to. `tests/data/follow_ups.jsonl` measures it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import prompts
from assistant.chat_model import Model, usage_of, with_token_counts
from assistant.generative.prompt_context import boundary, harmless, plain
from assistant.generators import run_to_completion
from assistant.models import Usage
from assistant.query.question_type import FUNCTION_WORDS
from index.errors import ProviderError, UsageError
from index.language.analyzer import QUESTION_WORDS, stem, words
from index.models import Value

TURNS = 6  # the last turns that are looked at
ANSWER = 800  # characters of an earlier answer that are kept
LONGEST = 500  # characters of a rewritten question


class Turn(Value, frozen=True, kw_only=True):
    """A question and its answer. `alone` is the question as it was searched with.

    >>> Conversation().after("من افتتح الجسر؟", "افتتحه الوالي. [a1]").turns[0]
    Turn(question='من افتتح الجسر؟', answer='افتتحه الوالي.', alone='من افتتح الجسر؟')
    """

    question: str
    answer: str
    alone: str = ""


class Conversation(Value, frozen=True, kw_only=True):
    """The turns so far, oldest first.

    >>> told = Conversation().after("من افتتح الجسر؟", "افتتحه الوالي. [a1]")
    >>> told.turns[0].answer
    'افتتحه الوالي.'
    """

    turns: tuple[Turn, ...] = ()

    def after(self, question: str, answer: str, alone: str = "") -> Conversation:
        """The conversation with one more turn; marks are left out of its answer, since citations belong to their turn."""
        unmarked = re.sub(r"\s*(?:\[[^\]\n]*\])+", "", plain(answer))[:ANSWER]
        turn = Turn(question=plain(question), answer=unmarked, alone=plain(alone or question))
        return Conversation(turns=(*self.turns, turn))

    @classmethod
    def of(cls, messages: Iterable[Mapping[str, str]]) -> Conversation:
        """The conversation in messages of the roles user and assistant, in turn.

        Raises UsageError for any other role, so that nobody can slip in instructions.

        >>> Conversation.of([{"role": "user", "content": "من؟"}, {"role": "assistant", "content": "الوالي."}]).turns[0].question
        'من؟'
        """
        told, asked = cls(), ""
        for message in messages:
            role, content = message.get("role"), message.get("content")
            if role not in ("user", "assistant") or not isinstance(content, str):
                raise UsageError("assistant.bad_conversation")
            if role == "user":
                asked = content
            elif asked:
                told, asked = told.after(asked, content), ""
        return told

    def recent(self, budget: int, count: Callable[[str], int]) -> tuple[Turn, ...]:
        """The last turns, at most six, that fit into `budget` tokens, oldest first."""
        kept: list[Turn] = []
        for turn in reversed(self.turns[-TURNS:]):
            budget -= count(turn.question) + count(turn.answer)
            if budget < 0:
                break
            kept.append(turn)
        return tuple(reversed(kept))


class Alone(Value, frozen=True, kw_only=True):
    """A question that stands alone, what made it so (`asked`: it did; `rule`; `model`), and what that took."""

    question: str
    by: str = "asked"
    usage: Usage | None = None


def standalone(
    question: str, conversation: Conversation, *, model: Model | None, count: Callable[[str], int], budget: int = 1500
) -> Alone:
    """The question so that search and a reader understand it without the conversation. Without a model, or where it fails, by the rule.

    >>> told = Conversation().after("من افتتح جسر نور؟", "افتتحه الوالي.")
    >>> standalone("ومتى؟", told, model=None, count=len).question
    'ومتى؟ (افتتح جسر نور)'
    """
    turns = conversation.recent(budget, count)
    if not turns:
        return Alone(question=question)
    if model is not None:
        try:
            return _rewritten(question, turns, model, count)
        except ProviderError:
            pass  # the answer will say that the server fails; search can still do its best
    if not follows(question, turns[-1]):
        return Alone(question=question)
    return Alone(question=f"{question.strip()} ({' '.join(topic(turns[-1], question))})", by="rule")


def _rewritten(question: str, turns: Sequence[Turn], model: Model, count: Callable[[str], int]) -> Alone:
    """The model's own words for the question; the question itself where they are of no use."""
    texts = [text for turn in turns for text in (turn.question, turn.answer)]
    shown = [{"question": turn.question, "answer": harmless(turn.answer)} for turn in turns]
    asked = prompts.render(
        "condense", turns=shown, question=plain(question), boundary=boundary(question, *texts)
    ).messages
    reply = run_to_completion(model.reply(asked))
    usage = usage_of([with_token_counts(reply, asked, count)])
    lines = [line.strip(" \t\"'«»“”*") for line in plain(reply.text).splitlines() if line.strip()]
    if not lines or len(lines[0]) > LONGEST:
        return Alone(question=question, usage=usage)
    same = words(lines[0]) == words(question)
    return Alone(question=question if same else lines[0], by="asked" if same else "model", usage=usage)


def follows(question: str, turn: Turn) -> bool:
    """Whether the question leans on the turn before it.

    >>> turn = Turn(question="من افتتح جسر نور؟", answer="افتتحه الوالي.")
    >>> follows("وكم كلّف؟", turn), follows("متى تبدأ بطولة الشطرنج في مدينة مرجان؟", turn)
    (True, False)
    """
    said = _AND.sub("", " ".join(re.findall(r"[\w'’]+", plain(question)))).split()
    content = [word for word in said if not _asks(word)]
    opens = bool(_AND.match(plain(question)))
    before = {stem(word) for text in (turn.question, turn.answer, turn.alone) for word in words(text)}
    definite = any(stem(word) not in before for said_of in _DEFINITE.findall(question) for word in words(said_of))
    elsewhere = question.isascii() and not re.search("[A-Za-z]", turn.question)  # a change of script
    if len(content) <= 1:
        return opens or not content or not (_defines(question) or (definite and elsewhere))
    known = [word for word in content if any(stem(one) in before for one in words(word))]
    if opens and len(content) <= 4:
        return True
    if _points_back(question, content):
        return True
    nameless = question.isascii() and not (definite or elsewhere or any(word[0].isupper() for word in content))
    return len(content) <= 2 and (bool(known) or nameless) and not _defines(question)


def topic(turn: Turn, question: str) -> tuple[str, ...]:
    """What the turn was about: the words of its question that say something and that the new one does not hold."""
    held = {stem(word) for word in words(question)}
    said = re.findall(r"[\w'’-]+", turn.alone or turn.question)
    return tuple(
        dict.fromkeys(word for word in said if not _asks(word) and not held & {stem(one) for one in words(word)})
    )


_AND = re.compile(
    r"^\s*(?:and|but|also|then|so|what about|how about|ماذا عن|وماذا عن)\b\s*"
    r"|^\s*[وف](?=(?:متى|أين|اين|من|ما|ماذا|لماذا|كيف|كم|هل|بكم|لمن|مع|إلى|على|أي|منذ|ليش|وين|مين|شو|ماهي|ماهو)\b)",
    re.IGNORECASE,
)
_DEFINITE = re.compile(r"\bthe\s+([\w'’]+)", re.IGNORECASE)
_DEFINES = re.compile(r"^\s*(?:من|ما|مين|who|what)\s+(?:هو|هي|هم|is|are|was|were)\s", re.IGNORECASE)
_PRONOUN = re.compile(
    r"^(?:he|she|it|they|him|her|hers|his|its|their|theirs|them|there|that|those|this|these"
    r"|ذلك|تلك|هناك|هنالك|هذا|هذه|هؤلاء|أولئك|هما"
    r"|(?:و|ف)?(?:ل|ب|في|عن|من|مع|إلي|الي|علي|عند|لدي|بعد|قبل|بين|ضد|حول|خلف|أمام|بسبب)(?:ه|ها|هم|هما|هن)|(?:عن|من)ّ?(?:ه|ها|هم))$",
    re.IGNORECASE,
)
_ATTACHED = re.compile(r"^\w{3,}(?:ه|ها|هم|هما|هن|وا)$")
_NOT_ATTACHED = frozenset(
    "الله عبدالله وجه شبه مياه المياه اتجاه تجاه الاتجاه فقه انتباه الوجه نزيه مها أهم اهم مهم المهم مبهم فهم الفهم درهم الدرهم سهم السهم "
    "أسهم اسهم متهم المتهم كره منتبه مشابه المشابه هم إبراهيم طه نزاهه".split()
)
_SMALL = frozenset(
    "أحد احد أهم اهم عدد كثيرا قيمة صدر any much many long old worth said say says did does do been took take".split()
)


def _asks(word: str) -> bool:
    """Whether a word asks or joins, and says nothing itself."""
    folded_words = words(word)
    return all(word in QUESTION_WORDS or word in FUNCTION_WORDS for word in folded_words) or bool(_PRONOUN.match(word))


def _defines(question: str) -> bool:
    """Whether it asks what or who something named is: "من هي هدى منصور؟"."""
    return bool(_DEFINES.match(plain(question)))


def _points_back(question: str, content: list[str]) -> bool:
    """Whether a pronoun stands where the question has not yet named what it could mean."""
    named = 0
    for word in re.findall(r"[\w'’]+", plain(question)):
        attached = bool(_ATTACHED.match(word)) and word not in _NOT_ATTACHED and not word.isascii()
        if bool(_PRONOUN.match(word)) and named <= (0 if word.isascii() else 2):
            return True
        if attached and named <= 1:
            return True
        if word in content and word.casefold() not in _SMALL and (not word.isascii() or word[0].isupper()):
            named += 1
    return False
