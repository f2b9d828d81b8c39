"""The personal information on its pages: what may be saved, by whom and when (R-PRO-01…14, R-REG-10…12)."""

import io
from datetime import date, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from registration import actions
from registration.models import Application, Honour, PastProject, WorkExperience
from registration.promise import PROMISE_VERSION
from swms.audit.models import AuditEvent
from swms.dates import today
from swms.uploads.models import StoredFile
from tests import factories

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"registration:{name}", args=args)


def picture(width=295, height=413, *, name="photo.jpg"):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#dfe7ef").save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


@pytest.fixture
def worker(client, people):
    """王芳, signed in."""
    client.force_login(people.wang_fang.user)
    return people.wang_fang


@pytest.fixture
def fill(client):
    """Return a function that opens a page, changes some answers and sends it as a browser would."""

    def send(address, /, **changes):
        form = client.get(address).context["form"]
        data = {}
        for field in form:
            value = field.value()
            if value is True and field.is_choice_box:
                value = "on"
            if value not in (None, False) or (value is False and not field.is_choice_box):
                data[field.html_name] = value
        data |= changes
        return client.post(address, {name: value for name, value in data.items() if value is not None})

    return send


def errors(response):
    return response.context["form"].errors


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


# --- 工作经历 --------------------------------------------------------------------------------------


def test_an_institution_is_found_by_name_and_gives_name_and_kind(client, worker, fill, people):  # R-PRO-09
    spring = people.spring
    worker.experiences.update(end_date=date(2023, 1, 1))
    page = client.get(url("profile_work_employer"), {"q": "春风"})
    address = page.context["found"][0]["url"]
    assert str(spring.uid) in address
    response = fill(address, post="督导", start_date="2024-01-01", employer_name="另一个名字")
    assert response.url == url("profile_work")
    row = worker.experiences.get(end_date=None)
    assert (row.institution, row.employer_name, row.employer_type) == (
        spring,
        "春风社会工作服务中心",
        "SOCIAL_WORK_INSTITUTION",
    )


def test_one_letter_or_a_suspended_institution_finds_nothing(client, worker, people):
    assert people.spring.name.startswith("春")
    assert client.get(url("profile_work_employer"), {"q": "春"}).context["found"] == []
    suspended = factories.institution("秋实社会工作服务中心", state="SUSPENDED")
    assert client.get(url("profile_work_employer"), {"q": "秋实"}).context["found"] == []
    assert client.get(url("profile_work_add"), {"institution": suspended.uid}).status_code == 404


def test_a_second_current_employment_is_refused_beside_the_end(worker, fill):  # §3.3
    new = {"employer_name": "示例街道", "employer_type": "COMMUNITY", "post": "社工", "start_date": "2024-01-01"}
    response = fill(url("profile_work_add"), **new)
    assert "春风社会工作服务中心" in errors(response)["end_date"][0]
    assert worker.experiences.count() == 1
    assert fill(url("profile_work_add"), **new, end_date="2024-06-30").status_code == 302
    assert worker.experiences.count() == 2


def test_an_employment_does_not_end_before_it_begins_nor_begin_in_the_future(worker, fill):
    row = worker.experiences.get()
    assert "end_date" in errors(fill(url("profile_work_change", row.pk), end_date="2019-01-01"))
    tomorrow = (today() + timedelta(days=1)).isoformat()
    assert "start_date" in errors(fill(url("profile_work_change", row.pk), start_date=tomorrow))


def test_an_entry_goes_only_after_being_asked(client, worker):
    row = worker.experiences.get()
    assert "删除后不能恢复" in client.get(url("profile_work_delete", row.pk)).content.decode()
    assert worker.experiences.exists()
    client.post(url("profile_work_delete", row.pk))
    assert not worker.experiences.exists()


# --- 以往项目 --------------------------------------------------------------------------------------

PROJECT = {"name": "为老服务", "start_date": "2018-01-01", "end_date": "2018-12-31"}


def test_whether_a_project_is_special_must_be_answered_and_nothing_is_chosen_beforehand(client, worker, fill):
    page = client.get(url("profile_projects_add"))  # R-PRO-11
    assert page.context["form"]["is_special"].value() is None
    assert "is_special" in errors(fill(url("profile_projects_add"), **PROJECT))


def test_a_special_project_without_evidence_is_refused(worker, fill):  # R-PRO-11
    response = fill(url("profile_projects_add"), **PROJECT, is_special="True", plan="HAND_IN_HAND")
    assert errors(response)["files_added"] == ["请至少上传1个证明材料"]
    assert "plan" in errors(fill(url("profile_projects_add"), **PROJECT, is_special="True"))
    assert not PastProject.objects.exists()


def test_a_special_project_keeps_its_plan_and_up_to_five_files(client, worker, fill):  # R-PRO-11, R-PRO-14
    files = [picture(600, 400, name=f"证明{number}.jpg") for number in range(6)]
    special = PROJECT | {"is_special": "True", "plan": "THREE_AREAS"}
    assert (
        "最多上传5个文件" in errors(fill(url("profile_projects_add"), **special, files_added=files))["files_added"][0]
    )
    for file in files:
        file.seek(0)
    assert fill(url("profile_projects_add"), **special, files_added=files[:5]).status_code == 302
    project = worker.past_projects.get()
    assert (project.plan, project.evidence.count()) == ("THREE_AREAS", 5)
    change = url("profile_projects_change", project.pk)
    extra = picture(600, 400, name="更多.jpg")
    assert "files_added" in errors(fill(change, files_added=extra))
    extra.seek(0)
    gone = project.evidence.first()
    assert fill(change, files_added=extra, removed=[str(gone.uid)]).status_code == 302
    assert project.evidence.count() == 5
    assert not project.evidence.filter(uid=gone.uid).exists()


def test_changing_a_project_to_no_warns_before_its_files_go(worker, fill):  # R-PRO-11
    project = factories.past_project(worker, is_special=True, plan="HAND_IN_HAND")
    file = factories.evidence(project, worker.user)
    change = url("profile_projects_change", project.pk)
    response = fill(change, is_special="False")
    assert "会被删除" in errors(response)["drop"][0]
    assert project.evidence.count() == 1
    assert fill(change, is_special="False", drop="on").status_code == 302
    project.refresh_from_db()
    file.refresh_from_db()
    assert (project.is_special, project.plan, project.evidence.count()) == (False, "", 0)
    assert file.purged_at is not None


def test_files_sent_with_no_are_not_kept_and_the_person_is_told(client, worker, fill):  # R-PRO-11
    before = StoredFile.objects.count()
    response = fill(url("profile_projects_add"), **PROJECT, is_special="False", files_added=picture(600, 400))
    assert "没有保存" in client.get(response.url).content.decode()
    assert StoredFile.objects.count() == before


# --- 个人荣誉 --------------------------------------------------------------------------------------


def test_honours_have_exactly_six_levels_and_need_no_evidence(client, worker, fill):  # R-PRO-13
    form = client.get(url("profile_honours_add")).context["form"]
    labels = [label for value, label in form.fields["level"].choices if value]
    assert labels == ["村（居）", "街道（乡镇）", "区（县）", "地市", "省", "部"]
    honour = {"title": "优秀社工", "level": "CITY", "awarding_body": "示例单位", "award_date": "2024-03-19"}
    assert fill(url("profile_honours_add"), **honour).status_code == 302
    assert "level" in errors(fill(url("profile_honours_add"), **honour | {"level": "NATION"}))
    future = (today() + timedelta(days=1)).isoformat()
    assert "award_date" in errors(fill(url("profile_honours_add"), **honour | {"award_date": future}))
    assert Honour.objects.get().level == "CITY"


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


def test_lists_ask_the_database_as_often_for_three_entries_as_for_one(client, worker, django_assert_max_num_queries):
    def count(name):
        with django_assert_max_num_queries(20) as asked:
            assert client.get(url(name)).status_code == 200
        return len(asked)

    for name, make in (
        ("profile_work", lambda: factories.experience(worker, end_date=date(2021, 1, 1))),
        ("profile_projects", lambda: factories.past_project(worker)),
        ("profile_honours", lambda: _honour(worker)),
    ):
        make()
        client.get(url(name))  # the first page of a session writes when it was seen
        one = count(name)
        make()
        make()
        assert count(name) == one, name


def _honour(worker):
    honour = Honour.objects.create(
        worker=worker, title="优秀社工", level="CITY", awarding_body="示例", award_date=date(2024, 1, 1)
    )
    factories.evidence(honour, worker.user)
    return honour
