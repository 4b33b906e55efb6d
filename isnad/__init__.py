"""Answer questions over news articles; each sentence has words that support it.

>>> import isnad
>>> answer = isnad.ask("كم ساعة استمرت محادثات بوتين والأسد؟", store=sample)
>>> answer.citations[0].file_id
'002_924c621b7ea87b2a'
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from assistant import Assistant, ask

__all__ = ["Assistant", "__version__", "ask"]

try:
    __version__ = version("isnad-news")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
