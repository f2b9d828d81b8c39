"""Refusals that name items, and the round that mends them and nothing else (R-REG-14, R-REG-15)."""

from datetime import date

import pytest
from django.db import transaction

from registration import actions, queries
from registration.models import Application, Worker
from registration.queries.versions import Seen, version_of
from registration.reasons import REASONS, named_items
from registration.workflows import ApplicationState as A
from registration.workflows.application import nameable
from swms.workflow import Refused
from tests import factories
from tests.registration.corrections import PHOTO, REASON, SCHOOL, edit, item, refuse, reopened
from tests.registration.steps import at, decide, refusal, submit


def refused_edit(worker, part="basic", **answers) -> str:
    message = refusal("not_named", edit, worker, part, **answers).message
    worker.refresh_from_db()
    return message


def tasks(application):
    correction = queries.correction_of(application)
    return {each.label: each.mended for each in correction.tasks(queries.present_content(application))}


# --- naming ----------------------------------------------------------------------------------------


def test_a_decision_keeps_its_items_by_identity_and_each_code_once(people, pending):
    work = pending.worker.experiences.get()
    refuse(pending, people.li_jing, SCHOOL, item("work", entry=work.pk, code="employer_wrong"), codes=["photo_not_id"])
    decision = pending.decisions.get()
    assert decision.reason_codes == ["photo_not_id", "education_untrue", "employer_wrong"]
    assert [(each["section"], each["entry"], each["key"]) for each in decision.items] == [
        ("basic", "", "school"),
        ("work", str(work.pk), ""),
        ("photo", "", ""),
    ]
    assert decision.form_version == 1
    assert work.employer_name not in str(decision.items), "what the form says stays sealed in the form"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (item("basic", "shoe_size"), "item_unknown"),
        (item("basic", "id_number"), "item_unknown"),
        (item("work", entry=2**31 - 1), "item_unknown"),
        ({"section": "basic", "key": 7}, "item_unknown"),
        ("basic..school", "item_unknown"),
        (item("basic", "school", code="photo_not_id"), "item_reason"),
        (item("basic", "school", code=""), "item_reason"),
        (item("basic", "school", remark=""), "item_remark"),
        (item("basic", "school", remark="长" * 201), "item_remark"),
    ],
)
def test_what_the_form_does_not_have_or_does_not_fit_cannot_be_named(people, pending, wrong, code):
    refusal(code, refuse, pending, people.li_jing, wrong)
    assert not pending.decisions.exists()


def test_one_item_cannot_be_named_twice(people, pending):
    refusal("item_twice", refuse, pending, people.li_jing, SCHOOL, SCHOOL)


@pytest.mark.parametrize("codes", [["other"], ["not_eligible", "false_material"]])
def test_a_refusal_for_补正_names_something_that_can_be_mended(people, pending, codes):
    refusal("nothing_named", refuse, pending, people.li_jing, codes=codes)
    assert refuse(pending, people.li_jing, codes=codes, kind="refused").state == A.INITIAL_REJECTED


def test_an_item_of_a_version_that_was_edited_since_cannot_be_decided_on(people, pending):
    """R-REG-12: the version is asked first."""
    edit(pending.worker, school="另一示例大学")
    with pytest.raises(Refused) as caught:
        pending.move("fail_first", actor=people.li_jing, seen=1, reason=REASON, refusal_kind="fixable", items=[SCHOOL])
    assert caught.value.code == "changed"


def test_every_reason_with_a_place_names_something_of_an_ordinary_form(people, pending):
    offered = nameable(pending)
    for reason in REASONS.values():
        named = named_items([], [reason.code], offered)
        assert bool(named) == bool(reason.places) or reason.code in ("late_unexplained", "condition_short")


# --- the round that mends ----------------------------------------------------------------------------


def test_only_what_was_named_can_be_edited_in_the_round_after_补正(people, pending):
    one = reopened(pending, people.li_jing, SCHOOL)
    assert "民族：这一项没有被指出，不需要修改" in refused_edit(one.worker, ethnicity="02")
    assert "照片" in refused_edit(one.worker, "photo", photo=factories.photo(one.worker.user))
    assert "登记区域" in refused_edit(one.worker, "region", region=factories.region("110108"))
    edit(one.worker, school="更正后的大学")
    submit(one)
    assert "民族" in refused_edit(one.worker, ethnicity="02"), "also while the round waits for the review"
    edit(one.worker, school="再更正的大学")


def test_an_edit_that_mixes_named_and_unnamed_leaves_both_as_they_were(people, pending):
    one = reopened(pending, people.li_jing, SCHOOL)
    refused_edit(one.worker, school="更正后的大学", ethnicity="02")
    assert (one.worker.school, one.worker.ethnicity) == ("示例大学", "01")


def test_after_不予登记_a_new_application_has_everything_open(people):
    with at("2026-10-10 10:00"):
        application = submit(factories.application("陈晨", issue_date=date(2026, 9, 1)))
        refuse(application, people.li_jing, SCHOOL, kind="refused")
    with at("2026-11-10 10:00"):
        actions.reopen(application, by=application.worker.user)
        edit(application.worker, ethnicity="02")
        assert queries.editable_parts(application.worker) == queries.PARTS


def test_contact_data_can_always_be_changed(people, pending):
    """§2.2: the mobile by SMS, the e-mail on its own page."""
    one = reopened(pending, people.li_jing, PHOTO)
    one.worker.user.mobile = "19900009999"
    one.worker.user.save()
    edit(one.worker, "contact")
    assert queries.editable_parts(one.worker) == {"contact", "photo"}


def test_naming_登记区域_opens_what_proves_it_and_nothing_else(people, pending):
    """R-PRO-07: 户籍 or the current employment."""
    worker = pending.worker
    ended = factories.experience(worker, employer_name="旧单位", start_date=date(2015, 1, 1), end_date=date(2016, 1, 1))
    with transaction.atomic():
        actions.profile_changed(worker, by=worker.user, part="work")
    pending.refresh_from_db()
    one = reopened(pending, people.li_jing, item("region", "region", code="region_wrong"))
    haidian = factories.region("110108")
    edit(one.worker, "region", household_region=haidian, region=haidian)
    with transaction.atomic():
        one.worker.experiences.filter(end_date=None).update(post="督导")
        actions.profile_changed(one.worker, by=one.worker.user, part="employer")
    answers = {name: getattr(ended, name) for name in ("employer_name", "employer_type", "start_date", "end_date")}
    seen = Seen(("post",), version_of(ended, ("post",)))
    told = refusal(
        "not_named", actions.save_experience, one.worker, ended, answers | {"post": "主任"}, by=None, seen=seen
    )
    assert "旧单位" in told.message
    refused_edit(one.worker, address="示例街道9号")


def test_one_named_entry_is_followed_through_every_change_and_no_other_may_come_or_go(people, pending):
    worker = pending.worker
    first, second = factories.past_project(worker), factories.past_project(worker, name="社区矫正")
    with transaction.atomic():
        actions.profile_changed(worker, by=worker.user, part="projects")
    pending.refresh_from_db()
    one = reopened(pending, people.li_jing, item("projects", entry=first.pk, code="project_untrue"))
    first.name, first.start_date = "社区助老", date(2021, 2, 1)
    with transaction.atomic():
        first.save()
        actions.profile_changed(worker, by=worker.user, part="projects")
    assert tasks(one) == {"以往项目“社区为老服务”": True}
    refusal("not_named", actions.delete_row, worker, second, by=worker.user)
    new = {
        "name": "新项目",
        "start_date": date(2022, 1, 1),
        "end_date": date(2022, 2, 1),
        "is_special": False,
        "plan": "",
    }
    refusal("not_named", actions.save_project, worker, None, new, by=worker.user)
    actions.delete_row(worker, first, by=worker.user)
    assert tasks(one) == {"以往项目“社区为老服务”": True}


def test_a_named_document_may_be_replaced_and_the_one_beside_it_may_not(people, pending):
    worker = pending.worker
    row = factories.past_project(worker, is_special=True, plan="HAND_IN_HAND")
    bad, good = factories.evidence(row, worker.user), factories.evidence(row, worker.user)
    with transaction.atomic():
        actions.profile_changed(worker, by=worker.user, part="projects")
    pending.refresh_from_db()
    named = item("projects", f"file:{bad.uid}", row.pk, "material_unclear", "")
    one = reopened(pending, people.li_jing, named)
    (label,) = tasks(one)
    assert "evidence.jpg" in label

    def swap(gone):
        with transaction.atomic():
            factories.evidence(row, worker.user)
            row.evidence.filter(pk=gone.pk).update(holder_id=None, holder_type=None)
            actions.profile_changed(worker, by=worker.user, part="projects")

    refusal("not_named", swap, good)
    swap(bad)
    assert tasks(one) == {label: True}


def test_education_and_degree_are_one_matter_and_the_school_is_another(people, pending):
    one = reopened(pending, people.li_jing, item("basic", "education", code="education_untrue"))
    edit(one.worker, education="11", degree="MASTER")
    refused_edit(one.worker, school="更正后的大学")


def test_of_two_cases_to_mend_each_lets_the_others_items_change(people, pending):
    """R-REG-22: both are copied from one personal information."""
    user = pending.worker.user
    factories.qualification(user.name, number=user.id_number, level=2)
    actions.attach_qualifications(pending.worker)
    other = submit(Application.objects.get(qualification__level=2))
    one = reopened(pending, people.li_jing, SCHOOL)
    two = reopened(other, people.li_jing, PHOTO)
    edit(one.worker, school="更正后的大学")
    edit(two.worker, "photo", photo=factories.photo(user))
    refused_edit(one.worker, ethnicity="02")


def test_a_corrected_identity_does_not_stand_in_the_way_of_mending(people, pending):
    """R-REG-14, R-REP-03: sex and date of birth follow the corrected number, the worker edited neither."""
    one = reopened(pending, people.li_jing, SCHOOL)
    number = factories.id_number(date(1985, 7, 8), male=True)
    actions.correct_identity(one.worker, id_number=number, by=people.zhang_wei, basis="HF-1", proof=[])
    worker = Worker.objects.get(pk=one.worker_id)
    edit(worker, school="更正后的大学")
    refusal("not_named", edit, worker, ethnicity="02")


def test_a_second_refusal_names_anew_and_compares_with_the_form_that_it_refused(people, pending):
    one = reopened(pending, people.li_jing, SCHOOL)
    edit(one.worker, school="更正后的大学")
    decide(submit(one), "pass_first", people.li_jing)
    again = reopened(one, people.zhang_wei, PHOTO, stage="final")
    refused_edit(again.worker, school="又一所大学")
    assert tasks(again) == {"照片": False}


def test_a_case_that_can_no_longer_be_sent_holds_nothing_still(people):
    """R-REG-04, R-REG-05: past its window and the thirty days; a later one in the make-up channel is filed anew."""
    application = factories.application("陈晨", issue_date=date(2025, 11, 3))
    with at("2026-11-03 10:00"):
        submit(application)
        one = reopened(application, people.li_jing, SCHOOL)
        assert queries.opening_of(one.worker).limited
    with at("2026-12-20 10:00"):
        assert not queries.opening_of(one.worker).limited
        edit(one.worker, ethnicity="02")


def test_a_renewal_cannot_be_asked_to_mend_what_moves_by_变更(people, pending):
    """R-CHG-01: 登记区域 and the current employer of a registered person."""
    decide(pending, "pass_first", people.li_jing)
    decide(pending, "pass_final", people.zhang_wei)
    actions.complete(pending.pk)
    pending.refresh_from_db()
    ids = {each.id.partition(".")[0] for each in nameable(pending)}
    assert ids == {"photo", "basic", "work", "projects", "honours"}
    assert [each.id for each in nameable(pending) if each.section == "work"] == ["work.."]
