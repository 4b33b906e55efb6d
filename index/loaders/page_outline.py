"""Outline a web page: its lines as a reader sees them.

With what the markup says of each, and its structured data.

Structured data are the head's `meta`, and the JSON-LD of schema.org (https://schema.org/NewsArticle) in scripts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from index.language.normalize import folded
from index.loaders.markup import BLOCKS, UNSEEN, plain_line
from index.models import Value

MAX_LINES = 5_000
MAX_NODES = 2_000  # of JSON-LD

_BLOCKS = BLOCKS | frozenset("td th tbody nav address details summary fieldset".split())
_UNSEEN = UNSEEN | frozenset(("textarea", "option"))
_HEADINGS = frozenset(("h1", "h2", "h3"))
_ASIDE_TAGS = frozenset(("nav", "aside", "footer", "form"))
# Names of classes that the themes of content management systems give to what is not the story.
_ASIDE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:related|recommend\w*|sidebar|side-?bar|widget\w*|more-?(?:news|stories|from)|most-?(?:read|popular|viewed)"
    r"|popular|trending|latest|teasers?|read-?(?:more|also|next)|see-?also|comments?|comment-?list|respond|disqus|footer"
    r"|foot|nav|navbar|menu|breadcrumbs?|share|sharing|social\w*|newsletter|subscribe|poll|vote|ticker|breaking|copyright"
    r"|advert\w*|promo\w*|outbrain|taboola|carousel|slider|other-?news|similar|next-?prev|prev-?next|pagination)(?:$|[\s_-])",
    re.IGNORECASE,
)
_OTHER_STORIES = re.compile(
    r"(?:^|[\s_-])(?:related|recommend\w*|more-?(?:news|stories|from)|most-?(?:read|popular|viewed)|popular|trending|similar"
    r"|read-?(?:more|also|next)|see-?also|other-?news|comment-?list)(?:$|[\s_-])",
    re.IGNORECASE,
)
_MOMENTS = ("datetime", "data-datetime", "data-timestamp", "data-time", "data-date")
_ARTICLE_TYPE = re.compile(r"\w*(?:Article|Posting|Report)")
_LETTERS = re.compile(r"\W+")


class PageLine(Value, frozen=True, kw_only=True):
    """A line of a page: the text between two block boundaries."""

    text: str
    key: str  # its letters and digits, folded
    tag: str  # of the nearest block
    linked: float = 0.0  # share of the letters that are in links, 0 to 1
    unlinked: str = ""  # the text before the first link
    home: bool = False  # a link to the front page of the site
    within: bool = False  # a link to another place of the page
    aside: bool = False  # in a part of the page that is not the story
    moments: tuple[str, ...] = ()  # what `datetime` says in it
    published: bool = False  # the markup says that it is the day of publication


class StructuredData(Value, frozen=True, kw_only=True):
    """What a page says of itself for programs; lists are in order of trust."""

    headlines: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def line_key(text: str) -> str:
    """Return the letters and digits of a text, folded.

    Equal for lines that differ in spaces and punctuation.

    >>> line_key("الجسر، الجديد!") == line_key("الجسر الجديد")
    True
    """
    return _LETTERS.sub("", folded(text))


def page_lines(tree: Any) -> list[PageLine]:
    """Return the lines of a page in order; `tree` is its lxml element."""
    lines: list[PageLine] = []
    for pieces, tag, aside in _blocks(tree):
        text = " ".join(" ".join(piece for piece, _, _ in pieces).split())
        if text or any(moments for _, _, moments in pieces):
            lines.append(_page_line(text, pieces, tag, aside))
        if len(lines) >= MAX_LINES:
            break
    return lines


def without_asides(tree: Any) -> Any:
    """Return a copy of a page's tree without the parts that list other stories."""
    copied = deepcopy(tree)
    for element in list(copied.iter("aside", "div", "section", "ul", "ol", "table")):
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if (element.tag == "aside" or _OTHER_STORIES.search(names)) and element.getparent() is not None:
            element.drop_tree()
    return copied


def structured_data(tree: Any) -> StructuredData:
    """Return what the head of a page, its JSON-LD and its microdata say."""
    meta = _meta(tree)
    nodes = list(_json_ld(tree))
    shown = {line_key(text) for text in (*_listed(meta, "og:title"), tree.findtext(".//title") or "")}
    articles = sorted(
        (node for node in nodes if _is_article(node)),
        key=lambda node: (
            not any(key and key in text for key in [line_key(_string(node, "headline"))] for text in shown)
        ),
    )[:1]
    names = [_string(node, "name") for node in nodes if _is_type(node, "WebSite")]
    publishers = [_string(node, "publisher") for node in articles]
    return StructuredData(
        headlines=_clean(
            *[_string(node, "headline") for node in articles],
            *_listed(meta, "og:title", "twitter:title", "dc.title", "title", "headline"),
            tree.findtext(".//title") or "",
        ),
        published=_clean(*[_string(node, "datePublished") for node in articles], *_listed(meta, *_PUBLISHED)),
        changed=_clean(*[_string(node, "dateModified") for node in articles], *_listed(meta, *_CHANGED)),
        sites=_clean(*_listed(meta, "og:site_name", "application-name"), *publishers, *names),
        addresses=_clean(
            *(link.get("href") or "" for link in tree.iterfind(".//link[@rel='canonical']")), *_listed(meta, "og:url")
        ),
    )


_PUBLISHED = (
    *("article:published_time", "og:article:published_time", "og:published_time", "datepublished", "article:published"),
    *(
        "publish-date",
        "publish_date",
        "publishdate",
        "published_date",
        "publication_date",
        "publicationdate",
        "pubdate",
    ),
    *(
        "parsely-pub-date",
        "sailthru.date",
        "dc.date.issued",
        "dcterms.issued",
        "dcterms.created",
        "rnews:datepublished",
    ),
    *(
        "article.published",
        "originalpublicationdate",
        "cxenseparse:recs:publishtime",
        "article_date_original",
        "dc.date",
    ),
    *("dcterms.date", "date", "displaydate", "article:publish_time", "publish_time", "published_time", "bt:pubdate"),
)
_CHANGED = (
    *(
        "article:modified_time",
        "og:updated_time",
        "datemodified",
        "article:modified",
        "dcterms.modified",
        "last-modified",
    ),
    *("lastmod", "modified_date", "revised", "dc.date.modified", "article.updated"),
)


def _meta(tree: Any) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = element.get("content") or ""
        if name and content.strip():
            values.setdefault(name.strip().casefold(), []).append(content)
    return values


def _listed(meta: Mapping[str, list[str]], *names: str) -> list[str]:
    return [value for name in names for value in meta.get(name, [])]


def _clean(*texts: str) -> tuple[str, ...]:
    """Return the texts on a line each, without empty and repeated ones."""
    return tuple(dict.fromkeys(line for text in texts if (line := plain_line(text))))


def _json_ld(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a page's JSON-LD that are about the page.

    Not about what it lists.
    """
    count = 0
    for script in tree.iter("script"):
        if (script.get("type") or "").partition(";")[0].strip().casefold() != "application/ld+json":
            continue
        try:
            waiting = [json.loads((script.text or "").strip().rstrip(";"), strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting and count < MAX_NODES:
            node = waiting.pop(0)
            count += 1
            if isinstance(node, list):
                waiting += node
            elif isinstance(node, dict):
                yield node
                waiting += [node[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in node]


def _is_type(node: Mapping[str, Any], name: str) -> bool:
    types = node.get("@type")
    return name in (types if isinstance(types, list) else [types])


def _is_article(node: Mapping[str, Any]) -> bool:
    types = node.get("@type")
    return any(
        isinstance(name, str) and _ARTICLE_TYPE.fullmatch(name)
        for name in (types if isinstance(types, list) else [types])
    )


def _string(node: Mapping[str, Any], key: str) -> str:
    """Return a value of a node as a string; of an object its name."""
    value = node.get(key)
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value")
    return value if isinstance(value, str) else ""


Piece = tuple[str, Any, tuple[str, ...]]  # text, the link it is in, what `datetime` says


def _blocks(tree: Any) -> Iterator[tuple[list[Piece], str, bool]]:
    """Yield the pieces of text between two block boundaries, the block's tag.

    And whether it is beside the story.
    """
    from lxml import etree

    pieces: list[Piece] = []
    tags, asides, unseen = ["body"], 0, 0
    links: list[Any] = []
    body = tree.find(".//body")
    for event, element in etree.iterwalk(body if body is not None else tree, events=("start", "end")):
        if not isinstance(element.tag, str):
            if event == "end" and not unseen and element.tail and element.tail.strip():
                pieces.append((element.tail, links[-1] if links else None, ()))
            continue
        tag = element.tag
        if tag in _BLOCKS and pieces:
            yield pieces, tags[-1], asides > 0
            pieces = []
        if event == "start":
            unseen += tag in _UNSEEN
            asides += _is_aside(element)
            if tag in _BLOCKS and tag != "br":
                tags.append(tag)
            if tag == "a" and element.get("href"):
                links.append(element)
            text = element.text
        else:
            unseen -= tag in _UNSEEN
            asides -= _is_aside(element)
            if tag in _BLOCKS and tag != "br":
                tags.pop()
            if links and links[-1] is element:
                links.pop()
            text = element.tail
        moments = _moments(element) if event == "start" else ()
        if not unseen and (moments or (text and text.strip())):
            pieces.append((text or "", links[-1] if links else None, moments))
    if pieces:
        yield pieces, tags[-1], asides > 0


def _is_aside(element: Any) -> bool:
    if element.tag in _ASIDE_TAGS:
        return True
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return len(names) > 1 and element.tag not in ("body", "article", "main") and _ASIDE_CLASS.search(names) is not None


def _moments(element: Any) -> tuple[str, ...]:
    moment = next((value for name in _MOMENTS if (value := element.get(name))), "")
    if not moment and element.get("itemprop") == "datePublished":
        moment = element.get("content") or ""
    return (f"{'published ' if _says_published(element) else ''}{moment}",) if moment else ()


def _says_published(element: Any) -> bool:
    return (
        element.get("itemprop") == "datePublished"
        or element.get("pubdate") is not None
        or "published" in (element.get("class") or "").casefold()
    )


def _page_line(text: str, pieces: list[Piece], tag: str, aside: bool) -> PageLine:
    letters = [len(_LETTERS.sub("", piece)) for piece, _, _ in pieces]
    linked = sum(size for size, (_, link, _) in zip(letters, pieces, strict=True) if link is not None)
    first = next((place for place, (_, link, _) in enumerate(pieces) if link is not None), len(pieces))
    moments = [moment for _, _, own in pieces for moment in own]
    return PageLine(
        text=text,
        key=line_key(text),
        tag=tag,
        linked=linked / max(1, sum(letters)),
        unlinked=" ".join("".join(piece for piece, _, _ in pieces[:first]).split()),
        home=any(link is not None and _is_home(link.get("href")) for _, link, _ in pieces),
        within=any(link is not None and (link.get("href") or "").startswith("#") for _, link, _ in pieces),
        aside=aside,
        moments=tuple(moment.removeprefix("published ") for moment in moments),
        published=any(moment.startswith("published ") for moment in moments),
    )


def _is_home(address: str) -> bool:
    return re.fullmatch(r"(?:https?:)?(?://[^/]+)?/?(?:index\.\w+|[a-z]{2}/?)?", address.strip()) is not None
