"""The service: who is who, what an answer costs, and the uploads of each visitor."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fpdf import FPDF

from assistant.models import Usage
from assistant.settings import Secret, Settings
from assistant.web.rate_limit import Limits
from assistant.web.service import AnswerService
from index.errors import IsnadError, NoStore, NotFound, UsageError
from tests.assistant.web.served import Asked, stored
from tests.scripted import Scripted
from tests.shop import index, write

pytestmark = pytest.mark.process

FAIR = "معرض الكتاب\n\nافتتحت الوزيرة ليلى سالم معرض الكتاب في مدينة الزيتون يوم السبت، وشاركت فيه 70 دار نشر."
QUESTION = "من افتتح معرض الكتاب في مدينة الزيتون؟"


@pytest.fixture
def service(tmp_path: Path, without_chroma: None) -> Iterator[AnswerService]:
    service = AnswerService(
        stored(tmp_path), settings=Settings(), limits=Limits(files=3, kept_files=4, upload=5_000, kept=8_000)
    )
    yield service
    service.close()


def files(folder: Path, **named: str | bytes) -> list[Path]:
    write(folder, {name.replace("__", "."): content for name, content in named.items()})
    return [folder / name.replace("__", ".") for name in named]


# --- who ---


def test_an_owner_is_a_name_or_else_a_cookie(service: AnswerService) -> None:
    assert service.owner(Asked("cookie-of-mona")) == "cookie-of-mona"
    assert service.owner(Asked("cookie", name="mona")) == "mona"
    assert service.owner(Asked()) == ""


def test_a_visitor_is_counted_by_name_or_by_address_and_the_address_is_not_kept(service: AnswerService) -> None:
    assert service.visitor(Asked(name="mona")) == "mona"
    assert service.visitor(Asked("one")) == service.visitor(Asked("other"))
    assert service.visitor(Asked(address="10.0.0.1")) != service.visitor(Asked(address="10.0.0.2"))
    assert service.visitor(Asked(address="2001:db8::1")) == service.visitor(Asked(address="2001:db8::2"))
    assert "10.0.0.1" not in service.visitor(Asked(address="10.0.0.1"))


def test_without_a_store_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="isnad index"):
        AnswerService(tmp_path / "none", settings=Settings())


# --- asking ---


def test_an_answer_is_streamed_and_told_apart_from_its_cost(service: AnswerService) -> None:
    answer = service.ask(service.admit("v", "كم كلّف جسر نور؟"), "كم كلّف جسر نور؟")
    assert "40" in answer.text and "bridge" in {source.file_id for source in answer.sources}
    assert service.active_answers() == 0 and service.conversations.spent() == Usage()


def paying(server: Scripted) -> Settings:
    return Settings(base_url=server.url, key=Secret("sk-x"), model="scripted", price_in=2.0, price_out=8.0)


def test_what_a_model_costs_is_noted_for_the_visitor_and_stops_them_at_their_limit__WEB_04(tmp_path: Path) -> None:
    with Scripted("كلّف الجسر 40 مليون دينار [1].") as server:
        service = AnswerService(stored(tmp_path), settings=paying(server), limits=Limits(cost_each=0.0001))
        answer = service.ask(service.admit("mona", "كم كلّف جسر نور؟"), "كم كلّف جسر نور؟")
        assert answer.usage
        cost = (answer.usage.tokens_in * 2.0 + answer.usage.tokens_out * 8.0) / 1e6
        assert service.conversations.spent("mona").cost == pytest.approx(cost)
        assert service.refusal("mona", "كم كلّف جسر نور؟") == "budget"
        assert service.refusal("sami", "كم كلّف جسر نور؟") is None
        service.close()


@pytest.mark.parametrize("fault", ["cut", "error-middle"])
def test_an_answer_that_breaks_off_is_paid_for(tmp_path: Path, fault: str) -> None:
    with Scripted("كلّف الجسر 40 مليون دينار [1]. " * 50) as server:
        server.faults = [None, fault]
        service = AnswerService(stored(tmp_path), settings=paying(server))
        with contextlib.suppress(IsnadError):
            service.ask(service.admit("mona", "كم كلّف جسر نور؟"), "كم كلّف جسر نور؟")
        assert (service.conversations.spent("mona").cost or 0) > 0 and service.active_answers() == 0
        service.close()


def test_an_answer_that_is_stopped_ends_the_models_stream_and_is_paid_for(tmp_path: Path) -> None:
    with Scripted("كلّف الجسر 40 مليون دينار [1]. " * 50) as server:
        server.faults = [None, "stall"]
        service = AnswerService(stored(tmp_path), settings=paying(server))
        question = "كم كلّف جسر نور؟"
        with service.redeem(service.admit("mona", question), question) as slot:
            streaming = service.stream(slot, question)
            next(streaming)
            assert service.active_answers() == 1
            streaming.close()
        assert server.left.wait(10)
        assert service.active_answers() == 0
        assert (service.conversations.spent("mona").cost or 0) > 0
        service.close()


def test_the_money_of_today_is_what_counts(tmp_path: Path) -> None:
    service = AnswerService(stored(tmp_path), settings=Settings(), limits=Limits(cost_all=1.0))
    service.conversations.charge("mona", Usage(requests=1, cost=1.5))
    assert service.refusal("sami", "؟") == "budget_all"
    assert service.conversations.spent(since=datetime.now(UTC).date()).cost == 1.5
    service.close()


# --- uploads ---


def test_an_upload_answers_at_once_and_is_taken_back_by_its_owner(service: AnswerService, tmp_path: Path) -> None:
    report = service.add(files(service.incoming, معرض__txt=FAIR), "mona")
    (one,) = report.added
    assert service.uploads("mona") == (one,) and service.status()["articles"] == 4
    assert service.ask(service.admit("v", QUESTION), QUESTION).sources[0].file_id == one
    service.remove_upload("mona", one)
    assert service.uploads("mona") == () and service.ask(service.admit("v", QUESTION), QUESTION).abstained
    assert not [path for path in (service.store / "web" / "uploads").rglob("*") if path.is_file()]


def test_uploads_are_the_owners_own(service: AnswerService, tmp_path: Path) -> None:
    (one,) = service.add(files(service.incoming, a__txt=FAIR), "mona").added
    (other,) = service.add(files(service.incoming, a__txt=FAIR + "\n\nوحضر كثيرون."), "sami").added
    assert one != other and service.uploads("sami") == (other,)
    for owner, file_id in (("sami", one), ("mona", "bridge"), ("", one), ("mona", "../../ledger")):
        with pytest.raises(NotFound):
            service.remove_upload(owner, file_id)
    assert service.article(one).text != service.article(other).text


def test_indexing_the_folder_again_leaves_uploads_alone_and_the_other_way_round(
    service: AnswerService, tmp_path: Path
) -> None:
    (one,) = service.add(files(service.incoming, a__txt=FAIR), "mona").added
    assert index(tmp_path / "articles", service.store).deleted == ()
    assert service.add(files(service.incoming, b__txt=FAIR + "\n\nوحضر كثيرون."), "mona").deleted == ()
    assert one in service.uploads("mona") and service.article("bridge")


def test_the_report_names_every_file_and_why_it_was_refused(service: AnswerService, tmp_path: Path) -> None:
    report = service.add(files(service.incoming, good__txt=FAIR, empty__txt=" ", x__exe=b"MZ"), "mona")
    assert len(report.added) == 1
    assert {one.path: one.reason for one in report.skipped} == {
        "empty.txt": "it is empty",
        "x.exe": "not a type of article file; add one of .txt, .md, .markdown, .html, .htm, .xhtml, .pdf, .docx, "
        ".doc, .odt, .rtf, .eml, .mhtml, .mht",
    }


def test_a_file_of_records_is_no_upload_since_its_ids_could_be_anybodys(service: AnswerService, tmp_path: Path) -> None:
    report = service.add(files(service.incoming, a__jsonl='{"id": "bridge", "text": "غيره"}'), "mona")
    assert report.added == () and "not a type" in report.skipped[0].reason
    assert "كمال الراوي" in service.article("bridge").text


def test_a_refused_new_version_leaves_the_old_one(service: AnswerService, tmp_path: Path) -> None:
    (one,) = service.add(files(service.incoming, a__txt=FAIR), "mona").added
    service.add(files(service.incoming, a__txt=b"\x00\x01\x02" * 50), "mona")
    service.add(files(service.incoming, a__md=FAIR), "mona")  # the same id from another file
    assert service.article(one).text == FAIR
    assert service.add(files(service.incoming, a__txt=FAIR + "\n\nوحضر كثيرون."), "mona").changed == (one,)


def test_limits_of_number_and_size_hold_for_one_upload_and_for_all_of_an_owner__WEB_02(
    service: AnswerService, tmp_path: Path
) -> None:
    def named(letters: str, size: int) -> list[Path]:
        return files(
            service.incoming, **{f"{letter}__txt": f"{letter} {FAIR} " + "كلمة " * (size // 9) for letter in letters}
        )

    report = service.add(named("abcd", 500), "mona")
    assert len(report.added) == 3 and "at most 3 files at a time" in report.skipped[0].reason
    report = service.add(named("ef", 500), "mona")
    assert len(report.added) == 1 and "you have 4 files here" in report.skipped[0].reason
    report = service.add(named("gh", 3_000), "sami")
    assert len(report.added) == 1 and "one upload holds at most" in report.skipped[0].reason
    assert "your files may take" in service.add(named("ik", 2_300), "sami").skipped[0].reason


@pytest.mark.parametrize(
    "name", ["../../escape.txt", "..\\..\\escape.txt", "a[b].txt", "‮txt.a.txt", "x" * 240 + ".txt"]
)
def test_a_hostile_name_stays_in_the_owners_folder_or_is_refused__WEB_01(
    service: AnswerService, tmp_path: Path, name: str
) -> None:
    folder = service.incoming
    folder.mkdir()
    path = folder / Path(name).name
    path.write_text(FAIR)
    report = service.add([path], "mona")
    assert len(report.added) + len(report.skipped) == 1
    kept = [one for one in tmp_path.rglob("*") if one.is_file() and one.read_bytes() == FAIR.encode() and one != path]
    assert not [one for one in kept if (service.store / "web" / "uploads") not in one.parents]
    assert not list(tmp_path.parent.glob("escape*"))


def test_files_with_brackets_and_direction_marks_in_their_names_are_taken_in(service: AnswerService) -> None:
    sent = files(service.incoming, **{"تقرير [فيديو]__txt": FAIR, "خبر\u202e__txt": f"{FAIR} ثانية."})
    report = service.add(sent, "mona")
    assert {key.rpartition("/")[2] for key in report.added} == {"تقرير (فيديو)", "خبر"} and not report.skipped
    for file_id in service.uploads("mona"):
        service.remove_upload("mona", file_id)
    assert not service.uploads("mona")


def test_only_what_was_sent_to_the_page_is_taken_in__WEB_01(service: AnswerService, tmp_path: Path) -> None:
    (one,) = files(tmp_path, secret__txt=FAIR)
    service.incoming.mkdir()
    (service.incoming / "link.txt").symlink_to(one)
    for path in (
        one,
        service.incoming / "link.txt",
        service.incoming / ".." / ".." / ".." / "secret.txt",
        service.store / "ledger.db",
    ):
        report = service.add([path], "mona")
        assert report.added == () and report.skipped[0].reason == "it was not sent to this page"
    assert one.exists() and (service.store / "ledger.db").exists()


def test_a_pdf_can_be_uploaded(service: AnswerService, tmp_path: Path) -> None:
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=12)
    document.multi_cell(
        0, 8, "Minister Layla Salem opened the book fair in the city of Zaytun on Saturday, with 70 publishers."
    )
    (one,) = service.add(files(service.incoming, fair__pdf=bytes(document.output())), "mona").added
    assert "Layla Salem" in service.article(one).text


def test_a_page_open_to_everybody_takes_no_articles(tmp_path: Path) -> None:
    service = AnswerService(stored(tmp_path), settings=Settings(), uploads=False)
    with pytest.raises(UsageError, match="takes no articles"):
        service.add(files(service.incoming, a__txt=FAIR), "mona")
    service.close()


def test_what_is_uploaded_is_for_the_owner_of_the_store_alone__SEC_04(service: AnswerService, tmp_path: Path) -> None:
    service.add(files(service.incoming, a__txt=FAIR), "mona")
    folders = [path for path in (service.store / "web" / "uploads").rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_the_status_says_what_answers_how_many_articles_and_what_it_cost(service: AnswerService) -> None:
    status = service.status()
    assert (status["articles"], status["engine"], status["passages_go_to"], status["spent"]) == (
        3,
        "extract",
        None,
        Usage(),
    )
    assert "sk-" not in repr(status)
