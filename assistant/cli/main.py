"""The command line: parse → call → render. `isnad --help` needs only the standard library, so imports stay inside the commands."""

from __future__ import annotations

import argparse
import errno
import io
import os
import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from assistant.cli.options import amount, day, folder, language, whole
from assistant.cli.output import complain
from assistant.cli.query_commands import ask, chat, check, search, verify
from assistant.cli.store_commands import articles, doctor, index, remove, show, status
from assistant.cli.story_command import stories

FIRST = """\
first steps:
  isnad index FOLDER         articles into the store; again: only what changed
  isnad ask "QUESTION"       a cited answer
  isnad chat                 the page

A model writes the answers where OPENAI_API_KEY or OPENAI_BASE_URL is set; isnad status says what is on.
exit codes: 0 done (a refusal is an answer), 1 with one line that says what to do next, 2 wrong usage
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0 (a refusal is an answer), 1 with one line on stderr, or 2 for wrong usage."""
    parser = _parser()
    if not (sys.argv[1:] if arguments is None else arguments):
        parser.print_help(sys.stderr)
        return 2
    options, left = parser.parse_known_args(arguments)
    if left:
        getattr(options, "parser", parser).error(f"unrecognized arguments: {' '.join(left)}")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    from index.errors import IsnadError

    try:
        command: Callable[[argparse.Namespace], int] = options.run
        code = command(options)
        sys.stdout.flush()  # here, where it can be said that the disk is full
        return code
    except argparse.ArgumentError as error:  # options that do not go together
        return complain(str(error), 2)
    except IsnadError as error:
        return complain(str(error))
    except KeyboardInterrupt:
        return complain("stopped; what was acknowledged is kept, run again to go on", 130)
    except BrokenPipeError:  # `isnad search … | head`
        return _to_nowhere(0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _to_nowhere(complain("no room is left on the disk that is written to; make room and run again"))


def _to_nowhere(code: int) -> int:
    """What is still to be written has nowhere to go; the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, not under the list of every option."""

    def error(self, message: str) -> NoReturn:
        said = re.sub(r"^argument (\S+): wants", r"\1 wants", message)
        if wrong := re.match(r"argument COMMAND: invalid choice: '(.*)' \(choose from (.*)\)$", said):
            from difflib import get_close_matches

            close = get_close_matches(wrong[1], re.findall(r"[\w-]+", wrong[2]), n=2)
            said = f"no command {wrong[1]!r}" + (f"; did you mean {' or '.join(close)}?" if close else "")
        self.exit(2, f"{self.prog}: {said}; see: {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="isnad",
        description="Questions answered from a folder of news articles, every sentence tied to its source.",
        epilog=FIRST,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    store = _Parser(add_help=False)
    store.add_argument(
        "--store", type=folder, default=Path(".isnad"), metavar="DIR", help="the store (default: .isnad)"
    )
    store.add_argument("--json", action="store_true", help="print one JSON object")
    asking = _Parser(add_help=False)
    asking.add_argument(
        "question", nargs="*", metavar="QUESTION", help="in quotation marks or not; - reads it from stdin"
    )
    asking.add_argument("--batch", type=Path, metavar="FILE.jsonl", help='lines of {"id","question"} (- for stdin)')
    narrowing = _narrowing()

    def add(run: Callable[[argparse.Namespace], int], *parents: _Parser) -> argparse.ArgumentParser:
        command = commands.add_parser(
            run.__name__, parents=[*parents, store], help=run.__doc__, description=run.__doc__
        )
        command.set_defaults(run=run, parser=command)
        return command

    indexing = add(index)
    indexing.add_argument(
        "path",
        nargs="?",
        type=folder,
        default=Path("articles"),
        metavar="PATH",
        help='a folder, or a .jsonl file: {"id","text"}, with title, published, publisher, url, lang',
    )
    indexing.add_argument("--watch", action="store_true", help="go on, and follow every change, until Ctrl-C")
    indexing.add_argument("--dry-run", action="store_true", help="only say what would be done, and what it would cost")
    indexing.add_argument("--reembed", action="store_true", help="where another embedding model is set, embed all anew")
    indexing.add_argument("--quiet", action="store_true", help="no progress, no report unless something was refused")
    searching = add(search, asking, narrowing)
    searching.add_argument("--limit", type=whole(1, 1000), default=10, help="how many passages (default: 10)")
    searching.add_argument("--per-article", type=whole(1, 1000), metavar="N", help="at most N passages of one article")
    searching.add_argument(
        "--neighbours", type=whole(1, 1000), metavar="N", help="with the N passages before and after each (with --json)"
    )
    asking_model = add(ask, asking, narrowing)
    asking_model.add_argument("--model", metavar="NAME", help="the model that writes (default: ISNAD_MODEL)")
    asking_model.add_argument("--no-model", action="store_true", help="answer by quoting, whatever is set")
    asking_model.add_argument(
        "--max-cost", type=amount, metavar="M", help="spend at most this on the model, in the currency of the prices"
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
    asking_model.add_argument("--quotes", action="store_true", help="with the very words that each sentence rests on")
    asking_model.add_argument("--markdown", action="store_true", help="print Markdown, with the quotes")
    live = sys.stdout is not None and sys.stdout.isatty()
    asking_model.add_argument(
        "--stream", action=argparse.BooleanOptionalAction, default=live, help="show the text as it comes"
    )
    add(show).add_argument("place", metavar="FILE_ID[:START-END]")
    add(articles, narrowing)
    listing = add(stories)
    listing.add_argument(
        "--from", dest="since", type=day, metavar="DATE", help="only stories told on this day or later"
    )
    listing.add_argument(
        "--to", dest="until", type=day, metavar="DATE", help="only stories told on this day or earlier"
    )
    listing.add_argument("--limit", type=whole(1, 100_000), default=20, metavar="N", help="how many (default: 20)")
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
    import_module("evals.cli.main").add(evaluating)  # by name: the one import against the stream
    return parser


class _Version(argparse.Action):
    """Prints the version that is installed; looked up only when it is asked for."""

    def __init__(self, option_strings: list[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"isnad {version('isnad-news')}")
        parser.exit()


def _narrowing() -> _Parser:
    """The options that say which articles are meant."""
    parser = _Parser(add_help=False)
    parser.add_argument(
        "--from", dest="since", type=day, metavar="DATE", help="only articles published from this day on"
    )
    parser.add_argument("--to", dest="until", type=day, metavar="DATE", help="only articles published up to this day")
    for name, kind, what in (
        ("lang", language, "in this language (ar, en, …)"),
        ("publisher", str, "of this publisher"),
        ("file", str, "of this file id"),
    ):
        parser.add_argument(
            f"--{name}", action="append", type=kind, default=[], help=f"only articles {what}; may be repeated"
        )
    return parser


def _add_chat(command: argparse.ArgumentParser) -> None:
    """The options of the page."""
    command.add_argument("--host", default="127.0.0.1", help="the address to serve (default: this machine only)")
    command.add_argument(
        "--port", type=whole(0, 65_535), metavar="P", help="default: 7860, or a free one where that is taken"
    )
    command.add_argument("--no-browser", action="store_true", help="do not open the browser")
    command.add_argument(
        "--login", type=Path, metavar="FILE", help="logins, one NAME:HASH a line (or ISNAD_LOGIN=name:password)"
    )
    command.add_argument("--new-login", metavar="NAME", help="ask for a password and print a line for that file")
    command.add_argument(
        "--open", action="store_true", help="let in everybody who reaches the address; takes no uploads"
    )
    command.add_argument(
        "--name", action="append", default=[], metavar="HOST", help="a host name that a page with --open is reached by"
    )
    command.add_argument(
        "--proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="address or network of a proxy in front, whose X-Forwarded-For is believed; may be repeated",
    )
    command.add_argument(
        "--rate", type=whole(1, 1000), default=20, metavar="N", help="questions a minute of one visitor (default: 20)"
    )
    for name, whose in (("--max-cost", "all visitors"), ("--max-cost-each", "each visitor")):
        command.add_argument(
            name, type=amount, metavar="M", help=f"money a day for {whose}, in the currency of the prices"
        )
    command.add_argument("--model", metavar="NAME", help="the model that writes (default: ISNAD_MODEL)")
    command.add_argument("--no-model", action="store_true", help="answer by quoting, whatever is set")


if __name__ == "__main__":
    sys.exit(main())
