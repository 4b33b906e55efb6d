"""Define the arguments of `isnad` and its commands.

Only the standard library is imported here; commands import what they need when they run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from assistant.cli.count_command import count
from assistant.cli.options import amount, day, folder, language, name, whole
from assistant.cli.query_commands import ask, chat, check, search, verify
from assistant.cli.store_commands import articles, doctor, index, remove, show, sources, status
from assistant.cli.story_command import stories

FIRST = """\
first steps:
  isnad index FOLDER         articles into the store; again: only what changed
  isnad ask "QUESTION"       a cited answer
  isnad chat                 the page

A model writes the answers where OPENAI_API_KEY or OPENAI_BASE_URL is set; isnad status says what is on.
exit codes: 0 done (a refusal is an answer), 1 with one line that says what to do next, 2 wrong usage
"""
Run = Callable[[argparse.Namespace], int]
LATE_COMMANDS = {  # commands of packages that build on this one: the module is imported when its command is used
    "eval": ("evals.cli.main", "Say whether a change broke something, with an exit code to trust."),
}


class CommandParser(argparse.ArgumentParser):
    """Report what is wrong in one line, not under the list of every option.

    `module`: of a command in another package; its function `add` fills in the parser when the command is used.
    """

    def __init__(self, module: str | None = None, **options: Any) -> None:
        super().__init__(exit_on_error=False, **options)
        self.module = module
        self.commands: Any = None

    def add_subparsers(self, **options: Any) -> Any:
        """Keep the commands, so that a mistyped one can be guessed."""
        self.commands = super().add_subparsers(**options)
        return self.commands

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; end the program with one line where an argument is wrong."""
        args = sys.argv[1:] if args is None else list(args)
        if self.module and self.commands is None:
            import_module(self.module).add(self)
        try:
            return super().parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            self.error(self._explain(error, args))

    def _explain(self, error: argparse.ArgumentError, args: Sequence[str]) -> str:
        command = next((text for text in args if not text.startswith("-")), "")
        if self.commands is not None and command not in self.commands.choices:
            from difflib import get_close_matches

            close = get_close_matches(command, self.commands.choices, n=2)
            return f"no command {command!r}" + (f"; did you mean {' or '.join(close)}?" if close else "")
        if isinstance(error.__context__, argparse.ArgumentTypeError):  # of `options`: "wants …"
            return f"{error.argument_name} {error.message}"
        return str(error)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see: {self.prog} --help\n")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    Ends the program with exit code 2 where it is wrong, 0 after `--help` and `--version`.
    """
    parser = _parser()
    if not (sys.argv[1:] if arguments is None else arguments):
        parser.print_help(sys.stderr)
        parser.exit(2)
    options: argparse.Namespace
    options, left = parser.parse_known_args(arguments)
    if left:
        getattr(options, "parser", parser).error(f"unrecognized arguments: {' '.join(left)}")
    return options


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="isnad",
        description="Questions answered from a folder of news articles, every sentence tied to its source.",
        epilog=FIRST,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=CommandParser)
    store, questions, filters = _store(), _questions(), _filters()

    def add(run: Run, *parents: CommandParser) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(
            run.__name__, parents=[*parents, store], help=run.__doc__, description=run.__doc__
        )
        command.set_defaults(run=run, parser=command)
        return command

    _add_index(add(index))
    _add_search(add(search, questions, filters))
    _add_ask(add(ask, questions, filters))
    add(show).add_argument("place", type=name, metavar="FILE_ID[:START-END]")
    add(articles, filters)
    _add_stories(add(stories))
    _add_count(add(count, filters))
    add(remove).add_argument("file_id", type=name, nargs="+", metavar="FILE_ID")
    _add_sources(add(sources))
    add(status)
    _add_check(add(check))
    _add_chat(add(chat))
    _add_verify(add(verify))
    add(doctor).add_argument("--repair", action="store_true", help="build anew what is damaged, from the ledger")
    for command, (module, help_line) in LATE_COMMANDS.items():
        commands.add_parser(command, help=help_line, module=module)
    return parser


def _store() -> CommandParser:
    """Return the options of every command."""
    parser = CommandParser(add_help=False)
    parser.add_argument(
        "--store", type=folder, default=Path(".isnad"), metavar="DIR", help="the store (default: .isnad)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _questions() -> CommandParser:
    """Return the ways to give a question, or many."""
    parser = CommandParser(add_help=False)
    parser.add_argument(
        "question", nargs="*", metavar="QUESTION", help="in quotation marks or not; - reads it from stdin"
    )
    parser.add_argument("--batch", type=Path, metavar="FILE.jsonl", help='lines of {"id","question"} (- for stdin)')
    return parser


def _filters() -> CommandParser:
    """Return the options that say which articles are meant."""
    parser = CommandParser(add_help=False)
    parser.add_argument(
        "--from", dest="since", type=day, metavar="DATE", help="only articles published from this day on"
    )
    parser.add_argument("--to", dest="until", type=day, metavar="DATE", help="only articles published up to this day")
    for option, kind, what in (
        ("lang", language, "in this language (ar, en, …)"),
        ("publisher", str, "of this publisher"),
        ("file", name, "of this file id"),
    ):
        parser.add_argument(
            f"--{option}", action="append", type=kind, default=[], help=f"only articles {what}; may be repeated"
        )
    return parser


def _add_index(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "path",
        nargs="?",
        type=folder,
        metavar="PATH",
        help='a folder, or a .jsonl file: {"id","text"}, with title, published, publisher, url, lang; without it, all '
        "that was indexed before, else the folder articles",
    )
    command.add_argument("--watch", action="store_true", help="go on, and follow every change, until Ctrl-C")
    command.add_argument("--dry-run", action="store_true", help="only say what would be done, and what it would cost")
    command.add_argument("--reembed", action="store_true", help="where another embedding model is set, embed all anew")
    command.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        help="embed the articles for search by meaning now (the default, below 20,000 articles), or in the background",
    )
    command.add_argument("--quiet", action="store_true", help="no progress, no report unless something was refused")


def _add_search(command: argparse.ArgumentParser) -> None:
    command.add_argument("--limit", type=whole(1, 1000), default=10, help="how many passages (default: 10)")
    command.add_argument("--per-article", type=whole(1, 1000), metavar="N", help="at most N passages of one article")
    command.add_argument(
        "--neighbours", type=whole(1, 1000), metavar="N", help="with the N passages before and after each (with --json)"
    )


def _add_ask(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", metavar="NAME", help="the model that writes (default: ISNAD_MODEL)")
    command.add_argument("--no-model", action="store_true", help="answer by quoting, whatever is set")
    command.add_argument(
        "--max-cost", type=amount, metavar="M", help="spend at most this on the model, in the currency of the prices"
    )
    command.add_argument(
        "--policy",
        choices=("show", "strict"),
        help="unsupported sentences are shown as such (show, the default) or struck through (strict); or ISNAD_POLICY",
    )
    command.add_argument(
        "--strict", dest="policy", action="store_const", const="strict", help="the same as --policy strict"
    )
    command.add_argument(
        "--repair", action="store_true", help="have the model write once more what is not borne out (or ISNAD_REPAIR)"
    )
    command.add_argument(
        "--effort",
        choices=("quick", "normal", "thorough"),
        help="what a model may be asked beside the answer: nothing, a second look where it finds none (normal, the "
        "default), or a plan and a second look before it; or ISNAD_EFFORT",
    )
    command.add_argument(
        "--no-plan", action="store_true", help="search without the days and publishers that the question names"
    )
    command.add_argument("--quotes", action="store_true", help="with the very words that each sentence rests on")
    command.add_argument("--markdown", action="store_true", help="print Markdown, with the quotes")
    live = sys.stdout is not None and sys.stdout.isatty()
    command.add_argument(
        "--stream", action=argparse.BooleanOptionalAction, default=live, help="show the text as it comes"
    )


def _add_sources(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", nargs="?", choices=("remove",), help="take the articles of a PATH out of the store")
    command.add_argument("path", nargs="*", type=folder, metavar="PATH")


def _add_stories(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--from", dest="since", type=day, metavar="DATE", help="only stories told on this day or later"
    )
    command.add_argument(
        "--to", dest="until", type=day, metavar="DATE", help="only stories told on this day or earlier"
    )
    command.add_argument("--limit", type=whole(1, 100_000), default=20, metavar="N", help="how many (default: 20)")


def _add_count(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "words", nargs="+", metavar="WORD", help="each must stand in the article, whatever is attached to it"
    )
    groups = ("article", "mention", "story", "publisher", "place", "day")
    command.add_argument("--by", choices=groups, default="article", help="what to count (default: article)")


def _add_check(command: argparse.ArgumentParser) -> None:
    command.add_argument("--judge", action="store_true", help="ask the model that is set even where ISNAD_JUDGE=off")
    _add_no_model(command)
    command.add_argument(
        "--batch",
        type=Path,
        required=True,
        metavar="FILE.jsonl",
        help='lines of {"id","claim","context"} (- for stdin)',
    )


def _add_verify(command: argparse.ArgumentParser) -> None:
    command.add_argument("answer", type=Path, metavar="ANSWER.json")
    _add_no_model(command)


def _add_no_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--no-model", action="store_true", help="check by quotes and rules alone, whatever is set")


def _add_chat(command: argparse.ArgumentParser) -> None:
    """Add the options of the page."""
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
        "--root-path", default="", metavar="/PATH", help="the path below which a proxy serves the page, such as /isnad"
    )
    command.add_argument(
        "--rate", type=whole(1, 1000), default=20, metavar="N", help="questions a minute of one visitor (default: 20)"
    )
    for option, whose in (("--max-cost", "all visitors"), ("--max-cost-each", "each visitor")):
        command.add_argument(
            option, type=amount, metavar="M", help=f"money a day for {whose}, in the currency of the prices"
        )
    command.add_argument("--model", metavar="NAME", help="the model that writes (default: ISNAD_MODEL)")
    command.add_argument("--no-model", action="store_true", help="answer by quoting, whatever is set")


class _Version(argparse.Action):
    """Print the installed version; look it up only when it is asked for."""

    def __init__(self, option_strings: list[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"isnad {version('isnad-news')}")
        parser.exit()
