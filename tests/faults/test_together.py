"""Many at once, and the same twice: one wins, the other is told, nothing is double (promises 1, 2, 6; R-ANN-09)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from certificates.actions import revoke_annotations
from certificates.models import Annotation, Certificate
from registration.models import Application, Decision
from registration.workflows import ApplicationState
from swms.audit.models import AuditEvent
from swms.notices.models import Notice
from swms.regions.models import Duty
from tests import factories
from tests.faults.site import Answer
from tests.processes import until

CLIENTS = 100


def at_once(calls, *, hands: int = 32) -> list[Answer]:
    """Make the calls from ``hands`` threads that begin together; return the answers in order."""
    start = Barrier(hands)
    with ThreadPoolExecutor(hands, initializer=start.wait) as pool:
        return list(pool.map(lambda call: call[0].post(call[1], **call[2]), calls))


def test_of_two_reviewers_who_press_at_once_one_wins_and_the_other_is_told(site):
    """§2.3: 李静 passes, her colleague refuses; whoever comes second sees the record as it is now."""
    colleague = factories.staff("钱进", (Duty.FIRST_REVIEW, "110105"))
    for _ in range(3):
        application = site.submitted()
        url, passing = site.decision_form(application, "pass_first")
        reason = {"reason_codes": "photo_not_id", "refusal_kind": "fixable", "reason": "照片不清楚，请重新上传。"}
        answers = at_once(
            [
                (site.visitor(site.people.li_jing), url, passing),
                (site.visitor(colleague), url, passing | {"move": "fail_first"} | reason),
            ],
            hands=2,
        )
        assert sorted(answer.status for answer in answers) == [302, 409]
        decision = Decision.objects.get(application=application)
        application.refresh_from_db()
        assert decision.passed == (answers[0].status == 302)
        assert (application.state == ApplicationState.INITIAL_APPROVED) == decision.passed


def test_a_hundred_applicants_who_click_twice_send_one_application_each(site):
    """R-REG-08: every click is answered, each application is in 待审核 once, with one receipt and one form."""
    applications = [site.applicant(f"申请人{n}") for n in range(CLIENTS)]
    calls = []
    for application in applications:
        visitor = site.visitor(application.worker.user)
        calls += [(visitor, *site.application_form(application))] * 2
    answers = at_once(calls)
    assert Counter(answer.status for answer in answers) == {302: 2 * CLIENTS}
    assert len(site.receipts) == CLIENTS, "the second click leads to the status page, not to a second receipt"
    rows = Application.objects.filter(pk__in=[each.pk for each in applications])
    assert set(rows.values_list("state", "form_version")) == {(ApplicationState.PENDING_REVIEW, 1)}
    applied = AuditEvent.objects.filter(
        verb="registration.application.apply", target_repr__in=rows.values_list("ref", flat=True)
    )
    assert applied.count() == CLIENTS


def test_a_hundred_holders_who_click_twice_get_one_annotation_each(site):
    """R-ANN-09: the page's key makes the second click the same application; both answers lead to it."""
    site.crew.rest()
    holders = [site.holder(f"持证人{n}") for n in range(CLIENTS)]
    calls = []
    for holder in holders:
        visitor = site.visitor(holder.worker.user)
        calls += [(visitor, *site.annotation_form(holder))] * 2
    answers = at_once(calls)
    assert Counter(answer.status for answer in answers) == {302: 2 * CLIENTS}
    assert all(first.location == second.location for first, second in zip(answers[::2], answers[1::2], strict=True))
    rows = list(Annotation.objects.filter(qualification__in=holders).order_by("pk"))
    assert len(rows) == CLIENTS
    for holder in holders[5:]:  # a hundred certificates would be drawn for half a minute, to no new end
        revoke_annotations(holder)
    site.crew.work()
    site.annotated(*Annotation.objects.filter(qualification__in=holders[:5]))


def test_two_pages_of_one_holder_sent_at_once_give_one_annotation(site):
    """R-ANN-09: two tabs have two keys; the certificate's row is locked, and the second is refused in words."""
    site.crew.rest()
    holder = site.holder()
    visitor = site.visitor(holder.worker.user)
    answers = at_once([(visitor, *site.annotation_form(holder)) for _ in range(8)], hands=8)
    assert Counter(answer.status for answer in answers) == {302: 1, 409: 7}
    assert all("不用重复提交" in answer.text for answer in answers if answer.status == 409)
    site.crew.work()
    site.annotated(Annotation.objects.get(qualification=holder))


def test_a_second_beat_makes_nothing_twice(site):
    """Sweeps overlap all the time; leases and row locks keep two workers from the same row."""
    site.crew.rest()
    cases, rows = [site.completed() for _ in range(2)], [site.asked() for _ in range(4)]
    second = site.portal.beat()
    site.crew.work()
    more = site.portal.worker()
    site.issued(*cases)
    site.annotated(*rows)
    until(lambda: second.says("Sending due task"), within=20, what="a second beat at work")
    second.kill()
    more.stop()
    for application in cases:
        assert Certificate.objects.filter(registration__periods__application=application).count() == 1
        issue = AuditEvent.objects.filter(verb="registration.application.issue", target_repr=application.ref)
        assert issue.count() == 1
    for row in rows:
        made = AuditEvent.objects.filter(verb="certificates.annotation.generate", target_repr=row.number)
        assert made.count() == 1
        assert Notice.objects.filter(url=row.get_absolute_url()).count() == 1
