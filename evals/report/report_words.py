"""Render a verdict and its reasons in English or Arabic."""

from __future__ import annotations

from collections.abc import Mapping

from evals.gate.verdict import Flip, GateVerdict
from index.messages.catalog import section


def report_words(language: str) -> Mapping[str, str]:
    """Return the words of the report in English ("en") or Arabic ("ar")."""
    return section("eval_report", language)


def stage_name(name: str | None, language: str) -> str:
    """Name a stage of failure or an invariant in the language of the report.

    >>> stage_name("over-refused", "en"), stage_name("over-refused", "ar")
    ('over-refused', 'امتنع والجواب أمامه')
    """
    name = name or ""
    return section("eval_stage", language).get(name, name)


def describe_flip(flip: Flip, language: str = "en") -> str:
    """Say how often a case passed before and now, in the first look and in fresh runs.

    >>> describe_flip(Flip(case="c", event="e", base=1.0, new=0.0, base_again=(8, 8), new_again=(1, 8), p=0.0007))
    'passed 100% → 0%; fresh runs 8/8 → 1/8; p 0.0007'
    """
    words = report_words(language)
    parts = [words["was_now"].format(f"{flip.base:.0%}", f"{flip.new:.0%}")]
    before, now = (f"{again[0]}/{again[1]}" if again else "" for again in (flip.base_again, flip.new_again))
    if before and now:
        parts.append(words["fresh"].format(before, now))
    elif now:
        parts.append(words["cleared"].format(now))
    if flip.p is not None:
        parts.append(f"p {'≥ ' if now and not before else ''}{flip.p:.4f}")
    return ("؛ " if language == "ar" else "; ").join(parts)


def describe_reasons(verdict: GateVerdict, language: str) -> list[tuple[str, str]]:
    """Return the reasons of a verdict in words, each with the names it is about.

    Problems of the run itself are given as they are.
    """
    if verdict.integrity.problems or verdict.finding == "budget":
        return [(reason, "") for reason in verdict.reasons]
    words = report_words(language)
    cases = {
        "broken": [violation.case for violation in verdict.violations if violation.confirmed],
        "are_worse": [flip.case for flip in verdict.confirmed],
        "undecided": [flip.case for flip in verdict.undecided],
        "once": [flip.case for flip in verdict.flaky],
    }
    names = {
        "whole_worse": [test.metric for test in verdict.population if test.verdict == "worse"],
        "unclear": [test.metric for test in verdict.population if test.verdict == "inconclusive"],
        "unexercised": list(verdict.unexercised),
    }
    reasons = [(f"{len(listed)} {words[key]}", _listed(listed)) for key, listed in cases.items() if listed]
    reasons += [(words[key], _listed(listed)) for key, listed in names.items() if listed]
    return reasons or [(words["all_well"], "")]


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
