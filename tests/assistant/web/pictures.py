"""Pictures of the page for the documents: `python -m tests.assistant.web.pictures` writes docs/images/*.png, from
articles of our own.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from assistant.settings import Secret, Settings
from tests.assistant.web.browser import Reader, opened
from tests.assistant.web.served import served
from tests.assistant.web.test_browser import ARTICLES, COST, DAM, HOURS, LIGHTHOUSE, NOBODY
from tests.scripted import Scripted
from tests.shop import index, write

IMAGES = Path(__file__).parents[3] / "docs" / "images"
WIDE, PHONE = (1440, 900), (390, 844)
WRITTEN = (
    "قال دميتري بيسكوف، وهو الناطق باسم الكرملين، إن المحادثات بين بوتين والأسد دامت نحو 3 ساعات [1]. "
    "ودامت المحادثات بينهما نحو 5 ساعات [1]. وسيلتقيان مرة أخرى بعد شهر."
)


def picture(browser: Any, address: str, name: str, *questions: str, chip: bool = False, **window: Any) -> None:
    """Ask, open the first source where `chip` says so, and keep what is seen."""
    reader = Reader(browser, address, **{"size": WIDE, **window}).open()
    for question in questions:
        reader.ask(question)
    if chip:
        reader.page.locator("#chat a.chip").first.click()
        reader.shown()
    reader.page.mouse.move(5, 5)
    reader.page.wait_for_timeout(700)  # for pictures only: fades and scrolls come to rest
    reader.page.screenshot(path=IMAGES / f"{name}.png")
    reader.close()


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, opened() as browser, Scripted(reply=WRITTEN) as model:
        kept = {name: text for name, text in DAM.items() if name != "hostile.txt"}
        write(Path(folder) / "articles", kept | {path.name: path.read_bytes() for path in ARTICLES.iterdir()})
        store = Path(folder) / "store"
        index(Path(folder) / "articles", store)
        with served(store) as (address, _):
            picture(browser, address, "welcome")
            picture(browser, address, "answer", HOURS, chip=True)
            picture(browser, address, "refusal", NOBODY)
            picture(browser, address, "conflict-dark", COST, theme="dark")
            picture(browser, address, "english", LIGHTHOUSE, HOURS, language="en-GB", chip=True)
            picture(browser, address, "phone", COST, chip=True, size=PHONE)
        settings = Settings(base_url=model.url, model="scripted", key=Secret("x"), judge="off")
        with served(store, settings=settings) as (address, _):
            picture(browser, address, "verdicts", HOURS)


if __name__ == "__main__":
    main()
