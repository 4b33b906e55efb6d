"""The command `isnad count`."""

from __future__ import annotations

import argparse

from assistant.cli.output import emit


def count(options: argparse.Namespace) -> int:
    """Count the articles that have all of some words, by publisher, place, day or story."""
    from assistant.api import Assistant
    from assistant.cli.query_commands import narrowed
    from assistant.extractive.counted_answer import count_text
    from assistant.rendering.plain_text import plain

    words = " ".join(options.words)
    with Assistant.open(options.store) as assistant:
        counted = assistant.count(words, by=options.by, filters=narrowed(options))
    if options.json:
        return emit(counted)
    print(plain(count_text(counted, "en")))
    for group in counted.groups:
        print(plain(f"  {len(group.file_ids):>5}  {group.label}"))
    if not counted.groups:
        print(plain("\n".join(f"  {file_id}" for file_id in counted.file_ids)))
    return 0
