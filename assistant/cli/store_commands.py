"""Provide the commands that fill, list, repair and empty the store."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.output import bars, complain, emit, notify
from assistant.cli.query_commands import narrowed

if TYPE_CHECKING:
    from assistant.settings import Settings
    from index.embeddings.embedding_cache import CostEstimate
    from index.ingest.lexical_update import Derived, Progress
    from index.models import SyncReport
    from index.store.ledger import Ledger

ASK_FIRST = 20_000  # articles above which embedding is started only when it is asked for
PATIENCE = 5.0  # seconds that an open page, which fills a few passages at a time, is waited for


def index(options: argparse.Namespace) -> int:
    """Bring a folder or a JSON Lines file into the store."""
    from assistant.settings import Settings
    from index.errors import UsageError

    settings = Settings.load()
    paths = _paths(options)
    if options.watch and len(paths) > 1:
        raise UsageError("cli.watch_one")
    if options.dry_run:
        return _plan(options, settings, paths)
    if settings.embedding_destination:
        notify("cli.sent_to_embed", destination=settings.embedding_destination)
    if options.watch and paths[0].exists():  # one that never was there is an error, not something to wait for
        return _watch(options, settings, paths[0])
    return _sync(options, settings, paths)


def _paths(options: argparse.Namespace) -> list[Path]:
    """Return the named PATH, else those of the store, else the folder `articles`."""
    from index.ingest.sources import refreshable
    from index.store.ledger import Ledger

    if options.path is not None:
        return [options.path]
    if not _there(options.store):
        return [Path("articles")]
    with closing(Ledger.open(options.store)) as ledger:
        return refreshable(ledger) or [Path("articles")]


def _sync(options: argparse.Namespace, settings: Settings, paths: Sequence[Path]) -> int:
    """Index PATHs by words, report, then embed what search by meaning needs."""
    from assistant import container
    from index.loaders.article_loader import has_article
    from index.vectors.vector_index import Vectors

    if not (_there(options.store) or any(map(has_article, paths))):  # nothing to put in is no reason to make a store
        return _reported(options, _planned(options, settings, paths)[0])
    ledger, derived = container.open_writer(options.store, settings, reembed=options.reembed)
    try:
        for vectors in (index for index in derived if isinstance(index, Vectors)):
            if caution := getattr(vectors.embedder, "caution", None):
                complain(str(caution))
        code = _refresh(options, paths, ledger, [index for index in derived if not isinstance(index, Vectors)])
        for vectors in (index for index in derived if isinstance(index, Vectors)):
            _embed(options, settings, ledger, vectors)
        return code
    finally:
        container.close(ledger, derived)


def _refresh(options: argparse.Namespace, paths: Sequence[Path], ledger: Ledger, derived: list[Derived]) -> int:
    """Index PATHs by words and report on all; one that fails stops no other."""
    from index.errors import SourceError
    from index.ingest.sync import sync

    reports: dict[Path, SyncReport] = {}
    failed: list[SourceError] = []
    for path in paths:
        with bars(options.quiet) as progress:
            try:
                reports[path] = sync(path, ledger, derived, progress=progress)
            except SourceError as error:
                failed.append(error)
    if not reports:
        raise failed[0]
    code = _reported(options, _merged(reports))
    return max([code, *(complain(str(error)) for error in failed)])


def _merged(reports: Mapping[Path, SyncReport]) -> SyncReport:
    """Return the report of several PATHs as one; a single one as it is."""
    from msgspec.structs import replace

    from index.models import SyncReport

    every = list(reports.values())
    if len(every) == 1:
        return every[0]
    invisible: Counter[str] = Counter()
    for report in every:
        invisible.update(report.invisible_characters)
    return SyncReport(
        added=tuple(key for report in every for key in report.added),
        changed=tuple(key for report in every for key in report.changed),
        deleted=tuple(key for report in every for key in report.deleted),
        unchanged=sum(report.unchanged for report in every),
        skipped=tuple(
            replace(skip, path=f"{path}: {skip.path}") for path, report in reports.items() for skip in report.skipped
        ),
        invisible_characters=dict(invisible),
        retained=tuple(key for report in every for key in report.retained),
    )


def _reported(options: argparse.Namespace, report: SyncReport) -> int:
    from assistant.rendering import plain_text
    from index.errors import SourceError

    if options.json:
        emit(report)
        sys.stdout.flush()
    elif not options.quiet or report.failed:
        print(plain_text.report_text(report), file=sys.stderr, flush=True)
    if report.failed:
        refused = sum(skipped.error and not skipped.repeated for skipped in report.skipped)
        return complain(str(SourceError("cli.not_indexed", files=refused)))
    return 0


def _embed(options: argparse.Namespace, settings: Settings, ledger: Ledger, vectors: Any) -> None:
    """Embed the passages that have no vector yet.

    That is done now, in the background, or, in a large store, only on request.
    """
    from index.embeddings.carried import MINUTES

    done, passages = vectors.coverage()
    missing, large = passages - done, ledger.counts()["articles"] > ASK_FIRST
    if missing and large and options.wait is None and not settings.has_embedding:
        notify("cli.embedding_takes", passages=missing, minutes=max(1, round(missing * MINUTES)))
        return
    if missing and options.wait is False:
        named = [] if options.path is None else [options.path]
        command = ["index", *named, "--store", options.store, "--wait", "--quiet"]
        subprocess.Popen(
            [sys.executable, "-m", "assistant.cli.main", *map(str, command)],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            preexec_fn=lambda: os.nice(19),
        )
        notify("cli.embedding_in_background")
        return
    try:
        with bars(options.quiet) as progress:
            try:
                _when_free(lambda: vectors.fill(progress))
            finally:
                _when_free(lambda: _export(ledger, vectors, progress))
    except KeyboardInterrupt:
        if options.watch:
            raise
        print(file=sys.stderr)
        notify("cli.embedding_stopped")


def _export(ledger: Ledger, vectors: Any, progress: Progress) -> None:
    with ledger.writing():
        vectors.export(progress)


def _when_free(work: Callable[[], None]) -> None:
    """Do a work on the vectors as soon as an open page lets go of them."""
    from index.errors import StoreBusy

    until = time.monotonic() + PATIENCE
    while True:
        try:
            return work()
        except StoreBusy:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _there(store: Path) -> bool:
    return (store / "ledger.db").exists()


def _watch(options: argparse.Namespace, settings: Settings, path: Path) -> int:
    """Follow a PATH until Ctrl-C.

    What fails is told, and tried again at the next change.
    """
    from index.errors import IsnadError
    from index.ingest.watch import changes

    try:
        for _ in changes(path, options.store):
            try:
                _sync(options, settings, [path])
            except IsnadError as error:
                complain(str(error))
            notify("cli.watching", path=path)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        notify("cli.watch_ended")
    return 0


def _planned(options: argparse.Namespace, settings: Settings, paths: Sequence[Path]) -> tuple[SyncReport, CostEstimate]:
    from tempfile import TemporaryDirectory

    from assistant import container
    from index.embeddings.embedding_cache import CostEstimate
    from index.ingest.sync import plan
    from index.store.ledger import Ledger

    with TemporaryDirectory() as nowhere, bars(options.quiet) as progress:
        ledger = Ledger.open(options.store) if _there(options.store) else Ledger.create(Path(nowhere))
        try:
            embedder = container.choose_embedder(settings)
            plans = {path: plan(path, ledger, embedder, progress=progress) for path in paths}
            due = sum((due for _, due in plans.values()), CostEstimate())
            return _merged({path: report for path, (report, _) in plans.items()}), due
        finally:
            ledger.close()


def _plan(options: argparse.Namespace, settings: Settings, paths: Sequence[Path]) -> int:
    """Say what would be done, and what it would cost."""
    from assistant.rendering import plain_text

    report, due = _planned(options, settings, paths)
    cost = due.cost(settings.price_embedding) if settings.price_embedding is not None else None
    if options.json:
        import msgspec

        record = {"texts": due.texts, "tokens": due.tokens, "cost": cost, "currency": settings.currency}
        return emit(msgspec.to_builtins(report) | {"dry_run": True, "embedding": record})
    print(plain_text.plan_text(report, due, cost, settings), file=sys.stderr)
    return 0


def show(options: argparse.Namespace) -> int:
    """Print an article, or a stretch of it in its surroundings."""
    from assistant.rendering import plain_text
    from index.store.ledger import Ledger

    article, span = Ledger.open(options.store).place(options.place)
    if options.json:
        return emit(plain_text.place_record(article, span))
    print(plain_text.place_text(article, span))
    return 0


def articles(options: argparse.Namespace) -> int:
    """List the articles."""
    from assistant.query.filters import none_passes
    from assistant.rendering import plain_text
    from index.store.ledger import Ledger

    filters = narrowed(options)
    ledger = Ledger.open(options.store)
    meant = ledger.matching(filters) if filters else None
    listed = (article for article in ledger.every_article() if meant is None or article.id in meant)
    if options.json:
        return emit({"articles": [plain_text.article_record(article) for article in listed]})
    for article in listed:
        print(plain_text.article_line(article))
    if meant is not None and not meant:
        print(none_passes(filters), file=sys.stderr)
    elif not ledger.counts()["articles"]:
        notify("cli.no_articles", store=options.store)
    return 0


def remove(options: argparse.Namespace) -> int:
    """Take articles out of the store."""
    from assistant import container
    from assistant.settings import Settings
    from index.ingest.sync import remove as take_out
    from index.store.ledger import Ledger

    Ledger.open(options.store).close()  # a store that is not there is an error, not a reason to make one
    ledger, derived = container.open_writer(options.store, Settings.load())
    take_out(options.file_id, ledger, derived)
    if options.json:
        return emit({"removed": options.file_id})
    notify("cli.removed", ids=options.file_id)
    return 0


def sources(options: argparse.Namespace) -> int:
    """List the folders and files that the store was filled from, or take one out."""
    from assistant import container
    from assistant.rendering import plain_text
    from assistant.settings import Settings
    from index.errors import UsageError
    from index.ingest.sources import list_sources, remove_source
    from index.store.ledger import Ledger

    with closing(Ledger.open(options.store)) as ledger:  # one that is not there is an error, not a reason to make one
        if options.action is None:
            listed = list_sources(ledger)
            return emit({"sources": listed}) if options.json else print(plain_text.sources_text(listed)) or 0
    if not options.path:
        raise UsageError("cli.no_path")
    ledger, derived = container.open_writer(options.store, Settings.load())
    try:
        removed = {str(path): remove_source(path, ledger, derived) for path in options.path}
    finally:
        container.close(ledger, derived)
    if options.json:
        return emit({"removed": removed})
    for path, articles in removed.items():
        notify("cli.source_removed", path=path, articles=articles)
    return 0


def status(options: argparse.Namespace) -> int:
    """Say what the store holds and which engines are on."""
    from assistant import container
    from assistant.rendering import plain_text
    from assistant.settings import Settings

    record = container.status(options.store, Settings.load())
    if options.json:
        return emit(record)
    print(plain_text.status_text(record))
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Look at everything in the store; with --repair build anew what is damaged."""
    from assistant import container
    from assistant.rendering import plain_text
    from assistant.settings import Settings
    from index.doctor import examine, repair

    settings = Settings.load()
    with bars(quiet=options.json) as progress:
        examination = (
            repair(options.store, lambda ledger: container.open_vectors(ledger, settings), progress)
            if options.repair
            else examine(options.store, lambda ledger: container.open_vectors(ledger, settings))
        )
    if options.json:
        emit(examination)
    else:
        print(plain_text.examination_text(examination))
    return 0 if examination.well else 1
