"""Find the names in a sentence.

In a script without capitals, given names, titles, roles and nouns such as "company" show that a name begins.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from assistant.alignment.lexicon import DENIALS, ORDINARY, REPORTING
from assistant.alignment.tokenization import Token, Tokenized
from assistant.query.type_markers import TITLES
from index.language.lexicons import load_groups
from index.language.normalize import folded

RARE, RARE_ARABIC = 0.9, 0.7  # the weight from which a word may be a name
ALIKE = 0.6  # from here on two names may be spellings of one
HEADLINE = 0.6  # the share of capitals from which they tell nothing
LONGEST = 4  # words of a name, بن and the like among them


class Name(NamedTuple):
    """The words of a name.

    `head`: the noun that the name belongs to, ميناء or شركة; `role`: the place of the title or role before it.
    """

    words: tuple[int, ...]
    head: str = ""
    role: int | None = None

    def text(self, line: Tokenized) -> str:
        """Return the name as it is written."""
        return line.text_of(self.words[0], self.words[-1])


def names(line: Tokenized, proper: Container[str] = ()) -> list[Name]:
    """Return the names of a sentence, in order.

    `proper`: words known to be names, which decides on a capital at the start of the sentence.

    >>> from assistant.alignment.tokenization import tokenize
    >>> for text in ("Mayor Karin Lunde left Aden", "قال المهاجم سفيان العلوي إن ميناء الدرعة مغلق"):
    ...     line = tokenize(text)
    ...     print([name.text(line) for name in names(line)])
    ['Karin Lunde', 'Aden']
    ['سفيان العلوي', 'الدرعة']
    """
    return [*_capitalised(line, proper), *_uncased(line)]


def rare(token: Token) -> bool:
    """Whether a word is none of those that everybody uses."""
    return token.weight >= (RARE if token.text.isascii() else RARE_ARABIC)


def alike(first: str, second: str) -> bool:
    """Whether two names may be spellings of one.

    >>> alike("زيلينسكي", "زلنسكي"), alike("نبيل قاسم", "مجدي حداد")
    (True, False)
    """
    left, right = (_ARTICLE.sub("", folded(text)) for text in (first, second))
    return SequenceMatcher(None, left, right, autojunk=False).ratio() >= ALIKE


_ARTICLE = re.compile(r"\bال")


# --- with capitals ---


def _capitalised(line: Tokenized, proper: Container[str]) -> Iterator[Name]:
    """Up to three words with capitals that follow one another, titles left out.

    None in a headline.
    """
    content = [at for at, token in enumerate(line.tokens) if token.weight and not token.number and not token.date]
    start = dateline_end(line.text)
    capitals = [at for at in content if line.text[line.spans[at].start].isupper() and line.spans[at].start >= start]
    if len(capitals) > HEADLINE * len(content) and len(content) > 5:
        return
    runs: list[list[int]] = []
    for at in capitals:
        token = line.tokens[at]
        if not token.text.isalpha() or token.text in TITLES:
            continue
        if runs and runs[-1][-1] == at - 1 and not line.clause_ends[at - 1]:
            runs[-1].append(at)
        else:
            runs.append([at])
    for run in runs:
        first = line.tokens[run[0]]
        if len(run) <= 3 and (len(run) > 1 or (rare(first) if run[0] else first.text in proper)):
            titled = run[0] > 0 and line.tokens[run[0] - 1].text in TITLES
            yield Name(tuple(run), role=run[0] - 1 if titled else None)


_DATELINE = re.compile(r"\s*([^\W\d_]\w+)[^.!?؟«»\"\n]{0,40}?\s[-–—]+\s")


def dateline_end(text: str) -> int:
    """Return where the dateline ends that a news text may begin with.

    0 if there is none.

    >>> dateline_end("MARSEILLE – Fires were lit."), dateline_end("عمّان – بدأ العمل.")
    (12, 8)
    >>> dateline_end("Fires were lit - twice.")
    0
    """
    match = _DATELINE.match(text)
    return match.end() if match and (match[1].isupper() or not match[1].isascii()) else 0


# --- without ---


class _Words(NamedTuple):
    given: frozenset[str]
    maybe: frozenset[str]
    family: frozenset[str]
    role: frozenset[str]
    head: frozenset[str]


@lru_cache(maxsize=1)
def _known() -> _Words:
    return _Words(**load_groups("person_names"))


_BEGINNING = frozenset(("بن", "ابن", "بو", "ابو", "ايت", "ال"))  # of a family's name
LINKS = _BEGINNING | frozenset(("بنت", "عبد", "ابي", "ام", "بني", "ولد"))


def _uncased(line: Tokenized) -> Iterator[Name]:
    """Yield names that a given name, family name, title, role or noun announces."""
    known, at = _known(), 0
    while at < len(line.tokens):
        token = line.tokens[at]
        before = line.tokens[at - 1].text if at and not line.clause_ends[at - 1] and not _on(line, at - 1) else ""
        after = line.tokens[at + 1].text if at + 1 < len(line.tokens) else ""
        if token.text.isascii() or not (_begins(token.text) or _announces(before) or after in LINKS - {"ولد"}):
            at += 1
            continue
        run = _run(line, at, before) if token.text not in LINKS or token.text == "عبد" else []
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


def _family_alone(line: Tokenized, at: int) -> list[int]:
    """Return the places of a family name that stands alone: العبيدي, بن عاشور."""
    token = line.tokens[at]
    if _stripped(token.text, _known().family):
        return [at]
    linked = token.text in _BEGINNING and at + 1 < len(line.tokens) and not line.clause_ends[at]
    return [at, at + 1] if linked and rare(line.tokens[at + 1]) and _plain(line.tokens[at + 1]) else []


def _given(line: Tokenized, at: int) -> bool:
    """Whether a given name stands here: the preposition على is no Ali."""
    token = line.tokens[at]
    if _on(line, at):
        return False
    if token.text == "عبد":
        return at + 1 < len(line.tokens) and line.tokens[at + 1].text.startswith("ال")
    return bool(_stripped(token.text, _known().given))


_OBJECT = re.compile("^[يت].*(?:ه|ها)$")  # a verb with its object, not a name


def _run(line: Tokenized, at: int, before: str) -> list[int]:
    """Return the places of the person's name that begins here, if any."""
    known, token = _known(), line.tokens[at]
    second = at + 1 < len(line.tokens) and not line.clause_ends[at] and _surname(line.tokens[at + 1])
    given = _given(line, at)
    maybe = token.text in known.maybe and before != "عن" and not _on(line, at)  # "عن عمر ناهز"
    linked = (
        at + 1 < len(line.tokens)
        and line.tokens[at + 1].text in LINKS
        and (maybe or (_strange(token) and not line.joined(at) and not _OBJECT.search(token.text)))
    )
    role = _bare_role(before)
    office = (
        line.tokens[at - 2].text if at > 1 and before.startswith("ال") and not line.clause_ends[at - 2] else ""
    )  # "رئيس النقابة"
    behind = role in known.role and (maybe or (second and _strange(token) and _strange(line.tokens[at + 1])))
    behind = behind or (_stripped(office, known.role) != "" and second and (maybe or _strange(token)))
    titled = (
        before in TITLES
        and _strange(token)
        and token.text not in TITLES
        and (before.startswith("ال") or (second and _strange(line.tokens[at + 1])))
    )
    pair = maybe and second and (_family(line.tokens[at + 1]) or _strange(line.tokens[at + 1]))
    if not (given or behind or titled or linked or pair):
        return []
    run, count = [at], 1
    for after in range(at + 1, min(at + LONGEST, len(line.tokens))):
        text = line.tokens[after].text
        follows = _surname(line.tokens[after]) if count == 1 else count < 3 and _family(line.tokens[after])
        last = line.tokens[after - 1].text
        anew = last.startswith("ال") and last not in LINKS and _given(line, after)  # هالة الصباغ | سامر
        if line.clause_ends[after - 1] or anew or not (text in LINKS or follows or last in LINKS):
            break
        count += text not in LINKS
        run.append(after)
    while line.tokens[run[-1]].text in LINKS and len(run) > 1:
        run.pop()
    return run if len(run) > 1 or given or behind or (titled and before.startswith("ال")) else []


def _on(line: Tokenized, at: int) -> bool:
    """Whether the word is the preposition على, which is folded as the name علي is."""
    return line.tokens[at].text == "علي" and line.text[line.spans[at].end - 1] == "ى"


def _strange(token: Token) -> bool:
    """Whether an Arabic word may be a name: no common word, no verb."""
    return _bare(token) and rare(token) and token.text not in _known().head


def is_listed(word: str) -> bool:
    """Whether a word stands in the lists of names."""
    known = _known()
    return word in known.given or word in known.family or word in known.maybe


def is_role(word: str) -> bool:
    """Whether a word is an office or a profession.

    Behind which somebody's name may stand.
    """
    return _bare_role(word) in _known().role


def _bare_role(word: str) -> str:
    return word[2:] if word.startswith("ال") else word[1:] if word[:1] in ("و", "ف", "ل") and len(word) > 4 else word


def _stripped(word: str, listed: frozenset[str]) -> str:
    """Return the listed form of a word without its attached particle, or ""."""
    if word in listed:
        return word
    bare = word[1:] if word[:1] in ("و", "ف", "ل", "ب", "ك") and len(word) > 4 else ""
    return bare if bare in listed else ""


def _plain(token: Token) -> bool:
    known = _known()
    common = token.text in ORDINARY or token.text in REPORTING or token.text in DENIALS
    return not (token.text.isascii() or token.number or token.date or common or _bare_role(token.text) in known.role)


def _bare(token: Token) -> bool:
    """Whether an Arabic word has no article and may be a name."""
    return token.weight >= 0.3 and _plain(token) and not token.text.startswith(("ال", "وال", "بال", "لل"))


def _surname(token: Token) -> bool:
    known = _known()
    if token.text in known.given or token.text in known.maybe or token.text in known.family:
        return True
    if not _plain(token) or token.text.startswith(("وال", "بال", "لل", "فال")):
        return False
    return rare(token) or (token.weight >= 0.3 and token.text.startswith("ال"))


def _family(token: Token) -> bool:
    """Whether a word is surely the second of a name: a given name, or one like الصافي."""
    nisba = token.text.startswith("ال") and token.text.endswith("ي") and rare(token)
    return token.text in _known().given or token.text in _known().family or (nisba and not token.places)


def _proper(line: Tokenized, at: int) -> bool:
    """Whether the word after such a noun may be a name.

    An adjective without an article says what kind it is, and is no name.
    """
    token = line.tokens[at]
    if not _plain(token) or not rare(token):
        return False
    described = token.text.endswith(("ه", "ي", "ين", "ات")) and line.text[line.spans[at].end - 1] != "ى"
    return token.text.startswith("ال") or not described
