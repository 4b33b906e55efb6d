"""Small articles and hits for tests, in words of our own."""

from __future__ import annotations

from datetime import date
from typing import Any

from index.models import Article, Hit, Passage

BRIDGE = (
    "افتتاح جسر نور\n\n"
    "افتتح والي مدينة السراج كمال الراوي، الجمعة، جسر نور على نهر الوادي. وقال الراوي إن الجسر كلّف 40 مليون "
    "دينار، وإنه سيُفتح للشاحنات بعد شهر.\n"
    "وأوضح المهندس سليم حداد أن طول الجسر 620 مترا، وأن العمل فيه دام ثلاث سنوات."
)
OPPOSITION = (
    "المعارضة تنتقد كلفة الجسر\n\n"
    "انتقدت النائبة هدى منصور كلفة جسر نور، وقالت إنها بلغت 52 مليون دينار. ولم تقل من أين جاءت بالرقم.\n"
    "ورفض الوالي الراوي التعليق على كلامها."
)
ENGLISH = (
    "Noor bridge opens\n\n"
    "Governor Kamal al-Rawi opened the Noor bridge on Friday. The bridge cost 40 million dinars, he said.\n"
    "Engineer Salim Haddad said the work took three years."
)


def article(text: str = BRIDGE, id: str = "a1", **fields: Any) -> Article:
    """An article of this text; its title is its first line."""
    fields = {"title": text.split("\n")[0], "published": date(2031, 5, 2), "language": "ar"} | fields
    return Article(id=id, text=text, sha256="0" * 64, **fields)


def hit(
    text: str = BRIDGE, id: str = "a1", start: int = 0, end: int | None = None, score: float = 0.5, **fields: Any
) -> Hit:
    """A hit on a stretch of an article, by default on all of it."""
    also = fields.pop("also", ())
    found = article(text, id, **fields)
    end = len(text) if end is None else end
    passage = Passage(id=f"{id}-{start}", article_id=id, start=start, end=end, text=text[start:end])
    return Hit(passage=passage, article=found, score=score, duplicate_ids=also)


def texts(value: Any) -> tuple[str, ...]:
    """The details of an answer, a draft or an extract, in English."""
    return tuple(map(str, value.details))
