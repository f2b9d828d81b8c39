"""省级政策 at the console: who may settle what, in two steps, and what is seen of it (Q5, Q6, Q14)."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from registration import actions
from registration.actions.policies import CONTENT
from registration.models import FinalReview, FirstReview, ProvincePolicy
from registration.queries import policy_of
from swms.audit.models import AuditEvent
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories
from tests.people import signed_in

LIST = reverse("admin:registration_provincepolicy_changelist")
NOON = "2026-11-23T12:00+08:00"


def page(code="110000"):
    return reverse("admin:registration_provincepolicy_change", args=[code])


def new(code="110000"):
    return reverse("admin:registration_provincepolicy_add", args=[code])


def said(**changes) -> dict:
    """Return what is typed: a channel for late first registrations from December on."""
    return {
        "effective_from": "2026-12-01",
        "first_review_level": "county",
        "final_review_level": "province",
        "makeup_first_from": "2026-12-01",
        "makeup_first_until": "2026年12月31日",
        "makeup_renew_from": "",
        "makeup_renew_until": "",
        "ce_waived_from": "",
        "ce_waived_until": "",
        "ce_waived_notice": "",
        "note": "年底集中补登记",
    } | changes


def content(**changes) -> dict:
    """Return the same as an action takes it."""
    given = dict.fromkeys(CONTENT) | {"ce_waived_notice": "", "note": "", "first_review_level": FirstReview.COUNTY}
    given |= {"final_review_level": FinalReview.PROVINCE}
    return given | {"effective_from": date(2026, 12, 1)} | changes


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


def test_zhang_wei_settles_a_new_version_in_two_steps_and_the_trail_has_it(wei, people):
    before = wei.get(page()).content.decode()
    assert "现行：默认政策" in before
    check = wei.post(new(), said() | {"do": "check"})
    shown = check.content.decode()
    assert not ProvincePolicy.objects.exists()
    assert "2026年12月1日起生效" in shown
    assert "不改动时（默认政策）" in shown
    assert "2026年12月31日" in shown
    assert wei.post(new(), said(makeup_first_until="2026-12-31") | {"do": "save", "seen": "0"}).url == page()
    version = ProvincePolicy.objects.get()
    assert (version.version, version.by, version.province_id) == (1, people.zhang_wei, "110000")
    event = AuditEvent.objects.get(verb="registration.provincepolicy.set_policy")
    assert event.actor == people.zhang_wei
    assert event.changes["makeup_first_until"] == [None, "2026-12-31"]
    after = wei.get(page()).content.decode()
    assert "即将生效：第1版，2026年12月1日起" in after
    assert "张伟" in after
    with time_machine.travel("2026-12-01T00:00+08:00", tick=False):
        assert policy_of(factories.region("110105")).makeup_first_open(date(2026, 12, 1))


def test_zhao_min_of_shanghai_neither_sees_nor_sets_the_policy_of_beijing(min_, people):
    factories.region("110000")
    for answer in (min_.get(page()), min_.get(new()), min_.post(new(), said() | {"do": "save", "seen": "0"})):
        assert answer.status_code == 404
    with pytest.raises(PermissionDenied):
        actions.set_policy(factories.region("110000"), content(), by=people.zhao_min, seen=0)
    assert not ProvincePolicy.objects.exists()
    assert min_.get(page("310000")).status_code == 200


@pytest.mark.parametrize(
    ("duty", "code"),
    [
        (Duty.FIRST_REVIEW, "110000"),
        (Duty.FINAL_REVIEW, "110105"),
        (Duty.FINAL_REVIEW, "110100"),
        (Duty.FINAL_REVIEW, None),
        (Duty.CERTIFICATE, "110000"),
        (Duty.SECURITY, None),
    ],
)
def test_nobody_but_a_final_reviewer_of_exactly_that_province_may(office, duty, code):
    client = office("刘洋", (duty, code))
    factories.region("110000")
    assert [client.get(url).status_code for url in (LIST, page(), new())] == [404] * 3
    assert "省级政策" not in client.get(reverse("admin:index")).content.decode()


def test_the_system_administrator_reads_every_policy_and_sets_none(office, people):
    """Decision 0027: whoever runs the portal sees where the default is in force, and settles nothing."""
    client = office("郑凯", (Duty.SYSTEM, None))
    assert people.zhang_wei
    factories.region("310000")
    listed = client.get(LIST).content.decode()
    assert page("110000") in listed
    assert page("310000") in listed
    shown = client.get(page()).content.decode()
    assert "默认政策" in shown
    assert "制定新版本" not in shown
    assert [client.get(new()).status_code, client.post(new(), said() | {"do": "save", "seen": "0"}).status_code] == [
        404
    ] * 2


def test_a_province_at_work_without_a_policy_is_an_alarm_until_its_first_version_begins(office, people):
    """For the administrator and for whoever could settle it; a province without reviewers alarms nobody."""
    client, wei = office("郑凯", (Duty.SYSTEM, None)), signed_in(people.zhang_wei)
    factories.region("310000")
    alarm = "北京市还没有制定过省级政策，现在按默认规则办理"
    for reader in (client, wei):
        assert alarm in reader.get(reverse("admin:index")).content.decode()
    actions.set_policy(factories.region("110000"), content(), by=people.zhang_wei, seen=0)
    assert alarm in wei.get(reverse("admin:index")).content.decode()
    with time_machine.travel("2026-12-01T09:00+08:00", tick=False):
        for reader in (office("方宁", (Duty.SYSTEM, None)), signed_in(people.zhang_wei)):
            assert "还没有制定过省级政策" not in reader.get(reverse("admin:index")).content.decode()


def test_the_final_review_stands_above_the_first(office, people):
    """R-REG-17: both at the prefecture would be one office; the form says so and the database takes no such row."""
    client = office("何梅", (Duty.FINAL_REVIEW, "440000"))
    factories.region("440305")
    both = said(first_review_level="prefecture", final_review_level="prefecture")
    answer = client.post(new("440000"), both | {"do": "save", "seen": "0"})
    assert "初审已由地市级办理，终审须由省级办理" in answer.content.decode()
    row = content(first_review_level="prefecture", final_review_level="prefecture") | {"version": 1}
    with pytest.raises(IntegrityError, match="policy_final_review_above_first"), transaction.atomic():
        ProvincePolicy.objects.create(province=factories.region("440000"), by=people.zhang_wei, **row)


def test_before_the_prefectures_review_last_the_page_says_what_that_means(office, people):
    client = office("何梅", (Duty.FINAL_REVIEW, "440000"))
    factories.region("440305")
    shown = client.post(new("440000"), said(final_review_level="prefecture") | {"do": "check"}).content.decode()
    assert "起提交的申请，由地市级民政部门终审；此前已提交的，仍按提交时的规则办完。" in shown
    assert "深圳市还没有地市级终审人员，生效后那里的申请只能由省级终审" in shown


def test_of_several_provinces_each_can_be_chosen(office):
    client = office("刘洋", (Duty.FINAL_REVIEW, "110000"), (Duty.FINAL_REVIEW, "440000"))
    listed = client.get(LIST).content.decode()
    assert page("110000") in listed
    assert page("440000") in listed
    assert page("310000") not in listed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"effective_from": "2026-11-23"}, "生效日期最早为明天"),
        ({"effective_from": "2026-11-31"}, "请输入正确的日期"),
        ({"effective_from": ""}, "请填写生效日期"),
        ({"first_review_level": "village"}, "选择"),
        ({"makeup_first_until": ""}, "请填写首次登记补登记的截止日期"),
        ({"makeup_first_from": ""}, "请填写首次登记补登记的开始日期"),
        ({"makeup_first_until": "2026-11-30"}, "首次登记补登记的截止日期不能早于开始日期"),
        ({"makeup_renew_from": "2026-11-01", "makeup_renew_until": "2026-11-30"}, "早于这一版的生效日期"),
        ({"ce_waived_from": "2026-12-01", "ce_waived_until": "2026-12-31"}, "请写明免继续教育证明依据的文件"),
        ({"ce_waived_notice": "京民函〔2026〕1号"}, "写了依据的文件"),
        ({"note": "长" * 501}, "500"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_stays(wei, people, changes, message):
    for deed in ("check", "save"):
        answer = wei.post(new(), said(**changes) | {"do": deed, "seen": "0"})
        assert answer.status_code == 200
        shown = answer.content.decode()
        assert message in shown
        assert "年底集中补登记" in shown or "长长长" in shown
    assert not ProvincePolicy.objects.exists()


def test_going_back_keeps_everything_and_judges_nothing_anew(wei, people):
    shown = wei.post(new(), said() | {"do": "edit"}).content.decode()
    assert "年底集中补登记" in shown
    assert "请更正以下内容" not in shown


def test_municipalities_are_not_offered_prefectures_that_they_do_not_have(wei, office, people):
    """北京市's districts stand below a level of the same name, which is no office."""
    assert "地市级" not in wei.get(new()).content.decode()
    assert "请更正以下内容" in wei.post(new(), said(first_review_level="prefecture")).content.decode()
    guangdong = office("何梅", (Duty.FINAL_REVIEW, "440000"))
    factories.region("440305")
    assert "地市级" in guangdong.get(new("440000")).content.decode()


def test_before_prefectures_review_first_the_page_says_where_nobody_could(office, people):
    """R-REG-17: 深圳市 has no first reviewer yet."""
    client = office("何梅", (Duty.FINAL_REVIEW, "440000"))
    factories.region("440305")
    typed = said(first_review_level="prefecture") | {"do": "check"}
    assert "深圳市还没有地市级初审人员" in client.post(new("440000"), typed).content.decode()
    factories.staff("吕明", (Duty.FIRST_REVIEW, "440300"))
    assert "还没有地市级初审人员" not in client.post(new("440000"), typed).content.decode()


def test_a_version_that_has_not_begun_is_superseded_and_never_edited(wei, people):
    beijing = factories.region("110000")
    actions.set_policy(beijing, content(note="甲"), by=people.zhang_wei, seen=0)
    earlier = said(effective_from="2026-11-28")
    assert "第1版（原定2026年12月1日起）被这一版取代" in wei.post(new(), earlier | {"do": "check"}).content.decode()
    wei.post(new(), earlier | {"do": "save", "seen": "1"})
    shown = wei.get(page()).content.decode()
    assert "未生效即被取代" in shown
    assert shown.count("即将生效") == 1
    assert ProvincePolicy.objects.get(version=1).note == "甲"
    assert policy_of(beijing, date(2027, 1, 1)).version == 2


def test_a_later_date_lets_the_version_before_it_begin_first(wei, people):
    actions.set_policy(factories.region("110000"), content(), by=people.zhang_wei, seen=0)
    later = said(effective_from="2026-12-10") | {"do": "check"}
    assert "第1版（2026年12月1日起）仍按原定日期生效" in wei.post(new(), later).content.decode()


def test_of_two_who_settle_at_once_the_second_looks_again(wei, people):
    colleague = factories.staff("钱进", (Duty.FINAL_REVIEW, "110000"))
    actions.set_policy(factories.region("110000"), content(), by=colleague, seen=0)
    answer = wei.post(new(), said() | {"do": "save", "seen": "0"})
    assert answer.status_code == 409
    assert "期间已有人制定了第1版" in answer.content.decode()
    assert "年底集中补登记" in answer.content.decode()
    assert wei.post(new(), said() | {"do": "save", "seen": "1"}).status_code == 302
    assert ProvincePolicy.objects.count() == 2


def test_the_same_press_twice_writes_one_version_and_the_same_content_none(wei, people):
    pressed = said() | {"do": "save", "seen": "0"}
    assert [wei.post(new(), pressed).status_code for _ in range(2)] == [302, 302]
    again = wei.post(new(), pressed | {"seen": "1"})
    assert again.status_code == 409
    assert "与第1版完全相同" in again.content.decode()
    assert ProvincePolicy.objects.count() == 1


@pytest.mark.parametrize("seen", ["", "x", "²", "9" * 5000])
def test_a_forged_version_and_a_forged_deed_are_refused(wei, people, seen):
    assert wei.post(new(), said() | {"do": "save", "seen": seen}).status_code == 409
    assert wei.post(new(), said() | {"do": "destroy"}).status_code == 400


def test_a_version_never_begins_today_for_a_day_knows_one_policy(people):
    """R-REG-17: also for whoever passes by the form."""
    for day in (date(2026, 11, 23), date(2026, 11, 22)):
        with pytest.raises(Refused) as refused:
            actions.set_policy(factories.region("110000"), content(effective_from=day), by=people.zhang_wei, seen=0)
        assert refused.value.code == "too_soon"


def test_a_new_version_starts_from_the_newest_without_windows_that_are_over(wei, people):
    open_still = {"makeup_renew_from": date(2026, 12, 1), "makeup_renew_until": date(2027, 3, 31)}
    over = {"makeup_first_from": date(2026, 12, 1), "makeup_first_until": date(2026, 12, 5)}
    actions.set_policy(factories.region("110000"), content(**over, **open_still), by=people.zhang_wei, seen=0)
    with time_machine.travel("2026-12-06T12:00+08:00", tick=False):
        shown = signed_in(people.zhang_wei).get(new()).content.decode()
    assert 'value="2027-03-31"' in shown
    assert 'value="2026-12-05"' not in shown


def test_the_provinces_are_read_once_for_a_page_of_the_system_administrator(office, django_assert_max_num_queries):
    desk = office("吴强", (Duty.SYSTEM, None), username="wuqiang")
    factories.region("110000")
    for address in (reverse("admin:index"), LIST):
        desk.get(address)
        with django_assert_max_num_queries(20) as asked:
            assert desk.get(address).status_code == 200
        provinces = [each["sql"] for each in asked if 'FROM "regions_region"' in each["sql"]]
        assert len(provinces) == 1, address
