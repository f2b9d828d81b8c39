"""The files of 证书下载 as the holder gets them, and what strangers, colleagues and other workers must not get."""

import datetime as dt
import re

import pytest
import time_machine
from django.utils import timezone

from certificates.models import Annotation, Certificate
from certificates.workflows import AnnotationState
from registration.models import Registration
from tests.certificates.makers import agreed_holder
from tests.certificates.pages import at

pytestmark = pytest.mark.django_db


# --- the copy ------------------------------------------------------------------------------------


def test_the_file_is_served_to_its_holder_unstored_and_unsniffed(wang_fang, annotation):  # S6
    shown = wang_fang.get(at("annotation_view", annotation.number))
    saved = wang_fang.get(at("annotation_download", annotation.number))
    assert shown.content == saved.content == annotation.read()
    assert shown["Content-Disposition"].startswith("inline")
    assert saved["Content-Disposition"].startswith("attachment")
    assert "sandbox" in saved["Content-Security-Policy"]
    for answer in (shown, saved):
        assert answer["Content-Type"] == "application/pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
        assert answer["Content-Security-Policy"].startswith("default-src 'none'")


def said(answer) -> str:
    """Return a page without the address that was asked for and the token of its forms."""
    return re.sub(r'name="(csrfmiddlewaretoken|next)" value="[^"]*"', "", answer.content.decode())


def test_another_worker_gets_the_answer_of_a_number_that_does_not_exist(client, annotation, people):  # S1
    user = agreed_holder("陈晨").worker.user
    client.force_login(user)
    missing = said(client.get(at("annotation_view", "JZ-110000-2026-99999")))
    for name in ("annotation", "annotation_view", "annotation_download", "annotation_end"):
        answer = client.get(at(name, annotation.number))
        assert answer.status_code == 404
        assert said(answer) == missing
    assert client.post(at("annotation_end", annotation.number)).status_code == 404
    assert client.get(at("qualification", annotation.qualification.mgmt_no)).status_code == 404


def test_a_visitor_is_sent_to_sign_in(client, annotation):
    for name in ("annotation", "annotation_view", "annotation_download"):
        assert client.get(at(name, annotation.number)).status_code == 302


def test_at_24_00_of_the_last_day_the_copy_closes_whatever_the_job_does(wang_fang, annotation):  # R-ANN-07
    end = dt.datetime.combine(annotation.valid_until, dt.time(23, 59, 50), timezone.get_current_timezone())
    url = at("annotation_view", annotation.number)
    with time_machine.travel(end, tick=False):
        wang_fang.force_login(annotation.qualification.worker.user)
        assert wang_fang.get(url).status_code == 200
    with time_machine.travel(end + dt.timedelta(seconds=10), tick=False):
        answer = wang_fang.get(url)
        assert answer.status_code == 409
        assert "加注已过期" in answer.content.decode()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (AnnotationState.EXPIRED, "加注已过期"),
        (AnnotationState.ENDED, "加注已终止"),
        (AnnotationState.FAILED, "生成失败"),
        (AnnotationState.REVOKED, "加注已撤销"),
    ],
)
def test_a_closed_copy_says_why_on_its_page_and_as_409(wang_fang, annotation, state, words):  # R-CERT-06
    Annotation.objects.update(state=state)
    assert words in wang_fang.get(at("annotation", annotation.number)).content.decode()
    for name in ("annotation_view", "annotation_download"):
        answer = wang_fang.get(at(name, annotation.number))
        assert answer.status_code == 409
        assert words in answer.content.decode()


def test_revocation_closes_the_copy_at_once(wang_fang, annotation, people):  # R-ANN-10
    annotation.qualification.move("revoke", actor=people.zhou_yan, reason="经核实证书信息有误，予以撤销")
    assert wang_fang.get(at("annotation_view", annotation.number)).status_code == 409


def test_the_holder_ends_a_copy_after_a_question_and_it_closes_at_once(wang_fang, annotation):  # §2.13
    url = at("annotation_end", annotation.number)
    assert "终止不能撤回" in wang_fang.get(url).content.decode()
    assert wang_fang.post(url)["Location"] == at("annotation", annotation.number)
    assert wang_fang.get(at("annotation_view", annotation.number)).status_code == 409
    assert wang_fang.get(url).status_code == 404


def test_a_damaged_file_is_not_shown_and_not_a_500(wang_fang, annotation):
    annotation.file.write_bytes(b"x")
    answer = wang_fang.get(at("annotation_view", annotation.number))
    assert answer.status_code == 409
    assert "文件暂时无法提供" in answer.content.decode()


# --- the registration certificate ----------------------------------------------------------------


def test_between_completion_and_issue_the_owner_sees_the_facts_and_409_for_the_file(completed, client):  # R-REG-20
    client.force_login(completed.worker.user)
    number = Registration.objects.get().number
    page = client.get(at("registration", number)).content.decode()
    assert "证书生成中…" in page
    assert number in page
    for name in ("registration_view", "registration_download"):
        assert "证书生成中…" in client.get(at(name, number)).content.decode()
        told = client.get(at(name, number), headers={"accept": "application/json"})
        assert (told.status_code, told.json()["code"]) == (409, "in_production")


def test_once_issued_the_owner_views_and_downloads_the_signed_file(issued, client):  # R-REG-20
    client.force_login(issued.worker.user)
    number = Registration.objects.get().number
    assert client.get(at("registration", number)).status_code == 200
    answer = client.get(at("registration_download", number))
    assert answer.content == Certificate.objects.get().read()
    assert answer["Content-Disposition"].startswith("attachment")


def test_only_the_owner_and_the_reviewers_of_the_region_see_a_registration_certificate(issued, client, people, rf):
    from django.http import Http404

    from certificates.views.registered import visible_registration

    number = Registration.objects.get().number
    for allowed in (issued.worker.user, people.li_jing, people.zhang_wei):
        assert visible_registration(allowed, number)
    for other in (people.zhao_min, people.chen_chen.user, people.zhou_yan):
        with pytest.raises(Http404):
            visible_registration(other, number)
    client.force_login(people.chen_chen.user)
    assert client.get(at("registration", number)).status_code == 404
    assert client.get(at("registration_view", number)).status_code == 404
