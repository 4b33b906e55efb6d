"""Object to what the evidence has only as planned, expected, asked for or threatened, and the claim as done."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.grounding.alignment import Alignment, Language
from assistant.grounding.lexicon import QUALIFIERS
from assistant.grounding.negation_scope import SHARE, Scope, scope_of, under
from assistant.grounding.tokenization import Token, Tokenized
from assistant.models import Contradiction
from index.language.normalize import folded


def _any(words: str) -> str:
    return "|".join(folded(words).split())


_WANTING = _any(
    "يعتزم تعتزم اعتزم اعتزمت اعتزامه اعتزامها ينوي تنوي تخطط يخطط يأمل تأمل آملا آملة يسعى تسعى تدرس يدرس "
    "تبحث يبحث يتوقع تتوقع توقع توقعت متوقعا متوقعة "
    "يرجح ترجح رجح رجحت مرجحا مرجحة هدد هددت يهدد تهدد مهددا وعد وعدت يعد تعهد تعهدت يتعهد متعهدا اقترح "
    "اقترحت يقترح تقترح طالب طالبت يطالب تطالب مطالبا مطالبة "
    "دعا دعت يدعو تدعو داعيا طلب طلبت يطلب تطلب ناشد ناشدت يعتقد تعتقد يخشى تخشى أجل أجلت أرجئ أرجئت تأجل"
)
_AHEAD = re.compile(
    rf"\b(?:[وف]?(?:{_WANTING})|من ال(?:مقرر|متوقع|مرتقب|منتظر|مفترض|مزمع|محتمل|مرجح)|(?:كان|كانت) مقررا?"
    rf"|مقررا|سوف|[وف]?قد (?=[ايتن])|ربما"
    r"|(?:plan|intend|hope|want|aim|seek|wish|expect|threaten|promise|pledge|vow|propose|offer)(?:s|ed|d|ned"
    r"|ning|ing)? to"
    r"|(?:is|are|was|were) (?:\w+ )?(?:due|set|likely|expected|scheduled|planned|supposed|poised) to"
    r"|considering|considers|expects?|expected|will|would|could|may|might"
    r"|(?:call|calls|called|calling) for|demand(?:s|ed|ing)?|urg(?:es|ed|ing)|ask(?:s|ed|ing)? (?:for|\w+ "
    r"to)|propos(?:es|ed|ing)|suggest(?:s|ed)|possibly|perhaps|postponed)\b"
)
_FUTURE = re.compile(r"^[وف]?(س[ايتن]\w{3,})$")
_COMING = _any(
    "خطة خطط مشروع مقترح اقتراح نية عزم وعد تعهد تهديد مطلب مطالب مطالبة طلب توقع توقعات احتمال احتمالات "
    "ترجيح مقبل مقبلة قادم قادمة قريبا لاحقا غدا مقرر مقررة مرتقب منتظر شرط بشرط مرهون مرهونة مشروط مشروطة "
    "رهن مستعد مستعدة استعداد استعداده استعدادها دعوة توصية رغبة أمل هدف بهدف ممكن محتمل يمكن بإمكان"
)
_SPEAKS_OF_PLANS = re.compile(  # a claim that speaks of what is to come does not tell it as done
    rf"\b(?:[وفلب]?(?:ال)?(?:{_COMING})"
    r"|plan(?:s|ned)?|propos(?:al|als|es|ed)|promise[sd]?|threat(?:s|en|ens|ened)?|hope[sd]?|wants?|wanted"
    r"|aims?|intends?|due|next|later|soon|possible|possibly|possibility|depends?|provided|condition"
    r"|conditional"
    r"|shall|should|must|can|ready|prepared|request(?:s|ed)?|demands?|calls?|wish(?:es)?|offer(?:s|ed)?"
    r"|prospect|forecasts?|predict(?:s|ed)?|tomorrow|if|unless|until|recommend(?:s|ed)?|reckons?|believes?"
    r"|thinks?|fears?|fear)\b"
)

UNLISTED = 0.8  # the weight from which a word that begins with "س" and a verb's prefix is a verb in the future


class Modality:
    """Planned, expected or possible things that the claim tells as done."""

    code = "modality"
    languages: frozenset[Language] = frozenset(("ar", "en"))

    def find(self, alignment: Alignment) -> Iterator[Contradiction]:
        """Yield the claim's words that stand only under a plan, a hope, a demand or a verb in the future.

        >>> from assistant.grounding.alignment import align, index_text
        >>> from assistant.grounding.tokenization import tokenize
        >>> there = index_text("The council plans to close the old bridge in May. سيتقدم المرشح بطعن أمام المحكمة.")
        >>> claims = "The council closed the old bridge.", "تقدم المرشح بطعن أمام المحكمة.", "It will close the bridge."
        >>> for claim in claims:
        ...     print([(item.text, item.evidence) for item in Modality().find(align(tokenize(claim), there))])
        [('closed the old bridge', 'plans to')]
        [('تقدم المرشح بطعن أمام المحكمة', 'سيتقدم')]
        []
        """
        claim = alignment.claim
        texts = " ".join(token.text for token in claim.tokens)
        marked = _AHEAD.search(texts) or _SPEAKS_OF_PLANS.search(texts) or any(map(_future, claim.tokens))
        if alignment.best < 0 or marked or any(token.text in QUALIFIERS for token in claim.tokens):
            return
        for number in {place.line for place in alignment.places if place}:
            line = alignment.evidence.lines[number]
            for marker, scope in _plans(line):
                mine, share = under(alignment, number, scope)
                if len(mine) > 1 and share >= SHARE and not _claims_plan(alignment, line, number, marker):
                    yield alignment.contradiction("not_yet", mine[0], mine[-1], scope.by)
                    return


def _plans(line: Tokenized) -> Iterator[tuple[range, Scope]]:
    """Yield the words that tell of a plan or the like, and what they govern."""
    joined = " ".join(token.text for token in line.tokens)
    for place in _AHEAD.finditer(joined):
        first, last = joined[: place.start()].count(" "), joined[: place.end()].count(" ")
        low, high = last + 1, _to_mark(line, last)
        if low < high:
            yield range(first, last + 1), Scope(low, high, line.text_of(first, last))
    for at, token in enumerate(line.tokens):
        if _future(token):
            yield range(0), Scope(at, _to_mark(line, at), line.text_of(at, at))


def _future(token: Token) -> bool:
    """Whether an Arabic word is a verb in the future: سيتقدم."""
    return token.weight >= UNLISTED and _FUTURE.match(token.text) is not None


def _to_mark(line: Tokenized, at: int) -> int:
    """Return the end of what a word governs: the next mark, or where the sentence turns to something else."""
    mark = next((word + 1 for word in range(at, len(line.tokens)) if line.clause_ends[word]), len(line.tokens))
    return min(mark, scope_of(line, at, that=False)[1])


def _claims_plan(alignment: Alignment, line: Tokenized, number: int, marker: range) -> bool:
    """Whether the claim tells of the plan itself, or has the verb in the present: يصل for سيصل."""
    for at, token in enumerate(alignment.claim.tokens):
        for word in alignment.words(at, number):
            ahead = _FUTURE.match(line.tokens[word].text)
            if word in marker or (ahead and ahead[1][1:] == token.text):
                return True
    return False
