"""The audit trail: append-only, chained at commit, anchored outside (S12, promise 5)."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from swms.accounts.models import User
from swms.audit import trail
from swms.audit.models import AuditEvent, AuditLink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def anchor_in_a_folder_of_its_own(settings, tmp_path):
    settings.ANCHOR_PATH = tmp_path / "anchor.jsonl"


@pytest.fixture
def events():
    who = User.objects.create_user(kind="staff", name="李静", username="lijing")
    return [trail.record("test.done", who, actor=who, reason="带'引号'和\n换行") for _ in range(3)]


def tamper(sql: str):
    """What somebody does who owns the tables and goes round the triggers."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("audit_auditevent", "audit_auditlink"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"{sql}; SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("audit_auditevent", "audit_auditlink"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_every_event_is_a_link_and_the_chain_recomputes(events):
    assert list(AuditLink.objects.order_by("seq").values_list("event_id", flat=True)) == [e.pk for e in events]
    assert trail.verify() == trail.ChainReport(links=3)


@pytest.mark.parametrize("verb", ["UPDATE audit_auditevent SET reason = ''", "DELETE FROM audit_auditlink"])
def test_the_application_can_neither_change_nor_remove_what_was_written(events, verb):
    with pytest.raises(DatabaseError, match=r"(?i)cannot (update|delete)"), transaction.atomic():
        connection.cursor().execute(verb)


def test_the_application_cannot_empty_the_trail(events):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute("TRUNCATE audit_auditevent CASCADE")


def test_an_edited_event_breaks_the_chain_where_it_stands(events):
    tamper(f"UPDATE audit_auditevent SET reason = 'x' WHERE id = {events[1].pk}")
    assert trail.verify().fault == "第 2 环与内容不符"


def test_a_removed_event_breaks_the_chain(events):
    tamper(f"DELETE FROM audit_auditlink WHERE event_id = {events[1].pk}")
    assert not trail.verify().ok


def test_a_cut_tail_is_noticed_by_the_anchor_alone(events):
    assert trail.anchor()["seq"] == 3
    tamper(f"DELETE FROM audit_auditlink WHERE seq = 3; DELETE FROM audit_auditevent WHERE id = {events[2].pk}")
    assert trail.verify().fault == "锚点所记的第 3 环不存在或已被改动"


def test_a_line_that_a_crash_cut_short_is_passed_over_and_the_next_begins_anew(events, settings):
    written = trail.anchor()
    with settings.ANCHOR_PATH.open("a") as file:
        file.write('{"seq": 4, "ha')
    assert trail.last_anchor() == written
    trail.record("test.done", events[0].actor)
    assert trail.anchor() == trail.last_anchor() != written
    assert trail.verify().ok


def test_the_anchor_grows_only_with_the_chain(events, settings):
    assert trail.anchor() is not None
    assert trail.anchor() is None
    assert [json.loads(line)["seq"] for line in settings.ANCHOR_PATH.read_text().splitlines()] == [3]


def test_a_deed_that_is_rolled_back_leaves_no_trace(events):
    with transaction.atomic():
        trail.record("test.undone", events[0].actor)
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == 3
    assert trail.verify().ok
