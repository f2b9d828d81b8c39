"""The promises that the hub can judge."""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from registration.models import (
    Appeal,
    Application,
    Decision,
    Qualification,
    Registration,
    RegistrationPeriod,
    RosterImport,
    SampledCase,
    SamplingCampaign,
    Transfer,
)
from registration.queries.appeals import CLOSED, endings_due, files_due, give_backs_due
from registration.queries.escalations import stray as stray_escalations
from registration.queries.sampling import published_draw
from registration.workflows import (
    DONE_STATES,
    ENDED_STATES,
    LOCKED_STATES,
    RENEWAL_KINDS,
    AppealState,
    ApplicationState,
    RegistrationState,
    SampleState,
    TransferKind,
    TransferState,
)
from registration.workflows.appeal import COMPLETION_DAYS, OBJECTION_LASTS
from registration.workflows.sampling.drawing import parse, recompute
from swms.dates import today
from swms.histories import broken_histories, reviewed_models
from swms.invariants import invariant
from swms.references import Counter, has_check_digit
from swms.regions.queries import same_region
from swms.uploads.models import Purpose, StoredFile
from swms.uploads.storage import path_of

SWEEPS = 2
SWEEP_EVERY = timedelta(seconds=settings.SWEEP_SECONDS * 5)

_LOST = """
    SELECT target_repr FROM audit_auditevent event
    WHERE verb = 'registration.application.apply' AND target_type = 'registration.application'
      AND NOT EXISTS (SELECT 1 FROM registration_application a
                      WHERE a.id::text = event.target_id AND a.ref = event.target_repr)
"""
_TRACELESS = """
    SELECT ref FROM registration_application a
    WHERE first_submitted_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM audit_auditevent event
                      WHERE event.target_type = 'registration.application' AND event.target_id = a.id::text
                        AND event.verb = 'registration.application.apply')
"""
_EDITS_OUT_OF_PLACE = """
    SELECT edit.target_repr FROM audit_auditevent edit
    WHERE edit.verb = 'registration.application.edit'
      AND (SELECT move.changes->'state'->>1 FROM audit_auditevent move
           WHERE move.target_type = edit.target_type AND move.target_id = edit.target_id
             AND move.id < edit.id AND move.changes ? 'state'
           ORDER BY move.id DESC LIMIT 1) IS DISTINCT FROM 'PENDING_REVIEW'
"""


@invariant("1. an acknowledged application is there, with its form and its history")
def applications_are_kept():
    """Every receipt ever shown belongs to an application with the form that was sent."""
    with connection.cursor() as cursor:
        cursor.execute(_LOST)
        for (ref,) in cursor.fetchall():
            yield f"{ref}: was acknowledged and is gone"
        cursor.execute(_TRACELESS)
        for (ref,) in cursor.fetchall():
            yield f"{ref}: was submitted without a trace"
    versions = Count("forms")
    for each in Application.objects.annotate(versions=versions).exclude(versions=F("form_version")):
        yield f"{each.ref}: at version {each.form_version} of its form, {each.versions} are kept"
    unsent = (ApplicationState.NOT_APPLIED, *ENDED_STATES)
    for each in Application.objects.exclude(state__in=unsent).filter(form_version=0):
        yield f"{each.ref}: {each.state} without a form"


@invariant("2a. one registration per completed application, and no number twice")
def registrations_match_applications():
    """A number is of its series, below its counter, and its period belongs to a completed application."""
    for each in Application.objects.filter(state__in=DONE_STATES, period=None):
        yield f"{each.ref}: {each.state} without a period of validity"
    for each in Application.objects.exclude(state__in=DONE_STATES).exclude(period=None):
        yield f"{each.ref}: {each.state} with a period of validity"
    for each in Registration.objects.filter(periods=None):
        yield f"{each.number}: without a period of validity"
    given = dict(Counter.objects.filter(series__startswith="certificate-").values_list("series", "value"))
    for number in Registration.objects.values_list("number", flat=True).iterator():
        series = f"certificate-{number[:6]}-{number[6]}-{number[7:11]}"
        if not has_check_digit(number):
            yield f"{number}: wrong check digit"
        elif int(number[11:17]) > given.get(series, 0):
            yield f"{number}: its counter stands at {given.get(series, 0)} and would give it again"


@invariant("2c. a registration stands in its newest term, and its terms follow one another")
def terms_follow_one_another():
    """No drift, no overlap, nothing half-renewed (R-REREG-05)."""
    ends: dict[int, RegistrationPeriod] = {}
    for period in RegistrationPeriod.objects.order_by("registration", "valid_from").iterator():
        before = ends.get(period.registration_id)
        if before and period.valid_from <= before.valid_until:
            yield f"period {period.pk}: begins before the one of registration {period.registration_id} before it ends"
        ends[period.registration_id] = period
    for record in Registration.objects.only("number", "valid_from", "valid_until").iterator():
        last = ends.get(record.pk)
        if last and (record.valid_from, record.valid_until) != (last.valid_from, last.valid_until):
            yield f"{record.number}: valid {record.valid_from} to {record.valid_until}, its newest term says otherwise"


@invariant("2e. what was raised to an office above is a case that still waits")
def escalations_are_open_for_a_reason():
    """R-REG-16: what was decided, withdrawn or returned keeps nobody busy."""
    yield from stray_escalations()


@invariant("2d. a change moved everything or nothing")
def changes_are_whole():
    """R-CHG-07: after the last change of a worker, person, registrations and unsent cases are in its region."""
    latest = Transfer.objects.filter(worker=OuterRef("worker"), state=TransferState.APPROVED).order_by("-decided_at")
    moved = Transfer.objects.filter(pk=Subquery(latest.values("pk")[:1])).exclude(kind=TransferKind.INST_ONLY)
    for each in moved.select_related("worker__region", "to_region").prefetch_related("worker__registrations__region"):
        if not same_region(each.worker.region, each.to_region):
            yield f"{each.ref}: 变更完成, and its worker is in {each.worker.region_id}"
        for registration in each.worker.registrations.all():
            if not same_region(registration.region, each.to_region):
                yield f"{each.ref}: 变更完成, and {registration.number} is in {registration.region_id}"
        left = each.worker.applications.filter(state=ApplicationState.NOT_APPLIED).exclude(region=each.worker.region_id)
        for case in left:
            yield f"{each.ref}: 变更完成, and {case.ref} is in {case.region_id}"


@invariant("2e. a sample is what its published seed makes of its frozen list")
def draws_come_out_again():
    """Decision 0029: whoever computes it again finds the same, and only the drawn were asked."""
    for each in SamplingCampaign.objects.exclude(committed=""):
        for fault in recompute(published_draw(each)):
            yield f"{each.ref}: {fault}"
        listed = set(each.rows.values_list("token", "stratum"))
        if listed != set(parse(each.committed).rows):
            yield f"{each.ref}: the list that is kept is not the one that was published"
    for case in SampledCase.objects.filter(row__drawn=False):
        yield f"{case.ref}: inspected without having been drawn"


@invariant("2f. whoever an import brought into the roster names an import that is there")
def rows_name_their_import():
    """No constraint says so (decision 0030): it would look up each row of an import once more."""
    known = RosterImport.objects.filter(pk=OuterRef("roster_import_id"))
    gone = Qualification.objects.filter(~Exists(known), roster_import__isnull=False)
    for number in gone.values_list("mgmt_no", flat=True).iterator():
        yield f"{number}: the import that brought it is gone"


@invariant("6. first and final review are by different people, and nobody reviews oneself")
def four_eyes():
    """Also across the rounds of one case, and under another account (R-REG-18)."""
    other = Decision.objects.filter(application=OuterRef("application"), reviewer=OuterRef("reviewer")).exclude(
        stage=OuterRef("stage")
    )
    for each in Decision.objects.filter(Exists(other)).select_related("application"):
        yield f"{each.application.ref}: one reviewer decided both stages, round {each.round}"
    own = Q(reviewer=F("application__worker__user")) | Q(reviewer__id_index=F("application__worker__user__id_index"))
    for each in Decision.objects.filter(own).select_related("application"):
        yield f"{each.application.ref}: reviewed by its own applicant, round {each.round}"
    approved = Decision.objects.filter(
        application=OuterRef("application"), passed=True, reviewer=OuterRef("decided_by")
    )
    sampled = SampledCase.objects.exclude(state=SampleState.STOPPED)
    for each in sampled.filter(Q(decided_by=F("proposed_by")) | Exists(approved)):
        yield f"{each.ref}: decided by who proposed it or approved the registration"
    for each in sampled.filter(Q(decided_by=F("worker__user")) | Q(decided_by__id_index=F("worker__user__id_index"))):
        yield f"{each.ref}: decided by the person inspected"
    decided = Transfer.objects.filter(state__in=(TransferState.APPROVED, TransferState.REJECTED))
    for each in decided.filter(decided_by=F("approved_out_by")):
        yield f"{each.ref}: one reviewer decided for both offices"
    for each in decided.filter(Q(decided_by=F("worker__user")) | Q(decided_by__id_index=F("worker__user__id_index"))):
        yield f"{each.ref}: decided by the worker"


@invariant("7a. the history of every record is a path in its table")
def histories_are_paths():
    """All apps: a state that no move led to is found here."""
    for model in reviewed_models():
        yield from broken_histories(model)


@invariant("7b. nothing changes after 初审通过")
def passed_forms_are_frozen():
    """What was passed is the newest version, and both reviewers passed the same (R-REG-11, R-REG-13)."""
    frozen = Application.objects.filter(state__in=(*LOCKED_STATES, *DONE_STATES))
    for each in Decision.objects.filter(
        application__in=frozen, round=F("application__round"), passed=True
    ).select_related("application"):
        if each.form_version != each.application.form_version:
            ref, stage = each.application.ref, each.get_stage_display()
            yield f"{ref}: version {each.form_version} passed {stage}, version {each.application.form_version} stands"
    with connection.cursor() as cursor:
        cursor.execute(_EDITS_OUT_OF_PLACE)
        for (ref,) in cursor.fetchall():
            yield f"{ref}: edited outside 待审核"


@invariant("9a. nothing that is due waits for two sweeps")
def nothing_waits():
    """Final approval is followed by the register, the last day by expiry."""
    since = timezone.now() - SWEEPS * SWEEP_EVERY
    waiting = Application.objects.filter(
        state=ApplicationState.FINAL_APPROVED,
        decisions__stage=Decision.Stage.FINAL,
        decisions__round=F("round"),
        decisions__at__lt=since,
    )
    for each in waiting:
        yield f"{each.ref}: passed and not entered into the register"
    late = today() - timedelta(days=SWEEPS)  # expiry runs once a day
    for each in Registration.objects.filter(state=RegistrationState.VALID, valid_until__lt=late):
        yield f"{each.number}: ended on {each.valid_until} and is still 有效"
    for each in Registration.objects.filter(state=RegistrationState.IN_REREG, correct_by__lt=late):
        yield f"{each.number}: its renewal could be corrected until {each.correct_by} and is still 再登记审核中"
    gone = (RegistrationState.REVOKED, RegistrationState.CANCELLED, RegistrationState.SUPERSEDED)
    for each in Application.objects.filter(
        kind__in=RENEWAL_KINDS, state=ApplicationState.FINAL_APPROVED, registration__state__in=gone
    ):
        yield f"{each.ref}: renews a registration that is gone"


@invariant("8a. identity-card images of appeals are gone 30 days after the end, hash and decision are kept")
def appeal_images_are_gone():
    """R-APL-05, S14; the job runs every hour, a day's delay is a fault."""
    for each in files_due(late=timedelta(days=1)).order_by("pk"):
        yield f"{each.uid}: an image of an ended appeal is still there"
    # What a crash left on disk goes with the orphans a day later; what is older was looked at then.
    lately = (timezone.now() - timedelta(days=9), timezone.now() - timedelta(days=SWEEPS))
    for each in StoredFile.objects.filter(purpose=Purpose.ID_CARD, purged_at__range=lately):
        if path_of(each.uid).exists():
            yield f"{each.uid}: removed by its row and still on disk"
    for each in Appeal.objects.filter(state__in=CLOSED, decided_at=None):
        yield f"{each.ref}: {each.state} without a decision"


@invariant("8b. an account to which the old mobile objected stays locked until it is released")
def objections_lock():
    """R-APL-04, S14."""
    blocked = Appeal.objects.filter(state=AppealState.BLOCKED, released_at=None, account__is_active=True)
    for each in blocked:
        yield f"{each.ref}: objected to, and its account is open"


@invariant("9c. an approved appeal ends once nobody may object any more, and none waits for an answer for ever")
def appeals_end():
    """R-APL-04; the job runs every hour."""
    since = timezone.now() - timedelta(hours=SWEEPS + 1)
    overdue = Appeal.objects.filter(pk__in=endings_due(), decided_at__lt=since - OBJECTION_LASTS)
    for each in overdue:
        yield f"{each.ref}: approved, its time is over and it has not ended"
    late = timezone.now() - timedelta(days=COMPLETION_DAYS + SWEEPS)
    for each in Appeal.objects.filter(pk__in=give_backs_due(), decided_at__lt=late):
        yield f"{each.ref}: was not completed in time and not given back"
