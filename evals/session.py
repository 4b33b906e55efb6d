"""Prepare a run: cases, a temporary store, the engine, the manifest."""

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
from evals.cases.case import PACKAGE, SUITES, Case, load, suite
from evals.cases.corpus import build_corpus, default_folders, invented_folders
from evals.engines.chat_models import EngineFactory, ModelAccess, engine_name, extract_engine
from evals.engines.engine import Engine, prompt_texts
from evals.engines.external_answers import AnswersEngine
from evals.gate.baseline import Baseline, baseline_name
from evals.log.run_log import Manifest
from evals.metrics.citation_support import CheckedSupport
from evals.metrics.scoring import Scorer, scoring_code
from evals.runner import RunConfig
from index.errors import UsageError
from index.models import Value


class RunOptions(Value, frozen=True, kw_only=True):
    """The options of a run, as on the command line."""

    suite: str = "core"
    cases: Path | None = None
    answers: Path | None = None
    articles: tuple[Path, ...] = ()
    engine: str | None = None
    prompts: Path | None = None
    repeats: int = 1
    offline: bool = False
    record: bool = False  # write the model's first replies into evals/recordings
    max_cost: float | None = None
    per_minute: float | None = None
    workers: int | None = None
    judge: str | None = None
    runs: Path = Path("runs")
    only: frozenset[str] = frozenset()  # these cases alone; empty: all
    why: str = ""  # for opening the holdout

    @property
    def calls(self) -> Path:
        """Return the file of the model replies that were paid for."""
        return self.runs / "calls.jsonl"


@contextmanager
def open_run(
    options: RunOptions, load_baseline: Callable[[str], Baseline] | None = None
) -> Iterator[tuple[RunConfig, Manifest]]:
    """Prepare a run whose store is deleted in the end.

    `load_baseline` takes the baseline's name; with the baseline's prompts the gate can ask again as before. Raises
    UsageError and SourceError for what the user can mend.
    """
    cases = choose_cases(options)
    with tempfile.TemporaryDirectory(prefix="isnad-eval-") as folder:
        access = ModelAccess(
            options.calls, offline=options.offline, max_cost=options.max_cost, per_minute=options.per_minute
        )
        kind = engine_kind(options, access.settings.has_model)
        name = baseline_name(engine_name(kind, access.settings), options.suite)
        baseline = load_baseline(name) if load_baseline else None
        store = Path(folder) / "store"
        corpus = build_corpus(article_folders(options), store, searchable=kind != "answers")
        scorer = Scorer(corpus=corpus, support=CheckedSupport(corpus), judge=access.judged_support(options.judge))
        base_engine: Engine | None = None
        engine: Engine
        if options.answers:
            engine = AnswersEngine(options.answers, corpus, first=options.repeats)
        elif kind == "extract":
            engine = extract_engine(store)
        else:
            retriever = container.open_retriever(store, access.settings)
            factory = EngineFactory(
                retriever, access, recorded=kind == "recorded", record=options.record and kind == "model"
            )
            engine = factory.engine(prompt_folder(options.prompts))
            if baseline and baseline.manifest.prompts != engine.info.prompts:
                earlier = write_prompts(baseline.manifest.prompt_texts, Path(folder) / "prompts")
                base_engine = factory.engine(earlier)
        config = RunConfig(
            cases=cases,
            engine=engine,
            scorer=scorer,
            baseline=baseline,
            base_engine=base_engine,
            budget=access.budget,
            workers=options.workers or (1 if engine.info.deterministic else 4),
            repeats=options.repeats,
        )
        yield config, make_manifest(options, config)


@contextmanager
def open_scorer(options: RunOptions, judge: str | None = None) -> Iterator[Scorer]:
    """Index the articles alone, to score what was answered before.

    A judge rules from its stored rulings.
    """
    with tempfile.TemporaryDirectory(prefix="isnad-eval-") as folder:
        corpus = build_corpus(article_folders(options), Path(folder) / "store", searchable=False)
        judged = ModelAccess(options.calls, offline=True).judged_support(judge) if judge else None
        yield Scorer(corpus=corpus, support=CheckedSupport(corpus), judge=judged)


def engine_kind(options: RunOptions, has_model: bool) -> str:
    """Return answers, extract, model or recorded."""
    return "answers" if options.answers else options.engine or ("model" if has_model else "extract")


def prompt_folder(folder: Path | None) -> Path:
    """Return the folder of the prompts to try.

    Raises UsageError if it is not a whole set.
    """
    if folder is None:
        return prompts.FOLDER
    missing = sorted(set(prompt_texts()) - set(prompts.names(folder) if folder.is_dir() else ()))
    if missing:
        raise UsageError("evals.prompt_missing", folder=folder, name=missing[0])
    return folder


def write_prompts(texts: dict[str, str], folder: Path) -> Path:
    """Write the prompts of a baseline into a new folder."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.jinja").write_text(text, encoding="utf-8")
    return folder


def options_of(manifest: Manifest, articles: Sequence[Path] = (), runs: Path = Path("runs")) -> RunOptions:
    """Return the options that lead to the cases and articles of an earlier run."""
    named = Path(manifest.suite)
    custom = named if named.suffix == ".jsonl" else None
    return RunOptions(
        suite="core" if custom else manifest.suite,
        cases=custom,
        articles=tuple(articles) or tuple(map(Path, manifest.folders)),
        runs=runs,
        only=frozenset(manifest.cases),
        why=f"looking at run {manifest.id}",
    )


def choose_cases(options: RunOptions) -> tuple[Case, ...]:
    """Return the cases that are asked for. Raises UsageError if there are none."""
    cases = load(options.cases) if options.cases else suite(options.suite, why=options.why)
    cases = tuple(case for case in cases if not options.only or case.id in options.only)
    if not cases:
        raise UsageError("evals.none_in_suite")
    return cases


def article_folders(options: RunOptions) -> Sequence[Path]:
    """Return the folders of the articles.

    For the suites of this project `--articles` replaces the sample reports alone.
    """
    if not options.articles:
        return default_folders(options.suite)
    own_suite = options.cases is None and options.suite in SUITES
    return (*options.articles, *invented_folders(options.suite)) if own_suite else options.articles


def make_manifest(options: RunOptions, config: RunConfig) -> Manifest:
    """Describe everything that could matter, before the first answer."""
    now = datetime.now(UTC).replace(microsecond=0)
    commit, dirty = revision()
    info = config.engine.info
    return Manifest(
        id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}",
        created=now,
        engine=info.name,
        suite=str(options.cases or options.suite),
        folders=tuple(map(str, options.articles)),
        deterministic=info.deterministic,
        model=info.model,
        judge=options.judge,
        parameters=info.parameters,
        prompts=info.prompts,
        prompt_texts=info.prompt_texts,
        articles=config.scorer.corpus.hashes(),
        index=info.index,
        cases={case.id: case.sha for case in config.cases},
        scoring=scoring_code(),
        commit=commit,
        dirty=dirty,
        repeats=options.repeats,
    )


def revision() -> tuple[str | None, bool]:
    """Return the commit of this code and whether files changed since.

    None outside a repository.
    """
    try:
        commit = _git("rev-parse", "HEAD").strip()
        return commit[:12], bool(_git("status", "--porcelain", "--untracked-files=no").strip())
    except (OSError, subprocess.SubprocessError):
        return None, False


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PACKAGE.parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


def differences(before: Manifest, now: Manifest, *, engines: bool = True) -> tuple[str, ...]:
    """Say why two runs cannot be compared; () if they can.

    With `engines` two engines cannot.
    """
    problems = []
    if engines and before.engine != now.engine:
        problems.append(f"the baseline is of the engine {before.engine}, this run of {now.engine}")
    names = set(before.articles) | set(now.articles)
    changed = sorted(name for name in names if before.articles.get(name) != now.articles.get(name))
    if changed:
        problems.append(f"{len(changed)} articles differ from those of the baseline ({changed[0]}, …): set it anew")
    return tuple(problems)
