"""What happened in the spring of 2026, to be counted on one's fingers; everybody is fictitious."""

import csv
import io
from datetime import date

from django.urls import reverse

from registration import actions
from registration.models import Application
from registration.queries.statistics import Period
from swms.regions.models import Duty, Region
from swms.regions.places import Place
from tests import factories
from tests.people import People
from tests.registration.steps import at

PAGE = reverse("admin:registration_decision_changelist")
CASES = reverse("admin:registration_application_export")
RECORDS = reverse("admin:registration_registration_export")
CHAOYANG, HAIDIAN, PUDONG, BEIJING, SHANGHAI = "110105", "110108", "310115", "110000", "310000"
FOR = {"purpose": "年度工作总结使用"}
YEAR = Period(date(2026, 1, 1), date(2026, 6, 1))


def sent(name: str, day: str, code: str = CHAOYANG) -> Application:
    with at(f"{day}T10:00"):
        return factories.submitted(name, code=code, issue_date=date(2026, 1, 5))


def decide(case: Application, move: str, day: str, by, **said):
    with at(f"{day}T15:00"):
        case.move(move, actor=by, seen=case.form_version, **said)


def refusal(*codes: str, items=()) -> dict:
    said = {"reason": "请按意见修改后重新提交。", "refusal_kind": "fixable"}
    return said | {"reason_codes": list(codes), "items": list(items)}


SCHOOL = {"section": "basic", "entry": "", "key": "school", "code": "education_untrue", "remark": "校名"}


def live(people: People) -> Application:
    """Let things happen in 朝阳区, 海淀区 and 浦东新区 that can be counted on one's fingers on 1 June."""
    jing, wei = people.li_jing, people.zhang_wei
    ye = factories.staff("田野", (Duty.FIRST_REVIEW, HAIDIAN), username="tianye")
    done = sent("=王芳", "2026-03-02")
    decide(done, "pass_first", "2026-03-04", jing)
    decide(done, "pass_final", "2026-03-09", wei)
    with at("2026-03-09T15:01"):
        actions.complete(done.pk)
    decide(sent("陈晨", "2026-03-02"), "fail_first", "2026-03-03", jing, **refusal("photo_not_id", items=[SCHOOL]))
    undone = sent("孙梅", "2026-03-02", HAIDIAN)
    decide(undone, "pass_first", "2026-04-01", ye)
    decide(undone, "fail_final", "2026-04-20", wei, **refusal("photo_not_id", "not_eligible"))
    regretted = sent("林悦", "2026-04-20")
    with at("2026-04-21T09:00"):
        actions.withdraw(regretted, by=regretted.worker.user)
    sent("刘波", "2026-03-02")
    sent("赵一", "2026-04-30", HAIDIAN)
    decide(sent("钱二", "2026-05-29"), "pass_first", "2026-06-01", jing)
    with at("2026-05-25T10:00"):
        change = factories.change(undone.worker, to_region=factories.region(PUDONG))
        change.kind, change.state, change.due_on = "INST_AND_REGION", "PENDING_OUT", date(2026, 7, 1)
        change.save()
    decide(sent("周三", "2026-03-02", PUDONG), "pass_first", "2026-03-03", people.zhao_min)
    return done


def place(code: str) -> Place:
    return Place(Region.objects.get(pk=code))


def sheet(response) -> list[list[str]]:
    """Read a CSV as it was sent."""
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/csv")
    data = response.getvalue()
    assert len(data) == int(response["Content-Length"])
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
