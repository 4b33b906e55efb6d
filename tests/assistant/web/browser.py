"""A reader at the page: a real browser, and what such a reader does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser tests")
WAIT = 60_000  # ms; generous: a slow machine is no failure


@contextmanager
def opened() -> Iterator[Any]:
    """The browser: Debian's Chromium, else Playwright's own; skips, with the reason, where there is neither."""
    with sync_api.sync_playwright() as playwright:
        own = shutil.which("chromium") or shutil.which("chromium-browser")
        try:
            browser = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        except sync_api.Error as error:
            pytest.skip(
                f"no browser: apt install chromium, or playwright install chromium ({str(error).splitlines()[0]})"
            )
        yield browser
        browser.close()


class Reader:
    """One visitor with a browser window of their own. `trouble` holds whatever went wrong or left this machine."""

    def __init__(
        self,
        browser: Any,
        address: str,
        *,
        language: str = "ar",
        theme: str = "light",
        size: tuple[int, int] = (1280, 800),
    ) -> None:
        width, height = size
        self.address, self.trouble = address, list[str]()
        self.context = browser.new_context(
            locale=language, color_scheme=theme, viewport={"width": width, "height": height}, accept_downloads=True
        )
        self.context.set_default_timeout(WAIT)
        self.page = self.context.new_page()
        self.page.on("console", self._logged)
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.context.on("request", self._left)
        self.context.on("page", lambda page: page is not self.page and self.trouble.append(f"window: {page.url}"))

    def _logged(self, message: Any) -> None:
        left = "signal is aborted" in message.text  # Gradio's stream, when the reader reloads or leaves
        if message.type == "error" and not left:
            self.trouble.append(f"console: {message.text}")

    def _left(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.trouble.append(f"request: {request.url}")

    def open(self, query: str = "") -> Reader:
        self.page.goto(f"{self.address}/{query}")
        self.page.wait_for_selector("body.arrived")
        return self

    def ask(self, question: str) -> Any:
        """Ask, and wait for the whole answer."""
        answers = self.page.locator("#chat article.answer")
        before = answers.count()
        self.page.fill("#box textarea", question)
        self.page.press("#box textarea", "Enter")
        return self.answered(before + 1)

    def answered(self, number: int) -> Any:
        """The answer of that number, when it is whole."""
        self.page.wait_for_function("n => document.querySelectorAll('#chat article.answer').length >= n", arg=number)
        self.page.wait_for_selector("#send", state="visible")
        return self.page.locator("#chat article.answer").nth(number - 1)

    def shown(self, selector: str = "#hit") -> Any:
        """What the panel shows, when it is open."""
        self.page.wait_for_selector("body.panel-open")
        self.page.wait_for_selector(f"#panel {selector}")
        return self.page.locator(f"#panel {selector}")

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).first.text_content()).strip()

    def in_view(self, selector: str) -> bool:
        """Whether the middle of an element can be seen: nothing covers it, no edge cuts it off."""
        script = """element => { const box = element.getClientRects()[0];
            const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
            return Boolean(seen) && (element === seen || element.contains(seen)); }"""
        return bool(self.page.locator(selector).first.evaluate(script))

    def close(self) -> None:
        self.context.close()
