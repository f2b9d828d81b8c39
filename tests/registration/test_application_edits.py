"""Editing while an application is on its way: what follows, what is refused, what the reviewer sees."""

from datetime import date

import pytest
import time_machine
from django.db import transaction

from registration import actions, queries
from registration.models import ApplicationForm
from registration.promise import PROMISE_VERSION
from registration.workflows import ApplicationState as A
from swms import claims
from swms.audit.trail import history
from swms.workflow import Refused
from tests import factories
from tests.registration.corrections import edit

FIXABLE = {"reason": "学校名称与证书不一致，请更正。", "refusal_kind": "fixable", "reason_codes": ["education_untrue"]}


def submit(application):
    return actions.apply(application, by=application.worker.user, promise_version=PROMISE_VERSION)


def refused_edit(code, worker, part="basic", **answers) -> Refused:
    with pytest.raises(Refused) as caught:
        edit(worker, part, **answers)
    assert caught.value.code == code
    worker.refresh_from_db()
    return caught.value


@pytest.fixture
def pending(people):
    return submit(people.application)


def test_before_applying_an_edit_writes_no_form(people):
    """R-REG-10."""
    edit(people.wang_fang, school="另一示例大学")
    assert not ApplicationForm.objects.exists()


def test_an_edit_during_the_review_reaches_the_form_at_once_as_a_new_version(people, pending):
    """R-REG-10, R-REG-12, F2."""
    edit(pending.worker, school="另一示例大学")
    pending.refresh_from_db()
    assert pending.form_version == 2
    (change,) = queries.form_diff(pending.forms.get(version=1).content, pending.form.content)
    assert (change.label, change.old, change.new) == ("毕业院校", "示例大学", "另一示例大学")
    assert queries.previous_form(pending).version == 1


def test_the_trail_of_an_edit_names_the_keys_and_never_the_values(people, pending):
    worker = pending.worker
    worker.user.mobile = "19900009999"
    worker.user.save()
    edit(worker, "contact")
    event = history(pending).last()
    assert event.verb == "registration.application.edit"
    assert event.changes == {"form_version": [1, 2], "keys": ["basic.mobile"]}


def test_the_reviewer_who_is_looking_hears_of_an_edit(people, pending):
    """F2."""
    claims.claim(pending, by=people.li_jing)
    edit(pending.worker, school="另一示例大学")
    assert people.li_jing.notices.get().kind == "registration.application.edit"


def test_saving_without_a_change_leaves_the_version_alone(people, pending):
    edit(pending.worker, school=pending.worker.school)
    pending.refresh_from_db()
    assert pending.form_version == 1


def test_a_decision_on_a_version_that_was_edited_since_is_refused(people, pending):
    """R-REG-12: 409 with 资料已更新，请重新查看."""
    edit(pending.worker, school="另一示例大学")
    with pytest.raises(Refused) as caught:
        pending.move("pass_first", actor=people.li_jing, seen=1)
    assert (caught.value.code, caught.value.message) == ("changed", "资料已更新，请重新查看")
    assert pending.move("pass_first", actor=people.li_jing, seen=2).state == A.INITIAL_APPROVED


def test_a_decision_without_a_version_is_refused(people, pending):
    with pytest.raises(Refused, match="请重新查看"):
        pending.move("pass_first", actor=people.li_jing)


def test_a_required_field_cannot_be_emptied_during_the_review(people, pending):
    """§2.2."""
    assert refused_edit("required_emptied", pending.worker, school="").extra["missing"] == ["school"]
    assert pending.worker.school == "示例大学"


def remove_employment(worker):
    with transaction.atomic():
        worker.experiences.all().delete()
        actions.profile_changed(worker, by=worker.user, part="employer")


def test_the_last_employment_cannot_be_removed_during_the_review(people, pending):
    with pytest.raises(Refused, match="工作经历"):
        remove_employment(pending.worker)
    assert pending.worker.experiences.exists()


@pytest.mark.parametrize("part", sorted(queries.PARTS - {"contact"}))
def test_once_the_first_review_is_passed_nothing_but_contact_can_be_edited(people, pending, part):
    """R-REG-11, §2.2."""
    pending.move("pass_first", actor=people.li_jing, seen=1)
    refused_edit("locked", pending.worker, part, school="另一示例大学")
    assert pending.worker.school == "示例大学"


def test_a_new_mobile_after_the_first_review_leaves_the_form_as_it_was(people, pending):
    """R-REG-13."""
    pending.move("pass_first", actor=people.li_jing, seen=1)
    pending.worker.user.mobile = "19900009999"
    pending.worker.user.save()
    edit(pending.worker, "contact")
    pending.refresh_from_db()
    assert pending.form_version == 1
    assert "19900009999" not in pending.form.sealed


def test_a_refused_application_stays_read_only_until_the_next_round_opens(people, pending):
    """R-REG-14."""
    pending.move("fail_first", actor=people.li_jing, seen=1, **FIXABLE)
    assert "初审未通过" in refused_edit("locked", pending.worker, school="另一示例大学").message
    actions.reopen(pending, by=pending.worker.user)
    edit(pending.worker, school="另一示例大学")
    submit(pending)
    assert queries.previous_form(pending).version == 1
    assert [each.key for each in queries.form_diff(queries.previous_form(pending).content, pending.form.content)] == [
        "school"
    ]


def test_after_registration_region_and_employer_move_only_by_变更(people, pending):
    """§2.2 OPEN, R-CHG-07."""
    pending.move("pass_first", actor=people.li_jing, seen=1)
    pending.move("pass_final", actor=people.zhang_wei, seen=1)
    actions.complete(pending.pk)
    assert queries.editable_parts(pending.worker) == queries.PARTS - {"region", "employer"}
    assert "变更" in refused_edit("locked", pending.worker, "region").message
    edit(pending.worker, address="示例街道2号")


def test_a_second_certificate_on_its_way_does_not_lock_out_while_it_may_be_edited(people, pending):
    """R-REG-22."""
    user = pending.worker.user
    factories.qualification(user.name, number=user.id_number, level=2)
    pending.move("fail_first", actor=people.li_jing, seen=1, **FIXABLE)
    actions.attach_qualifications(pending.worker)
    assert queries.editable_parts(pending.worker) == {"contact", "basic"}
    edit(pending.worker, school="另一示例大学")
    assert "民族" in refused_edit("not_named", pending.worker, ethnicity="02").message  # R-REG-14


def test_a_changed_region_routes_the_application_to_the_other_office(people, pending):
    """R-PRO-07, F1."""
    claims.claim(pending, by=people.li_jing)
    edit(pending.worker, "region", region=factories.region("110108"))
    pending.refresh_from_db()
    assert pending.region_id == "110108"
    assert claims.holder(pending) is None
    assert not queries.awaiting(people.li_jing).exists()


def test_taking_back_the_local_certificate_after_the_window_is_refused(people):
    """R-REG-05, R-REG-06: the detour round the deadline is closed."""
    application = factories.application("陈晨", issue_date=date(2019, 9, 15))
    worker = application.worker
    worker.has_local_cert = True
    worker.local_cert_no, worker.local_first_reg_date = "京示例001", date(2020, 3, 1)
    worker.local_valid_until, worker.local_cert_file = date(2029, 3, 1), factories.evidence(worker, worker.user)
    worker.save()
    submit(application)
    refused_edit("window_closed", worker, "region", has_local_cert=False)


def test_the_date_of_first_registration_follows_the_answer_on_the_local_certificate(people):
    """R-PRO-05."""
    with time_machine.travel("2026-11-23T10:00+08:00", tick=False):
        pending = submit(people.application)
        worker = pending.worker
        worker.local_cert_no, worker.local_first_reg_date = "京示例001", pending.qualification.issue_date
        worker.local_valid_until, worker.local_cert_file = date(2029, 3, 1), factories.evidence(worker, worker.user)
    edit(worker, "region", has_local_cert=True)
    pending.refresh_from_db()
    assert pending.first_registered_on == pending.qualification.issue_date
    edit(worker, "region", has_local_cert=False)
    pending.refresh_from_db()
    assert pending.first_registered_on == date(2026, 11, 23)


def test_an_edit_outside_a_transaction_is_a_programming_error(transactional_db):
    with pytest.raises(RuntimeError, match="inside the transaction"):
        actions.profile_changed(None, by=None, part="basic")


# --- comparing ---------------------------------------------------------------------------------------


def test_an_employment_added_on_top_does_not_make_the_others_look_changed(people, pending):
    worker = pending.worker
    with transaction.atomic():
        worker.experiences.update(end_date=date(2023, 1, 1))
        factories.experience(worker, employer_name="夏雨社区", start_date=date(2023, 1, 2))
        actions.profile_changed(worker, by=worker.user, part="employer")
    pending.refresh_from_db()
    changes = queries.form_diff(pending.forms.get(version=1).content, pending.form.content)
    assert {each.label for each in changes if each.entry == 2} == {"工作经历 2 · 结束时间"}
    assert {each.old for each in changes if each.entry == 1} == {""}


def test_an_honour_that_was_removed_is_shown_as_gone(people):
    old = {"sections": [_honours("优秀社工", "最美社工")], "photo": ""}
    new = {"sections": [_honours("优秀社工")], "photo": ""}
    (change,) = queries.form_diff(old, new)
    assert (change.label, change.old, change.new) == ("个人荣誉 2 · 荣誉名称", "最美社工", "")


def test_another_file_of_the_same_name_is_a_change(people):
    old, new = ({"sections": [_honours("优秀社工", file=sha)], "photo": ""} for sha in ("a", "b"))
    (change,) = queries.form_diff(old, new)
    assert (change.key, change.old, change.new) == ("title.files", "proof.jpg", "proof.jpg（已更换）")


def test_a_new_photo_is_a_change():
    (change,) = queries.form_diff({"sections": [], "photo": "a"}, {"sections": [], "photo": "b"})
    assert (change.section, change.old, change.new) == ("photo", "原照片", "新照片")


def _honours(*titles, file=""):
    def row(title):
        files = {"files": [{"uid": "u", "name": "proof.jpg", "sha256": file}]} if file else {}
        return [{"key": "title", "label": "荣誉名称", "value": title} | files]

    return {"name": "honours", "label": "个人荣誉", "entries": [row(title) for title in titles]}
