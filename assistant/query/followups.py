"""Rewrite follow-up questions of a conversation so that they stand alone.

The rule recognises a follow-up by a question of a word or two that names nothing new ("the map"), by an initial "and",
or by a pronoun without an antecedent in the question. `tests/data/follow_ups.jsonl` measures it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import prompts
from assistant.budget import BudgetSpent
from assistant.chat_model import Model, usage_of, with_token_counts
from assistant.generators import run_to_completion
from assistant.models import Usage
from assistant.prompt_context import boundary, harmless, plain
from assistant.query.parse import content_words
from index.errors import ProviderError, UsageError
from index.language.analyzer import stem, words
from index.language.lexicons import load_groups
from index.language.normalize import folded
from index.models import Value

TURNS = 6  # of the last turns that are used
ANSWER = 800  # characters of an earlier answer that are kept
LONGEST = 500  # characters of a rewritten question


class Turn(Value, frozen=True, kw_only=True):
    """A question and its answer; `alone` is the standalone form of the question.

    >>> Conversation().after("من افتتح الجسر؟", "افتتحه الوالي. [a1]").turns[0]
    Turn(question='من افتتح الجسر؟', answer='افتتحه الوالي.', alone='من افتتح الجسر؟')
    """

    question: str
    answer: str
    alone: str = ""


class Conversation(Value, frozen=True, kw_only=True):
    """The turns of a conversation, oldest first.

    >>> conversation = Conversation().after("من افتتح الجسر؟", "افتتحه الوالي. [a1]")
    >>> conversation.turns[0].answer
    'افتتحه الوالي.'
    """

    turns: tuple[Turn, ...] = ()

    def after(self, question: str, answer: str, alone: str = "") -> Conversation:
        """Return the conversation with a further turn, without citation marks."""
        unmarked = re.sub(r"\s*(?:\[[^\]\n]*\])+", "", plain(answer))[:ANSWER]
        turn = Turn(question=plain(question), answer=unmarked, alone=plain(alone or question))
        return Conversation(turns=(*self.turns, turn))

    @classmethod
    def of(cls, messages: Iterable[Mapping[str, str]]) -> Conversation:
        """Build a conversation from messages of the roles user and assistant.

        Raises UsageError for any other role, so that nobody can inject instructions.

        >>> messages = [{"role": "user", "content": "من؟"}, {"role": "assistant", "content": "الوالي."}]
        >>> Conversation.of(messages).turns[0].question
        'من؟'
        """
        conversation, question = cls(), ""
        for message in messages:
            role, content = message.get("role"), message.get("content")
            if role not in ("user", "assistant") or not isinstance(content, str):
                raise UsageError("assistant.bad_conversation")
            if role == "user":
                question = content
            elif question:
                conversation, question = conversation.after(question, content), ""
        return conversation

    def recent(self, budget: int, count: Callable[[str], int]) -> tuple[Turn, ...]:
        """Return the last turns, at most six, that fit into `budget` tokens, oldest first."""
        kept: list[Turn] = []
        for turn in reversed(self.turns[-TURNS:]):
            budget -= count(turn.question) + count(turn.answer)
            if budget < 0:
                break
            kept.append(turn)
        return tuple(reversed(kept))


class StandaloneQuestion(Value, frozen=True, kw_only=True):
    """A standalone question, made `by` the "rule", the "model" or as "asked"."""

    question: str
    by: str = "asked"
    usage: Usage | None = None
    error: ProviderError | BudgetSpent | None = None  # why the model could not rewrite it


def standalone(
    question: str, conversation: Conversation, *, model: Model | None, count: Callable[[str], int], budget: int = 1500
) -> StandaloneQuestion:
    """Rewrite a question so that it needs no conversation, by model or rule.

    >>> conversation = Conversation().after("من افتتح جسر نور؟", "افتتحه الوالي.")
    >>> standalone("ومتى؟", conversation, model=None, count=len).question
    'ومتى؟ (افتتح جسر نور)'
    """
    turns = conversation.recent(budget, count)
    if not turns:
        return StandaloneQuestion(question=question)
    failure = None
    if model is not None:
        try:
            return _rewrite(question, turns, model, count)
        except (ProviderError, BudgetSpent) as error:
            failure = error
    if not is_followup(question, turns[-1]):
        return StandaloneQuestion(question=question, error=failure)
    rewritten = f"{question.strip()} ({' '.join(topic(turns[-1], question))})"
    return StandaloneQuestion(question=rewritten, by="rule", error=failure)


def _rewrite(question: str, turns: Sequence[Turn], model: Model, count: Callable[[str], int]) -> StandaloneQuestion:
    """Let the model rewrite the question; keep it if the reply is of no use."""
    texts = [text for turn in turns for text in (turn.question, turn.answer)]
    shown = [{"question": turn.question, "answer": harmless(turn.answer)} for turn in turns]
    asked = prompts.render(
        "condense", turns=shown, question=plain(question), boundary=boundary(question, *texts)
    ).messages
    reply = run_to_completion(model.reply(asked))
    usage = usage_of([with_token_counts(reply, asked, count)])
    lines = [line.strip(" \t\"'«»“”*") for line in plain(reply.text).splitlines() if line.strip()]
    if not lines or len(lines[0]) > LONGEST:
        return StandaloneQuestion(question=question, usage=usage)
    same = words(lines[0]) == words(question)
    return StandaloneQuestion(question=question if same else lines[0], by="asked" if same else "model", usage=usage)


def is_followup(question: str, turn: Turn) -> bool:
    """Test whether a question depends on the turn before it.

    >>> turn = Turn(question="من افتتح جسر نور؟", answer="افتتحه الوالي.")
    >>> is_followup("وكم كلّف؟", turn), is_followup("متى تبدأ بطولة الشطرنج في مدينة مرجان؟", turn)
    (True, False)
    """
    tokens = _AND.sub("", " ".join(re.findall(r"[\w'’]+", plain(question)))).split()
    content = [word for word in tokens if not _is_light(word)]
    opens = bool(_AND.match(plain(question)))
    before = {stem(word) for text in (turn.question, turn.answer, turn.alone) for word in words(text)}
    definite = any(stem(word) not in before for noun in _DEFINITE.findall(question) for word in words(noun))
    elsewhere = question.isascii() and not re.search("[A-Za-z]", turn.question)  # a change of script
    if len(content) <= 1:
        return opens or not content or not (_defines(question) or (definite and elsewhere))
    known = [word for word in content if any(stem(part) in before for part in words(word))]
    if opens and len(content) <= 4:
        return True
    if _points_back(question, content):
        return True
    nameless = question.isascii() and not (definite or elsewhere or any(word[0].isupper() for word in content))
    return len(content) <= 2 and (bool(known) or nameless) and not _defines(question)


def topic(turn: Turn, question: str) -> tuple[str, ...]:
    """Return the content words of the turn's question that the new one lacks."""
    stems = {stem(word) for word in words(question)}
    content = [word for word in re.findall(r"[\w'’-]+", turn.alone or turn.question) if not _is_light(word)]
    return tuple(dict.fromkeys(word for word in content if not stems & set(map(stem, words(word)))))


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
    r"|(?:و|ف)?(?:ل|ب|في|عن|من|مع|إلي|الي|علي|عند|لدي|بعد|قبل|بين|ضد|حول|خلف|أمام|بسبب)(?:ه|ها|هم|هما|هن)"
    r"|(?:عن|من)ّ?(?:ه|ها|هم))$",
    re.IGNORECASE,
)
_ATTACHED = re.compile(r"^\w{3,}(?:ه|ها|هم|هما|هن|وا)$")
_LISTS = load_groups("followups")


def _is_light(word: str) -> bool:
    """Test for a question word, a function word or a pronoun."""
    return not content_words(words(word)) or bool(_PRONOUN.match(word))


def _defines(question: str) -> bool:
    """Test whether a question asks for a definition: "من هي هدى منصور؟"."""
    return bool(_DEFINES.match(plain(question)))


def _points_back(question: str, content: list[str]) -> bool:
    """Test for a pronoun whose antecedent is not in the question."""
    named = 0
    for word in re.findall(r"[\w'’]+", plain(question)):
        attached = bool(_ATTACHED.match(word)) and folded(word) not in _LISTS["not suffixed"] and not word.isascii()
        if bool(_PRONOUN.match(word)) and named <= (0 if word.isascii() else 2):
            return True
        if attached and named <= 1:
            return True
        if word in content and folded(word) not in _LISTS["light"] and (not word.isascii() or word[0].isupper()):
            named += 1
    return False
