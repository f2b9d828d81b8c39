"""The lists of the personal information on their pages: 工作经历, 以往项目, 个人荣誉 (R-PRO-09…14)."""

from datetime import date, timedelta

import pytest

from registration.models import Honour, PastProject
from swms.dates import today
from swms.uploads.models import StoredFile
from tests import factories
from tests.registration.profile_pages import errors, picture, url

pytestmark = pytest.mark.django_db

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


# --- the lists -------------------------------------------------------------------------------------


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
