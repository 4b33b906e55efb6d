"""No regular expression of the packages takes more than linear time on hostile text."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]
PACKAGES = ("index", "assistant", "evals", "prompts")
SHORT = 2_500  # letters
SECONDS = 0.005  # on as many letters: 0.04 s on 20,000 for a linear pattern, 0.3 s for a quadratic one
DEADLINE = 300  # for all patterns together; an exponential pattern never ends
# fmt: off
UNITS = (
    " ", "\n", " \n", "\t ", "9", "1 000 ", "1,", "9.", "12:30 ", "2024 ", "a", "A", "aB ", "a b ", "word ", "Mr. ",
    "<!-- x -->", "<!-- x -->\n", "<!--", "<a ", "<", "[", "]", "[a", "[a]", "](", "**", "*", "_", "`", "(", "()",
    "«", "«»", "\u2026", ". ", "..", "...", "--", "- ", "-", "\"", "'", ":", ": ", ",", "، ", "؟", "#", "# ", "|",
    "/", "\\", "@", "&", "&#", "%", "ا", "ال", "وال", "كلمه ", "قال ", "من ", "في ", "\u0640", "\u064e", "قال.و",
    "١", "5 في ", "كم ", "when ", "what did ", "of the ", "http://", "www.", "a.b", "key: ", "\u200f", "\u200b",
    "\ufeff", "x\n", "\n\n", "a\n ", "{", "{{", "}}", "\u0000", "=", "+",
)
# fmt: on
SEARCHING = ("search", "finditer", "findall", "sub", "subn", "split", "scanner")
# Modules that are about to go with their patterns; only ever fewer.
KNOWN = ("assistant.rendering.reasons.",)


def patterns(value: object, name: str, depth: int = 0) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the text patterns in a value with their names."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield name, value
    elif isinstance(value, dict) and depth < 4:
        for key, inner in list(value.items())[:500]:
            yield from patterns(inner, f"{name}[{key!r}]", depth + 1)
    elif isinstance(value, (tuple, list, set, frozenset)) and depth < 4:
        for at, inner in enumerate(list(value)[:500]):
            yield from patterns(inner, f"{name}[{at}]", depth + 1)


def modules() -> Iterator[ModuleType]:
    """Yield every module of the packages that can be imported here."""
    for package in PACKAGES:
        root = importlib.import_module(package)
        yield root
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def all_patterns() -> dict[str, tuple[re.Pattern[str], str]]:
    """Return each pattern by module and name, with the source of its module."""
    listed: dict[str, tuple[re.Pattern[str], str]] = {}
    seen: set[tuple[str, int]] = set()
    for module in modules():
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        values = dict(vars(module))
        for function in [value for value in values.values() if hasattr(value, "cache_info")]:
            signature = inspect.signature(function)
            made = any(word in str(signature.return_annotation) for word in ("Pattern", "Form"))
            if made and not signature.parameters and function.__module__ == module.__name__:
                values[f"{function.__name__}()"] = function()
        for attribute, value in values.items():
            for name, pattern in patterns(value, attribute):
                key = (pattern.pattern, pattern.flags)
                if key not in seen and not f"{module.__name__}.".startswith(KNOWN):
                    seen.add(key)
                    listed[f"{module.__name__}.{name}"] = (pattern, source)
    return listed


def is_searched(name: str, source: str) -> bool:
    """Test whether a pattern may be searched for in its module, and not only be matched at a position."""
    if "[" in name or "(" in name:  # of a container, whose items are called by other names
        return bool(re.search(rf"(?<!\bre)\.(?:{'|'.join(SEARCHING)})\(", source))
    uses = set(re.findall(rf"\b{re.escape(name.rpartition('.')[2])}\.(\w+)", source))
    return not uses or not uses.isdisjoint(SEARCHING)


def slow_unit(pattern: re.Pattern[str], searched: bool) -> str | None:
    """Return a unit of hostile text on which a pattern takes more than linear time, or None.

    Four times the text takes a linear pattern four times as long, a quadratic one sixteen times.
    """
    for unit in UNITS:
        first = seconds(pattern, unit, SHORT, searched)
        if first <= SECONDS:
            continue
        first = min(first, seconds(pattern, unit, SHORT, searched))
        if first > SECONDS and min(seconds(pattern, unit, 4 * SHORT, searched) for _ in range(2)) > 8 * first:
            return unit
    return None


def seconds(pattern: re.Pattern[str], unit: str, length: int, searched: bool) -> float:
    """Return the processor time that a pattern takes on a text of repeated units."""
    text = (unit * (length // len(unit) + 1))[:length] + "!"
    started = time.process_time()
    if searched:
        for _ in pattern.finditer(text):
            pass
    else:
        pattern.match(text)
        pattern.fullmatch(text)
    return time.process_time() - started


def measure() -> None:
    """Write a line of JSON for each pattern before and after timing it."""
    for name, (pattern, source) in all_patterns().items():
        write({"timing": name})
        write({"name": name, "slow": slow_unit(pattern, is_searched(name, source))})


def write(line: dict[str, object]) -> None:
    """Write a line of JSON at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def test_DOS_01_every_regular_expression_is_linear_on_hostile_text() -> None:
    command = [sys.executable, "-c", "from tests.test_regex_linear import measure; measure()"]
    try:
        child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE, check=True)
    except subprocess.TimeoutExpired as expired:
        last = (expired.stdout or b"").decode().splitlines()[-1]
        pytest.fail(f"not done after {DEADLINE} s: {last}")
    lines = [json.loads(line) for line in child.stdout.splitlines()]
    timed = {line["name"]: line for line in lines if "name" in line}
    assert len(timed) > 150
    slow = {name: line for name, line in timed.items() if line["slow"] is not None}
    assert not slow


def test_a_quadratic_pattern_is_noticed() -> None:
    assert slow_unit(re.compile(r"\s+$"), searched=True) == " "
    assert slow_unit(re.compile(r"[\s,]*a?[\s,]*"), searched=False) == " "
    assert slow_unit(re.compile(r"\s*+a"), searched=False) is None
