"""The roster and the feedback that adds to it (rulebook §2.1, §2.16)."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from registration import actions, tasks
from registration.models import Qualification
from registration.workflows import FeedbackState as F
from registration.workflows import QualificationState as Q
from swms.workflow import Refused
from tests import factories

REASON = "证书图片无法辨认，请重新上传。"


def test_approval_puts_the_person_into_the_roster_at_once(people):
    """R-ACC-06."""
    one = factories.feedback()
    one.move("approve", seen=one.round, actor=people.li_jing)
    row = Qualification.objects.get(mgmt_no=one.mgmt_no)
    assert (row.name, row.id_number, row.level, row.source) == (one.name, one.id_number, 1, "feedback")
    assert row.province_id == "110000"
    assert actions.attach_qualifications(factories.worker(one.name, number=one.id_number)) == [row]


def test_approval_of_somebody_who_has_an_account_attaches_the_certificate(people):
    """R-ACC-03."""
    worker = people.wang_fang
    factories.feedback("王芳", id_number=worker.user.id_number, level=2).move("approve", seen=1, actor=people.li_jing)
    assert worker.qualifications.count() == 2
    assert worker.applications.count() == 2


def test_a_feedback_repairs_the_row_of_the_same_person_and_number(people):
    one = factories.feedback()
    factories.qualification("陈晨", number=one.id_number, mgmt_no=one.mgmt_no, level=1, exam_year=2024)
    one.move("approve", seen=one.round, actor=people.li_jing)
    row = Qualification.objects.get(mgmt_no=one.mgmt_no)
    assert (row.exam_year, row.issue_date) == (2025, date(2025, 9, 15))


@pytest.mark.parametrize(
    ("roster", "code"),
    [
        ({"name": "陈晨", "mgmt_no": "202511000010000017"}, "number_taken"),
        ({"name": "陈辰", "same": True}, "other_name"),
        ({"name": "陈晨", "same": True, "exam_year": 2025}, "other_number"),
    ],
)
def test_a_feedback_that_contradicts_the_roster_is_not_approved(people, roster, code):
    """§2.1: not already in the roster with another name."""
    one = factories.feedback()
    same = roster.pop("same", False)
    factories.qualification(roster.pop("name"), number=one.id_number if same else None, level=1, **roster)
    with pytest.raises(Refused) as caught:
        one.move("approve", seen=one.round, actor=people.li_jing)
    assert caught.value.code == code


def test_only_the_first_reviewer_of_the_region_decides(people):
    """R-ACC-05."""
    one = factories.feedback()
    for user in (people.zhao_min, people.zhang_wei, people.wang_fang.user):
        with pytest.raises(PermissionDenied):
            one.move("approve", seen=one.round, actor=user)


def test_rejection_and_return_need_a_reason_which_stays_on_the_receipt(people):
    """R-ACC-05, R-ACC-07."""
    for name, state in (("reject", F.REJECTED), ("return_for_more", F.NEED_MORE)):
        one = factories.feedback(mgmt_no=factories.synthetic_management_number(2025, "11", 1, 900 + len(name)))
        with pytest.raises(Refused):
            one.move(name, actor=people.li_jing)
        one.move(name, seen=1, actor=people.li_jing, reason=REASON)
        assert (one.state, one.decided_reason) == (state, REASON)


def test_what_was_returned_can_be_completed_for_30_days_and_then_lapses(people):
    """§2.1."""
    one = factories.feedback()
    with time_machine.travel("2026-10-01T23:00+08:00", tick=False):
        one.move("return_for_more", seen=one.round, actor=people.li_jing, reason=REASON)
    with time_machine.travel("2026-10-31T23:59+08:00", tick=False):
        tasks.expire()
        one.refresh_from_db()
        assert one.state == F.NEED_MORE
    with time_machine.travel("2026-11-01T00:01+08:00", tick=False):
        with pytest.raises(Refused, match="期限"):
            one.move("resubmit")
        tasks.expire()
    one.refresh_from_db()
    assert (one.state, one.decided_reason) == (F.REJECTED, "逾期未补正")


def test_a_completed_feedback_is_a_new_round(people):
    one = factories.feedback()
    one.move("return_for_more", seen=one.round, actor=people.li_jing, reason=REASON)
    one.move("resubmit")
    assert (one.state, one.round) == (F.PENDING, 2)
    assert one.due_on is not None


def test_a_withdrawn_feedback_can_no_longer_be_decided(people):
    one = factories.feedback()
    one.move("withdraw")
    with pytest.raises(Refused, match="已撤回"):
        one.move("approve", seen=one.round, actor=people.li_jing)


@pytest.mark.parametrize(("name", "state"), [("revoke", Q.REVOKED), ("cancel", Q.CANCELLED)])
def test_the_keeper_of_the_province_ends_a_certificate_with_a_reason_for_good(people, name, state):
    """§2.16."""
    row = factories.qualification("陈晨")
    for user in (people.li_jing, people.zhao_min):
        with pytest.raises(PermissionDenied):
            row.move(name, actor=user, reason=REASON)
    with pytest.raises(Refused):
        row.move(name, actor=people.zhou_yan)
    assert row.move(name, actor=people.zhou_yan, reason=REASON).state == state
    with pytest.raises(Refused, match=row.get_state_display()):
        row.move("revoke", actor=people.zhou_yan, reason=REASON)


def test_a_keeper_of_another_province_cannot_touch_it(people):
    row = factories.qualification("陈晨", province="310000")
    assert not Qualification.objects.visible_to(people.zhou_yan).filter(pk=row.pk).exists()
    with pytest.raises(PermissionDenied):
        row.move("revoke", actor=people.zhou_yan, reason=REASON)
