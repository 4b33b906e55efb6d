"""Provide the commands that fill, list, repair and empty the store."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.output import bars, complain, emit, notify
from assistant.cli.query_commands import narrowed

if TYPE_CHECKING:
    from assistant.settings import Settings
    from index.embeddings.embedding_cache import CostEstimate
    from index.models import SyncReport
    from index.store.ledger import Ledger

ASK_FIRST = 20_000  # articles above which embedding is started only when it is asked for


def index(options: argparse.Namespace) -> int:
    """Bring a folder or a JSON Lines file into the store."""
    from assistant.settings import Settings

    settings = Settings.load()
    if options.dry_run:
        return _plan(options, settings)
    if settings.embedding_destination:
        notify("cli.sent_to_embed", destination=settings.embedding_destination)
    if options.watch and options.path.exists():  # one that never was there is an error, not something to wait for
        return _watch(options, settings)
    return _sync(options, settings)


def _sync(options: argparse.Namespace, settings: Settings) -> int:
    """Index PATH by words, report, then embed what search by meaning needs."""
    from assistant import container
    from index.ingest.sync import sync
    from index.loaders.article_loader import has_article
    from index.vectors.vector_index import Vectors

    if not (_there(options.store) or has_article(options.path)):  # nothing to put in is no reason to make a store
        return _reported(options, _planned(options, settings)[0])
    ledger, derived = container.open_writer(options.store, settings, reembed=options.reembed)
    try:
        by_words = [index for index in derived if not isinstance(index, Vectors)]
        with bars(options.quiet) as progress:
            report = sync(options.path, ledger, by_words, progress=progress)
        code = _reported(options, report)
        for vectors in (index for index in derived if isinstance(index, Vectors)):
            _embed(options, settings, ledger, vectors)
        return code
    finally:
        container.close(ledger, derived)


def _reported(options: argparse.Namespace, report: SyncReport) -> int:
    from assistant.rendering import plain_text
    from index.errors import SourceError

    if options.json:
        emit(report)
        sys.stdout.flush()
    elif not options.quiet or report.failed:
        print(plain_text.report_text(report), file=sys.stderr, flush=True)
    if report.failed:
        refused = sum(skipped.error for skipped in report.skipped)
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
        command = ["index", options.path, "--store", options.store, "--wait", "--quiet"]
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
                vectors.fill(progress)
            finally:
                with ledger.writing():
                    vectors.export(progress)
    except KeyboardInterrupt:
        if options.watch:
            raise
        print(file=sys.stderr)
        notify("cli.embedding_stopped")


def _there(store: Path) -> bool:
    return (store / "ledger.db").exists()


def _watch(options: argparse.Namespace, settings: Settings) -> int:
    """Follow PATH until Ctrl-C.

    What fails is told, and tried again at the next change.
    """
    from index.errors import IsnadError
    from index.ingest.watch import changes

    try:
        for _ in changes(options.path, options.store):
            try:
                _sync(options, settings)
            except IsnadError as error:
                complain(str(error))
            notify("cli.watching", path=options.path)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        notify("cli.watch_ended")
    return 0


def _planned(options: argparse.Namespace, settings: Settings) -> tuple[SyncReport, CostEstimate]:
    from tempfile import TemporaryDirectory

    from assistant import container
    from index.ingest.sync import plan
    from index.store.ledger import Ledger

    with TemporaryDirectory() as nowhere, bars(options.quiet) as progress:
        ledger = Ledger.open(options.store) if _there(options.store) else Ledger.create(Path(nowhere))
        try:
            return plan(options.path, ledger, container.choose_embedder(settings), progress=progress)
        finally:
            ledger.close()


def _plan(options: argparse.Namespace, settings: Settings) -> int:
    """Say what would be done, and what it would cost."""
    from assistant.rendering import plain_text

    report, due = _planned(options, settings)
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
