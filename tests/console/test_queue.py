"""The work queue: what it is narrowed by, who is at a case, what comes next, and what it costs (decision 0025)."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from registration.models import Application, Qualification
from registration.workflows import ApplicationState
from swms import claims
from swms.console import staff
from swms.dates import today, working_days_after
from swms.regions.models import Duty
from tests import factories
from tests.architecture.counting import asked, queries_of
from tests.people import signed_in

LIST = reverse("admin:registration_application_changelist")
QUEUES = [
    reverse(f"admin:{name}_changelist")
    for name in (
        "registration_application",
        "registration_transfer",
        "registration_appeal",
        "registration_feedback",
        "registration_institutionfeedback",
        "registration_institution",
        "registration_registration",
        "certificates_replacement",
    )
]


def page_of(application):
    return reverse("admin:registration_application_change", args=[application.ref])


def press(client, application, move="pass_first", **said):
    return client.post(page_of(application), {"move": move, "version": application.form_version} | said)


def refs(answer) -> list[str]:
    return [row["cells"][0]["text"] for row in answer.context["rows"]]


def offered(answer, facet: str) -> dict[str, object]:
    return {each["label"]: each["count"] for each in answer.context[facet]}


def due(case, day: dt.date):
    Application.objects.filter(pk=case.pk).update(due_on=day)
    return case


@pytest.fixture
def yang(people):
    """刘洋, first reviewer of 朝阳区 beside 李静."""
    return signed_in(factories.staff("刘洋", (Duty.FIRST_REVIEW, "110105")))


# --- narrowing -------------------------------------------------------------------------------------


def test_a_province_narrows_its_queue_to_a_district_and_a_part_and_the_address_says_so(people):
    here, there = factories.submitted("王芳"), factories.submitted("陈晨", code="110108")
    hao = signed_in(people.sun_hao)
    whole = hao.get(LIST)
    assert offered(whole, "places") == {"不限": None, "朝阳区": 1, "海淀区": 1}
    link = next(each["url"] for each in whole.context["places"] if each["label"] == "海淀区")
    assert link == f"{LIST}?part=mine&region=110108"
    narrowed = hao.get(link)
    assert refs(narrowed) == [there.ref]
    assert offered(narrowed, "filters")["等待初审"] == 1
    assert {each["url"] for each in narrowed.context["filters"]} >= {f"{LIST}?part=first&region=110108"}
    assert refs(hao.get(f"{LIST}?part=first&region=110105")) == [here.ref]


def test_a_district_of_somebody_elses_narrows_nothing_and_opens_nothing(people, min_, case):
    """赵敏 of 上海市 asks for 朝阳区, and for what is no region at all."""
    for code in ("110105", "310000", "abcdef", "99999", "１１０１０５", "999999", "1' OR 1"):
        answer = min_.get(LIST, {"region": code})
        assert (answer.status_code, refs(answer)) == (200, [])
        assert not answer.context["narrowed"]
        assert case.ref not in answer.content.decode()


def test_who_has_one_district_is_offered_no_other(jing, case):
    assert jing.get(LIST).context["places"] == []


def test_the_nation_goes_down_by_province_and_district_and_up_again(people):
    case = factories.submitted()
    factories.submitted("陈晨", code="310115")
    nation = signed_in(factories.staff("何欣", (Duty.FINAL_REVIEW, None)))
    assert offered(nation.get(f"{LIST}?part=first"), "places") == {"不限": None, "北京市": 1, "上海市": 1}
    province = nation.get(f"{LIST}?part=first&region=110000")
    assert offered(province, "places") == {"不限": None, "北京市": None, "朝阳区": 1}
    district = nation.get(f"{LIST}?part=first&region=110105")
    assert offered(district, "places") == {"不限": None, "北京市": None, "朝阳区": 1}
    assert [each["label"] for each in district.context["places"] if each["current"]] == ["朝阳区"]
    assert refs(district) == [case.ref]


def test_late_and_nearly_due_cases_are_told_apart_by_working_days_and_counted_within_the_region(people):
    late = due(factories.submitted("王芳"), today() - dt.timedelta(days=1))
    last = due(factories.submitted("陈晨"), working_days_after(today(), 10))
    due(factories.submitted("林悦"), working_days_after(today(), 11))
    due(factories.submitted("刘波", code="110108"), today())
    hao = signed_in(people.sun_hao)
    assert offered(hao.get(LIST), "clocks") == {"不限": None, "即将到期": 2, "已逾期": 1}
    near = hao.get(f"{LIST}?part=mine&region=110105&clock=near")
    assert refs(near) == [last.ref]
    assert offered(near, "clocks") == {"不限": None, "即将到期": 1, "已逾期": 1}
    assert offered(near, "places")["海淀区"] == 1
    assert refs(hao.get(f"{LIST}?part=all&clock=late")) == [late.ref]
    assert len(refs(hao.get(f"{LIST}?clock=soon"))) == 4


def test_an_appeal_of_three_days_is_near_on_its_last_days_only(jing, people):
    """§2.12: each kind of case has its own measure; ten working days would mark every appeal from its first day."""
    appeal = factories.appeal(factories.worker("林悦", region=factories.region("110105")))
    url = reverse("admin:registration_appeal_changelist")
    assert offered(jing.get(url), "clocks") == {"不限": None, "即将到期": 0, "已逾期": 0}
    assert "即将到期</span>" not in jing.get(url).content.decode()
    type(appeal).objects.filter(pk=appeal.pk).update(due_on=working_days_after(today(), 1))
    assert offered(jing.get(url), "clocks")["即将到期"] == 1
    assert "即将到期</span>" in jing.get(url).content.decode()
    assert "申诉1个工作日" in jing.get(reverse("admin:index")).content.decode()


def test_what_is_narrowed_to_nothing_says_so_and_leads_back(jing, case):
    page = jing.get(f"{LIST}?part=first&clock=late").content.decode()
    assert "没有符合这些条件的事项" in page
    assert f'href="{LIST}?part=first"' in page
    assert "没有符合这些条件的事项" not in jing.get(f"{LIST}?part=final").content.decode()


def test_the_pages_of_a_narrowed_list_stay_narrowed(people, monkeypatch):
    from registration.admin import ApplicationAdmin

    monkeypatch.setattr(ApplicationAdmin, "page_size", 2)
    wanted = [due(factories.submitted(f"申请人{n}"), today() - dt.timedelta(days=9 - n)).ref for n in range(5)]
    factories.submitted("陈晨", code="110108")
    hao, seen = signed_in(people.sun_hao), []
    url = f"{LIST}?part=first&region=110105&clock=late"
    while url:
        page = hao.get(url)
        seen += refs(page)
        url = page.context["older_url"]
    assert seen == wanted
    assert refs(hao.get(page.context["newer_url"])) == wanted[2:4]


# --- who is at it ----------------------------------------------------------------------------------


def test_a_case_that_a_colleague_opened_is_marked_on_list_and_page_and_decided_all_the_same(jing, yang, case):
    jing.get(page_of(case))
    assert "李静 刚刚打开" in yang.get(LIST).content.decode()
    assert "李静 刚刚打开了此件" in yang.get(page_of(case)).content.decode()
    assert "刚刚打开" not in jing.get(LIST).content.decode()
    assert press(yang, case).status_code == 302
    told = press(jing, case)
    assert told.status_code == 409
    assert "当前状态为“初审通过”" in told.content.decode()
    assert case.decisions.count() == 1


def test_who_cannot_decide_leaves_no_hint(people, case, jing):
    """张伟 of 终审 reads a case that waits for the first review."""
    assert signed_in(people.zhang_wei).get(page_of(case)).status_code == 200
    assert claims.holder(case) is None


def test_the_next_case_is_one_that_nobody_else_has_opened_and_the_others_are_not_lost(jing, yang, case):
    taken, free = factories.submitted("陈晨"), factories.submitted("林悦")
    yang.get(page_of(taken))
    assert f'href="{page_of(free)}" data-next' in jing.get(page_of(case)).content.decode()
    assert press(jing, case)["Location"] == page_of(free)
    assert press(jing, free)["Location"] == LIST
    assert refs(jing.get(LIST)) == [taken.ref]
    assert press(jing, taken)["Location"] == LIST


def test_after_a_quarter_of_an_hour_an_opened_case_comes_next_again(jing, yang, case, time_machine):
    taken = factories.submitted("陈晨")
    yang.get(page_of(taken))
    time_machine.move_to(timezone.now() + claims.LASTS)
    assert press(jing, case)["Location"] == page_of(taken)


def test_a_reviewer_who_moved_to_another_office_leaves_nothing_behind(people, jing, yang, case):
    """李静 opened a case of 朝阳区 and works in 浦东新区 from now on: her page is gone, and the case is free."""
    security = factories.staff("郑凯", (Duty.SECURITY, None))
    other = factories.submitted("陈晨")
    jing.get(page_of(other))
    staff.withdraw(people.li_jing.jurisdictions.get(), by=security)
    staff.grant(people.li_jing, duty=Duty.FIRST_REVIEW, region=factories.region("310115"), by=security)
    moved = signed_in(type(people.li_jing).objects.get(pk=people.li_jing.pk))
    assert press(moved, other).status_code == 404
    assert "李静" not in yang.get(LIST).content.decode()
    assert press(yang, case)["Location"] == page_of(other)
    other.refresh_from_db()
    assert other.state == ApplicationState.PENDING_REVIEW


def test_a_case_that_goes_to_another_district_is_nobodys_there(people, jing, case):
    from registration.workflows.application.effects import follow_profile

    jing.get(page_of(case))
    case.worker.region = factories.region("110108")
    follow_profile(case)
    assert claims.holder(case) is None


# --- searching -------------------------------------------------------------------------------------


def test_a_change_and_a_replacement_are_found_by_the_certificates_number_too(people, jing):
    holder = factories.submitted("王芳")
    change = factories.change(holder.worker)
    for text in (change.ref, holder.qualification.mgmt_no, "王芳", holder.worker.user.id_number):
        answer = jing.post(reverse("admin:registration_transfer_changelist"), {"text": text})
        assert refs(answer) == [change.ref], text


# --- what it costs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("url", QUEUES)
def test_no_list_counts_its_table_skips_rows_or_looks_for_distinct_values(url, people, case):
    """Every count stops at a hundred; nothing is asked whose cost grows with the table."""
    factories.change(case.worker)
    hao = signed_in(people.sun_hao)
    hao.get(url)
    for address in (url, f"{url}?region=110105&clock=late", f"{url}?part=all"):
        statements = queries_of(hao, address)
        assert len(statements) <= 20
        assert [sql for sql in statements if _grows(sql)] == []
        mine = [sql for sql in statements if f'FROM "{_table(url)}"' in sql]
        assert mine
        assert all("LIMIT" in sql or '"id" IN (' in sql for sql in mine), mine  # the page's own fifty by their keys


def _grows(sql: str) -> bool:
    """Whether a statement costs more the longer its table is: by skipping, by comparing or counting all of it."""
    counts = "COUNT(" in sql and not sql.endswith("LIMIT 100) subquery")
    return counts or "OFFSET" in sql or re.search(r"\bDISTINCT\b(?! FROM)", sql) is not None


def _table(url: str) -> str:
    _, _, app, model, _ = url.split("/")
    return f"{app}_{model}"


def test_the_roster_is_narrowed_by_province_and_counts_nothing_whole(people):
    factories.qualification("王芳")
    other = factories.qualification("陈晨", province="310000")
    url = reverse("admin:registration_qualification_changelist")
    nation = signed_in(factories.staff("周丽", (Duty.CERTIFICATE, None)))
    nation.get(url)
    with asked() as statements:
        answer = nation.get(f"{url}?region=310000&part=valid")
    assert [row["title"] for row in answer.context["rows"]] == [other.name]
    assert offered(answer, "places") == {"不限": None, "北京市": 1, "上海市": 1}
    assert [sql for sql in statements if _grows(sql)] == []
    keeper = signed_in(people.zhou_yan)
    assert keeper.get(url).context["places"] == []
    assert Qualification.objects.count() == 2


def test_what_was_passed_in_time_is_not_called_late_afterwards(people, jing, wei):
    """R-REG-16: the day stays on the record, but nobody waits any more."""
    case = factories.submitted()
    press(jing, case)
    press(wei, case, "pass_final")
    due(case, today() - dt.timedelta(days=60))
    listed = wei.get(f"{LIST}?part=all")
    assert refs(listed) == [case.ref]
    assert "已逾期</span>" not in listed.content.decode()
    assert refs(wei.get(f"{LIST}?part=all&clock=late")) == []
    assert "已超过" not in wei.get(page_of(case)).content.decode()
