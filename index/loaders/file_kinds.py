"""Which files hold articles, by their names: one article a file, or many.

And what to do about the others.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from index.loaders.folder import MAX_BYTES
from index.loaders.jsonl import is_json_lines
from index.messages.reason import Reason

PAGES = (".html", ".htm", ".xhtml")
LIMITS: Mapping[str, int] = {  # bytes of a file with one article, by its extension
    **dict.fromkeys((".txt", ".md", ".markdown"), MAX_BYTES),
    **dict.fromkeys(PAGES, 10_000_000),
    **dict.fromkeys((".pdf", ".docx", ".doc", ".odt", ".rtf", ".eml", ".mhtml", ".mht"), 50_000_000),
}
MANY: Mapping[str, tuple[str, int]] = {  # kind and bytes of a file with many articles, by its extension
    **dict.fromkeys((".rss", ".atom", ".xml"), ("feed", 50_000_000)),
    **dict.fromkeys((".csv", ".tsv"), ("csv", 50_000_000)),
    ".json": ("json", 50_000_000),
    ".mbox": ("mbox", 100_000_000),
    ".epub": ("epub", 100_000_000),
    **dict.fromkeys((".warc", ".warc.gz"), ("warc", 100_000_000)),
}
OPTIONAL = (".xml", ".csv", ".tsv", ".json")  # such files often hold no articles at all, which is no error

_ADVICE = {
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), "loaders.save_as_csv"),
    **dict.fromkeys((".pptx", ".ppt", ".odp", ".key", ".djvu", ".ps", ".xps"), "loaders.save_as_pdf"),
    **dict.fromkeys((".pages", ".wpd", ".wps", ".docm", ".dotx", ".fodt"), "loaders.save_as_word"),
    **dict.fromkeys((".mobi", ".azw", ".azw3", ".fb2"), "loaders.save_as_epub"),
    **dict.fromkeys((".msg", ".emlx", ".pst"), "loaders.save_as_eml"),
    **dict.fromkeys((".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"), "loaders.unpack"),
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".webp", ".heic", ".bmp"), "loaders.run_ocr"),
    **dict.fromkeys((".mp3", ".wav", ".m4a", ".ogg", ".mp4", ".mov", ".mkv", ".webm", ".avi"), "loaders.transcribe"),
}


def suffix_of(path: str) -> str:
    """Return a file's extension in small letters.

    With that of a packed web archive in full.

    >>> suffix_of("News.PDF"), suffix_of("crawl.warc.gz"), suffix_of("LICENSE")
    ('.pdf', '.warc.gz', '')
    """
    lower = path.lower()
    return ".warc.gz" if lower.endswith(".warc.gz") else os.path.splitext(lower)[1]


def is_many(path: str) -> bool:
    """Return whether a file of this name holds many articles.

    JSON Lines, a feed, a mailbox.
    """
    return is_json_lines(path) or suffix_of(path) in MANY


def not_read_reason(path: str) -> Reason:
    """Return why a file of this name is not read.

    And what to do about it where that is known.
    """
    suffix = suffix_of(path)
    shown = suffix or Reason("loaders.no_suffix")
    if suffix in _ADVICE:
        return Reason.of("loaders.not_read", suffix=shown, advice=Reason(_ADVICE[suffix]))
    return Reason.of("loaders.not_an_article_type", suffix=shown)
