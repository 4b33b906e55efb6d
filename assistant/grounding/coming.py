"""What the evidence has only as planned, expected, asked for or threatened, and the claim as done."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.grounding.alignment import Alignment, Index
from assistant.grounding.common import QUALIFIERS
from assistant.grounding.governing import SHARE, Governed, scope, under
from assistant.grounding.reading import Line, Term
from index.language.normalize import folded


def _any(words: str) -> str:
    return "|".join(folded(words).split())


_WANTING = _any(
    "يعتزم تعتزم اعتزم اعتزمت اعتزامه اعتزامها ينوي تنوي تخطط يخطط يأمل تأمل آملا آملة يسعى تسعى تدرس يدرس تبحث يبحث يتوقع تتوقع توقع توقعت متوقعا متوقعة "
    "يرجح ترجح رجح رجحت مرجحا مرجحة هدد هددت يهدد تهدد مهددا وعد وعدت يعد تعهد تعهدت يتعهد متعهدا اقترح اقترحت يقترح تقترح طالب طالبت يطالب تطالب مطالبا مطالبة "
    "دعا دعت يدعو تدعو داعيا طلب طلبت يطلب تطلب ناشد ناشدت يعتقد تعتقد يخشى تخشى أجل أجلت أرجئ أرجئت تأجل"
)
_AHEAD = re.compile(
    rf"\b(?:[وف]?(?:{_WANTING})|من ال(?:مقرر|متوقع|مرتقب|منتظر|مفترض|مزمع|محتمل|مرجح)|(?:كان|كانت) مقررا?|مقررا|سوف|[وف]?قد (?=[ايتن])|ربما"
    r"|(?:plan|intend|hope|want|aim|seek|wish|expect|threaten|promise|pledge|vow|propose|offer)(?:s|ed|d|ned|ning|ing)? to"
    r"|(?:is|are|was|were) (?:\w+ )?(?:due|set|likely|expected|scheduled|planned|supposed|poised) to|considering|considers|expects?|expected|will|would|could|may|might"
    r"|(?:call|calls|called|calling) for|demand(?:s|ed|ing)?|urg(?:es|ed|ing)|ask(?:s|ed|ing)? (?:for|\w+ to)|propos(?:es|ed|ing)|suggest(?:s|ed)|possibly|perhaps|postponed)\b"
)
_FUTURE = re.compile(r"^[وف]?(س[ايتن]\w{3,})$")
_TOLD_SO = re.compile(  # a claim that speaks of what is to come does not tell it as done
    rf"\b(?:[وفلب]?(?:ال)?(?:{_any('خطة خطط مشروع مقترح اقتراح نية عزم وعد تعهد تهديد مطلب مطالب مطالبة طلب توقع توقعات احتمال احتمالات ترجيح مقبل مقبلة قادم قادمة قريبا لاحقا غدا مقرر مقررة مرتقب منتظر شرط بشرط مرهون مرهونة مشروط مشروطة رهن مستعد مستعدة استعداد استعداده استعدادها دعوة توصية رغبة أمل هدف بهدف ممكن محتمل يمكن بإمكان')})"
    r"|plan(?:s|ned)?|propos(?:al|als|es|ed)|promise[sd]?|threat(?:s|en|ens|ened)?|hope[sd]?|wants?|wanted|aims?|intends?|due|next|later|soon|possible|possibly|possibility|depends?|provided|condition|conditional"
    r"|shall|should|must|can|ready|prepared|request(?:s|ed)?|demands?|calls?|wish(?:es)?|offer(?:s|ed)?|prospect|forecasts?|predict(?:s|ed)?|tomorrow|if|unless|until|recommend(?:s|ed)?|reckons?|believes?|thinks?|fears?|fear)\b"
)

UNLISTED = 0.8  # the weight from which a word that begins with "س" and a verb's prefix is a verb in the future

Told = tuple[str, str]  # the claim's words, and the evidence's that say that it is to come


def unfulfilled(found: Alignment, evidence: Index) -> Told | None:
    """A claim most of which stands only under a plan, a hope, a demand or a verb in the future.

    >>> from assistant.grounding.alignment import align, index
    >>> from assistant.grounding.reading import read_line
    >>> there = index("The council plans to close the old bridge in May. سيتقدم المرشح بطعن أمام المحكمة.")
    >>> unfulfilled(align(read_line("The council closed the old bridge."), there), there)
    ('closed the old bridge', 'plans to')
    >>> unfulfilled(align(read_line("تقدم المرشح بطعن أمام المحكمة."), there), there)
    ('تقدم المرشح بطعن أمام المحكمة', 'سيتقدم')
    >>> unfulfilled(align(read_line("The council will close the old bridge."), there), there)
    """
    claim = found.claim
    said = " ".join(term.text for term in claim.terms)
    marked = _AHEAD.search(said) or _TOLD_SO.search(said) or any(map(_future, claim.terms))
    if found.best < 0 or marked or any(term.text in QUALIFIERS for term in claim.terms):
        return None
    for number in {place.line for place in found.places if place}:
        line = evidence.lines[number]
        for marker, one in _stretches(line):
            mine, share = under(found, number, one)
            if len(mine) > 1 and share >= SHARE and not _told_so(found, line, number, marker):
                return claim.said(mine[0], mine[-1]), one.by
    return None


def _stretches(line: Line) -> Iterator[tuple[range, Governed]]:
    """The words that tell of a plan or the like, and those that stand under them."""
    joined = " ".join(term.text for term in line.terms)
    for place in _AHEAD.finditer(joined):
        first, last = joined[: place.start()].count(" "), joined[: place.end()].count(" ")
        low, high = last + 1, _to_mark(line, last)
        if low < high:
            yield range(first, last + 1), Governed(low, high, line.said(first, last))
    for at, term in enumerate(line.terms):
        if _future(term):
            yield range(0), Governed(at, _to_mark(line, at), line.said(at, at))


def _future(term: Term) -> bool:
    """Whether an Arabic word is a verb in the future: سيتقدم."""
    return term.weight >= UNLISTED and _FUTURE.match(term.text) is not None


def _to_mark(line: Line, at: int) -> int:
    """The end of what stands under a word: the next mark, or where the sentence turns to something else."""
    mark = next((word + 1 for word in range(at, len(line.terms)) if line.breaks[word]), len(line.terms))
    return min(mark, scope(line, at, that=False)[1])


def _told_so(found: Alignment, line: Line, number: int, marker: range) -> bool:
    """Whether the claim tells of the plan itself, or has the verb in the present, as of what is to come: يصل for سيصل."""
    for at, term in enumerate(found.claim.terms):
        for word in found.words(at, number):
            ahead = _FUTURE.match(line.terms[word].text)
            if word in marker or (ahead and ahead[1][1:] == term.text):
                return True
    return False
