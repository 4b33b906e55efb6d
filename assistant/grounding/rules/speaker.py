"""Object to a name beside what the evidence has somebody else say or do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from assistant.alignment.aligner import SURE, TWELVE, Alignment, EvidenceIndex, Language
from assistant.alignment.lexicon import ACCORDING, COMPLEMENTIZERS, PREPOSITIONS, REPORTING
from assistant.alignment.proper_names import LINKS, Name, dateline_end, is_listed, is_role, names, rare
from assistant.alignment.tokenization import TOKENS, Tokenized
from assistant.models import Contradiction
from assistant.query.type_markers import TITLES
from index.language.normalize import folded

KNOWN = 0.6  # the share of what a claim says of a name that a clause must have
APART = 0.2  # how much less of it the clauses of that name must have
ADJECTIVES = 2  # words that may stand between "in" and a name
LITTLE = 0.2  # of what the sentence that has most of it has

NEAR = 8  # words behind a verb in which who does it stands, with what he is
ENOUGH = 0.8  # the weight of what is said
UNLISTED = 1.0  # the weight above which no list of words has one: with a capital it is a name at the beginning, too
NAMES = 2  # of a claim, at most: of three it is not told who does what
PART = 0.4  # the weight from which a word of a name is taken for the name

_CUTS = frozenset(
    folded(
        "فيما بينما لكن لكنه لكنها ولكن غير اما وأما حين حيث ثم كما قبل بعدما ولم ولن ولا وقد while but "
        "whereas although though before after"
    ).split()
)
_GOES_ON = COMPLEMENTIZERS | frozenset(
    folded("وهو وهي وهم الذي التي الذين who which whose").split()
)  # no new clause begins here
_BEFORE_VERBS = _CUTS | _GOES_ON
_NO_NOUN = PREPOSITIONS | _CUTS


class Speaker:
    """Words or deeds that the evidence has of somebody else."""

    code = "speaker"
    languages: frozenset[Language] = frozenset(("ar", "en"))

    def find(self, alignment: Alignment) -> Iterator[Contradiction]:
        """Yield names where the evidence attributes the predicate to someone else.

        >>> from assistant.alignment.aligner import align, index_text
        >>> from assistant.alignment.tokenization import tokenize
        >>> text = "Vetter blamed the weather, while Sabine Roth defended the slow repair crews. Vetter then left."
        >>> there = index_text(text)
        >>> claim = tokenize("Vetter defended the slow repair crews.")
        >>> [(item.text, item.evidence) for item in Speaker().find(align(claim, there))]
        [('Vetter', 'Sabine Roth')]
        """
        yield from [*_misattributed(alignment)] or _other_subject(alignment)


class Clause(NamedTuple):
    """Words `low` to before `high` of a sentence, with the names of who acts in them."""

    line: int
    low: int
    high: int
    agents: tuple[Name, ...]


def _misattributed(alignment: Alignment) -> Iterator[Contradiction]:
    """Yield names where the evidence attributes the predicate to someone else."""
    claim, lines = alignment.claim, alignment.evidence.lines
    known, named, there = _names(alignment)
    if not named:
        return
    theirs = [clause for number, listed in there.items() for clause in _clauses(number, lines[number], listed)]
    own = {token.stem for token in claim.tokens if token.text in known}  # of all names of the claim
    held = [not own.isdisjoint(_stems_in(lines[clause.line], clause)) for clause in theirs]
    if len(named) > NAMES or any(token.text in ACCORDING for token in claim.tokens):
        return
    for mine in _clauses(-1, claim, named):
        if any(alignment.matches[at] for agent in mine.agents for at in agent.words):
            where = _says_most(alignment, mine, theirs, held, known)
            where = _counted(alignment, mine, theirs, held) if where is None else where
            if where is not None and _is_person(lines[where.line], where.agents[0], there, lines):
                words = mine.agents[0].words
                yield alignment.contradiction("name", words[0], words[-1], where.agents[0].text(lines[where.line]))


def _is_person(line: Tokenized, name: Name, there: dict[int, list[Name]], lines: tuple[Tokenized, ...]) -> bool:
    """Whether a name has two words, here or elsewhere in the text.

    A single one is as often a place.
    """
    last = line.tokens[name.words[-1]].stem
    return len(name.words) > 1 or any(
        len(other.words) > 1 and lines[number].tokens[other.words[-1]].stem == last
        for number, listed in there.items()
        for other in listed
    )


def _says_most(
    alignment: Alignment, mine: Clause, theirs: list[Clause], held: list[bool], known: frozenset[str]
) -> Clause | None:
    """Return the clause of other names that has most of the claim's own words.

    None where a clause of the claim's names has as much.
    """
    tokens = alignment.claim.tokens
    stated = [at for at in range(mine.low, mine.high) if _says(alignment.claim, at, known)]
    total = sum(tokens[at].weight for at in stated)
    if total < ENOUGH or not theirs:
        return None
    shares = [sum(tokens[at].weight for at in stated if _there(alignment, at, their)) / total for their in theirs]
    best = max(range(len(theirs)), key=shares.__getitem__)
    most = max((share for share, own in zip(shares, held, strict=True) if own), default=0.0)
    other = theirs[best].agents and not held[best] and shares[best] >= KNOWN and most < shares[best] - APART
    return theirs[best] if other else None


def _counted(alignment: Alignment, mine: Clause, theirs: list[Clause], held: list[bool]) -> Clause | None:
    """Return the only clause of other names that has a number of the claim's own.

    Only where the claim's names have clauses elsewhere.
    """
    for at in range(mine.low, mine.high):
        number = alignment.claim.tokens[at].number
        if number and number.kind == "cardinal" and number.value > TWELVE and any(held):
            there = [place for place, their in enumerate(theirs) if _there(alignment, at, their)]
            if there and all(theirs[place].agents and not held[place] for place in there):
                return theirs[there[0]]
    return None


def _stems_in(line: Tokenized, clause: Clause) -> set[str]:
    """Return the stems of a clause's words, and of who acts in them."""
    return {token.stem for token in line.tokens[clause.low : clause.high]}.union(
        *(_stems(line, agent) for agent in clause.agents)
    )


def _other_subject(alignment: Alignment) -> Iterator[Contradiction]:
    """Yield the subject of a verb-first clause where the evidence has another.

    رجحت الشرطة against "رجح شهود …، ولم تستبعد الشرطة".
    """
    claim = alignment.claim
    for at in range(len(claim.tokens) - 1):
        mine = _noun_phrase(claim, at + 1) if _begins(claim, at) and not claim.clause_ends[at] else []
        if not any(_sure(alignment, word) for word in mine):
            continue
        rest = [word for word in range(mine[-1] + 1, len(claim.tokens)) if claim.tokens[word].weight]
        for number in alignment.window:
            line = alignment.evidence.lines[number]
            trust, places = alignment.matches[at].get(number, (0.0, []))
            if trust < SURE or len(places) != 1 or not _begins(line, places[0]) or line.clause_ends[places[0]]:
                continue
            if _share(alignment, rest, number, places[0]) < KNOWN:
                continue
            theirs, near = _noun_phrase(line, places[0] + 1), range(places[0] + 1, _next_verb(line, places[0] + 1))
            same = any(word in near for at_mine in mine for word in alignment.words(at_mine, number))
            known = any(not set(theirs).isdisjoint(alignment.words(word, number)) for word in range(len(claim.tokens)))
            if theirs and not same and not known:
                yield alignment.contradiction("name", mine[0], mine[-1], line.text_of(theirs[0], theirs[-1]))
                return


def _noun_phrase(line: Tokenized, at: int) -> list[int]:
    """Return the places of an Arabic noun that may be the subject: الشرطة, سكان الحي.

    Without an article the next noun belongs to it.
    """
    result: list[int] = []
    while at < len(line.tokens) and not (result and (len(result) > 1 or line.tokens[result[0]].text.startswith("ال"))):
        token = line.tokens[at]
        verb = line.joined(at) or (token.text.startswith("و") and rare(token)) or token.text in _NO_NOUN
        if (
            not token.weight
            or token.text.isascii()
            or token.number
            or token.date
            or verb
            or token.text[:1] in ("ل", "ب")
        ):
            break
        result.append(at)
        if line.clause_ends[at]:
            break
        at += 1
    return result


def _begins(line: Tokenized, at: int) -> bool:
    """Whether a word may be the verb that an Arabic clause begins with."""
    token = line.tokens[at]
    first = at == 0 or line.clause_ends[at - 1] or line.joined(at) or line.tokens[at - 1].text in _BEFORE_VERBS
    return first and bool(token.weight) and not token.text.isascii() and not token.text.startswith(("ال", "وال"))


def _sure(alignment: Alignment, at: int) -> bool:
    """Whether a word stands somewhere in the evidence, and not only one like it."""
    return any(trust >= SURE for trust, _ in alignment.matches[at].values())


def _share(alignment: Alignment, rest: list[int], number: int, after: int) -> float:
    """Return the share of the claim's further words found behind a word of a sentence."""
    tokens = alignment.claim.tokens
    total = sum(tokens[at].weight for at in rest)
    there = sum(tokens[at].weight for at in rest if any(word > after for word in alignment.words(at, number)))
    return there / total if total >= ENOUGH else 0.0


def _names(alignment: Alignment) -> _Named:
    """Of the sentences that have at least a little of the claim."""
    little = LITTLE * max(alignment.shares, default=0.0)
    return _named(
        alignment.claim, alignment.evidence, tuple(at for at, share in enumerate(alignment.shares) if share > little)
    )


class _Named(NamedTuple):
    """Return the claim's names, all words known as names, and the evidence's places.

    Either side may tell that a word is a name; the places are listed sentence by sentence.
    """

    known: frozenset[str]
    mine: list[Name]
    theirs: dict[int, list[Name]]  # of the sentences that have a word of the claim


@lru_cache(maxsize=4)
def _named(claim: Tokenized, evidence: EvidenceIndex, lines: tuple[int, ...]) -> _Named:
    own = names(claim, evidence.proper)
    sides = [(claim, own), *((evidence.lines[at], evidence.names(at)) for at in lines)]
    listed = {
        line.tokens[at].text for line, matches in sides for match in matches if not match.head for at in match.words
    }
    lower = {
        token.text
        for line, _ in sides
        for at, token in enumerate(line.tokens)
        if line.text[line.spans[at].start].islower()
    }
    for line, _ in sides:
        listed |= {token.text for at, token in enumerate(line.tokens) if token.weight > UNLISTED and _capital(line, at)}
    known = frozenset(
        word for word in listed - lower if word not in LINKS and (is_listed(word) or TOKENS[word].weight >= PART)
    )
    theirs = {at: list(_mentions(evidence.lines[at], evidence.names(at), known)) for at in lines}
    return _Named(known, list(_mentions(claim, own, known)), theirs)


def _capital(line: Tokenized, at: int) -> bool:
    token, start = line.tokens[at], line.spans[at].start
    return (
        token.text.isalpha()
        and token.text.isascii()
        and line.text[start].isupper()
        and start >= dateline_end(line.text)
    )


def _clauses(number: int, line: Tokenized, named: list[Name]) -> Iterator[Clause]:
    """Yield a clause for each stretch of a sentence from a name to the next.

    With who acts in it.

    Who speaks is among those who do what stands behind, for "and added that" names nobody.
    """
    inside = {at for name in named for at in name.words}
    low = start = 0
    agents: tuple[Name, ...] = ()
    speakers: tuple[Name, ...] = ()
    for at in range(1, len(line.tokens) + 1):
        if at < len(line.tokens) and (at in inside or not _cut(line, at)):
            continue
        here = tuple(name for name in named if start <= name.words[0] < at and _free(line, name))
        if here and agents:
            yield Clause(number, low, start, agents)
            low = start
        agents, start = (*here, *(speaker for speaker in speakers if speaker not in here)) if here else agents, at
        if here and any(_bare(token.text) in REPORTING or token.text in REPORTING for token in line.tokens[low:at]):
            speakers = here[:1]
    yield Clause(number, low, len(line.tokens), agents)


def _cut(line: Tokenized, at: int) -> bool:
    """Whether a clause begins with this word."""
    text = line.tokens[at].text
    listed = text.startswith(("وال", "ولل")) and line.joined(at)  # "، واللواء حسين": a list goes on
    return text not in _GOES_ON and not listed and (line.clause_ends[at - 1] or _turns(line, at))


def _turns(line: Tokenized, at: int) -> bool:
    """Whether a sentence turns to something else here.

    "while", or an "and" written onto what may be a verb.
    """
    text = line.tokens[at].text
    return text in _CUTS or (line.joined(at) and not text.startswith(("وال", "وان", "ولل", "وب", "وفي")))


def _next_verb(line: Tokenized, at: int) -> int:
    return next((word for word in range(at, len(line.tokens)) if _turns(line, word)), len(line.tokens))


def _mentions(line: Tokenized, listed: list[Name], known: frozenset[str]) -> Iterator[Name]:
    """Words of known names that follow one another, up to where the next name begins."""
    begins = {name.words[0] for name in listed}
    runs: list[list[int]] = [[]]
    for at, token in enumerate(line.tokens):
        if token.text not in LINKS and token.text not in known and _bare(token.text) not in known:
            runs.append([])
        elif runs[-1] and (line.clause_ends[at - 1] or at in begins):
            runs.append([at])
        else:
            runs[-1].append(at)
    return (Name(tuple(run)) for run in runs if any(line.tokens[word].text not in LINKS for word in run))


def _bare(word: str) -> str:
    return word[1:] if word[:1] in ("و", "ف", "ل", "ب") and len(word) > 4 else word


def _free(line: Tokenized, name: Name) -> bool:
    """Whether a name may be who does it: no preposition stands before it or its title."""
    at = name.words[0]
    if line.tokens[at].text[:1] in ("ل", "ب") and line.tokens[at].stem != line.tokens[at].text:
        return False
    at -= 1
    while at >= 0 and not line.clause_ends[at] and (is_role(line.tokens[at].text) or line.tokens[at].text in TITLES):
        at -= 1
    before = [word for word in range(at, max(-1, at - ADJECTIVES - 1), -1) if not any(line.clause_ends[word : at + 1])]
    return not any(
        line.tokens[word].text in PREPOSITIONS
        for word in (before if line.tokens[name.words[0]].text.isascii() else before[:1])
    )


def _says(line: Tokenized, at: int, known: frozenset[str]) -> bool:
    token = line.tokens[at]
    return bool(token.weight) and not (
        token.text in known
        or _bare(token.text) in known
        or token.text in LINKS
        or token.text in REPORTING
        or token.text in TITLES
        or is_role(token.text)
    )


def _there(alignment: Alignment, at: int, clause: Clause) -> bool:
    return any(clause.low <= word < clause.high for word in alignment.words(at, clause.line))


def _stems(line: Tokenized, name: Name) -> set[str]:
    return {line.tokens[at].stem for at in name.words if line.tokens[at].text not in LINKS}
