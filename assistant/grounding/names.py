"""The names in a sentence. Where a script has no capitals, given names, titles, roles and nouns such as "company" tell that one begins."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from assistant.extractive.type_markers import TITLES
from assistant.grounding.common import DENIALS, ORDINARY, REPORTING
from assistant.grounding.lexicon import listed_in
from assistant.grounding.reading import Line, Term
from index.language.normalize import folded

RARE, RARE_ARABIC = 0.9, 0.7  # the weight from which a word may be a name
ALIKE = 0.6  # from here on two names may be spellings of one
HEADLINE = 0.6  # the share of capitals from which they tell nothing
LONGEST = 4  # words of a name, بن and the like among them


class Name(NamedTuple):
    """The words of a name. `head`: what it is the name of, ميناء or شركة; `role`: the title or role before it, by its place."""

    words: tuple[int, ...]
    head: str = ""
    role: int | None = None

    def text(self, line: Line) -> str:
        """The name as it is written."""
        return line.said(self.words[0], self.words[-1])


def names(line: Line, proper: Container[str] = ()) -> list[Name]:
    """The names of a sentence, in order. `proper`: words known to be names, for the one that begins a sentence with its capital.

    >>> from assistant.grounding.reading import read_line
    >>> for text in ("Mayor Karin Lunde left Aden", "قال المهاجم سفيان العلوي إن ميناء الدرعة مغلق"):
    ...     line = read_line(text)
    ...     print([one.text(line) for one in names(line)])
    ['Karin Lunde', 'Aden']
    ['سفيان العلوي', 'الدرعة']
    """
    return [*_capitalised(line, proper), *_uncased(line)]


def rare(term: Term) -> bool:
    """Whether a word is none of those that everybody uses."""
    return term.weight >= (RARE if term.text.isascii() else RARE_ARABIC)


def alike(one: str, other: str) -> bool:
    """Whether two names may be spellings of one.

    >>> alike("زيلينسكي", "زلنسكي"), alike("نبيل قاسم", "مجدي حداد")
    (True, False)
    """
    first, second = (_ARTICLE.sub("", folded(text)) for text in (one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= ALIKE


_ARTICLE = re.compile(r"\bال")


# --- with capitals ---


def _capitalised(line: Line, proper: Container[str]) -> Iterator[Name]:
    """Up to three words with capitals that follow one another, titles left out; none in a headline."""
    content = [at for at, term in enumerate(line.terms) if term.weight and not term.number and not term.date]
    capitals = [at for at in content if line.text[line.spans[at].start].isupper()]
    if len(capitals) > HEADLINE * len(content) and len(content) > 5:
        return
    runs: list[list[int]] = []
    for at in capitals:
        term = line.terms[at]
        if not term.text.isalpha() or term.text in TITLES:
            continue
        if runs and runs[-1][-1] == at - 1 and not line.breaks[at - 1]:
            runs[-1].append(at)
        else:
            runs.append([at])
    for run in runs:
        first = line.terms[run[0]]
        if len(run) <= 3 and (len(run) > 1 or (rare(first) if run[0] else first.text in proper)):
            titled = run[0] > 0 and line.terms[run[0] - 1].text in TITLES
            yield Name(tuple(run), role=run[0] - 1 if titled else None)


# --- without ---


class _Words(NamedTuple):
    given: frozenset[str]
    maybe: frozenset[str]
    family: frozenset[str]
    role: frozenset[str]
    head: frozenset[str]


@lru_cache(maxsize=1)
def _known() -> _Words:
    listed: dict[str, set[str]] = {}
    for line in listed_in("people.txt"):
        kind, *words = folded(line).split()
        listed.setdefault(kind, set()).update(words)
    return _Words(*(frozenset(listed.get(kind, ())) for kind in _Words._fields))


_BEGINNING = frozenset(("بن", "ابن", "بو", "ابو", "ايت", "ال"))  # of a family's name
LINKS = _BEGINNING | frozenset(("بنت", "عبد", "ابي", "ام", "بني", "ولد"))


def _uncased(line: Line) -> Iterator[Name]:
    """What begins with a given name, is a family's name, or stands behind a title, a role or a noun that has names."""
    known, at = _known(), 0
    while at < len(line.terms):
        term = line.terms[at]
        before = line.terms[at - 1].text if at and not line.breaks[at - 1] and not _on(line, at - 1) else ""
        after = line.terms[at + 1].text if at + 1 < len(line.terms) else ""
        if term.text.isascii() or not (_begins(term.text) or _announces(before) or after in LINKS - {"ولد"}):
            at += 1
            continue
        run = _run(line, at, before) if term.text not in LINKS or term.text == "عبد" else []
        run = run or _family_alone(line, at)
        if run:
            role = at - 1 if _bare_role(before) in known.role or before in TITLES else None
            yield Name(tuple(run), role=role)
            at = run[-1] + 1
            continue
        if before and (head := _stripped(before, known.head)) and _proper(line, at):
            yield Name((at,), head=head)
        at += 1


@lru_cache(maxsize=50_000)
def _begins(word: str) -> bool:
    """Whether a word may be the first of a name, or all of it."""
    known = _known()
    return (
        word in known.maybe
        or word in _BEGINNING
        or word == "عبد"
        or bool(_stripped(word, known.given) or _stripped(word, known.family))
    )


@lru_cache(maxsize=50_000)
def _announces(word: str) -> bool:
    """Whether a name may follow a word."""
    known = _known()
    return word in TITLES or _bare_role(word) in known.role or bool(_stripped(word, known.head))


def _family_alone(line: Line, at: int) -> list[int]:
    """A family's name by itself: العبيدي, بن عاشور."""
    term = line.terms[at]
    if _stripped(term.text, _known().family):
        return [at]
    linked = term.text in _BEGINNING and at + 1 < len(line.terms) and not line.breaks[at]
    return [at, at + 1] if linked and rare(line.terms[at + 1]) and _plain(line.terms[at + 1]) else []


def _given(line: Line, at: int) -> bool:
    """Whether a given name stands here: the preposition على is no Ali."""
    term = line.terms[at]
    if _on(line, at):
        return False
    if term.text == "عبد":
        return at + 1 < len(line.terms) and line.terms[at + 1].text.startswith("ال")
    return bool(_stripped(term.text, _known().given))


_OBJECT = re.compile("^[يت].*(?:ه|ها)$")  # a verb with its object, not a name


def _run(line: Line, at: int, before: str) -> list[int]:
    """The words of a person's name that begins here; none where none does."""
    known, term = _known(), line.terms[at]
    second = at + 1 < len(line.terms) and not line.breaks[at] and _surname(line.terms[at + 1])
    given = _given(line, at)
    maybe = term.text in known.maybe and before != "عن" and not _on(line, at)  # "عن عمر ناهز"
    linked = (
        at + 1 < len(line.terms)
        and line.terms[at + 1].text in LINKS
        and (maybe or (_strange(term) and not line.joined(at) and not _OBJECT.search(term.text)))
    )
    role = _bare_role(before)
    office = (
        line.terms[at - 2].text if at > 1 and before.startswith("ال") and not line.breaks[at - 2] else ""
    )  # "رئيس النقابة"
    behind = role in known.role and (maybe or (second and _strange(term) and _strange(line.terms[at + 1])))
    behind = behind or (_stripped(office, known.role) != "" and second and (maybe or _strange(term)))
    titled = (
        before in TITLES
        and _strange(term)
        and term.text not in TITLES
        and (before.startswith("ال") or (second and _strange(line.terms[at + 1])))
    )
    pair = maybe and second and (_family(line.terms[at + 1]) or _strange(line.terms[at + 1]))
    if not (given or behind or titled or linked or pair):
        return []
    run, count = [at], 1
    for after in range(at + 1, min(at + LONGEST, len(line.terms))):
        text = line.terms[after].text
        follows = _surname(line.terms[after]) if count == 1 else count < 3 and _family(line.terms[after])
        last = line.terms[after - 1].text
        anew = last.startswith("ال") and last not in LINKS and _given(line, after)  # هالة الصباغ | سامر
        if line.breaks[after - 1] or anew or not (text in LINKS or follows or last in LINKS):
            break
        count += text not in LINKS
        run.append(after)
    while line.terms[run[-1]].text in LINKS and len(run) > 1:
        run.pop()
    return run if len(run) > 1 or given or behind or (titled and before.startswith("ال")) else []


def _on(line: Line, at: int) -> bool:
    """Whether the word is the preposition على, which is folded as the name علي is."""
    return line.terms[at].text == "علي" and line.text[line.spans[at].end - 1] == "ى"


def _strange(term: Term) -> bool:
    """Whether an Arabic word is in no list of common words, and no verb or noun by its particles."""
    return _bare(term) and rare(term) and term.text not in _known().head


def is_listed(word: str) -> bool:
    """Whether a word stands in the lists of names."""
    known = _known()
    return word in known.given or word in known.family or word in known.maybe


def is_role(word: str) -> bool:
    """Whether a word is an office or a profession, behind which somebody's name may stand."""
    return _bare_role(word) in _known().role


def _bare_role(word: str) -> str:
    return word[2:] if word.startswith("ال") else word[1:] if word[:1] in ("و", "ف", "ل") and len(word) > 4 else word


def _stripped(word: str, listed: frozenset[str]) -> str:
    """The word as it is listed, without the particle that is written onto it; empty where it is not."""
    if word in listed:
        return word
    bare = word[1:] if word[:1] in ("و", "ف", "ل", "ب", "ك") and len(word) > 4 else ""
    return bare if bare in listed else ""


def _plain(term: Term) -> bool:
    known = _known()
    told = term.text in ORDINARY or term.text in REPORTING or term.text in DENIALS
    return not (term.text.isascii() or term.number or term.date or told or _bare_role(term.text) in known.role)


def _bare(term: Term) -> bool:
    """Whether an Arabic word has no article and may be a name."""
    return term.weight >= 0.3 and _plain(term) and not term.text.startswith(("ال", "وال", "بال", "لل"))


def _surname(term: Term) -> bool:
    known = _known()
    if term.text in known.given or term.text in known.maybe or term.text in known.family:
        return True
    if not _plain(term) or term.text.startswith(("وال", "بال", "لل", "فال")):
        return False
    return rare(term) or (term.weight >= 0.3 and term.text.startswith("ال") and not term.sides)


def _family(term: Term) -> bool:
    """Whether a word is surely the second of a name: a given name, or one like الصافي."""
    nisba = term.text.startswith("ال") and term.text.endswith("ي") and rare(term)
    return term.text in _known().given or term.text in _known().family or (nisba and not term.sides and not term.places)


def _proper(line: Line, at: int) -> bool:
    """Whether what follows such a noun may be a name rather than say what kind it is: no adjective without an article."""
    term = line.terms[at]
    if not _plain(term) or not rare(term):
        return False
    described = term.text.endswith(("ه", "ي", "ين", "ات")) and line.text[line.spans[at].end - 1] != "ى"
    return term.text.startswith("ال") or not described
