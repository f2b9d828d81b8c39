"""逾期升级 at the console: who sees what went up, and where it leads (R-REG-16, R-CHG-10, decision 0027)."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from registration import actions
from registration.models import Escalation
from swms.regions.models import Duty
from tests import factories
from tests.people import signed_in

FRONT = reverse("admin:index")
LIST = reverse("admin:registration_escalation_changelist")
QUEUE = reverse("admin:registration_application_changelist")


def case_page(case) -> str:
    return reverse("admin:registration_application_change", args=[case.ref])


def shown(client, url, **asked) -> str:
    answer = client.get(url, asked)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def late(people):
    """陈晨's application in 朝阳区, raised on the 31st working day: to 北京市, where 张伟 sits."""
    assert all([people.li_jing, people.zhang_wei, people.zhao_min])
    one = factories.application("陈晨", issue_date=date(2026, 9, 1))
    with time_machine.travel("2026-09-21T10:00+08:00", tick=False):
        actions.apply(one, by=one.worker.user, promise_version="2026-11")
    with time_machine.travel("2026-11-10T09:00+08:00", tick=False):
        assert actions.escalate() == 1
        yield one


def test_the_office_above_finds_it_on_its_front_page_in_a_list_and_in_its_queue(late, people):
    wei = signed_in(people.zhang_wei)
    assert "1 件业务超过办理时限，已升级到本级" in shown(wei, FRONT)
    listed = shown(wei, LIST)
    for words in (late.ref, "登记申请", "待审核", "朝阳区民政部门", "北京市民政部门", "2026年11月9日", "逾期未办"):
        assert words in listed
    assert f'href="{case_page(late)}"' in listed
    assert late.ref in shown(wei, QUEUE, part="raised")
    page = shown(wei, case_page(late))
    assert "已升级" in page
    assert "2026年11月10日 09:00升级到北京市民政部门" in page
    assert "超过办理时限，升级到北京市民政部门" in page
    assert "初审通过" not in page.split("历史（")[-1]  # to be seen and pressed, not to be decided


def test_the_late_office_sees_it_at_the_case_and_shanghai_nowhere(late, people):
    """赵敏 of 上海 is refused, and 李静's own list is empty: nothing was raised to her."""
    jing, min_ = signed_in(people.li_jing), signed_in(people.zhao_min)
    assert "升级到北京市民政部门" in shown(jing, case_page(late))
    assert late.ref in shown(jing, QUEUE, part="raised")
    for client in (jing, min_):
        for part in ("mine", "open", "all"):
            assert late.ref not in shown(client, LIST, part=part)
        assert "已升级到本级" not in shown(client, FRONT)
        assert late.ref not in client.post(LIST, {"text": late.ref}).content.decode().split("</form>")[-1]
    assert min_.get(case_page(late)).status_code == 404


def test_once_it_was_moved_it_is_history(late, people):
    late.move("pass_first", actor=people.li_jing, seen=1)
    wei = signed_in(people.zhang_wei)
    assert "已升级到本级" not in shown(wei, FRONT)
    assert late.ref not in shown(wei, LIST)
    assert "已办理" in shown(wei, LIST, part="all")
    assert late.ref not in shown(wei, QUEUE, part="raised")
    assert "升级到北京市民政部门。" not in shown(wei, case_page(late))


def test_it_is_found_by_its_number(late, people):
    found = signed_in(people.zhang_wei).post(LIST, {"text": late.ref.lower()}).content.decode()
    assert "找到 1 条" in found


def test_the_system_administrator_sees_what_has_no_office_above_and_opens_no_case(late, office):
    client = office("郑凯", (Duty.SYSTEM, None))
    assert late.ref not in shown(client, LIST, part="all")
    Escalation.objects.create(
        kind="registration.application",
        case_id=late.pk,
        ref=late.ref,
        state=late.state,
        duty=Duty.FIRST_REVIEW,
        due_on=late.due_on,
        late_id="110105",
        level=2,
        to_administrators=True,
    )
    listed = shown(client, LIST)
    assert late.ref in listed
    assert case_page(late) not in listed
    assert "1 件业务超过办理时限，并且没有上级部门可以督促" in shown(client, FRONT)


def test_a_line_leads_nowhere_where_the_readers_duty_does_not_open_the_case(people, office):
    """A final reviewer is told of late feedback and presses the office; feedback itself is the first reviewers'."""
    with time_machine.travel("2026-11-02T10:00+08:00", tick=False):
        assert people.zhang_wei
        one = factories.feedback(due_on=date(2026, 11, 23))
    with time_machine.travel("2026-11-24T09:00+08:00", tick=False):
        assert actions.escalate() == 1
        page = reverse("admin:registration_feedback_change", args=[one.ref])
        wei, first = signed_in(people.zhang_wei), office("刘洋", (Duty.FIRST_REVIEW, "110000"))
        listed = shown(wei, LIST)
        assert one.ref in listed
        assert page not in listed
        assert f'href="{page}"' in shown(first, LIST)
        assert "陈晨" not in listed
