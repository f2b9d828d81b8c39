"""Importing the roster (§2.16): nothing double, conflicts told, accounts found, killed and taken up again."""

import csv
import io
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection

from registration import roster
from registration.models import Application, Qualification, RosterChange, RosterConflict, RosterImport
from registration.roster import fictitious, importing
from swms.audit.models import AuditEvent
from swms.regions.models import Duty, Region
from swms.workflow import Refused
from tests import factories
from tests.processes import alone_in_the_database, until
from tests.registration.rosters import HEADER, holders, write

pytestmark = pytest.mark.usefixtures("provinces")


def counts(run: RosterImport) -> tuple[int, ...]:
    """Return how many rows were created, updated, unchanged and left out, by a mistake or a conflict."""
    return run.rows_created, run.rows_updated, run.rows_unchanged, run.rows_refused + run.rows_conflicting


def test_a_file_brings_people_into_the_roster_readable_and_findable(tmp_path, keeper):
    people = holders(30)
    run = roster.import_file(write(tmp_path / "a.csv", [each.cells for each in people]), by=keeper)
    assert counts(run) == (30, 0, 0, 0)
    row = Qualification.objects.get(mgmt_no=people[7].mgmt_no)
    assert (row.id_number, row.name, row.level) == (people[7].id_number, people[7].name, people[7].level)
    assert (row.issue_date, row.province_id, row.is_valid) == (people[7].issue_date, people[7].province, True)
    assert row.roster_import == run
    again = Qualification.objects.get(pk=row.pk)
    again.save()
    assert again.id_index == row.id_index, "the index is the one that saving a row makes"


def test_the_same_file_twice_changes_nothing_and_says_so(tmp_path):
    path = write(tmp_path / "a.csv", [each.cells for each in holders(30)])
    roster.import_file(path)
    before = list(Qualification.objects.order_by("pk").values())
    assert counts(roster.import_file(path)) == (0, 0, 30, 0)
    assert list(Qualification.objects.order_by("pk").values()) == before


def test_a_dry_run_foretells_the_run_and_writes_nothing(tmp_path):
    people = holders(30)
    roster.import_file(write(tmp_path / "a.csv", [each.cells for each in people[:10]]))
    rows = [each.cells for each in people]
    rows[3][6] = "2026-01-05"
    rows[20] = [*people[2].cells[:5], people[20].mgmt_no, *people[20].cells[6:]]
    rows.append(rows[15])
    path = write(tmp_path / "b.csv", rows)
    tried = roster.import_file(path, dry_run=True)
    assert Qualification.objects.count() == 10
    done = roster.import_file(path)
    assert counts(tried) == counts(done)
    assert roster.problems(tried) == roster.problems(done)
    assert counts(done) == (19, 1, 9, 2)


def test_a_large_file_is_taken_in_chunks_and_repetitions_are_found_across_them(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 7)
    rows = [each.cells for each in holders(30)]
    run = roster.import_file(write(tmp_path / "a.csv", [*rows, rows[0]]))
    assert counts(run) == (30, 0, 0, 1)
    (problem,) = roster.problems(run)
    assert (problem.row, problem.kind, problem.message) == (32, "error", "与第2行的管理号相同")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one, two: replace(one, id_number=two.id_number, name=two.name), "属于另一人"),
        (lambda one, two: replace(one, exam_year=2010), "另一级别或另一考试年度"),
        (lambda one, two: replace(one, level=3 if one.level != 3 else 1), "另一级别或另一考试年度"),
        (lambda one, two: replace(one, name="某某"), "姓名不同"),
        (lambda one, two: replace(one, mgmt_no=two.mgmt_no[:17] + "0"), "管理号不同"),
        (lambda one, two: replace(one, mgmt_no="1" * 18, level=3, name="某某"), "姓名不同"),
    ],
)
def test_what_contradicts_the_roster_is_a_conflict_and_changes_nothing(tmp_path, change, words):
    one, two = holders(2)
    roster.import_file(write(tmp_path / "a.csv", [one.cells]))
    before = list(Qualification.objects.values())
    run = roster.import_file(write(tmp_path / "b.csv", [change(one, two).cells]))
    assert counts(run) == (0, 0, 0, 1)
    (problem,) = roster.problems(run)
    assert problem.kind == "conflict"
    assert words in problem.message
    assert list(Qualification.objects.values()) == before


def test_two_rows_of_one_file_that_contradict_each_other_are_a_conflict(tmp_path):
    one = holders(1)[0]
    other_name = replace(one, mgmt_no="1" * 18, level=3, name="某某")
    other_number = replace(one, mgmt_no="2" * 18)
    run = roster.import_file(write(tmp_path / "a.csv", [each.cells for each in (one, other_number, other_name)]))
    assert counts(run) == (1, 0, 0, 2)
    assert [problem.message for problem in roster.problems(run)] == [
        "与第2行是同一人、同一级别、同一考试年度，管理号不同",
        "与第2行是同一证件号码，姓名不同",
    ]


def test_a_second_certificate_of_the_same_person_is_no_conflict(tmp_path):
    one = holders(1)[0]
    higher = replace(one, mgmt_no="1" * 18, level=3, exam_year=2025, issue_date=date(2025, 10, 8))
    assert counts(roster.import_file(write(tmp_path / "a.csv", [one.cells, higher.cells]))) == (2, 0, 0, 0)


def test_a_revoked_certificate_stays_revoked_when_it_is_sent_again(tmp_path, keeper):
    one = holders(1)[0]
    path = write(tmp_path / "a.csv", [one.cells])
    roster.import_file(path)
    Qualification.objects.get().move("revoke", actor=keeper, reason="考试中有违纪违规行为，予以撤销。")
    roster.import_file(write(tmp_path / "b.csv", [replace(one, issue_date=date(2026, 1, 5)).cells]))
    assert not Qualification.objects.get().is_valid


def test_somebody_with_an_account_finds_the_new_certificate_in_it(tmp_path):
    one = holders(1)[0]
    worker = factories.worker(one.name, number=one.id_number)
    roster.import_file(write(tmp_path / "a.csv", [one.cells]))
    assert Application.objects.get().worker == worker
    assert Qualification.objects.get().worker == worker


def test_refused_rows_come_back_with_the_reason_and_are_accepted_once_corrected(tmp_path):
    people = holders(12)
    rows = [each.cells for each in people]
    rows[2][4] = rows[2][4][:17] + ("0" if rows[2][4][17] != "0" else "1")
    rows[5][7] = "=HYPERLINK(1)"
    for name in ("errors.csv", "errors.xlsx"):
        errors = tmp_path / name
        run = roster.import_file(write(tmp_path / "a.csv", rows, "gb18030"), dry_run=True, errors=errors)
        assert run.rows_refused == 2
    book = openpyxl.load_workbook(tmp_path / "errors.xlsx")
    written = list(book.active.iter_rows(values_only=True))
    assert written[0] == (*HEADER, "错误")
    assert written[1][:8] == tuple(rows[2])
    assert "校验" in written[1][8]
    with open(tmp_path / "errors.csv", encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[2][7] == "'=HYPERLINK(1)", "a spreadsheet must not calculate it"

    sheet = book.active
    sheet["E2"], sheet["H3"] = people[2].id_number, people[5].province_name
    book.save(tmp_path / "corrected.xlsx")
    roster.import_file(tmp_path / "a.csv")
    assert counts(roster.import_file(tmp_path / "corrected.xlsx")) == (2, 0, 0, 0)
    assert Qualification.objects.count() == 12


def test_names_that_no_certificate_can_print_are_imported_with_a_warning(tmp_path):
    one = replace(holders(1)[0], name="王\U0003134a")
    run = roster.import_file(write(tmp_path / "a.csv", [one.cells]))
    assert counts(run) == (1, 0, 0, 0)
    assert run.rows_warned == 1
    assert roster.problems(run)[0].kind == "warning"


def test_nothing_personal_is_kept_beside_the_roster_or_said(tmp_path, caplog):
    people = holders(6)
    rows = [each.cells for each in people]
    rows[1][4] += "9"
    rows[2][2] = "不是名字1"
    path = write(tmp_path / f"{people[0].id_number}.csv", rows)
    out = io.StringIO()
    call_command("import_roster", str(path), stdout=out)
    kept = f"{list(RosterImport.objects.values())} {list(AuditEvent.objects.values())} {out.getvalue()} {caplog.text}"
    for row in rows:
        assert row[4][:17] not in kept
        assert row[2] not in kept


def test_an_import_is_in_the_audit_trail_with_its_counts(tmp_path, keeper):
    run = roster.import_file(write(tmp_path / "a.csv", [each.cells for each in holders(3)]), by=keeper)
    event = AuditEvent.objects.get(verb="registration.roster.import", target_id=str(run.pk))
    assert event.actor == keeper
    assert event.changes["rows_created"] == 3
    assert event.changes["sha256"] == run.sha256


def test_while_keys_are_exchanged_nothing_is_imported(tmp_path, settings):
    settings.INDEX_KEYS = [*settings.INDEX_KEYS, "k2:" + "A" * 43 + "="]
    with pytest.raises(roster.FileRefused, match="更换密钥"):
        roster.import_file(write(tmp_path / "a.csv", [holders(1)[0].cells]))


@pytest.mark.parametrize("arguments", [["nothing.csv"], ["empty.csv"], ["a.csv", "--by", "nobody"]])
def test_the_command_ends_with_a_sentence_when_it_cannot(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.csv", [holders(1)[0].cells])
    (tmp_path / "empty.csv").touch()
    with pytest.raises(CommandError):
        call_command("import_roster", *arguments)
    assert not Qualification.objects.exists()


@pytest.mark.parametrize("options", [[], ["--gbk"], ["--xlsx"]])
def test_a_fictitious_roster_with_faults_is_imported_but_for_the_faults(tmp_path, options):
    for code, name, _ in fictitious.PROVINCES:
        Region.objects.get_or_create(code=code, defaults={"name": name, "level": 1, "path": f"/{code}/"})
    path = tmp_path / ("r.xlsx" if options == ["--xlsx"] else "r.csv")
    call_command("make_roster", "400", "--seed", "3", "--bad", "20", "--out", str(path), *options, stdout=io.StringIO())
    again = tmp_path / f"again{path.suffix}"
    call_command(
        "make_roster", "400", "--seed", "3", "--bad", "20", "--out", str(again), *options, stdout=io.StringIO()
    )
    if path.suffix == ".csv":
        assert path.read_bytes() == again.read_bytes(), "the same seed gives the same file"
    run = roster.import_file(path)
    assert run.rows_total == 400
    assert run.rows_created + run.rows_refused == 400
    assert run.rows_created > 250
    assert run.rows_refused > 60


# --- the console's two steps -----------------------------------------------------------------


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def upload(rows: list[list[str]]) -> io.BytesIO:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows])
    return io.BytesIO(out.getvalue().encode("gb18030"))


def test_an_upload_is_tried_first_and_imported_when_confirmed(media, keeper):
    rows = [each.cells for each in holders(8)]
    rows[1][2] = ""
    tried = roster.stage(upload(rows), name="名单.csv", by=keeper)
    assert roster.progress(tried) is None
    assert roster.unfinished() == [tried.pk]
    tried = roster.run(tried.pk)
    assert counts(tried) == (7, 0, 0, 1)
    assert not Qualification.objects.exists()
    run = roster.confirm(tried, by=keeper)
    with pytest.raises(Refused) as refused:
        roster.confirm(tried, by=keeper)
    assert refused.value.code == "already_confirmed"
    run = roster.run(run.pk)
    assert counts(run) == (7, 0, 0, 1)
    assert roster.progress(run) == 100
    assert roster.unfinished() == []
    file = roster.error_file(run)
    assert file.name == "名单-有误的行.xlsx"
    with file.open() as opened:
        assert openpyxl.load_workbook(opened).active.max_row == 2


def test_what_lies_on_the_disk_is_sealed(media, keeper):
    people = holders(3)
    rows = [each.cells for each in people]
    rows[0][7] = "火星省"
    roster.run(roster.stage(upload(rows), name="名单.csv", by=keeper).pk)
    kept = [path for path in media.rglob("*") if path.is_file()]
    assert len(kept) == 2, "the upload and the refused rows"
    for path in kept:
        assert people[0].id_number.encode() not in path.read_bytes()
        assert not path.read_bytes().startswith(b"PK")
        assert path.stat().st_mode & 0o077 == 0
    assert roster.purge_staged(days=-1) == 2


def test_only_the_keeper_of_the_whole_countrys_roster_imports(media, people, keeper):
    tried = roster.run(roster.stage(upload([holders(1)[0].cells]), name="a.csv", by=keeper).pk)
    for refused in (people.zhou_yan, people.li_jing, people.zhang_wei, people.wang_fang.user):
        with pytest.raises(PermissionDenied):
            roster.stage(upload([]), name="a.csv", by=refused)
        with pytest.raises(PermissionDenied):
            roster.confirm(tried, by=refused)
        assert not RosterImport.objects.visible_to(refused).exists()
    assert RosterImport.objects.visible_to(keeper).get() == tried


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda run, media: RosterImport.objects.update(outcome="running"), "not_finished"),
        (lambda run, media: RosterImport.objects.update(rows_created=0), "nothing_to_import"),
        (lambda run, media: [path.unlink() for path in media.rglob("*.upload")], "file_gone"),
    ],
)
def test_what_cannot_be_confirmed_is_refused(media, keeper, spoil, code):
    tried = roster.run(roster.stage(upload([holders(1)[0].cells]), name="a.csv", by=keeper).pk)
    spoil(tried, media)
    with pytest.raises(Refused) as refused:
        roster.confirm(tried, by=keeper)
    assert refused.value.code == code


def test_a_file_that_is_gone_or_damaged_fails_with_a_reason(media, keeper):
    run = roster.stage(upload([holders(1)[0].cells]), name="a.csv", by=keeper)
    (path,) = media.rglob("*.upload")
    path.write_bytes(path.read_bytes()[:-3])
    run = roster.run(run.pk)
    assert run.outcome == "failed"
    assert "重新上传" in run.failure
    assert counts(roster.run(run.pk)) == (0, 0, 0, 0), "a finished run is not run again"


# --- killed half-way -------------------------------------------------------------------------

KILLED = """
import os, signal, sys
import django
django.setup()
from registration import roster
from registration.roster import importing
importing.CHUNK = 20
def die(run):
    if run.rows_created >= 60:
        os.kill(os.getpid(), signal.SIGKILL)
roster.import_file(importing.Path(sys.argv[1]), on_progress=die)
"""


@pytest.mark.django_db(transaction=True)
def test_an_import_that_was_killed_half_way_is_run_again_and_nothing_is_double(tmp_path):
    """Neither a holder nor a conflict nor what a row was before; and both runs can be undone to the letter."""
    people = holders(100)
    there = [replace(people[0], name="某某"), replace(people[1], issue_date=date(2026, 1, 5))]
    roster.import_file(write(tmp_path / "there.csv", [each.cells for each in there]))
    before = list(Qualification.objects.order_by("pk").values())
    path = write(tmp_path / "a.csv", [each.cells for each in people])
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    url = f"{server}/{connection.settings_dict['NAME']}"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env=os.environ | {"DATABASE_URL": url},
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    until(alone_in_the_database, within=30, what="alone in the database")
    assert Qualification.objects.count() == 80
    run = roster.import_file(path)
    assert counts(run) == (20, 0, 79, 1)
    assert Qualification.objects.count() == 100
    first = RosterImport.objects.order_by("pk")[1]
    assert (first.outcome, first.failure) == ("failed", importing.INTERRUPTED)
    assert AuditEvent.objects.filter(verb="registration.roster.import").count() == 2
    assert RosterConflict.objects.get().roster_import == first
    assert RosterChange.objects.get().roster_import == first
    keeper = factories.staff("周宁", (Duty.CERTIFICATE, None), username="zhouning")
    for each in (run, first):
        roster.run(roster.ask_to_undo(each, by=keeper, reason="名单是去年的旧文件，导入有误。").pk)
    assert list(Qualification.objects.order_by("pk").values()) == before
    assert RosterConflict.objects.get().state == "CLOSED"


@pytest.mark.django_db(transaction=True)
def test_a_staged_import_that_was_cut_short_is_taken_up_and_counts_what_it_had_brought(media, monkeypatch):
    keeper = factories.staff("周宁", (Duty.CERTIFICATE, None), username="zhouning")
    people = holders(100)
    tried = roster.run(roster.stage(upload([each.cells for each in people]), name="a.csv", by=keeper).pk)
    run = roster.confirm(tried, by=keeper)
    monkeypatch.setattr(importing, "CHUNK", 30)
    take, taken = importing._take, []

    def cut_short(*arguments):
        if len(taken) == 2:
            raise OSError("the disk is gone")
        taken.append(take(*arguments))

    with monkeypatch.context() as patch:
        patch.setattr(importing, "_take", cut_short)
        with pytest.raises(OSError, match="disk"):
            roster.run(run.pk)
    assert Qualification.objects.count() == 60
    assert roster.unfinished() == [run.pk]
    assert counts(roster.run(run.pk)) == (100, 0, 0, 0)
    assert Qualification.objects.count() == 100
