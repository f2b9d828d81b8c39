"""The reviewers' queue: who finds what, by which search, and among many (issue: item 7; R-REG-12, R-ACC-13)."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from registration import queries
from registration.models import Application
from registration.workflows import ApplicationState
from swms.audit.models import AuditEvent
from swms.uploads.models import StoredFile
from tests import factories
from tests.console.reviewing import LIST, page_of, press
from tests.people import signed_in


def bare(answer):
    """Return a page without the token that differs each time."""
    return re.sub(rb'(name="csrfmiddlewaretoken" value=)"[^"]+"', rb"\1", answer.content)


# --- who finds what ----------------------------------------------------------------------------


def test_the_reviewer_of_the_region_finds_the_case_in_the_queue(jing, case):
    page = jing.get(LIST).content.decode()
    assert "王芳" in page
    assert page_of(case) in page
    assert "等待初审" in page


def test_a_reviewer_of_another_region_finds_neither_the_case_nor_its_page(min_, case):
    assert case.ref not in min_.get(LIST).content.decode()
    assert case.ref not in min_.get(f"{LIST}?part=all").content.decode()
    foreign, missing = min_.get(page_of(case)), min_.get(page_of(case).replace(case.ref, "DJ-110105-2026-99999"))
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert bare(foreign) == bare(missing).replace(b"DJ-110105-2026-99999", case.ref.encode())
    assert press(min_, case, "pass_first").status_code == 404
    assert "没有找到" in min_.post(LIST, {"text": "王芳"}).content.decode()


def test_the_worker_and_a_stranger_do_not_learn_that_there_is_a_console(client, people, case):
    worker = signed_in(people.wang_fang.user)
    assert worker.get(LIST).status_code == 404
    assert worker.get(page_of(case)).status_code == 404
    assert client.get(LIST)["Location"].startswith(reverse("signin:sign_in"))


def test_a_password_alone_opens_no_page_of_the_console(client, people, case):  # S10
    client.force_login(people.li_jing)
    for url in (reverse("admin:index"), LIST, page_of(case), reverse("admin:gallery")):
        assert reverse("signin:second_factor") in client.get(url)["Location"]


def test_a_keeper_of_certificates_has_no_business_with_applications(people, case):
    keeper = signed_in(people.zhou_yan)
    assert keeper.get(LIST).status_code == 404
    assert keeper.get(page_of(case)).status_code == 404


def test_a_draft_is_the_workers_own(jing, people):
    draft = people.application
    assert draft.state == ApplicationState.NOT_APPLIED
    assert jing.get(page_of(draft)).status_code == 404


def test_a_new_photo_stands_beside_the_one_it_replaced_and_a_deleted_one_is_told_in_words(jing, min_, case):
    """R-REG-12: the reviewer compares faces, not the words 原照片 and 新照片; 赵敏 in 上海市 gets neither."""
    old = case.worker.photo
    new = factories.new_photo(case.worker)

    def addresses() -> list[str]:
        page = jing.get(page_of(case)).content.decode()
        return re.findall(r'<img src="([^"]+)" alt="(?:原|新)照片"', page)

    assert addresses() == [f"{photo.get_absolute_url()}?inline=1" for photo in (old, new)]
    assert [jing.get(url)["Content-Type"] for url in addresses()] == ["image/jpeg"] * 2
    assert [min_.get(url).status_code for url in addresses()] == [404] * 2
    StoredFile.objects.filter(pk=old.pk).update(purged_at=timezone.now())
    assert addresses() == [f"{new.get_absolute_url()}?inline=1"]
    assert "原照片" in jing.get(page_of(case)).content.decode()


# --- searching -----------------------------------------------------------------------------------


def test_a_case_is_found_by_reference_number_and_name(jing, case):
    for text in (case.ref, case.ref.lower(), case.qualification.mgmt_no, "王芳"):
        assert page_of(case) in jing.post(LIST, {"text": text}).content.decode(), text
    assert not AuditEvent.objects.filter(verb="console.search_identity").exists()
    assert "没有找到" in jing.post(LIST, {"text": "王"}).content.decode()


def test_a_search_by_identity_number_is_written_down_without_the_number_r_acc_13(jing, people, case):
    number = people.wang_fang.user.id_number
    page = jing.post(LIST, {"text": number.lower()}).content.decode()
    assert page_of(case) in page
    assert number not in page
    event = AuditEvent.objects.get(verb="console.search_identity")
    assert (event.actor, event.changes["found"]) == (people.li_jing, [case.ref])
    assert number not in str(event.changes)


def test_a_passport_whose_number_looks_like_a_reference_is_found(jing, case):
    user = case.worker.user
    user.id_type, user.id_number = "PASSPORT", "EA1234567"
    user.save()
    assert page_of(case) in jing.post(LIST, {"text": "EA1234567"}).content.decode()


# --- at length -----------------------------------------------------------------------------------


def test_pages_of_the_queue_miss_nothing_and_repeat_nothing_while_cases_are_decided(jing, people, monkeypatch):
    from registration.admin import ApplicationAdmin

    monkeypatch.setattr(ApplicationAdmin, "page_size", 3)
    cases = [factories.submitted(f"申请人{number}") for number in range(7)]
    seen, url = [], LIST
    while url:
        page = jing.get(url)
        seen += [row["cells"][0]["text"] for row in page.context["rows"]]
        if len(seen) == 3:  # what is on the page before is decided meanwhile
            cases[0].move("pass_first", actor=people.li_jing, seen=1)
        url = page.context["older_url"]
    assert seen == [case.ref for case in cases]


def test_the_way_back_through_the_pages_shows_the_same_rows(jing, people, monkeypatch):
    from registration.admin import ApplicationAdmin

    monkeypatch.setattr(ApplicationAdmin, "page_size", 2)
    for number in range(5):
        factories.submitted(f"申请人{number}")
    first = jing.get(LIST)
    second = jing.get(first.context["older_url"])
    back = jing.get(second.context["newer_url"])
    assert back.context["rows"] == first.context["rows"]
    assert back.context["newer_url"] is None


@pytest.mark.parametrize("mark", ["x", "bnVsbA==", "WzEsMiwzXQ==", "WyJhIiwiYiJd"])
def test_a_mark_that_cannot_be_read_begins_at_the_beginning(jing, case, mark):
    assert page_of(case) in jing.get(f"{LIST}?after={mark}").content.decode()
    assert page_of(case) in jing.get(f"{LIST}?before={mark}").content.decode()


def test_the_queue_asks_as_often_for_three_cases_as_for_one_and_at_most_20_times(
    jing, people, django_assert_max_num_queries
):
    factories.submitted("申请人0")
    jing.get(LIST)
    with django_assert_max_num_queries(20) as one:
        jing.get(LIST)
    for number in (1, 2):
        factories.submitted(f"申请人{number}")
    with django_assert_max_num_queries(len(one)):
        jing.get(LIST)


def test_a_review_page_asks_at_most_20_times(jing, case, django_assert_max_num_queries):
    jing.get(page_of(case))
    with django_assert_max_num_queries(20):
        jing.get(page_of(case))


def test_a_review_page_asks_as_often_for_three_employers_and_projects_to_check_as_for_one(
    jing, people, case, django_assert_max_num_queries
):
    worker = case.worker
    worker.household_region = factories.region("440305")  # so that the place of the employer is looked at
    worker.save()
    worker.experiences.update(institution=people.spring)

    def add():
        factories.experience(worker, end_date=date(2021, 1, 1), institution=people.spring)
        factories.evidence(factories.past_project(worker, is_special=True, plan="THREE_AREAS"), worker.user)

    add()
    jing.get(page_of(case))
    with django_assert_max_num_queries(20) as one:
        jing.get(page_of(case))
    add()
    add()
    with django_assert_max_num_queries(len(one)):
        page = jing.get(page_of(case))
    assert [check.name for check in page.context["passed_checks"]].count("evidence") == 3


def test_the_page_of_a_change_asks_as_often_for_three_proofs_as_for_one_and_at_most_20_times(
    jing, people, django_assert_max_num_queries
):
    def page(name, *proofs):
        worker = factories.fill_in(factories.worker(name))
        files = {proof: factories.evidence(worker, worker.user) for proof in proofs}
        let_go = {"approved_out_by": people.zhang_wei, "approved_out_at": timezone.now()}
        one = factories.change(worker, into=people.spring, **files, **let_go)
        return reverse("admin:registration_transfer_change", args=[one.ref])

    one, three = page("陈一", "leave_proof"), page("陈二", "leave_proof", "new_contract", "region_evidence")
    jing.get(one)
    with django_assert_max_num_queries(20) as asked:
        assert len(jing.get(one).context["case"].files) == 1
    with django_assert_max_num_queries(len(asked)):
        assert len(jing.get(three).context["case"].files) == 3


def test_the_page_of_an_appeal_looks_the_account_up_once(jing, people, django_assert_max_num_queries):
    page = reverse("admin:registration_appeal_change", args=[factories.appeal(people.wang_fang).ref])
    jing.get(page)
    with django_assert_max_num_queries(20) as asked:
        assert jing.get(page).context["case"].checks[0].ok
    accounts = [each["sql"] for each in asked if 'FROM "accounts_user"' in each["sql"]]
    assert sum('"id_index" IN' in each for each in accounts) == 1


def test_the_front_page_counts_what_waits_and_what_is_late(jing, case):
    import datetime as dt

    late = factories.submitted("陈晨")
    Application.objects.filter(pk=late.pk).update(due_on=dt.date(2020, 1, 2))
    page = jing.get(reverse("admin:index"))
    desk = page.context["desks"][0]
    assert (desk.label, desk.waiting, desk.late) == ("登记初审", 2, 1)
    assert "已逾期" in jing.get(LIST).content.decode()
    assert late.ref in jing.get(f"{LIST}?clock=late").content.decode()
    assert case.ref not in jing.get(f"{LIST}?clock=late").content.decode()
    assert queries.awaiting(page.wsgi_request.user).first() == late


def test_a_reviewer_reads_pictures_and_documents_beside_the_form_and_nobody_of_another_region_does(jing, min_, people):
    import io

    from swms.uploads import storage
    from swms.uploads.examine import EVIDENCE, examine
    from swms.uploads.models import Purpose
    from tests.hostile import documents

    case = factories.submitted("王芳")
    photo = f"{case.worker.photo.get_absolute_url()}?inline=1"
    assert jing.get(photo)["Content-Disposition"].startswith("inline")
    assert min_.get(photo).status_code == 404
    file = io.BytesIO(documents.plain())
    file.name = "证明.pdf"
    proof = storage.store(examine(file, EVIDENCE), owner=case.worker.user, purpose=Purpose.EVIDENCE, holder=case.worker)
    answer = jing.get(f"{proof.get_absolute_url()}?inline=1")
    assert answer["Content-Disposition"].startswith("attachment")  # a document is read by the pictures of its pages
    assert "sandbox" in answer["Content-Security-Policy"]
