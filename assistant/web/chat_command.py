"""`isnad chat`: what its options mean, and the first line it says."""

from __future__ import annotations

import argparse
import functools
import getpass
import json
import sys
from pathlib import Path

from assistant.settings import Settings
from assistant.web.connections import parse_proxies, parse_root_path
from assistant.web.logins import Logins, line
from assistant.web.rate_limit import Limits
from assistant.web.service import AnswerService
from index.errors import UsageError


def chat(chosen: argparse.Namespace, settings: Settings) -> int:
    """Serve the page until Ctrl-C, or print a line for the logins file; the exit code."""
    if chosen.new_login:
        sys.stdout.write(line(chosen.new_login, getpass.getpass(f"password of {chosen.new_login}: ")) + "\n")
        return 0
    allowed = limits(chosen.rate, chosen.max_cost, chosen.max_cost_each, settings)
    proxies = parse_proxies(chosen.proxy)
    root_path = parse_root_path(chosen.root_path)
    who = logins(chosen.login, settings)
    service = AnswerService(chosen.store, settings=settings, limits=allowed, uploads=who is not None or not chosen.open)
    try:
        print_status("opening the page; Gradio takes some seconds to load…")
        from assistant.web.server import serve_page

        serve_page(
            service,
            host=chosen.host,
            port=chosen.port,
            logins=who,
            open_to_all=chosen.open,
            names=chosen.name,
            proxies=proxies,
            root_path=root_path,
            browser=not chosen.no_browser,
            print_status=print_status,
            ready=functools.partial(print_address, service) if chosen.json else lambda _: None,
        )
    finally:
        service.close()
    return 0


def limits(rate: int, cost_all: float | None, cost_each: float | None, settings: Settings) -> Limits:
    """Return the limits of the options. Raises UsageError for money without prices.

    >>> limits(5, None, None, Settings()).per_minute
    5
    """
    for name, money in (("--max-cost", cost_all), ("--max-cost-each", cost_each)):
        if money is not None and not money > 0:
            raise UsageError("web.not_positive", name=name)
        if money is not None and settings.price_in is None and settings.price_out is None:
            raise UsageError("web.no_prices", name=name)
    return Limits(per_minute=rate, all_per_minute=10 * rate, cost_all=cost_all, cost_each=cost_each)


def logins(path: Path | None, settings: Settings) -> Logins | None:
    """Return the logins of the file, else that of the environment, else None."""
    if path is not None:
        return Logins.read(path)
    return Logins.from_pair(settings.login.reveal()) if settings.login else None


def print_address(service: AnswerService, address: str) -> None:
    """Print the served page as a line of JSON, for programs that start it."""
    record = {
        "address": address,
        "store": str(service.store),
        "engine": service.assistant.engine,
        "uploads": service.may_upload,
    }
    sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_status(line: str) -> None:
    """One line for whoever started the page."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
