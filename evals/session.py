"""What a run needs, made ready: the cases, a store of the articles in a temporary folder, and the engine under test."""

from __future__ import annotations

import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import prompts
from assistant import container
from assistant.budget import Budget
from assistant.settings import Settings
from evals.cases import corpus as texts
from evals.cases.case import PACKAGE, SUITES, Case, load, suite
from evals.cases.corpus import Corpus
from evals.engines import chat_models
from evals.engines.engine import About, AssistantEngine, Engine, prompt_texts
from evals.engines.external_answers import AnswersEngine
from evals.gate.baseline import Baseline
from evals.log.run_log import Manifest
from evals.metrics.aligned_reply import Support
from evals.metrics.citation_support import Checked
from evals.metrics.model_judge import Judged
from evals.metrics.scoring import code
from index.errors import UsageError
from index.ingest.sync import READING
from index.models import Value


class Wanted(Value, frozen=True, kw_only=True):
    """What is asked for on the command line."""

    suite: str = "core"
    cases: Path | None = None
    answers: Path | None = None
    articles: tuple[Path, ...] = ()
    engine: str | None = None
    prompts: Path | None = None
    repeats: int = 1
    offline: bool = False
    max_cost: float | None = None
    per_minute: float | None = None
    workers: int | None = None
    judge: str | None = None
    calls: Path = Path("runs/calls.jsonl")
    only: frozenset[str] = frozenset()  # these cases alone; empty: all
    why: str = ""  # for opening the holdout


class Session(Value, frozen=True, kw_only=True):
    """Everything that `evals.runner.run` takes."""

    cases: tuple[Case, ...]
    corpus: Corpus
    support: Support
    engine: Engine
    manifest: Manifest
    baseline: Baseline | None = None
    base_engine: Engine | None = None
    budget: Budget | None = None
    judge: Support | None = None
    workers: int = 1


@contextmanager
def opened(wanted: Wanted, blessed: Callable[[str], Baseline] | None = None) -> Iterator[Session]:
    """A session, whose store is gone when it ends. Raises UsageError and SourceError for what the user can mend.

    `blessed` gives the baseline for the engine's name: with its prompts the gate can ask again as before.
    """
    cases = chosen(wanted)
    with tempfile.TemporaryDirectory(prefix="isnad-eval-") as folder:
        paid = chat_models.paid(
            wanted.calls, offline=wanted.offline, max_cost=wanted.max_cost, per_minute=wanted.per_minute
        )
        kind = "answers" if wanted.answers else wanted.engine or ("model" if paid.settings.has_model else "extract")
        baseline = blessed(chat_models.name_of(kind, paid.settings)) if blessed else None
        store = Path(folder) / "store"
        corpus = texts.build(folders(wanted), store, searchable=kind != "answers")
        engine: Engine
        base: Engine | None = None
        if kind == "answers":
            engine = _answers(wanted, corpus)
        elif kind == "extract":
            engine = _extract(store)
        else:
            made = chat_models.Maker(container.open_retriever(store, paid.settings), paid, recorded=kind == "recorded")
            engine = made.engine(_prompts(wanted.prompts))
            if baseline and baseline.manifest.prompts != engine.about.prompts:
                base = made.engine(_written(baseline.manifest.prompt_texts, Path(folder) / "prompts"))
        yield Session(
            cases=cases,
            corpus=corpus,
            support=Checked(corpus),
            engine=engine,
            baseline=baseline,
            base_engine=base,
            manifest=manifest(wanted, cases, corpus, engine.about),
            budget=paid.budget,
            judge=Judged(chat_models.judge(wanted.judge, paid), corpus) if wanted.judge else None,
            workers=wanted.workers or (1 if engine.about.deterministic else 4),
        )


def _extract(store: Path) -> Engine:
    """Quotations, whatever model is set."""
    retriever = container.open_retriever(store, Settings())
    about = About(name="extract", deterministic=True, index={"reading": READING, "search": "lexical"})
    return AssistantEngine(retriever, lambda case, repeat: container.answer_writer(retriever, Settings()), about)


def _answers(wanted: Wanted, corpus: Corpus) -> Engine:
    assert wanted.answers
    engine = AnswersEngine(wanted.answers, corpus, first=wanted.repeats)
    if engine.repeats < wanted.repeats:
        raise UsageError(f"{wanted.answers} has {engine.repeats} answers to a case, {wanted.repeats} are asked for")
    return engine


def _prompts(folder: Path | None) -> Path:
    """The prompts to try. Raises UsageError where the folder is not a whole set."""
    if folder is None:
        return prompts.FOLDER
    missing = sorted(set(prompt_texts()) - set(prompts.names(folder) if folder.is_dir() else ()))
    if missing:
        raise UsageError(f"{folder} has no {missing[0]}.jinja; copy all of prompts/ and change what is to be tried")
    return folder


def _written(texts: dict[str, str], folder: Path) -> Path:
    """The prompts of a baseline as a folder."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.jinja").write_text(text, encoding="utf-8")
    return folder


def judge_of(manifest: Manifest, kept: Path, corpus: Corpus) -> Support | None:
    """The judge of a run that was made before, from its kept rulings alone; None where there was none."""
    if manifest.judge is None:
        return None
    paid = chat_models.paid(kept, offline=True, max_cost=None, per_minute=None)
    return Judged(chat_models.judge(manifest.judge, paid), corpus)


def chosen(wanted: Wanted) -> tuple[Case, ...]:
    """The cases that are asked for."""
    cases = load(wanted.cases) if wanted.cases else suite(wanted.suite, why=wanted.why)
    cases = tuple(case for case in cases if not wanted.only or case.id in wanted.only)
    if not cases:
        raise UsageError("none of these cases is in the suite")
    return cases


def folders(wanted: Wanted) -> Sequence[Path]:
    """Where the articles are. For the suites of this project `--articles` takes the place of the sample reports alone."""
    if not wanted.articles:
        return texts.default_folders()
    return (*wanted.articles, *texts.INVENTED) if wanted.cases is None and wanted.suite in SUITES else wanted.articles


def manifest(wanted: Wanted, cases: Sequence[Case], corpus: Corpus, about: About) -> Manifest:
    """Everything that could matter, written down before the first answer."""
    now = datetime.now(UTC).replace(microsecond=0)
    commit, dirty = revision()
    return Manifest(
        id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}",
        created=now,
        engine=about.name,
        suite=str(wanted.cases or wanted.suite),
        folders=tuple(map(str, wanted.articles)),
        deterministic=about.deterministic,
        model=about.model,
        judge=wanted.judge,
        parameters=about.parameters,
        prompts=about.prompts,
        prompt_texts=about.prompt_texts,
        articles=corpus.hashes(),
        index=about.index,
        cases={case.id: case.sha for case in cases},
        scoring=code(),
        commit=commit,
        dirty=dirty,
        repeats=wanted.repeats,
    )


def revision() -> tuple[str | None, bool]:
    """The commit of this code and whether files were changed since; None outside a repository."""
    try:
        commit = _git("rev-parse", "HEAD").strip()
        return commit[:12], bool(_git("status", "--porcelain", "--untracked-files=no").strip())
    except (OSError, subprocess.SubprocessError):
        return None, False


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PACKAGE.parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


def differences(before: Manifest, now: Manifest, *, engines: bool = True) -> tuple[str, ...]:
    """Why two runs cannot be compared, in words; () where they can. With `engines` two engines cannot."""
    found = []
    if engines and before.engine != now.engine:
        found.append(f"the baseline is of the engine {before.engine}, this run of {now.engine}")
    names = set(before.articles) | set(now.articles)
    changed = sorted(name for name in names if before.articles.get(name) != now.articles.get(name))
    if changed:
        found.append(f"{len(changed)} articles differ from those of the baseline ({changed[0]}, …): set it anew")
    return tuple(found)
