"""The personal information on its pages: what may be saved, by whom and when (R-PRO-01…08, R-REG-10…12)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from registration import actions
from registration.models import Application, WorkExperience
from registration.promise import PROMISE_VERSION
from swms.audit.models import AuditEvent
from swms.dates import today
from tests import factories
from tests.registration.profile_pages import errors, picture, url

pytestmark = pytest.mark.django_db

# --- who ------------------------------------------------------------------------------------------


def test_a_visitor_is_sent_to_sign_in(client):
    assert client.get(url("profile_basic")).url.startswith(reverse("signin:sign_in"))


def test_another_worker_reaches_no_entry_of_wang_fang(client, people):
    worker = people.wang_fang
    work, project = worker.experiences.get(), factories.past_project(worker)
    client.force_login(people.chen_chen.user)
    for address in (
        url("profile_work_change", work.pk),
        url("profile_work_delete", work.pk),
        url("profile_work_employer", work.pk),
        url("profile_projects_change", project.pk),
        url("profile_projects_delete", project.pk),
    ):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code in (404, 405)
    assert WorkExperience.objects.filter(pk=work.pk).exists()


# --- 基础信息 --------------------------------------------------------------------------------------


def test_basic_information_is_saved_and_sex_and_birth_are_not_asked(client, people, fill):  # R-ACC-11
    person = people.chen_chen
    client.force_login(person.user)
    place = factories.region("110105").code
    answers = {
        "ethnicity": "02",
        "political_status": "13",
        "education": "21",
        "degree": "NONE",
        "school": "示例大学",
        "major": "社会工作",
        "is_sw_major": "True",
        "email": "chen@example.org",
        "household_region": place,
        "household_address": "示例街道2号",
        "address_region": place,
        "address": "示例街道2号",
        "work_years": "３",
    }
    before = (person.sex, person.birth_date)
    response = fill(url("profile_basic"), **answers, sex="1", birth_date="2001-01-01")
    assert response.url == url("profile")
    person.refresh_from_db()
    person.user.refresh_from_db()
    assert (person.ethnicity, person.degree, person.work_years, person.is_sw_major) == ("02", "NONE", 3, True)
    assert person.user.email == "chen@example.org"
    assert (person.sex, person.birth_date) == before


def test_every_answer_is_compulsory_and_what_was_typed_stays(worker, fill):  # R-PRO-02
    response = fill(url("profile_basic"), school="", major="会计学")
    assert errors(response)["school"] == ["请填写毕业院校"]
    assert 'value="会计学"' in response.content.decode()


def test_an_unfinished_section_can_be_kept_for_later(client, people, fill):
    client.force_login(people.chen_chen.user)
    assert fill(url("profile_basic"), school="示例学院", later="1").status_code == 302
    people.chen_chen.refresh_from_db()
    assert people.chen_chen.school == "示例学院"


@pytest.mark.parametrize(("years", "taken"), [(0, True), (20, True), (21, False), (60, False)])
def test_years_of_work_begin_at_sixteen(worker, fill, years, taken):  # §3.2
    with time_machine.travel("2026-11-23 04:00Z", tick=False):  # 王芳 was born on 1990-03-07 and is 36
        response = fill(url("profile_basic"), work_years=years)
    assert (response.status_code == 302) is taken


def test_either_an_email_address_or_the_word_that_there_is_none(worker, fill):  # R-PRO-02
    assert "email" in errors(fill(url("profile_email"), no_email=None))
    assert "no_email" in errors(fill(url("profile_email"), email="wang@example.org", no_email="on"))
    assert fill(url("profile_email"), email="wang@example.org", no_email=None).status_code == 302
    worker.refresh_from_db()
    assert not worker.no_email


# --- stale pages ----------------------------------------------------------------------------------


def test_a_page_left_open_does_not_undo_what_was_saved_elsewhere(client, worker, fill):
    page = client.get(url("profile_email")).context["form"]
    fill(url("profile_email"), email="new@example.org", no_email=None)
    response = client.post(url("profile_email"), {"email": "old@example.org", "version": page.mark})
    assert "资料已在别处更新" in response.content.decode()
    shown = {row["label"]: (row["old"], row["new"]) for row in response.context["beside"]}
    assert shown["电子邮箱"] == ("new@example.org", "old@example.org")
    assert response.context["form"]["email"].value() == "old@example.org"
    worker.user.refresh_from_db()
    assert worker.user.email == "new@example.org"
    again = client.post(
        url("profile_email"), {"email": "old@example.org", "version": response.context["form"]["version"].value()}
    )
    assert again.status_code == 302
    worker.user.refresh_from_db()
    assert worker.user.email == "old@example.org"


def test_saving_one_section_does_not_make_another_one_stale(client, worker, fill):
    page = client.get(url("profile_email")).context["form"]
    client.post(url("profile_photo"), {"photo": picture(), "version": _mark(client, "profile_photo")})
    response = client.post(url("profile_email"), {"email": "w@example.org", "version": page.mark})
    assert response.status_code == 302


def _mark(client, name, *args):
    return client.get(url(name, *args)).context["form"].mark


# --- 照片 -----------------------------------------------------------------------------------------


def test_a_photo_of_two_inches_replaces_the_old_one_which_is_purged_if_it_was_never_sent(client, worker):  # R-PRO-03
    old = worker.photo
    data = {"photo": picture(413, 579), "version": _mark(client, "profile_photo")}
    assert client.post(url("profile_photo"), data).status_code == 302
    worker.refresh_from_db()
    assert worker.photo != old
    assert worker.photo.holder == worker
    old.refresh_from_db()
    assert old.purged_at is not None


def test_a_landscape_photo_is_refused_with_what_to_do(client, worker):  # R-PRO-04
    data = {"photo": picture(600, 400), "version": _mark(client, "profile_photo")}
    response = client.post(url("profile_photo"), data)
    assert "photo" in errors(response)
    worker.refresh_from_db()
    assert worker.photo.width == 295


def test_a_photo_that_was_sent_stays_with_the_application(client, people):
    application = actions.apply(people.application, by=people.wang_fang.user, promise_version=PROMISE_VERSION)
    client.force_login(people.wang_fang.user)
    old = application.worker.photo
    client.post(url("profile_photo"), {"photo": picture(), "version": _mark(client, "profile_photo")})
    old.refresh_from_db()
    assert old.purged_at is None
    client.force_login(people.li_jing)
    application.refresh_from_db()
    assert application.form_version == 2
    assert old.holder == application


# --- 登记区域与首次登记时间 ---------------------------------------------------------------------------


def test_the_region_must_be_where_the_household_or_the_institution_is(worker, fill, people):  # R-PRO-07
    work = worker.experiences.get()
    work.institution = people.spring
    work.save()
    response = fill(url("profile_region"), region=factories.region("440305").code)
    assert "须是户籍或工作单位所在地" in errors(response)["region"][0]
    worker.household_region = factories.region("440305")
    worker.save()
    assert fill(url("profile_region"), region="440305").status_code == 302
    assert fill(url("profile_region"), region="110105").status_code == 302


def test_a_typed_employer_in_another_region_has_to_be_stated_and_is_written_down(worker, fill):  # R-PRO-07
    place = factories.region("110108").code
    assert "stated" in errors(fill(url("profile_region"), region=place))
    assert fill(url("profile_region"), region=place, stated="on").status_code == 302
    worker.refresh_from_db()
    assert worker.region_id == place
    assert AuditEvent.objects.get(verb="registration.worker.state_region").changes == {"region": place}


def test_a_jobless_person_registers_where_the_household_is(worker, fill):  # R-PRO-07, R-PRO-08
    worker.experiences.update(employer_type="NOT_EMPLOYED")
    assert "region" in errors(fill(url("profile_region"), region=factories.region("110108").code, stated="on"))


LOCAL = {"has_local_cert": "True", "local_cert_no": "示例2019第1号", "local_valid_until": "2030-01-01"}


def test_a_local_certificate_needs_its_number_dates_and_scan(worker, fill):  # R-PRO-06
    found = errors(fill(url("profile_region"), has_local_cert="True"))
    assert set(found) == {"local_cert_no", "local_first_reg_date", "local_valid_until", "local_cert_file"}


def test_the_date_of_the_local_certificate_lies_between_the_certificate_and_today(worker, fill):  # R-PRO-06
    issued = worker.qualifications.get().issue_date
    for day, taken in (
        (date(2007, 12, 31), False),
        (issued - timedelta(days=1), False),
        (issued, True),
        (today(), True),
        (today() + timedelta(days=1), False),
    ):
        response = fill(
            url("profile_region"), **LOCAL, local_first_reg_date=day.isoformat(), local_cert_file=picture(800, 600)
        )
        assert (response.status_code == 302) is taken, day
    worker.refresh_from_db()
    assert worker.local_first_reg_date == today()


def test_answering_no_forgets_the_local_certificate_and_its_scan(worker, fill):  # R-PRO-05
    day = today().isoformat()
    fill(url("profile_region"), **LOCAL, local_first_reg_date=day, local_cert_file=picture(800, 600))
    worker.refresh_from_db()
    scan = worker.local_cert_file
    assert fill(url("profile_region"), has_local_cert="False").status_code == 302
    worker.refresh_from_db()
    scan.refresh_from_db()
    assert (worker.local_cert_file, worker.local_first_reg_date, worker.local_cert_no) == (None, None, "")
    assert scan.purged_at is not None


# --- when -----------------------------------------------------------------------------------------


def _submit(people) -> Application:
    return actions.apply(people.application, by=people.wang_fang.user, promise_version=PROMISE_VERSION)


def test_an_edit_during_the_first_review_raises_the_version_of_the_form(people, worker, fill):  # R-REG-12
    application = _submit(people)
    assert fill(url("profile_basic"), school="另一所大学").status_code == 302
    application.refresh_from_db()
    assert application.form_version == 2


def test_during_the_first_review_nothing_required_can_be_emptied(client, people, worker, fill):  # §2.2
    application = _submit(people)
    response = fill(url("profile_basic"), school="", later="1")
    assert "不能为空：毕业院校" in response.content.decode()
    client.post(url("profile_work_delete", worker.experiences.get().pk))
    worker.refresh_from_db()
    application.refresh_from_db()
    assert worker.school == "示例大学"
    assert worker.experiences.count() == 1
    assert application.form_version == 1


def test_once_the_first_review_is_passed_only_the_address_for_notices_can_change(client, people, worker, fill):
    application = _submit(people)  # R-REG-11
    pages = {"profile_basic": {}, "profile_photo": {}, "profile_region": {}, "profile_honours_add": {}}
    for name in pages:
        pages[name] = {"version": _mark(client, name)}
    row = worker.experiences.get()
    application.move("pass_first", actor=people.li_jing, seen=application.form_version)
    for name in pages:
        assert client.get(url(name)).url in (url("profile"), url("profile_honours"))
    assert client.post(url("profile_photo"), pages["profile_photo"] | {"photo": picture()}).status_code == 200
    client.post(url("profile_work_delete", row.pk))
    assert worker.experiences.filter(pk=row.pk).exists()
    before = worker.photo_id
    worker.refresh_from_db()
    assert worker.photo_id == before
    assert fill(url("profile_email"), email="w@example.org", no_email=None).status_code == 302
