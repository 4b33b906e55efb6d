"""What the page says itself: a field for each word of it, which every language fills."""

from __future__ import annotations

from typing import Literal

from index.models import Value

Language = Literal["ar", "en"]


class Words(Value, frozen=True, kw_only=True):
    """Everything that the page itself says, in one language. `{}` and `{name}` are filled in where they are used."""

    language: Language
    direction: Literal["rtl", "ltr"]
    name: str
    tagline: str
    # asking
    ask: str
    ask_hint: str
    send: str
    stop: str
    stopped: str
    new: str
    searching: str
    welcome: str
    welcome_more: str
    newest: str
    you: str
    editing: str
    # the answer
    source: str
    supported: str
    partly: str
    unsupported: str
    unchecked: str
    note: str
    borne_out_all: str
    borne_out_some: str  # {supported} {all}
    incomplete: str
    stopped_early: str
    still_writing: str
    unreachable: str
    lost: str
    too_large: str  # {size}
    sources: str
    copies: str
    undated: str
    untitled: str
    conflicts: str
    closest: str
    closest_open: str
    why: str
    reasons: str
    written_by_model: str
    newest_source: str  # {date}
    none_dated: str
    # below the answer
    retry: str
    edit: str
    good: str
    bad: str
    wrong_citation: str
    missing: str
    wrong_fact: str
    copy_answer: str
    by_quoting: str
    thanks: str
    # the article
    article: str
    close: str
    copy_quote: str
    copy_link: str
    copied: str
    moved: str
    altered: str
    was_quoted: str
    quote_of: str  # {at} {all}
    quote_before: str
    quote_after: str
    no_article: str
    no_place: str
    quoted: str
    # filters
    filters: str
    since: str
    until: str
    languages: str
    publishers: str
    clear_filters: str
    only_this: str
    only_these: str
    not_this: str
    bad_date: str
    # articles
    articles: str
    articles_search: str
    articles_shown: str  # {shown} {all}
    articles_none: str
    in_texts: str
    add_limits: str  # {types} {files} {size}
    add: str
    add_dropped: str
    adding: str
    added: str
    changed: str
    unchanged: str
    refused: str
    passed_over: str
    kept: str
    kept_because: str  # {unread}
    remove: str
    removed: str
    mine: str
    mine_none: str
    # conversations
    conversations: str
    conversations_search: str
    conversations_none: str
    conversations_shown: str  # {shown} {all}
    rename: str
    delete: str
    delete_sure: str
    export_md: str
    export_json: str
    share: str
    shared: str
    shared_view: str
    save: str
    more: str
    # the state
    menu: str
    switch: str
    switch_to: Language
    theme: str
    engine_quotes: str
    engine_model: str  # {model}
    add_key: str
    goes_to: str  # {host}
    stays: str
    count_articles: str  # {count}
    newest_is: str  # {date}
    cost: str  # {cost}
    tokens: str  # {tokens}
    # what went wrong
    empty: str
    too_long: str
    too_many: str
    budget: str
    budget_all: str
    busy: str
    not_text: str
    unreadable: str
    no_store: str
    failed: str
    not_yours: str
