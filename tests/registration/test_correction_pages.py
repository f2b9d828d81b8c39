"""The round that mends a refusal, on the pages and in the API: named items open, the rest locked with words."""

import re
from datetime import date

import pytest
from django.db import transaction
from django.urls import reverse

from registration import actions
from registration.models import Application, Decision
from registration.promise import PROMISE_VERSION
from registration.workflows import ApplicationState
from tests import factories
from tests.people import signed_in
from tests.registration.corrections import PHOTO, REASON, SCHOOL, item, refuse, reopened

UNNAMED = "这一项没有被指出，不需要修改"


def page(name, *args):
    return reverse(f"registration:{name}", args=args)


def text(response) -> str:
    return response.content.decode()


def answers(client, url) -> dict:
    """Return what the form on a page would post as it stands."""
    form = client.get(url).context["form"]
    found = {}
    for bound in form:
        value = bound.value()
        if bound.name.endswith("_region"):
            found[bound.html_name] = getattr(value, "code", value)
        elif value not in (None, False):
            found[bound.html_name] = value
    return found


@pytest.fixture
def fang(people):
    """王芳 at her browser."""
    return signed_in(people.wang_fang.user)


@pytest.fixture
def pending(people):
    return actions.apply(people.application, by=people.wang_fang.user, promise_version=PROMISE_VERSION)


# --- told at once ------------------------------------------------------------------------------------


def test_everything_named_is_told_at_once_with_remarks_and_ways_straight_to_it(fang, people, pending):
    work = pending.worker.experiences.get()
    named = item("work", entry=work.pk, code="employer_wrong", remark="请写单位全称")
    url = page("application", pending.ref)
    refuse(pending, people.li_jing, SCHOOL, named, codes=["photo_not_id"])
    before = text(fang.get(url))
    for words in ("需要修改的3项", "以毕业证书为准", "请写单位全称", REASON, "点击“修改并重新申请”后才能修改"):
        assert words in before
    assert f"{page('profile_basic')}#id_school" not in before
    actions.reopen(pending, by=pending.worker.user)
    now = text(fang.get(url))
    for way in (f"{page('profile_basic')}#id_school", page("profile_work_change", work.pk), page("profile_photo")):
        assert f'href="{way}' in now
    assert now.count(">待修改<") == 3
    groups = fang.get(url).context["refusal"]["groups"]
    assert [group["label"] for group in groups] == ["照片", "基础信息", "工作经历"]


def test_a_thing_that_was_mended_is_marked_and_the_rest_warns_before_sending(fang, people, pending):
    reopened(pending, people.li_jing, SCHOOL, PHOTO)
    posted = answers(fang, page("profile_basic")) | {"school": "更正后的大学"}
    assert fang.post(page("profile_basic"), posted).status_code == 302
    now = text(fang.get(page("application", pending.ref)))
    assert (now.count(">待修改<"), now.count(">已修改<")) == (1, 1)
    check = fang.get(page("application_check", pending.ref))
    assert check.context["unmended"] == ["照片"]
    sent = fang.post(page("application_check", pending.ref), {"promise": "on", "shown": PROMISE_VERSION})
    assert sent.url == page("application_receipt", pending.ref)
    jing = signed_in(people.li_jing)
    shown = text(jing.get(reverse("admin:registration_application_change", args=[pending.ref])))
    assert "第 1 轮指出的2项，其中1项没有修改" in shown
    assert shown.index(">未修改<") < shown.index("系统核对")
    assert "<ins>更正后的</ins>" in shown


# --- locked ---------------------------------------------------------------------------------------


def test_fields_that_were_not_named_are_shown_and_say_so(fang, people, pending):
    reopened(pending, people.li_jing, SCHOOL)
    form = fang.get(page("profile_basic")).context["form"]
    assert not form.fields["school"].disabled
    assert not form.fields["email"].disabled
    assert form.fields["ethnicity"].disabled
    assert form.fields["ethnicity"].help_text == UNNAMED


def test_another_answer_to_a_locked_field_is_refused_beside_it_and_nothing_is_saved(fang, people, pending):
    """An older page, or a made-up request."""
    reopened(pending, people.li_jing, SCHOOL)
    posted = answers(fang, page("profile_basic")) | {"school": "更正后的大学"}
    for name, value in (("ethnicity", "02"), ("is_sw_major", "False"), ("address_region", "110108"), ("work_years", 1)):
        answer = fang.post(page("profile_basic"), posted | {name: value})
        assert answer.context["form"].errors == {name: [UNNAMED]}
        assert "更正后的大学" in text(answer), "what was typed stays"
    people.wang_fang.refresh_from_db()
    assert people.wang_fang.school == "示例大学"


@pytest.mark.parametrize(
    "name", ["profile_photo", "profile_region", "profile_work_add", "profile_projects_add", "profile_honours_add"]
)
def test_pages_of_which_nothing_was_named_lead_back_and_say_why(fang, people, pending, name):
    reopened(pending, people.li_jing, SCHOOL)
    assert UNNAMED in text(fang.get(page(name), follow=True))
    status = {line["label"]: line["status"] for line in fang.get(page("profile")).context["tasks"]}
    assert status["基础信息"] == "待修改"
    assert set(status.values()) == {"待修改", "不需要修改"}


def test_an_entry_that_was_not_named_has_neither_更改_nor_删除(fang, people, pending):
    worker = pending.worker
    one, two = factories.past_project(worker), factories.past_project(worker, name="社区矫正")
    with transaction.atomic():
        actions.profile_changed(worker, by=worker.user, part="projects")
    pending.refresh_from_db()
    reopened(pending, people.li_jing, item("projects", entry=one.pk, code="project_untrue"))
    shown = text(fang.get(page("profile_projects")))
    assert page("profile_projects_change", one.pk) in shown
    assert page("profile_projects_change", two.pk) not in shown
    assert page("profile_projects_add") not in shown
    assert UNNAMED in shown
    for name in ("profile_projects_change", "profile_projects_delete"):
        assert UNNAMED in text(fang.get(page(name, two.pk), follow=True))
    answer = fang.post(page("profile_projects_delete", two.pk), follow=True)
    assert UNNAMED in text(answer)
    assert worker.past_projects.count() == 2


def test_where_a_document_was_named_the_entry_beside_it_is_locked(fang, people, pending):
    worker = pending.worker
    row = factories.past_project(worker, is_special=True, plan="HAND_IN_HAND", start_date=date(2018, 1, 1))
    bad, good = factories.evidence(row, worker.user), factories.evidence(row, worker.user)
    with transaction.atomic():
        actions.profile_changed(worker, by=worker.user, part="projects")
    pending.refresh_from_db()
    reopened(pending, people.li_jing, item("projects", f"file:{bad.uid}", row.pk, "material_unclear", ""))
    shown = text(fang.get(page("application", pending.ref)))
    assert f"{page('profile_projects_change', row.pk)}#id_files_added" in shown
    form = fang.get(page("profile_projects_change", row.pk)).context["form"]
    assert form.fields["name"].disabled
    assert [value for value, _ in form.fields["removed"].choices] == [str(bad.uid)]
    posted = {"version": form.mark, "removed": [str(bad.uid)]}
    assert fang.post(page("profile_projects_change", row.pk), posted).status_code == 302
    assert list(row.evidence.all()) == [good]
    assert text(fang.get(page("application", pending.ref))).count(">已修改<") == 1


def test_a_page_opened_before_the_decision_saves_nothing_after_it(fang, people, pending):
    """A stale page: the form was refused meanwhile, and opened again."""
    stale = answers(fang, page("profile_basic")) | {"ethnicity": "02", "school": "更正后的大学"}
    reopened(pending, people.li_jing, PHOTO)
    answer = fang.post(page("profile_basic"), stale)
    assert UNNAMED in text(answer)
    people.wang_fang.refresh_from_db()
    assert (people.wang_fang.school, people.wang_fang.ethnicity) == ("示例大学", "01")


# --- 未提交 -----------------------------------------------------------------------------------------


def test_a_case_that_is_not_sent_is_announced_wherever_its_worker_looks(fang, people, pending):
    names = ("dashboard", "profile", "profile_basic", "profile_photo", "profile_work")
    for name in names:
        assert "unsent-heading" not in text(fang.get(page(name))), name
    reopened(pending, people.li_jing, SCHOOL, PHOTO)
    for url in (*map(page, names), page("application", pending.ref)):
        shown = text(fang.get(url))
        assert "首次登记申请尚未重新提交" in shown, url
        assert ">未提交<" in shown
        assert "提交期限" in shown
        assert len(re.findall(r'unsent-heading">.*?</section>', shown, re.DOTALL)) == 1


def test_saving_says_that_nothing_was_sent_and_a_receipt_that_nothing_was_decided(fang, people, pending):
    assert "不是审核结果" in text(fang.get(page("application_receipt", pending.ref)))
    reopened(pending, people.li_jing, SCHOOL)
    posted = answers(fang, page("profile_basic")) | {"school": "更正后的大学"}
    saved = text(fang.post(page("profile_basic"), posted, follow=True))
    assert "基础信息已保存，申请尚未提交" in saved
    assert "已完成" not in re.sub(r'class="hidden-visually">.*?<', "", saved)


# --- the reviewer, and the API -------------------------------------------------------------------------


def press(jing, case, **said):
    data = {"move": "fail_first", "version": case.form_version, "refusal_kind": "fixable", "reason": REASON} | said
    return jing.post(reverse("admin:registration_application_change", args=[case.ref]), data)


def test_a_reviewer_ticks_items_where_they_stand_and_finds_nothing_ticked_before(people, pending):
    jing = signed_in(people.li_jing)
    shown = text(jing.get(reverse("admin:registration_application_change", args=[pending.ref])))
    points = re.findall(r'<input type="checkbox" name="item" value="([^"]+)" form="refusal"( checked)?>', shown)
    assert {value for value, _ in points} >= {"basic..school", "basic..", "photo..", "region..region", "work.."}
    assert not any(checked for _, checked in points)
    said = {"item": "basic..school", "code-basic..school": "education_untrue", "remark-basic..school": "写全称"}
    assert press(jing, pending, **said).status_code == 302
    assert press(jing, pending, **said).status_code == 409, "a double click decides once"
    (kept,) = Decision.objects.get().items
    assert (kept["key"], kept["code"], kept["remark"]) == ("school", "education_untrue", "写全称")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"item": "basic..shoe_size"}, "指出的内容不在这一版表单中"),
        ({"item": "basic..school", "code-basic..school": "other"}, "选择“其他”的，请写明问题"),
        ({"item": "basic..school", "code-basic..school": "x"}, "请选择问题"),
        ({"item": "photo..", "code-photo..": "photo_not_id", "remark-photo..": "a\x00b"}, "无法显示的字符"),
        ({}, "请至少选择一项原因"),
    ],
)
def test_what_is_ticked_wrongly_is_said_beside_it_and_the_ticks_stay(people, pending, said, words):
    answer = press(signed_in(people.li_jing), pending, **said)
    shown = text(answer)
    assert re.search(words, shown)
    if said.get("item") in ("basic..school", "photo.."):
        assert f'value="{said["item"]}" form="refusal" checked' in shown
    assert not Decision.objects.exists()


def test_what_the_systems_own_checks_doubt_is_suggested(people, pending):
    worker = pending.worker
    with transaction.atomic():
        worker.work_years = 60
        worker.save()
        actions.profile_changed(worker, by=worker.user, part="basic")
    shown = signed_in(people.li_jing).get(reverse("admin:registration_application_change", args=[pending.ref]))
    assert 'href="#point-basic..work_years"' in text(shown)


def test_the_api_tells_the_same_and_sends_by_the_same_rules(fang, people, pending):
    one = reopened(pending, people.li_jing, SCHOOL)
    address = f"/registration/api/applications/{one.ref}/"
    named = fang.get(address).json()["named"]
    assert [(each["label"], each["remark"], each["mended"]) for each in named] == [
        ("毕业院校", "以毕业证书为准", False)
    ]
    sent = fang.post(f"{address}apply/", {"promise_version": PROMISE_VERSION}, content_type="application/json")
    assert (sent.status_code, sent.json()["state"]) == (200, ApplicationState.PENDING_REVIEW)
    assert Application.objects.get(pk=one.pk).form_version == 2
    assert signed_in(people.chen_chen.user).get(address).status_code == 404
