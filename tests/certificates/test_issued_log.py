"""签发日志 and the re-verifier: what a forger with the database in his hands cannot do without its being seen."""

import io
import json
import uuid

import pgtrigger
import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, transaction
from django.utils import timezone

from certificates import actions
from certificates.models import Annotation, Certificate, EntryKind, FileCheck, FileFault, LogEntry, LogNode
from certificates.pdf import merkle, page, statement_keys
from certificates.queries import issued_log
from certificates.workflows import AnnotationState, DocumentState
from registration.models import Registration
from swms import anchors
from swms.audit.models import AuditEvent
from swms.console.history import title_of
from swms.invariants import judge
from tests.certificates.makers import agreed_holder, ask
from tests.pdf.samples import QUALIFICATION

pytestmark = pytest.mark.django_db
REASON = "经核实证书信息有误，予以处理"


@pytest.fixture(autouse=True)
def heads(settings, tmp_path):
    settings.ANCHOR_PATH = tmp_path / "anchor.jsonl"
    return tmp_path / "issued-log-heads.jsonl"


def commit() -> None:
    """Do what a commit does to the log: entries get their places."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture(scope="module")
def laid_out():
    """One page for all of them: nobody here reads it, and laying out takes a second."""
    return page.render(page.QUALIFICATION, QUALIFICATION)


@pytest.fixture
def copies(scenario, laid_out, monkeypatch):
    """Seven annotated copies in the log, of as many holders."""
    draw = page.render
    monkeypatch.setattr(
        page, "render", lambda kind, facts: laid_out if kind == page.QUALIFICATION else draw(kind, facts)
    )
    rows = [ask(agreed_holder(name)) for name in "甲乙丙丁戊己庚"]
    actions.annotate([row.pk for row in rows])
    commit()
    return list(Annotation.objects.order_by("pk"))


def faults() -> list[str]:
    return list(issued_log.faults())


def promise() -> list[str]:
    """Return what ``check_invariants`` says about the log."""
    (found,) = [verdict.violations for verdict in judge() if verdict.promise.startswith("4b.")]
    return found


# -- written, and only ever added to -------------------------------------------------------------


def test_what_is_issued_and_what_is_withdrawn_stand_in_the_log_in_order(issued, annotation, people):
    Registration.objects.get().move("revoke", actor=people.zhang_wei, reason=REASON, cause="own_request")
    annotation.qualification.move("revoke", actor=people.zhou_yan, reason=REASON)
    commit()
    certificate = Certificate.objects.get()
    said = list(LogEntry.objects.order_by("pk").values_list("kind", "number", "sha256", "reason"))
    assert said[0] == ("certificate", str(certificate), certificate.sha256, "")
    assert said[1] == ("copy", annotation.number, annotation.sha256, "")
    assert ("withdrawn", annotation.number, annotation.sha256, "证书已撤销") in said
    assert ("withdrawn", certificate.registration.number, "", "撤销登记") in said
    assert said[-1][:2] == ("withdrawn", annotation.qualification.mgmt_no)
    assert list(LogNode.objects.filter(height=0).order_by("place").values_list("place", flat=True)) == [0, 1, 2, 3, 4]
    assert faults() == []


@pytest.mark.parametrize("table", ["certificates_logentry", "certificates_lognode"])
def test_the_database_refuses_to_change_remove_or_empty_the_log(copies, table):
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_document_cannot_be_put_into_the_log_twice(copies):
    with pytest.raises(Exception, match="issued_into_the_log_once"), transaction.atomic():
        actions.log_issued(copies[0])


def test_an_issue_that_is_rolled_back_leaves_no_entry(qualification):
    row = ask(qualification)
    with transaction.atomic():
        facts = {"path": "-", "sha256": "0" * 64, "signer": "-", "printed": "{}"}
        row.move("generate", **facts, signed_at=timezone.now())
        assert LogEntry.objects.count() == 1
        transaction.set_rollback(True)
    assert not LogEntry.objects.exists()


# -- proofs --------------------------------------------------------------------------------------


def test_anybody_can_compute_that_a_copy_is_in_the_signed_tree(copies, client):
    head = actions.anchor()
    for copy in copies:
        answer = client.get(f"/v/{copy.verify_token}/proof").json()
        text = "\n".join(answer["leaf"].values()).encode()
        assert answer["leaf"]["sha256"] == copy.sha256
        assert answer["tree"] == head
        path = [bytes.fromhex(each) for each in answer["path"]]
        root = bytes.fromhex(answer["tree"]["root"])
        assert merkle.holds(merkle.leaf(text), answer["index"], answer["tree"]["size"], path, root)
        assert issued_log.is_signed(answer["tree"])


def test_a_document_that_came_after_the_head_is_proven_under_the_tree_as_it_is(copies, annotation, client):
    actions.anchor()
    commit()
    late = client.get(f"/v/{annotation.verify_token}/proof").json()
    assert late["index"] == 7
    assert "signature" not in late["tree"]
    path = [bytes.fromhex(each) for each in late["path"]]
    assert merkle.holds(bytes.fromhex(late["leaf_hash"]), 7, 8, path, bytes.fromhex(late["tree"]["root"]))


def test_a_stranger_with_a_guessed_token_gets_no_proof(copies, client):
    assert client.get(f"/v/{uuid.uuid4().hex[:22]}/proof").status_code == 404


def test_the_verification_page_says_under_which_number_the_document_stands(copies, client):
    page = client.get(f"/v/{copies[4].verify_token}").content.decode()
    assert "已列入签发日志第 5 号" in page
    assert f"/v/{copies[4].verify_token}/proof" in page


# -- heads ---------------------------------------------------------------------------------------


def test_a_head_is_written_when_something_was_added_and_is_signed_by_a_published_key(copies, heads):
    head = actions.anchor()
    assert (head["size"], actions.anchor()) == (7, None)
    assert anchors.read(heads) == [head]
    assert issued_log.is_signed(head)
    assert not issued_log.is_signed(head | {"size": 9})
    assert not issued_log.is_signed(head | {"key": "00000000"})
    assert not issued_log.is_signed({})


def test_heads_of_an_earlier_key_stay_good_after_rotation(copies, settings, tmp_path):
    settings.SIGNING_KEY_DIR = tmp_path / "keys"
    old = actions.anchor()
    statement_keys.make(settings.SIGNING_KEY_DIR, again=True)
    LogEntry.objects.create(kind=EntryKind.WITHDRAWN, number="1", record="1", at=timezone.now())
    commit()
    new = actions.anchor()
    assert old["key"] != new["key"]
    assert faults() == []


# -- forgery -------------------------------------------------------------------------------------


def test_an_issued_row_that_was_put_in_by_sql_is_found(issued, copies):  # "issued" by nobody
    assert promise() == []
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO certificates_certificate (uid, registration_id, version, sealed, state, verify_token, path,"
            " sha256, signer, attempts, created_at) SELECT %s, registration_id, 2, sealed, 'ISSUED', 'forged', path,"
            " sha256, signer, 0, now() FROM certificates_certificate",
            [uuid.uuid4()],
        )
    assert any("v2：已签发，但不在签发日志中" in line for line in promise())
    actions.recheck()
    # A copy of another row's file does not open under the new row.
    assert FileFault.objects.get(number__endswith="v2").code == "changed"


def test_a_forger_who_also_adds_an_entry_is_found_by_the_file_that_he_cannot_sign(copies):
    copy = copies[3]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE certificates_annotation SET verify_token = 'forged' WHERE id = %s", [copy.pk])
    actions.recheck()
    assert FileFault.objects.get().code == "content"


def test_an_exchanged_hash_is_found(copies):
    Annotation.objects.filter(pk=copies[2].pk).update(sha256="a" * 64)
    assert faults() == [f"{copies[2].number}：已签发，但不在签发日志中"]


@pytest.mark.parametrize("place", [0, 3, 6])
def test_a_deleted_leaf_is_found(copies, place):
    with pgtrigger.ignore():
        LogNode.objects.filter(height=0, place=place).delete()
    assert faults()


def test_a_changed_entry_is_found(copies):
    with pgtrigger.ignore():
        LogEntry.objects.filter(number=copies[5].number).update(number="JZ-000000-2026-00001")
    assert "签发日志第 6 号缺失或与内容不符" in faults()


def test_a_changed_node_is_found(copies):
    with pgtrigger.ignore():
        LogNode.objects.filter(height=1, place=1).update(hash=b"\x00" * 32)
    assert faults()[0] == "签发日志的节点 1/1 与其下的节点不符"


def test_a_tail_that_was_cut_cleanly_is_found_by_the_head_outside(copies):
    actions.anchor()
    with pgtrigger.ignore():
        last = LogNode.objects.get(height=0, place=6)
        last.delete()
        LogEntry.objects.filter(pk=last.entry_id).delete()
    assert "签发日志的末尾被截去：曾有 7 条，现有 6 条" in faults()


def test_a_history_that_was_written_anew_is_found_by_the_head_outside(copies):
    actions.anchor()
    entries = list(LogEntry.objects.order_by("pk"))
    with pgtrigger.ignore():
        LogNode.objects.all().delete()
        LogEntry.objects.all().delete()
    entries[0].number = "JZ-000000-2026-00001"
    for entry in entries:
        LogEntry.objects.create(**{
            name: getattr(entry, name) for name in ("kind", "number", "record", "sha256", "reason", "at")
        })  # fmt: skip
    commit()
    assert ["前 7 条与" in line for line in issued_log.tree_faults()] == [True]


def test_a_head_that_nobody_signed_is_found(copies, heads):
    head = actions.anchor()
    heads.write_text(json.dumps(head | {"root": "00" * 32}) + "\n")
    assert ["签名无效" in line for line in issued_log.tree_faults()] == [True]


def test_a_broken_log_gets_no_new_head(copies):
    with pgtrigger.ignore():
        LogEntry.objects.filter(number=copies[5].number).update(number="1")
    assert actions.anchor() is None


# -- documents of before the log ------------------------------------------------------------------


def test_what_was_issued_before_there_was_a_log_is_entered_once_and_noted(copies, issued):
    commit()
    with pgtrigger.ignore():
        LogNode.objects.all().delete()
        LogEntry.objects.all().delete()
    assert len(faults()) == 8
    said = io.StringIO()
    call_command("log_issued", stdout=said)
    assert said.getvalue().startswith("8 entered")
    commit()
    assert faults() == []
    assert [entry.sha256 for entry in LogEntry.objects.order_by("pk")] == [
        Certificate.objects.get().sha256,
        *(copy.sha256 for copy in copies),
    ]
    noted = AuditEvent.objects.filter(verb="certificates.logged_afterwards")
    assert noted.count() == 8
    assert title_of("certificates.logged_afterwards") == "补录签发日志"
    call_command("log_issued", stdout=said)
    assert "0 entered" in said.getvalue()


def test_once_a_head_was_signed_nothing_is_entered_afterwards(copies):
    """From then on a document without an entry is a forgery, and must go on being called one."""
    actions.anchor()
    with pgtrigger.ignore():
        LogNode.objects.filter(entry__record=str(copies[2].uid)).delete()
        LogEntry.objects.filter(record=str(copies[2].uid)).delete()
    with pytest.raises(CommandError, match="已有签名树头"):
        call_command("log_issued")
    assert not LogEntry.objects.filter(record=str(copies[2].uid)).exists()


# -- the re-verifier -----------------------------------------------------------------------------


def test_it_walks_all_files_in_small_batches_and_begins_again(copies, issued):
    assert [actions.recheck(4) for _ in range(2)] == [5, 4]
    at = FileCheck.objects.get(name="copy")
    assert (at.rounds, at.read, at.last) == (1, 7, 0)
    assert not FileFault.objects.exists()


def test_a_worker_that_dies_in_the_middle_leaves_its_stretch_to_the_next(copies, monkeypatch):
    actions.recheck(4)
    with monkeypatch.context() as patch:
        patch.setattr("certificates.actions.rechecking.examined", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            actions.recheck(4)
    assert FileCheck.objects.get(name="copy").last == copies[3].pk
    actions.recheck(4)
    assert FileCheck.objects.get(name="copy").rounds == 1


def _gone(copy):
    copy.file.unlink()


def _changed(copy):
    copy.file.write_bytes(copy.file.read_bytes()[:-1] + b"?")


def _unsigned(copy):
    from certificates.models import keep

    path, sha256 = keep(copy.uid, copy.read()[:-1], folder="annotation")
    Annotation.objects.filter(pk=copy.pk).update(path=path, sha256=sha256)


def _other_signer(copy):
    Annotation.objects.filter(pk=copy.pk).update(signer="0" * 64)


def _other_number(copy):
    Annotation.objects.filter(pk=copy.pk).update(number="JZ-110105-2026-99999")


def _unlogged(copy):
    with pgtrigger.ignore():
        LogNode.objects.filter(entry__record=str(copy.uid)).delete()
        LogEntry.objects.filter(record=str(copy.uid)).delete()


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (_gone, "missing"), (_changed, "changed"), (_unsigned, "signature"), (_other_signer, "content"),
        (_other_number, "content"), (_unlogged, "unlogged"),
    ],
)  # fmt: skip
def test_each_kind_of_harm_is_named_once_however_often_it_is_seen(copies, harm, code):
    harm(copies[6])
    for _ in range(3):
        actions.recheck()
    fault = FileFault.objects.get()
    assert (fault.code, fault.subject) == (code, f"copy:{copies[6].pk}")


def test_a_fault_that_was_mended_is_cleared_and_stays_on_record(copies):
    data = copies[0].file.read_bytes()
    copies[0].file.unlink()
    actions.recheck()
    copies[0].file.write_bytes(data)
    actions.recheck()
    assert FileFault.objects.get().cleared_at is not None


def test_the_deleted_file_of_a_closed_copy_is_no_fault(copies):  # R-ANN-13
    actions.end(copies[0], by=copies[0].qualification.worker.user)
    actions.purge()
    actions.recheck()
    assert not FileFault.objects.exists()
    assert Annotation.objects.get(pk=copies[0].pk).state == AnnotationState.ENDED


def test_a_fault_of_the_log_itself_is_kept_once(copies):
    with pgtrigger.ignore():
        LogEntry.objects.filter(number=copies[5].number).update(number="1")
    assert actions.recheck_log() == actions.recheck_log() != ""
    assert FileFault.objects.get().subject == "log"


def test_a_certificate_in_the_making_is_passed_over(completed):
    assert not Certificate.objects.filter(state=DocumentState.ISSUED).exists()
    actions.recheck()
    assert not FileFault.objects.exists()
