"""Conversations: kept by owner, found again, exported without markup, judged, charged."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from markdown_it import MarkdownIt

from assistant.models import Answer, Citation, Sentence, Source, Usage
from assistant.web.conversation_store import Conversations
from evals.curation.feedback import draft_cases, read_votes
from index.errors import NotFound, StoreError, UsageError

HOSTILE = "</script><img src=x onerror=alert(1)> ![i](http://e.example/x) [l](http://e.example) `c` \u202eabc"


def answer(question: str = "من افتتح الجسر؟", text: str = "افتتحه الوالي.", **fields: Any) -> Answer:
    citation = Citation(file_id="a1", start=3, end=12, quote="افتتحه والي المدينة")
    sentences = (Sentence(text=text, start=0, end=len(text), verdict="supported", citations=(citation,)),)
    source = Source(file_id="a1", title="جسر نور", published=date(2031, 5, 2), publisher="وكالة مرجان")
    return Answer(
        **{
            "question": question,
            "text": f"{text} [a1]",
            "abstained": False,
            "engine": "extract",
            "sentences": sentences,
            "sources": (source,),
        }
        | fields
    )


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Conversations]:
    conversations = Conversations(tmp_path / "web" / "conversations.db")
    yield conversations
    conversations.close()


def begun(kept: Conversations, owner: str = "mona", *answers: Answer) -> str:
    one = kept.begin(owner)
    for each in answers or (answer(),):
        kept.add(one, owner, each)
    return one


def test_a_conversation_is_there_again_after_a_restart(kept: Conversations) -> None:
    one = begun(kept, "mona", answer(), answer("ومتى؟"))
    kept.close()
    again = Conversations(kept.path)
    assert [(turn.number, turn.question) for turn in again.turns(one, "mona")] == [(1, "من افتتح الجسر؟"), (2, "ومتى؟")]
    assert again.turns(one, "mona")[0].answer == answer()


def test_its_id_and_its_link_cannot_be_guessed(kept: Conversations) -> None:
    ids = {kept.begin("mona") for _ in range(50)}
    assert len(ids) == 50
    assert all(len(item_id) >= 22 and item_id.replace("-", "").replace("_", "").isalnum() for item_id in ids)


def test_what_is_not_the_owners_does_not_exist_for_them(kept: Conversations) -> None:
    one = begun(kept, "mona")
    assert kept.turns(one, "sami") == ()
    assert kept.listed("sami") == ()
    for attempt in (
        lambda: kept.add(one, "sami", answer()),
        lambda: kept.cut(one, "sami", 1),
        lambda: kept.rename(one, "sami", "x"),
        lambda: kept.delete(one, "sami"),
        lambda: kept.export(one, "sami", "json"),
        lambda: kept.feedback(one, "sami", 1, "good"),
        lambda: kept.share(one, "sami"),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert len(kept.turns(one, "mona")) == 1


def test_cutting_drops_a_turn_and_the_later_ones(kept: Conversations) -> None:
    one = begun(kept, "mona", answer("أ؟"), answer("ب؟"), answer("ج؟"))
    kept.cut(one, "mona", 2)
    assert kept.add(one, "mona", answer("د؟")).number == 2
    assert [turn.question for turn in kept.turns(one, "mona")] == ["أ؟", "د؟"]


def test_the_list_shows_the_newest_first_and_nothing_that_was_never_asked_in(kept: Conversations) -> None:
    first, _, last = begun(kept, "mona", answer("الأول؟")), kept.begin("mona"), begun(kept, "mona", answer("الثاني؟"))
    assert [(one.id, one.title, one.turns) for one in kept.listed("mona")] == [
        (last, "الثاني؟", 1),
        (first, "الأول؟", 1),
    ]
    kept.add(first, "mona", answer("ثم؟"))
    assert [one.id for one in kept.listed("mona")] == [first, last]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("الجسر", True),
        ("إفتتحه الوالى", True),
        ("ٱلْجِسْر", True),
        ("عنوان", True),
        ("الجسر غائب", False),
        ("100%", False),
        ("'", False),
    ],
)
def test_a_search_takes_spellings_for_one_and_wants_every_word(kept: Conversations, query: str, found: bool) -> None:
    one = begun(kept)
    kept.rename(one, "mona", "عُنوان")
    assert bool(kept.listed("mona", query)) is found


def test_a_name_can_be_given_and_taken_back(kept: Conversations) -> None:
    one = begun(kept)
    kept.rename(one, "mona", "  كلفة\nالجسر " + "ا" * 300)
    title = kept.listed("mona")[0].title
    assert title.startswith("كلفة الجسر ا") and len(title) == 120
    kept.rename(one, "mona", "")
    assert kept.listed("mona")[0].title == "من افتتح الجسر؟"


def test_what_is_deleted_is_gone_from_the_file_with_its_link_and_what_was_said_of_it(kept: Conversations) -> None:
    one = begun(kept, "mona", answer(text="كلمةسريةجدا"))
    token = kept.share(one, "mona")
    kept.feedback(one, "mona", 1, "missing", "كلمةسريةجدا")
    kept.delete(one, "mona")
    assert kept.listed("mona") == () and kept.shared_turns(token) == () and list(kept.feedback_rows()) == []
    kept.close()
    with sqlite3.connect(kept.path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert "كلمةسريةجدا".encode() not in b"".join(path.read_bytes() for path in kept.path.parent.iterdir())


def test_a_link_opens_the_conversation_to_others_and_stays_the_same(kept: Conversations) -> None:
    one = begun(kept)
    token = kept.share(one, "mona")
    assert token == kept.share(one, "mona")
    assert kept.shared_turns(token) == kept.turns(one, "mona")
    assert kept.shared_turns("") == kept.shared_turns(one) == kept.shared_turns(token[:-1]) == ()


def test_the_markdown_has_every_question_and_sentence_with_source_quote_and_date(kept: Conversations) -> None:
    told = kept.export(begun(kept, "mona", answer(), answer("ومتى؟", "يوم الجمعة.")), "mona", "md")
    assert told.startswith("# من افتتح الجسر؟\n\n## من افتتح الجسر؟\n")
    for part in ("## ومتى؟", "افتتحه الوالي.", "يوم الجمعة.", "افتتحه والي المدينة", "a1", "جسر نور", "2031"):
        assert part in told


def test_an_export_makes_no_markup_link_or_image_of_others__OUT_04(kept: Conversations) -> None:
    citation = Citation(file_id="a1", start=0, end=1, quote=HOSTILE)
    sentence = Sentence(text=HOSTILE, start=0, end=len(HOSTILE), citations=(citation,), reasons=(HOSTILE,))
    source = Source(file_id="a1", title=HOSTILE, publisher=HOSTILE)
    one = begun(kept, "mona", answer(HOSTILE, HOSTILE, sentences=(sentence,), sources=(source,), reasons=(HOSTILE,)))
    kept.rename(one, "mona", HOSTILE)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(kept.export(one, "mona", "md"))
    every = [each for token in tokens for each in (token, *(token.children or ()))]
    assert not [each for each in every if each.type in ("link_open", "image", "html_inline", "code_inline")]
    assert {each.content.strip() for each in every if each.type == "html_block"} <= {'<div dir="rtl">', "</div>"}


def test_the_json_can_be_read_back_as_answers(kept: Conversations) -> None:
    record = json.loads(kept.export(begun(kept), "mona", "json"))
    assert msgspec.convert(record["turns"][0]["answer"], Answer) == answer()
    assert datetime.fromisoformat(record["turns"][0]["at"]) <= datetime.now(UTC)


def test_what_readers_say_becomes_drafts_of_cases(kept: Conversations, tmp_path: Path) -> None:
    one = begun(kept, "mona", answer(), answer("وكم كلّف؟"))
    kept.feedback(one, "mona", 1, "good")
    kept.feedback(one, "mona", 2, "wrong fact", "40 لا 60")
    kept.feedback(one, "mona", 2, "missing", "الكلفة")
    good, missing = draft_cases(read_votes(tmp_path), date(2031, 6, 1))
    assert good.answerable and good.sources_any_of == (("a1",),)
    assert missing.type == "feedback:missing" and "الكلفة" in (missing.note or "")
    assert [turn.question for turn in missing.turns] == ["من افتتح الجسر؟"]


def test_what_was_said_of_an_answer_outlives_asking_again(kept: Conversations) -> None:
    one = begun(kept)
    kept.feedback(one, "mona", 1, "wrong citation")
    kept.cut(one, "mona", 1)
    kept.add(one, "mona", answer(text="غيره."))
    kept.feedback(one, "mona", 1, "good")
    assert [row["reason"] for row in kept.feedback_rows()] == ["wrong citation", ""]
    with pytest.raises(NotFound):
        kept.feedback(one, "mona", 7, "good")


def test_drafting_from_a_store_without_a_page_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="isnad chat"):
        read_votes(tmp_path)


def test_what_was_paid_is_told_by_owner_by_day_and_in_all_and_outlives_deleting(kept: Conversations) -> None:
    kept.charge("mona", Usage(requests=1, tokens_in=10, tokens_out=2, cost=0.5))
    kept.charge("mona", Usage(requests=2, tokens_in=10))
    kept.charge("sami", Usage(requests=1, cost=0.25))
    kept.delete(begun(kept), "mona")
    assert kept.spent("mona") == Usage(requests=3, tokens_in=20, tokens_out=2, cost=0.5)
    assert kept.spent().cost == 0.75
    assert kept.spent("mona", since=date(2999, 1, 1)) == Usage()
    assert kept.spent("nobody") == Usage()


def test_many_threads_can_write_at_once(kept: Conversations) -> None:
    owners = [f"owner {number}" for number in range(8)]

    def talk(owner: str) -> str:
        one = kept.begin(owner)
        for number in range(10):
            kept.add(one, owner, answer(f"{owner} {number}؟"))
            kept.listed(owner, "owner")
        return one

    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(talk, owners))
    for item_id, owner in zip(ids, owners, strict=True):
        assert [turn.question for turn in kept.turns(item_id, owner)] == [f"{owner} {number}؟" for number in range(10)]


def test_two_processes_can_have_it_open(kept: Conversations) -> None:
    other = Conversations(kept.path)
    one = begun(other)
    assert len(kept.turns(one, "mona")) == 1
    other.close()


def test_only_the_owner_of_the_store_can_read_the_file__SEC_04(kept: Conversations) -> None:
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "c.db") as db:
        db.execute("PRAGMA user_version = 7")
    with pytest.raises(StoreError, match="another program"):
        Conversations(tmp_path / "c.db")
    (tmp_path / "d.db").write_bytes(b"not a database, whatever its name says" * 40)
    with pytest.raises(StoreError, match="move the file away"):
        Conversations(tmp_path / "d.db")
