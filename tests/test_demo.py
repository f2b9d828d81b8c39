"""The demo's data: every state, the same for the same seed, sound by every promise, and never in production."""

import io
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from certificates.management.demo import build, clock, copies, offices, stories
from certificates.models import Annotation, PaperBatch, PaperCertificate, Replacement
from certificates.workflows import AnnotationState, BatchState, PaperState, ReplacementState
from registration.models import (
    Appeal,
    Application,
    Escalation,
    Feedback,
    Institution,
    InstitutionFeedback,
    Qualification,
    Registration,
    SampledCase,
    SamplingCampaign,
    Transfer,
    Worker,
)
from registration.queries import policy_of
from registration.workflows import (
    AppealState,
    ApplicationState,
    CampaignState,
    FeedbackState,
    InstitutionFeedbackState,
    InstitutionState,
    QualificationState,
    RegistrationState,
    TransferState,
)
from swms.accounts.models import Authenticator, User
from swms.audit.models import AuditEvent
from swms.bulletins.models import Bulletin
from swms.bulletins.workflows import BulletinState
from swms.calendar.models import AnnouncedDay
from swms.dates import today
from swms.invariants import judge
from swms.notices.models import Delivery
from swms.regions.models import Duty, Jurisdiction, Region


@pytest.fixture
def small(db, settings, tmp_path, monkeypatch):
    """A demo with one person for each story; the whole one takes half a minute."""
    settings.DEMO = True
    settings.MEDIA_ROOT, settings.CERTIFICATE_ROOT = tmp_path / "media", tmp_path / "certificates"
    settings.SIGNING_KEY_DIR = tmp_path / "keys"
    fewer = tuple(replace(story, people=1) for story in stories.STORIES)
    monkeypatch.setattr(stories, "STORIES", fewer)
    monkeypatch.setattr(
        copies, "COPIES", tuple({fate: (fate, ago, days) for fate, ago, days in copies.COPIES}.values())
    )
    monkeypatch.setattr(build, "WITHOUT_ACCOUNT", 20)
    monkeypatch.setattr(build, "INSTITUTIONS", 2 * len(offices.PLACES))


def demo(*arguments) -> str:
    out = io.StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


def digest() -> list:
    """Return what the same seed must give again."""
    return [
        list(User.objects.order_by("username").values_list("username", "name")),
        list(Application.objects.order_by("ref").values_list("ref", "state", "submitted_at__date", "due_on")),
        list(Registration.objects.order_by("number").values_list("number", "state", "valid_until")),
        list(Qualification.objects.order_by("mgmt_no").values_list("mgmt_no", "name", "issue_date", "state")),
        list(Annotation.objects.order_by("number").values_list("number", "state", "valid_until", "submitted_at__date")),
        list(
            PaperCertificate.objects.order_by("qualification__mgmt_no").values_list("qualification__mgmt_no", "state")
        ),
        list(Transfer.objects.order_by("ref").values_list("ref", "state", "kind", "to_region", "due_on")),
        list(SampledCase.objects.order_by("ref").values_list("ref", "state", "application__ref", "due_on")),
        list(Institution.objects.order_by("uscc", "name").values_list("uscc", "name", "state")),
    ]


def test_the_demo_has_everything_in_every_state_and_keeps_every_promise(small):
    before = timezone.now
    said = demo()
    assert timezone.now is before, "the clock goes right again"
    for model, states in (
        (Application, ApplicationState),
        (Registration, RegistrationState),
        (Annotation, AnnotationState),
        (Qualification, QualificationState),
        (Feedback, FeedbackState),
        (Appeal, AppealState),
        (Transfer, TransferState),
        (Replacement, ReplacementState),
        (PaperBatch, BatchState),
        (PaperCertificate, PaperState),
        (Bulletin, BulletinState),
        (InstitutionFeedback, InstitutionFeedbackState),
        (Institution, InstitutionState),
    ):
        assert set(model.objects.values_list("state", flat=True)) == set(states.values)
    assert SamplingCampaign.objects.get().state == CampaignState.UNDER_WAY
    assert {"EXAMINING", "PROPOSED"} <= set(SampledCase.objects.values_list("state", flat=True))
    assert Institution.objects.filter(account=None, state=InstitutionState.ACTIVE).count() == 0
    for duty in Duty:
        assert Jurisdiction.objects.filter(duty=duty).exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # chains the trail, as the commit would
    assert [verdict for verdict in judge() if verdict.violations] == []
    assert not AuditEvent.objects.filter(at__gt=timezone.now()).exists()
    assert not Application.objects.filter(submitted_at__gt=timezone.now()).exists()
    assert Delivery.objects.filter(status="queued").count() == 0, "nothing old is sent when the workers start"

    for row in User.objects.filter(username__in=["demo-lijing", "demo-audit", "demo-wangfang"]):
        assert row.check_password(build.PASSWORD)
        assert row.name in said
    staff = User.objects.filter(kind=User.Kind.STAFF)
    assert Authenticator.objects.filter(user__in=staff, confirmed=True).count() == staff.count()
    assert Worker.objects.get(user__username="demo-wangfang").missing() == []

    guangdong = policy_of(Region.objects.get(code="440305"))
    assert guangdong.version == 1
    assert guangdong.makeup_first_open(today())
    assert guangdong.ce_waived_on(today())
    assert not AnnouncedDay.objects.exists()
    assert Escalation.objects.filter(closed_at=None, told_at__isnull=False).exists()

    assert "已经存在" in demo()
    assert "19900000" in demo("--accounts")


def test_the_same_seed_gives_the_same_people_numbers_and_dates_and_another_seed_others(small):
    made = []
    for seed in (7, 7):
        with transaction.atomic():
            demo(f"--seed={seed}")
            made.append(digest())
            transaction.set_rollback(True)
    assert made[0] == made[1]
    some, others = (build.plan(seed, random.Random(seed)) for seed in (7, 8))
    assert not {row.id_number for each in some for row in each.rows} & {r.id_number for e in others for r in e.rows}


@pytest.mark.django_db
@pytest.mark.parametrize(("production", "demonstrating"), [(True, True), (True, False), (False, False)])
def test_production_and_ordinary_installations_refuse_the_demo(settings, production, demonstrating):
    settings.PRODUCTION, settings.DEMO = production, demonstrating
    with pytest.raises(CommandError, match="演示环境"):
        demo()
    assert not User.objects.exists()


def test_the_clock_goes_right_again_after_a_fault():
    before = timezone.now
    with pytest.raises(ZeroDivisionError), clock.at(before() - timedelta(days=9)) as moment:
        _fail_at(moment)
    assert timezone.now is before


def _fail_at(moment):
    assert timezone.now() == moment
    raise ZeroDivisionError
