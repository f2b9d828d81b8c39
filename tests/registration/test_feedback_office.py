# ruff: noqa: F811 - fixtures are imported by name
"""反馈 at the office: what an approval brings, decisions, reminders, and how long images stay (R-ACC-06, §2.1)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from registration import actions, tasks
from registration.models import Feedback, Qualification
from registration.workflows import FeedbackState as F
from swms.accounts.models import User
from swms.histories import broken_histories
from swms.uploads import storage
from swms.uploads.models import StoredFile
from tests import factories
from tests.people import signed_in
from tests.registration.feedback_pages import (  # noqa: F401
    FORM,
    MGMT_NO,
    MOBILE,
    REASON,
    START,
    answers,
    asked,
    clock,
    code_for,
    give,
    one,
    picture,
    sent,
    texts,
)

# --- what follows an approval -----------------------------------------------------------------------


def register(browser, clock, code_for, mobile=MOBILE):
    clock.shift(timedelta(minutes=2))
    page = browser.get("/registration/account/")
    data = {"name": "陈晨", "id_number": "110000199501014248", "mobile": mobile, "consent": "on", **asked(page)}
    browser.post("/registration/account/", data)
    password = {"password": "Chunfeng-2026", "again": "Chunfeng-2026"}
    return browser.post("/registration/account/code/", {"code": code_for(mobile), **password})


def test_only_after_the_approval_and_its_sms_can_the_person_register(client, one, people, clock, code_for, sent):
    """R-ACC-06, SEED 25: the whole way."""
    assert "请输入正确的身份证号" in texts(register(Client(), clock, code_for))
    one.move("approve", seen=one.round, actor=people.li_jing)
    assert "审核通过，现在可以注册账户" in sent()[0]
    assert "注册账户" in texts(client.get(f"{START}{one.ref}/"))
    done = register(Client(), clock, code_for)
    assert done["Location"] == "/registration/account/done/"
    user = User.objects.get(name="陈晨")
    assert [row.mgmt_no for row in user.worker.qualifications.all()] == [MGMT_NO]


def test_an_import_that_brings_the_person_closes_the_feedback_by_itself(client, one, sent):
    factories.qualification("陈晨", number=one.id_number, mgmt_no=MGMT_NO, exam_year=2025)
    assert actions.feedback.close_arrived() == 1
    one.refresh_from_db()
    assert (one.state, one.due_on) == (F.APPROVED, None)
    assert "社工库已收录您的信息" in sent()[0]
    assert "现在可以注册账户" in texts(client.get(f"{START}{one.ref}/"))
    assert Qualification.objects.get().source == "import"
    assert actions.feedback.close_arrived() == 0
    assert list(broken_histories(Feedback)) == []


def test_a_returned_feedback_is_closed_by_an_import_too(one, people):
    one.move("return_for_more", seen=one.round, actor=people.li_jing, reason=REASON)
    factories.qualification("陈晨", number=one.id_number, mgmt_no=MGMT_NO, exam_year=2025)
    tasks.tend_feedback()
    one.refresh_from_db()
    assert one.state == F.APPROVED


@pytest.mark.parametrize(
    "row",
    [
        {"name": "陈辰", "mgmt_no": MGMT_NO},
        {"name": "陈晨", "level": 2, "exam_year": 2024},
        {"name": "陈晨", "mgmt_no": MGMT_NO, "state": "REVOKED"},
    ],
)
def test_another_name_another_certificate_or_a_revoked_one_closes_nothing(one, row):
    factories.qualification(row.pop("name"), number=one.id_number, **row)
    assert actions.feedback.close_arrived() == 0
    one.refresh_from_db()
    assert one.state == F.PENDING


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["reject", "withdraw"])
def test_the_image_goes_90_days_after_an_end_without_entry(client, one, people, clock, end):
    """§2.1: the day itself not counted."""
    if end == "reject":
        one.move("reject", seen=one.round, actor=people.li_jing, reason=REASON)
    else:
        one.move("withdraw")
    clock.shift(timedelta(days=90))
    tasks.tend_feedback()
    one.certificate_image.refresh_from_db()
    assert one.certificate_image.purged_at is None
    clock.shift(timedelta(days=1))
    tasks.tend_feedback()
    one.certificate_image.refresh_from_db()
    assert one.certificate_image.purged_at is not None


def test_the_image_of_an_approved_feedback_stays(one, people, clock):
    one.move("approve", seen=one.round, actor=people.li_jing)
    clock.shift(timedelta(days=200))
    assert actions.feedback.purge_files() == 0


def test_an_image_that_was_never_sent_goes_after_a_day(client, give, clock):
    give(client, mgmt_no="1")
    assert actions.feedback.purge_files() == 0
    clock.shift(timedelta(days=1, seconds=1))
    assert actions.feedback.purge_files() == 1
    assert StoredFile.objects.get().purged_at is not None


def test_twenty_images_an_hour_for_one_mobile(client, give):
    give(client, mgmt_no="1")
    for _ in range(19):
        client.post(FORM, answers(mgmt_no="1"))
    page = client.post(FORM, answers(mgmt_no="1", image=picture("#654321", "第21张.jpg")))
    assert "操作过于频繁" in str(page.context["form"].errors["image"])
    assert StoredFile.objects.filter(purged_at=None).count() == 1


# --- the office ---------------------------------------------------------------------------------------


def test_the_reviewer_of_the_region_opens_the_image_and_one_of_another_region_does_not(one, people):
    """S6."""
    url = one.certificate_image.get_absolute_url()
    assert signed_in(people.li_jing).get(url).status_code == 200
    for user in (people.zhao_min, people.chen_chen.user):
        assert signed_in(user).get(url).status_code == 404
    assert Client().get(url).status_code == 404
    assert storage.open_file(one.certificate_image)[:2] == b"\xff\xd8"


def test_a_decision_on_answers_that_were_mended_meanwhile_is_refused(client, one, people):
    """As R-REG-12: nothing enters the roster that nobody looked at."""
    url = reverse("admin:registration_feedback_change", args=[one.ref])
    jing = signed_in(people.li_jing)
    shown = texts(jing.get(url))
    assert 'name="version" value="1"' in shown
    one.move("return_for_more", seen=1, actor=people.li_jing, reason=REASON)
    client.post(f"{START}{one.ref}/edit/", answers(mgmt_no="202511000010000025", image=None))
    late = jing.post(url, {"move": "approve", "version": "1"})
    assert late.status_code == 409
    assert "您看的是第 1 版，现在是第 2 版" in texts(late)
    changed = [(row["label"], row["new"]) for row in late.context["seen_changes"]]
    assert changed == [("管理号", "202511000010000025")]
    assert "您打开之后的变化" in texts(late)
    assert not Qualification.objects.exists()
    again = texts(jing.get(url))
    assert "补正时修改了" in again
    assert "管理号" in again
    assert REASON in again
    jing.post(url, {"move": "approve", "version": "2"})
    assert Qualification.objects.get().mgmt_no == "202511000010000025"


def test_the_review_page_shows_the_image_and_what_the_person_gave_before_until_the_image_is_purged(
    client, one, give, people, clock
):
    """R-ACC-07, §2.1."""
    one.move("reject", seen=1, actor=people.li_jing, reason=REASON)
    give(client)
    new = Feedback.objects.exclude(pk=one.pk).get()
    jing = signed_in(people.li_jing)
    page = texts(jing.get(reverse("admin:registration_feedback_change", args=[new.ref])))
    assert str(new.certificate_image.uid) in page
    assert one.ref in page
    assert "110000199501014248" not in page
    clock.shift(timedelta(days=91))
    tasks.tend_feedback()
    page = texts(signed_in(people.li_jing).get(reverse("admin:registration_feedback_change", args=[one.ref])))
    assert str(one.certificate_image.uid) not in page


def test_the_office_is_reminded_after_10_working_days_and_the_office_above_after_15(one, people, clock):
    """§2.1: due on 2026-12-14."""
    assert all([people.li_jing, people.zhang_wei, people.zhao_min])

    def told(moment, user):
        clock.move_to(datetime.fromisoformat(f"{moment}T08:30+08:00"))
        tasks.remind()
        return list(user.notices.filter(kind="registration.reminder").values_list("body", flat=True))

    assert told("2026-12-04", people.li_jing) == []
    assert told("2026-12-07", people.li_jing) == ["即将到期1件，请及时办理。"]
    assert told("2026-12-14", people.zhang_wei) == []
    assert told("2026-12-15", people.zhang_wei) == ["下级逾期未办1件，请及时办理。"]
    assert told("2026-12-16", people.zhao_min) == []


def test_an_import_closes_feedback_when_it_is_done_and_a_dry_run_does_not(one, tmp_path):
    from registration import roster

    factories.region("110000")
    columns = "考试年度,级别,姓名,证件类型,证件号码,管理号,签发日期,省份"
    row = f"2025,助理社会工作师,陈晨,居民身份证,{one.id_number},{MGMT_NO},2025-09-15,北京市"
    file = tmp_path / "roster.csv"
    file.write_text(f"{columns}\n{row}\n", encoding="utf-8")
    for dry_run, state in ((True, F.PENDING), (False, F.APPROVED)):
        done = roster.import_file(file, dry_run=dry_run)
        assert done.rows_created == 1, done.problems
        one.refresh_from_db()
        assert one.state == state
