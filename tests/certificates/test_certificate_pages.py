"""证书下载 as the holder sees it: the way in, and applying for a copy."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from certificates import actions
from certificates.models import TERMS_VERSION, Annotation
from certificates.workflows import AnnotationState
from registration.actions import register_account
from swms.dates import today
from swms.signin.privacy import PRIVACY_VERSION
from swms.workflow import Refused
from tests import factories
from tests.certificates.makers import agreed_holder, ask, holder
from tests.certificates.pages import at
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db


def typed(page, **changes) -> dict:
    """Return the data of the application form as the page offers it, all ticked."""
    form = page.context["form"]
    data = {"info_confirmed": "on", "scenario": "self", "days": "90", "own_days": "", "key": str(form["key"].value())}
    return data | changes


# --- the way in ----------------------------------------------------------------------------------


def test_the_menu_leads_from_verification_to_downloads_to_sign_in(client):  # R-CERT-02
    page = client.get(at("verify"))
    assert at("list") in page.content.decode()
    answer = client.get(at("list"))
    assert answer.status_code == 302
    assert reverse("signin:sign_in") in answer["Location"]


def test_who_has_an_account_signs_in_with_it_and_lands_on_the_terms_then_on_the_list(client, scenario):
    """R-CERT-04: 王芳 registered for something else; no second account, no other number is asked for."""
    qualification = holder("王芳")
    user = qualification.worker.user
    user.set_password(PASSWORD)
    user.consent_version = PRIVACY_VERSION
    user.save()
    door = client.get(at("list"), follow=True)
    assert reverse("registration:register") in door.content.decode(), "who has none is shown the way to one"
    typed_in = {"username": user.id_number, "password": PASSWORD, "next": at("list")}
    page = client.post(reverse("signin:sign_in"), typed_in, follow=True)
    assert page.redirect_chain[-1][0].startswith(at("terms"))
    page = client.post(page.request["PATH_INFO"] + f"?next={at('list')}", {"version": TERMS_VERSION}, follow=True)
    assert qualification.mgmt_no in page.content.decode()


def test_others_register_with_the_number_of_their_certificate_and_find_it_in_the_list(client, scenario):
    """R-CERT-04: 陈晨 with the number that the certificate was obtained with; with another one, no account."""
    qualification = factories.qualification("陈晨", number=factories.id_number())
    registering = {"name": "陈晨", "password": PASSWORD, "consent_version": PRIVACY_VERSION}
    with pytest.raises(Refused) as refused:
        register_account(id_number=factories.id_number(), mobile=factories.mobile(), **registering)
    assert refused.value.code == "not_in_roster"
    worker = register_account(id_number=qualification.id_number, mobile=factories.mobile(), **registering)
    actions.agree_to_terms(worker.user, TERMS_VERSION)
    client.force_login(worker.user)
    assert qualification.mgmt_no in client.get(at("list")).content.decode()


def test_until_the_terms_are_agreed_to_nothing_else_opens(client, scenario):  # R-CERT-03
    qualification = holder()
    client.force_login(qualification.worker.user)
    for url in (at("list"), at("qualification", qualification.mgmt_no), at("annotation", "JZ-1")):
        answer = client.get(url)
        assert answer.status_code == 302
        assert answer["Location"].startswith(at("terms"))
    answer = client.post(f"{at('terms')}?next={at('list')}", {"version": "2026-11"})
    assert answer["Location"] == at("list")
    assert client.get(at("list")).status_code == 200


def test_agreeing_never_leads_to_another_site(client, scenario):
    client.force_login(holder().worker.user)
    answer = client.post(f"{at('terms')}?next=https://example.com/", {"version": "2026-11"})
    assert answer["Location"] == at("list")


def test_agreeing_to_an_old_text_shows_the_new_one(client, scenario):  # R-CERT-03
    client.force_login(holder().worker.user)
    page = client.post(at("terms"), {"version": "2020-01"})
    assert "服务须知已更新" in page.content.decode()


@pytest.mark.parametrize("who", ["li_jing", "zhang_wei", "zhou_yan"])
def test_staff_have_no_downloads_of_their_own(client, people, who):
    client.force_login(getattr(people, who))
    assert client.get(at("list")).status_code in (302, 404)  # 302: the second factor first


def test_the_list_shows_only_the_own_certificates(wang_fang, qualification):
    other = agreed_holder("陈晨")
    page = wang_fang.get(at("list")).content.decode()
    assert qualification.mgmt_no in page
    assert other.mgmt_no not in page


def test_without_a_certificate_the_list_says_what_to_do(client, people):
    user = people.chen_chen.user
    actions.agree_to_terms(user, "2026-11")
    client.force_login(user)
    assert "请联系发证机构" in client.get(at("list")).content.decode()


# --- applying ------------------------------------------------------------------------------------


def test_the_page_shows_the_information_to_check_the_contact_and_the_equal_force(wang_fang, qualification, settings):
    page = wang_fang.get(at("qualification", qualification.mgmt_no)).content.decode()
    assert qualification.masked_id in page
    assert qualification.id_number not in page
    assert settings.ISSUER_CONTACT in page  # R-CERT-05
    assert "纸质证书和电子证书具有同等法律效力" in page  # R-CERT-01
    assert "90 天内还可 3 次" in page


def test_applying_leads_to_the_page_that_waits_and_then_to_the_copy(wang_fang, qualification):  # R-ANN-01…04
    url = at("qualification", qualification.mgmt_no)
    answer = wang_fang.post(url, typed(wang_fang.get(url)))
    annotation = Annotation.objects.get()
    assert answer["Location"] == at("annotation", annotation.number)
    assert "证书生成中…" in wang_fang.get(answer["Location"]).content.decode()
    for name in ("annotation_view", "annotation_download"):
        refused = wang_fang.get(at(name, annotation.number))
        assert refused.status_code == 409
        assert "证书生成中…" in refused.content.decode()
    actions.annotate([annotation.pk])
    for _ in range(3):  # any number of times
        assert wang_fang.get(at("annotation_view", annotation.number)).content.startswith(b"%PDF")


@pytest.mark.parametrize("name", ["annotation_view", "annotation_download"])
def test_until_it_is_done_a_copy_is_refused_as_in_production_to_people_and_programs(wang_fang, qualification, name):
    """R-ANN-03: 证书生成中… with 409, and a program reads a code that stays; afterwards both get the file."""
    annotation = ask(qualification)
    page = wang_fang.get(at(name, annotation.number), headers={"accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page["Content-Type"]) == (409, "text/html; charset=utf-8")
    assert "证书生成中…" in page.content.decode()
    program = {"accept": "application/json"}
    told = wang_fang.get(at(name, annotation.number), headers=program)
    assert (told.status_code, told.json()["code"]) == (409, "in_production")
    assert told.json()["message"].startswith("证书生成中…")
    actions.annotate([annotation.pk])
    for headers in ({}, program):
        assert wang_fang.get(at(name, annotation.number), headers=headers).content.startswith(b"%PDF")
    Annotation.objects.update(state=AnnotationState.ENDED)
    assert wang_fang.get(at(name, annotation.number), headers=program).json()["code"] == "ended"


def test_the_waiting_panel_answers_itself_until_it_is_done_then_has_the_page_loaded_anew(wang_fang, qualification):
    annotation = ask(qualification)
    url, htmx = at("annotation", annotation.number), {"hx-request": "true"}
    assert "<html" not in wang_fang.get(url, headers=htmx).content.decode()
    actions.annotate([annotation.pk])
    assert wang_fang.get(url, headers=htmx)["HX-Refresh"] == "true"


def test_pressing_twice_on_one_page_makes_one_annotation(wang_fang, qualification):  # R-ANN-09
    url = at("qualification", qualification.mgmt_no)
    data = typed(wang_fang.get(url))
    first, second = wang_fang.post(url, data), wang_fang.post(url, data)
    assert first["Location"] == second["Location"]
    assert Annotation.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"info_confirmed": ""}, "信息无误"),
        ({"days": "91"}, "选择一个有效的选项"),
        ({"days": "own", "own_days": "91"}, "请填写 1 至 90 的整数"),
        ({"days": "own", "own_days": "0"}, "请填写 1 至 90 的整数"),
        ({"days": "own", "own_days": "7.5"}, "请填写 1 至 90 的整数"),
        ({"days": "own", "own_days": ""}, "请填写 1 至 90 的整数"),
        ({"days": "own", "own_days": "9" * 5000}, "请填写 1 至 90 的整数"),
        ({"scenario": "none"}, "使用场景"),
    ],
)
def test_a_wrong_answer_is_told_beside_its_field_and_makes_nothing(wang_fang, qualification, changes, message):
    url = at("qualification", qualification.mgmt_no)
    page = wang_fang.post(url, typed(wang_fang.get(url), **changes))
    assert page.status_code == 200
    assert page.context["form"].errors
    assert message in page.content.decode()
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("key", ["", "x"])
def test_a_page_that_lost_its_key_still_works(wang_fang, qualification, key):
    url = at("qualification", qualification.mgmt_no)
    assert wang_fang.post(url, typed(wang_fang.get(url), key=key)).status_code == 302


def test_full_width_digits_are_understood(wang_fang, qualification):
    url = at("qualification", qualification.mgmt_no)
    wang_fang.post(url, typed(wang_fang.get(url), days="own", own_days="４５"))
    assert Annotation.objects.get().valid_days == 45


def test_a_refusal_of_the_rules_is_shown_on_the_page_with_409(wang_fang, qualification):
    url = at("qualification", qualification.mgmt_no)
    stale = typed(wang_fang.get(url))
    wang_fang.post(url, typed(wang_fang.get(url)))
    page = wang_fang.post(url, stale)
    assert page.status_code == 409
    assert "不用重复提交" in page.content.decode()


def test_an_old_certificate_says_paper_only_and_offers_no_form(client, scenario):  # R-ANN-11
    qualification = agreed_holder(issue_date=dt.date(2021, 12, 16))
    client.force_login(qualification.worker.user)
    page = client.get(at("qualification", qualification.mgmt_no)).content.decode()
    assert "该证书仅有纸质版" in page
    assert "提交加注申请" not in page


def test_when_the_quota_is_used_the_page_says_from_when_and_offers_no_form(wang_fang, qualification):  # R-ANN-08
    for _ in range(3):
        row = ask(qualification)
        Annotation.objects.filter(pk=row.pk).update(state=AnnotationState.ENDED)
    page = wang_fang.get(at("qualification", qualification.mgmt_no)).content.decode()
    assert re.search(r"3 次已经用完，\d+年\d+月\d+日起可以再次申请", page)
    assert "提交加注申请" not in page


def test_the_meter_shows_how_much_is_used_and_when_the_next_becomes_possible(wang_fang, qualification):  # R-ANN-08
    for _ in range(2):
        row = ask(qualification)
        Annotation.objects.filter(pk=row.pk).update(state=AnnotationState.ENDED)
    page = wang_fang.get(at("qualification", qualification.mgmt_no)).content.decode()
    assert re.search(r"90 天内还可 1 次，\d+年\d+月\d+日恢复 1 次", page)
    assert '<rect width="66' in page
    assert "提交加注申请" in page


# --- how many queries ------------------------------------------------------------------------------


def queries_of(client, url) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def test_the_list_and_the_history_cost_the_same_with_one_row_and_with_many(wang_fang, qualification):
    urls = (at("list"), at("qualification", qualification.mgmt_no))
    row = ask(qualification, valid_days=1)
    Annotation.objects.filter(pk=row.pk).update(state=AnnotationState.ENDED)
    queries_of(wang_fang, urls[0])  # the session is written once
    one = [queries_of(wang_fang, url) for url in urls]
    for level in (2, 3):
        factories.qualification("王芳", number=qualification.id_number, level=level, worker=qualification.worker)
    for _ in range(8):
        row = ask(qualification, valid_days=1)
        past = today() - dt.timedelta(days=200)
        Annotation.objects.filter(pk=row.pk).update(state=AnnotationState.ENDED, applied_on=past)
    assert [queries_of(wang_fang, url) for url in urls] == one
    assert max(one) <= 20
