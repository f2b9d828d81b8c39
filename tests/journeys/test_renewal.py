"""再登记 in a browser: the window opens, the worker sends, two reviewers pass, and the same number goes on."""

from datetime import timedelta

from django.utils import timezone

from certificates import actions as papers
from certificates.management.demo.clock import at
from registration import actions, tasks
from registration.models import Application
from registration.workflows import ApplicationState
from swms.dates import add_years, today
from tests import factories
from tests.journeys.steps import download, give_password, pass_review, signed_correctly, wait_for


def registered_long_ago(name, li_jing, zhang_wei, *, ends_in: int):
    """Return the registration of somebody whose three years are nearly over; the past went through the real moves."""
    began = add_years(today() + timedelta(days=ends_in), -3)
    moment = timezone.now() - timedelta(days=(today() - began).days)
    with at(moment):
        application = factories.submitted(name, issue_date=began - timedelta(days=60))
        application.move("pass_first", actor=li_jing, seen=1)
        application.move("pass_final", actor=zhang_wei, seen=1)
        actions.complete(application.pk)
        papers.issue(application.pk)
    application.refresh_from_db()
    give_password(application.worker.user)
    return application.registration


def test_a_worker_renews_within_the_last_three_months_and_the_number_stays(portal, visit, li_jing, zhang_wei, tmp_path):
    """R-REREG-01, -03, -05, -09."""
    registration = registered_long_ago("周敏", li_jing, zhang_wei, ends_in=40)
    end = registration.valid_until
    tasks.open_renewals()
    min_ = visit()
    min_.sign_in(registration.worker.user)
    min_.open("/registration/")
    assert "再登记申请尚未提交" in min_.text
    assert "未提交" in min_.text
    min_.press("核对并申请")
    ref = apply_renewal(min_)

    jing = visit()
    jing.sign_in(li_jing)
    pass_review(jing, ref, "周敏", "初审通过")
    zhang = visit()
    zhang.sign_in(zhang_wei)
    pass_review(zhang, ref, "周敏", "终审通过")

    wait_for(lambda: Application.objects.filter(ref=ref, state=ApplicationState.CERT_ISSUED))
    registration.refresh_from_db()
    assert registration.valid_until == add_years(registration.anchor, 6)
    min_.open("/registration/")
    min_.press("查看证书")
    assert registration.number in min_.text
    assert signed_correctly(download(min_, "下载"), tmp_path)
    stranger = visit()
    old, new = registration.certificates.order_by("version")
    stranger.open(f"/v/{old.verify_token}")
    assert "证书已换发" in stranger.text
    stranger.open(f"/v/{new.verify_token}")
    assert "登记有效" in stranger.text
    assert registration.valid_from == end + timedelta(days=1)
    portal.manage("check_invariants")


def apply_renewal(person) -> str:
    """Promise and send on the page of the answers; return the reference on the receipt."""
    person.page.check("[name=promise]")
    person.press("申请再登记")
    assert "再登记申请已提交" in person.text
    return person.page.inner_text(".receipt__number")
