"""The command line: parse → call → render. `isnad --help` needs only the standard library, so imports stay inside the commands."""

from __future__ import annotations

import argparse
import codecs
import io
import os
import re
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from datetime import date

    from assistant.config import Settings
    from assistant.records import Answer
    from index.build import Progress
    from index.records import Filters, Hit


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0 (a refusal is an answer), 1 with one line on stderr, or 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    from index.errors import IsnadError

    try:
        command: Callable[[argparse.Namespace], int] = options.run
        return command(options)
    except argparse.ArgumentError as error:  # options that do not go together
        return _complain(str(error), 2)
    except IsnadError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return _complain("stopped; what was acknowledged is kept, run again to go on", 130)
    except BrokenPipeError:  # `isnad search … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def index(options: argparse.Namespace) -> int:
    """Bring a folder or a JSON Lines file into the store."""
    from assistant.config import Settings

    settings = Settings.load()
    if options.dry_run:
        return _plan(options, settings)
    if settings.embedding_destination:
        print(f"passages are sent to {settings.embedding_destination} to be embedded", file=sys.stderr)
    if options.watch and options.path.exists():  # one that never was there is an error, not something to wait for
        return _watch(options, settings)
    return _sync(options, settings)


def _sync(options: argparse.Namespace, settings: Settings) -> int:
    from assistant import render, wiring
    from index.build import sync
    from index.reading.articles import source

    source(options.path)  # one that is not there is no reason to make a store
    ledger, derived = wiring.writing(options.store, settings, reembed=options.reembed)
    try:
        with _progress(options.quiet) as progress:
            report = sync(options.path, ledger, derived, progress=progress)
    finally:
        wiring.let_go(ledger, derived)
    if options.json:
        _emit(report)
    elif not options.quiet or report.failed:
        print(render.report_text(report), file=sys.stderr)
    if report.failed:
        return _complain(f"{sum(one.error for one in report.skipped)} could not be indexed; mend them and run again")
    return 0


def _watch(options: argparse.Namespace, settings: Settings) -> int:
    """Follow PATH until Ctrl-C. What fails is told, and tried again at the next change."""
    from index.errors import IsnadError
    from index.watching import changes

    try:
        for _ in changes(options.path, options.store):
            try:
                _sync(options, settings)
            except IsnadError as error:
                _complain(str(error))
            print(f"watching {options.path}; Ctrl-C ends", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("\nended; everything reported is in the store", file=sys.stderr)
    return 0


def _plan(options: argparse.Namespace, settings: Settings) -> int:
    """Say what would be done, and what it would cost."""
    from tempfile import TemporaryDirectory

    from assistant import render, wiring
    from index.build import plan
    from index.ledger import Ledger
    from index.meaning.embedding import Hashed

    with TemporaryDirectory() as nowhere, _progress(options.quiet) as progress:
        there = (options.store / "ledger.db").exists()
        ledger = Ledger.open(options.store) if there else Ledger.create(Path(nowhere))
        report, due = plan(options.path, ledger, wiring.embedding(settings) or Hashed(), progress=progress)
        ledger.close()
    cost = due.cost(settings.price_embedding) if settings.price_embedding is not None else None
    if options.json:
        import msgspec

        record = {"texts": due.texts, "tokens": due.tokens, "cost": cost, "currency": settings.currency}
        return _emit(msgspec.to_builtins(report) | {"dry_run": True, "embedding": record})
    print(render.plan_text(report, due, cost, settings), file=sys.stderr)
    return 0


def search(options: argparse.Namespace) -> int:
    """Print the passages for a question, best first."""
    from assistant import render
    from assistant.api import Assistant

    filters = _filters(options)
    with Assistant.open(options.store) as assistant:

        def found(question: str) -> Sequence[Hit]:
            hits = assistant.search(question, limit=options.limit, filters=filters, per_article=options.per_article)
            if not hits and not options.batch:
                print(f"nothing found; {_why_nothing(options.store, filters)}", file=sys.stderr)
            return hits

        def find(question: str) -> dict[str, Any]:
            records = [(hit, render.hit_record(hit)) for hit in found(question)]
            if options.neighbours:
                records = [
                    (hit, record | {"neighbours": assistant.neighbours(hit, options.neighbours)})
                    for hit, record in records
                ]
            return {"hits": [record for _, record in records]}

        if _batched(options):
            return _batch(options.batch, find)
        if options.json:
            return _emit(find(_question(options)))
        if hits := found(_question(options)):
            print(render.hits_text(hits))
    return 0


def ask(options: argparse.Namespace) -> int:
    """Print a cited answer, or a refusal with the closest passages."""
    import msgspec

    from assistant import wiring
    from assistant.api import Assistant

    settings, filters = _settings(options), _filters(options)
    model = wiring.metered(settings, options.max_cost) if options.max_cost is not None else None
    with Assistant.open(options.store, settings=settings, model=model) as assistant:
        if settings.destination:
            print(f"passages are sent to {settings.destination}", file=sys.stderr)

        def reply(question: str) -> dict[str, Any]:
            record: dict[str, Any] = msgspec.to_builtins(assistant.ask(question, filters=filters))
            return record

        if _batched(options):
            return _batch(options.batch, reply)
        if options.json:
            return _emit(reply(_question(options)))
        _show(
            assistant.stream(_question(options), filters=filters),
            options.stream and settings.policy == "show",
        )
    return 0


def _show(streaming: Generator[str, None, Answer], live: bool) -> None:
    """Print an answer: live, its text as it comes and then what belongs to it; otherwise the whole at its end."""
    from assistant import render

    said = ""
    while True:
        try:
            said += (piece := next(streaming))
        except StopIteration as done:
            answer: Answer = done.value
            break
        if live:
            print(render.plain(piece), end="", flush=True)
    print(render.after_text(answer) if live and said == answer.text else render.answer_text(answer))


def show(options: argparse.Namespace) -> int:
    """Print an article, or a stretch of it in its surroundings."""
    from assistant import render
    from index.ledger import Ledger

    article, span = Ledger.open(options.store).place(options.place)
    if options.json:
        return _emit(render.place_record(article, span))
    print(render.place_text(article, span))
    return 0


def articles(options: argparse.Namespace) -> int:
    """List the articles."""
    from assistant import render
    from index.ledger import Ledger

    ledger = Ledger.open(options.store)
    if options.json:
        return _emit({"articles": [render.article_record(article) for article in ledger.every_article()]})
    for article in ledger.every_article():
        print(render.article_line(article))
    return 0


def remove(options: argparse.Namespace) -> int:
    """Take articles out of the store."""
    from assistant import wiring
    from assistant.config import Settings
    from index.build import remove as take_out
    from index.ledger import Ledger

    Ledger.open(options.store).close()  # a store that is not there is an error, not a reason to make one
    ledger, derived = wiring.writing(options.store, Settings.load())
    take_out(options.file_id, ledger, derived)
    if options.json:
        return _emit({"removed": options.file_id})
    print(f"removed {', '.join(options.file_id)}; the files are still where they were", file=sys.stderr)
    return 0


def status(options: argparse.Namespace) -> int:
    """Say what the store holds and which engines are on."""
    from assistant import render, wiring
    from assistant.config import Settings

    record = wiring.status(options.store, Settings.load())
    if options.json:
        return _emit(record)
    print(render.status_text(record))
    return 0


def chat(options: argparse.Namespace) -> int:
    """Open the chat page in the browser, until Ctrl-C."""
    from assistant.web.command import chat as serve

    return serve(options, _settings(options))


def verify(options: argparse.Namespace) -> int:
    """Look at a kept answer (`ask --json`) again: do the articles still say this?"""
    import msgspec

    from assistant import render
    from assistant.records import Answer
    from assistant.verifying import verified
    from index.errors import UsageError
    from index.ledger import Ledger

    try:
        answer = msgspec.json.decode(b"".join(line for _, line in _numbered(options.answer)), type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{options.answer} is not an answer that `isnad ask --json` wrote: {error}") from error
    found = verified(answer, Ledger.open(options.store))
    sound = all(one.state in ("verbatim", "moved") for one in found)
    if options.json:
        _emit({"holds": sound, "citations": found})
    else:
        print(render.verified_text(found))
    return 0 if sound else 1


def doctor(options: argparse.Namespace) -> int:
    """Look at everything in the store; with --repair build anew what is damaged."""
    from assistant import render, wiring
    from assistant.config import Settings
    from index.doctor import examine, repair

    settings = Settings.load()
    with _progress(quiet=options.json) as progress:
        found = (
            repair(options.store, lambda ledger: wiring.meaning(ledger, settings), progress)
            if options.repair
            else examine(options.store, lambda ledger: wiring.meaning(ledger, settings))
        )
    if options.json:
        _emit(found)
    else:
        print(render.examination_text(found))
    return 0 if found.well else 1


def check(options: argparse.Namespace) -> int:
    """Check claims against texts: does the text bear the claim out? Needs no store and no model; --judge asks one, too."""
    from assistant.checking import checked_record

    if not options.judge:
        return _records(options.batch, checked_record)
    from assistant import wiring
    from assistant.config import Settings
    from assistant.judging import judged_record

    settings = Settings.load()
    model = wiring.judge(settings)
    print(f"claims and texts are sent to {settings.destination}", file=sys.stderr)
    return _records(options.batch, lambda record: {**checked_record(record), **judged_record(record, model)})


def _batch(path: Path, reply: Callable[[str], dict[str, Any]]) -> int:
    """Answer a file of `{"id","question"}` lines."""
    from index.errors import UsageError

    def answered(record: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(record.get("question"), str):
            raise UsageError('a line to answer is {"id": …, "question": "…"}')
        return reply(record["question"])

    return _records(path, answered)


def _records(path: Path, reply: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """A line of JSON for each line of a file; a bad one gives `{"id","error"}`, the rest go on, and the exit code is 1."""
    import msgspec

    from index.errors import IsnadError, UsageError

    failed = False
    for number, line in _numbered(path):
        one: Any = None
        try:
            record = msgspec.json.decode(line)
            if not isinstance(record, dict):
                raise UsageError(f"line {number} is not a JSON object")
            one = record.get("id")
            result = {"id": one, **reply(record)}
        except (IsnadError, msgspec.DecodeError, UnicodeDecodeError) as error:
            where = "" if one is not None or f"line {number}" in str(error) else f"line {number}: "
            failed, result = True, {"id": one, "error": f"{where}{error}"}
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
        sys.stdout.flush()
    return _complain(f"some lines of {path} failed; they carry an error") if failed else 0


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, each with its number in the file; without the byte order mark of some editors."""
    for number, line in enumerate(_lines(path), 1):
        if held := (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip():
            yield number, held


def _lines(path: Path) -> Iterator[bytes]:
    from index.errors import UsageError

    try:
        source = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    with source:
        yield from source


def _batched(options: argparse.Namespace) -> bool:
    """Whether a file of questions is given; a question beside it would be left unanswered."""
    if options.batch and options.question is not None:
        raise argparse.ArgumentError(None, "one question, or --batch FILE.jsonl with many: not both")
    return bool(options.batch)


def _question(options: argparse.Namespace) -> str:
    from index.errors import UsageError

    if options.question is None:
        raise UsageError("no question; write one in quotation marks, or give --batch FILE.jsonl")
    question: str = options.question
    return question


def _settings(options: argparse.Namespace) -> Settings:
    """The settings, with what the command line says of the model and of unsupported sentences."""
    from msgspec.structs import replace

    from assistant.config import Settings

    settings = Settings.load()
    if policy := getattr(options, "policy", None):
        settings = replace(settings, policy=policy)
    if getattr(options, "repair", False):
        settings = replace(settings, repair=True)
    if options.no_model:
        return replace(settings, base_url=None, key=None)
    return replace(settings, model=options.model) if options.model else settings


def _filters(options: argparse.Namespace) -> Filters:
    """The filters that are asked for; NotFound for a file id that is none."""
    from index.ledger import Ledger
    from index.records import Filters

    if options.since and options.until and options.since > options.until:
        raise argparse.ArgumentError(None, f"--from {options.since} is later than --to {options.until}")
    filters = Filters(
        since=options.since,
        until=options.until,
        languages=tuple(options.lang),
        publishers=tuple(options.publisher),
        file_ids=tuple(options.file),
    )
    if filters.file_ids:
        with closing(Ledger.open(options.store)) as ledger:
            for one in filters.file_ids:
                ledger.article(one)
    return filters


def _why_nothing(store: Path, filters: Filters) -> str:
    from assistant.filtering import named, none_passes
    from index.ledger import Ledger

    with closing(Ledger.open(store)) as ledger:
        if filters and not ledger.matching(named(filters, ledger)):
            return none_passes(filters)
    return "try other words, or see what there is with: isnad articles"


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress]:
    """A bar on stderr for each stage, where somebody is looking."""
    from tqdm import tqdm

    bars: dict[str, tqdm[Any]] = {}

    def show(stage: str, done: int, total: int | None) -> None:
        if stage not in bars:
            bars[stage] = tqdm(desc=stage, unit=" articles", file=sys.stderr, disable=quiet or not sys.stderr.isatty())
        bars[stage].total = total
        bars[stage].update(done - bars[stage].n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()


def _emit(record: object) -> int:
    import msgspec

    print(msgspec.json.encode(record).decode())
    return 0


def _complain(message: str, code: int = 1) -> int:
    print(f"isnad: {' '.join(message.split())}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, not under the list of every option."""

    def error(self, message: str) -> NoReturn:
        said = re.sub(r"^argument (\S+): wants", r"\1 wants", message)
        self.exit(2, f"{self.prog}: {said}; see: {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="isnad",
        description="Questions answered from a folder of news articles, every sentence tied to its source.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    store = _Parser(add_help=False)
    store.add_argument(
        "--store", type=_folder, default=Path(".isnad"), metavar="DIR", help="the store (default: .isnad)"
    )
    store.add_argument("--json", action="store_true", help="print one JSON object")
    asking = _Parser(add_help=False)
    asking.add_argument("question", nargs="?", metavar="QUESTION")
    asking.add_argument("--batch", type=Path, metavar="FILE.jsonl", help='lines of {"id","question"} (- for stdin)')
    asking.add_argument(
        "--from", dest="since", type=_day, metavar="DATE", help="only articles published from this day on"
    )
    asking.add_argument("--to", dest="until", type=_day, metavar="DATE", help="only articles published up to this day")
    for name, kind, what in (
        ("lang", _language, "in this language (ar, en, …)"),
        ("publisher", str, "of this publisher"),
        ("file", str, "of this file id"),
    ):
        asking.add_argument(
            f"--{name}", action="append", type=kind, default=[], help=f"only articles {what}; may be repeated"
        )

    def add(run: Callable[[argparse.Namespace], int], *parents: _Parser) -> argparse.ArgumentParser:
        command = commands.add_parser(
            run.__name__, parents=[*parents, store], help=run.__doc__, description=run.__doc__
        )
        command.set_defaults(run=run)
        return command

    indexing = add(index)
    indexing.add_argument(
        "path", nargs="?", type=_folder, default=Path("articles"), metavar="PATH", help="a folder or a .jsonl file"
    )
    indexing.add_argument("--watch", action="store_true", help="go on, and follow every change, until Ctrl-C")
    indexing.add_argument("--dry-run", action="store_true", help="only say what would be done, and what it would cost")
    indexing.add_argument("--reembed", action="store_true", help="where another embedding model is set, embed all anew")
    indexing.add_argument("--quiet", action="store_true", help="no progress, no report unless something was refused")
    searching = add(search, asking)
    searching.add_argument("--limit", type=_positive, default=10, help="how many passages (default: 10)")
    searching.add_argument("--per-article", type=_positive, metavar="N", help="at most N passages of one article")
    searching.add_argument(
        "--neighbours", type=_positive, metavar="N", help="with the N passages before and after each (with --json)"
    )
    asking_model = add(ask, asking)
    asking_model.add_argument("--model", metavar="NAME", help="the model that writes (default: ISNAD_MODEL)")
    asking_model.add_argument("--no-model", action="store_true", help="answer by quoting, whatever is set")
    asking_model.add_argument(
        "--max-cost", type=float, metavar="M", help="spend at most this on the model, in the currency of the prices"
    )
    asking_model.add_argument(
        "--policy",
        choices=("show", "strict"),
        help="unsupported sentences are shown as such (show, the default) or struck through (strict); or ISNAD_POLICY",
    )
    asking_model.add_argument(
        "--strict", dest="policy", action="store_const", const="strict", help="the same as --policy strict"
    )
    asking_model.add_argument(
        "--repair", action="store_true", help="have the model write once more what is not borne out (or ISNAD_REPAIR)"
    )
    live = sys.stdout is not None and sys.stdout.isatty()
    asking_model.add_argument(
        "--stream", action=argparse.BooleanOptionalAction, default=live, help="show the text as it comes"
    )
    add(show).add_argument("place", metavar="FILE_ID[:START-END]")
    add(articles)
    add(remove).add_argument("file_id", nargs="+", metavar="FILE_ID")
    add(status)
    checking = add(check)
    checking.add_argument("--judge", action="store_true", help="ask the model that is set, too, and say what it says")
    checking.add_argument(
        "--batch",
        type=Path,
        required=True,
        metavar="FILE.jsonl",
        help='lines of {"id","claim","context"} (- for stdin)',
    )
    _add_chat(add(chat))
    add(verify).add_argument("answer", type=Path, metavar="ANSWER.json")
    add(doctor).add_argument("--repair", action="store_true", help="build anew what is damaged, from the ledger")
    evaluating = commands.add_parser("eval", help="Say whether a change broke something, with an exit code to trust.")
    import_module("evals.cli").add(evaluating)  # by name: the one import against the stream
    return parser


def _add_chat(command: argparse.ArgumentParser) -> None:
    """The options of the page."""
    command.add_argument("--host", default="127.0.0.1", help="the address to serve (default: this machine only)")
    command.add_argument("--port", type=_port, metavar="P", help="default: 7860, or a free one where that is taken")
    command.add_argument("--no-browser", action="store_true", help="do not open the browser")
    command.add_argument(
        "--login", type=Path, metavar="FILE", help="logins, one NAME:HASH a line (or ISNAD_LOGIN=name:password)"
    )
    command.add_argument("--new-login", metavar="NAME", help="ask for a password and print a line for that file")
    command.add_argument(
        "--open", action="store_true", help="let in everybody who reaches the address; takes no uploads"
    )
    command.add_argument(
        "--rate", type=_positive, default=20, metavar="N", help="questions a minute of one visitor (default: 20)"
    )
    for name, whose in (("--max-cost", "all visitors"), ("--max-cost-each", "each visitor")):
        command.add_argument(
            name, type=float, metavar="M", help=f"money a day for {whose}, in the currency of the prices"
        )
    command.add_argument("--model", metavar="NAME", help="the model that writes (default: ISNAD_MODEL)")
    command.add_argument("--no-model", action="store_true", help="answer by quoting, whatever is set")


def _positive(text: str) -> int:
    return _whole(text, 1, 1000)


def _port(text: str) -> int:
    return _whole(text, 0, 65_535)


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isdecimal() and least <= int(text[:9]) <= most):
        raise argparse.ArgumentTypeError(f"wants a whole number from {least} to {most}")
    return int(text)


def _day(text: str) -> date | None:
    from index.errors import UsageError
    from index.records import day

    try:
        return day(text)
    except UsageError:
        raise argparse.ArgumentTypeError(f"wants a day such as 2025-12-23, not {text[:40]!r}") from None


def _language(text: str) -> str:
    if not re.fullmatch("[a-z]{2}", code := text.strip().lower()):
        raise argparse.ArgumentTypeError(f"wants a code of two letters such as ar or en, not {text[:40]!r}")
    return code


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("wants the name of a folder, not nothing")
    return Path(text)


if __name__ == "__main__":
    sys.exit(main())
